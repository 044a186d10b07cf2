"""One configuration for the whole centre: validated, frozen, from the environment and from secret files (SPEC D9).

Every value can be given as `CERTCENTER_<NAME>`; a secret also as a file below `<home>/secrets/` or the
directory `CERTCENTER_SECRETS`, one file a secret, so that it never stands in a process list.
"""

import secrets as random
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SECRET_NAMES = ("django_key", "pepper", "code_key", "audit_key", "ca_passphrase", "share_key")
#: In production; below it a captcha holds nobody up.
_LEAST_CAPTCHA_COST = 1000
_LEAST_ARGON2_TIME = 2


class Config(BaseSettings):
    """What an operator decides. `Config.load()` reads it once per process."""

    model_config = SettingsConfigDict(env_prefix="CERTCENTER_", frozen=True, extra="ignore")

    mode: Literal["demo", "production", "test"] = "demo"
    home: Path = Path("var")
    port: int = Field(default=8000, ge=1, le=65535)
    #: `sqlite` (a file below `home`) or a `postgresql://user:password@host:port/name` URL.
    database_url: str = "sqlite"
    #: Where relying parties fetch CRLs, OCSP answers and CA certificates; stored in each CA at creation.
    publication_url: str = "http://127.0.0.1:8000"
    #: Extra policy files; the shipped ones serve the demo.
    institutions_dir: Path | None = None
    secrets_dir: Path | None = Field(default=None, alias="CERTCENTER_SECRETS")
    #: The desktop helper's files and their manifest (`certcenterctl downloads`); `<home>/downloads` without it.
    downloads_dir: Path | None = None
    #: Host name of the staff pages, and of the index page, without a port.
    staff_host: str = "staff.localhost"
    index_host: str = "127.0.0.1"
    #: https in production; the demo speaks http on loopback.
    scheme: Literal["http", "https"] = "http"
    #: Proxies whose X-Forwarded-For is believed: exact addresses, separated by commas. Quotes would not outlive a shell that
    #: reads the environment file (docs/guides/operator.md, step 6).
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    #: Requests at once in one server process (`certcenterctl serve --threads`).
    server_threads: int = Field(default=16, ge=1, le=256)
    #: argon2id (SPEC E1: at least 19 MiB, t=2; one pass more, because policy's passwords are short); `hash_slots` caps
    #: concurrent hashes in one process, `hash_waiting` the attempts that wait for a turn on one machine.
    argon2_memory_kib: int = Field(default=19 * 1024, ge=8)
    argon2_time: int = Field(default=3, ge=1)
    hash_slots: int = Field(default=2, ge=1)
    hash_waiting: int = Field(default=1, ge=1, le=64)
    #: PBKDF2 passes of one try at the captcha's proof of work: about 0.7 s of a phone's work, 2.4 ms of ours.
    captcha_cost: int = Field(default=5000, ge=1)
    #: Message gateways: `outbox` (the demo's page), or `smtp`/`http` with their addresses.
    mail_gateway: Literal["outbox", "smtp"] = "outbox"
    sms_gateway: Literal["outbox", "http"] = "outbox"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    sms_url: str = ""
    sms_token: SecretStr = SecretStr("")
    #: A kill or an error at a numbered point (core.faults); refused in production.
    fault: str = ""

    django_key: SecretStr = SecretStr("")
    pepper: SecretStr = SecretStr("")
    code_key: SecretStr = SecretStr("")
    audit_key: SecretStr = SecretStr("")
    ca_passphrase: SecretStr = SecretStr("")
    share_key: SecretStr = SecretStr("")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(str(ip_address(each.strip())) for each in value.split(",") if each.strip())

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.mode == "production":
            if self.fault:
                raise ValueError("CERTCENTER_FAULT is refused in production")
            if self.scheme != "https":
                raise ValueError("production needs CERTCENTER_SCHEME=https")
            if "outbox" in (self.mail_gateway, self.sms_gateway):
                raise ValueError(
                    "production needs real gateways: CERTCENTER_MAIL_GATEWAY, CERTCENTER_SMS_GATEWAY"
                )
            if self.argon2_memory_kib < 19 * 1024:
                raise ValueError("production needs CERTCENTER_ARGON2_MEMORY_KIB of at least 19456 (SPEC E1)")
            if self.argon2_time < _LEAST_ARGON2_TIME:
                raise ValueError(
                    f"production needs CERTCENTER_ARGON2_TIME of at least {_LEAST_ARGON2_TIME} (SPEC E1)"
                )
            if self.captcha_cost < _LEAST_CAPTCHA_COST:
                raise ValueError(
                    f"production needs CERTCENTER_CAPTCHA_COST of at least {_LEAST_CAPTCHA_COST}"
                )
        return self

    @classmethod
    def load(cls) -> Self:
        """Read environment and secret files. Raises pydantic.ValidationError naming each wrong key."""
        config = cls()
        found = {name: SecretStr(config._secret_file(name)) for name in SECRET_NAMES if config._missing(name)}
        return config.model_copy(update=found)

    @property
    def downloads_path(self) -> Path:
        """The directory of the desktop helper's files."""
        return self.downloads_dir or self.home / "downloads"

    @property
    def secrets_path(self) -> Path:
        """The directory of secret files."""
        return self.secrets_dir or self.home / "secrets"

    def _missing(self, name: str) -> bool:
        value: SecretStr = getattr(self, name)
        return not value.get_secret_value()

    def _secret_file(self, name: str) -> str:
        path = self.secrets_path / name
        if path.exists():
            return path.read_text().strip()
        if self.mode == "production":
            raise ValueError(f"no secret {name}: set CERTCENTER_{name.upper()} or write {path}")
        return self._make_secret(path)

    @staticmethod
    def _make_secret(path: Path) -> str:
        """Create a demo secret exclusively, so that two processes starting at once agree on one."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{random.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(random.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text().strip()
