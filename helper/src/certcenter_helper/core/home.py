"""What the helper remembers between two runs: which centres it knows, who is logged in. Secrets are 0600 files."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.texts import text
from certcenter_helper.core.values import House
from certcenter_sdk import clock
from certcenter_sdk.store import files

_CONFIG: Final = "helper.json"
_API: Final = "/api/v1/i/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A kept session. The token is a secret.

    Attributes:
        expires_at: by the centre's clock.
        ahead: seconds that this computer's clock is ahead of the centre's (negative: behind), as last seen.
    """

    token: str
    identity: str
    name: str
    masked: str
    expires_at: datetime
    ahead: float = 0.0

    def __repr__(self) -> str:
        """Without the token and the ID."""
        return f"Login({self.masked})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A centre that this computer knows, and who was there last."""

    house: House
    identity: str = ""
    masked: str = ""
    device_token: str = ""


class Home:
    """The helper's folder; `CERTCENTER_HELPER_HOME` stands in for the user's folders (a memory stick, a test)."""

    def __init__(self, folder: Path | None = None) -> None:
        chosen = os.environ.get("CERTCENTER_HELPER_HOME")
        self.base = folder or (Path(chosen) if chosen else None)
        self.folder = self.base / "config" if self.base else _platform_folder()

    # Centres

    def known(self) -> dict[str, Known]:
        """All centres by slug, in the order in which they were met."""
        return {slug: _known(slug, row) for slug, row in self._config()["institutions"].items()}

    def current(self) -> Known | None:
        """The centre of the last login."""
        config = self._config()
        row = config["institutions"].get(config["current"])
        return _known(config["current"], row) if row else None

    def remember(self, known: Known, *, current: bool = True) -> None:
        """Keep a centre, and make it the current one."""
        config = self._config()
        row = asdict(known.house) | {
            "identity": known.identity, "masked": known.masked, "device_token": known.device_token,
        }  # fmt: skip
        config["institutions"][known.house.slug] = row
        if current:
            config["current"] = known.house.slug
        self._write(_CONFIG, config)

    # Sessions

    def login(self, slug: str) -> Login | None:
        """The kept session of an institution, unless it has ended, as far as this computer knows."""
        row = self._read(f"session-{slug}.json")
        if not row:
            return None
        try:
            found = Login(**(row | {"expires_at": datetime.fromisoformat(row["expires_at"])}))
        except (TypeError, KeyError, ValueError):
            return None
        return found if found.expires_at > clock.now() - timedelta(seconds=found.ahead) else None

    def keep_login(self, slug: str, login: Login) -> None:
        """Write the session down, for this user's eyes alone."""
        self._write(f"session-{slug}.json", asdict(login) | {"expires_at": login.expires_at.isoformat()})

    def forget_login(self, slug: str) -> None:
        """The session is over."""
        files.delete(self.folder / f"session-{slug}.json") if self.folder.is_dir() else None

    # Policies, for offline

    def policy(self, slug: str, language: str) -> dict[str, Any] | None:
        """The institution's policy as it was at the last visit."""
        return self._read(f"policy-{slug}-{language}.json")

    def keep_policy(self, slug: str, language: str, policy: Mapping[str, Any]) -> None:
        """Write the policy down."""
        if self.policy(slug, language) != policy:
            self._write(f"policy-{slug}-{language}.json", policy)

    def _config(self) -> dict[str, Any]:
        config = self._read(_CONFIG) or {}
        if not isinstance(config.get("institutions"), dict):
            config["institutions"] = {}
        config.setdefault("current", "")
        return config

    def _read(self, name: str) -> dict[str, Any] | None:
        """A JSON object; a damaged file is as good as none: all of it can be asked for again."""
        data = files.read(self.folder / name)
        if data is None:
            return None
        try:
            value = json.loads(data)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        files.make_folder(self.folder)
        files.write(self.folder / name, json.dumps(value, ensure_ascii=False, indent=1).encode())


@dataclass(frozen=True, slots=True)
class Address:
    """Where a centre's API is: the origin, and the institution's slug."""

    url: str
    slug: str

    @classmethod
    def parse(cls, url: str, slug: str = "") -> Self:
        """From `https://centre.example` with a slug, or from the whole `https://centre.example/api/v1/i/<slug>/`.

        Raises:
            HelperError: it is no such address.
        """
        parts = urlsplit(url if "://" in url else f"https://{url}")
        found = slug
        if parts.path.startswith(_API):
            found = parts.path.removeprefix(_API).strip("/") or slug
        if parts.scheme not in {"http", "https"} or not parts.netloc or not found:
            raise HelperError(
                Kind.INPUT,
                "centre-address",
                text("This is not the address of a certificate centre."),
                detail=url,
                advice=text(
                    "Give it as https://host/api/v1/i/<institution>/; your institution tells it to you."
                ),
            )
        return cls(f"{parts.scheme}://{parts.netloc}", found)


def with_policy(known: Known, policy: Mapping[str, Any]) -> Known:
    """The centre with what its policy says of it."""
    house = policy["institution"]
    return replace(
        known,
        house=replace(
            known.house,
            name=house["name"],
            centre_name=house["centre_name"],
            profile=house["profile"],
            test_environment=house["test_environment"],
        ),
    )


def _known(slug: str, row: Mapping[str, Any]) -> Known:
    names = ("url", "name", "centre_name", "profile")
    house = House(
        slug=slug,
        **{name: str(row.get(name, "")) for name in names},
        test_environment=bool(row.get("test_environment")),
    )
    rest = {name: str(row.get(name, "")) for name in ("identity", "masked", "device_token")}
    return Known(house=house, **rest)


def _platform_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_config_dir("Certcenter", appauthor=False, roaming=False))
