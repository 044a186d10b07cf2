"""From the CA name in an institution's policy to an opened CA, once for each process."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import SecretStr, ValidationError

from certcenter.ca.embedded import EmbeddedCA, create_ca, open_ca
from certcenter.ca.embedded.hierarchy import CONFIG, read_certificate
from certcenter.ca.embedded.keystore_file import write_file
from certcenter.ca.errors import CaError, CaErrorCode
from certcenter.ca.profiles import CaConfig, CertificateProfile

_WATCHED = (CONFIG, "issuing.crt", "ocsp.crt", "root.crl")


class CaRegistry:
    """The CAs under `<home>/ca/`. An opened CA is kept until its files change (`maintain_ca` renews some).

    `lint=False` is for processes that never issue.
    """

    def __init__(self, home: Path, passphrase: SecretStr, *, lint: bool = True) -> None:
        self._folder = home / "ca"
        self._passphrase = passphrase
        self._lint = lint
        self._opened: dict[str, tuple[tuple[int, ...], EmbeddedCA]] = {}
        self._chains: dict[str, tuple[tuple[int, ...], tuple[bytes, ...]]] = {}
        self._lock = Lock()

    def names(self) -> tuple[str, ...]:
        """The CAs that are there, sorted."""
        return tuple(sorted(path.parent.name for path in self._folder.glob("[a-z0-9]*/ca.toml")))

    def directory(self, name: str) -> Path:
        """The folder of a CA. Only a name that is there leads anywhere: it is never a path.

        Raises:
            CaError: no such CA.

        """
        if name not in self.names():
            raise CaError(CaErrorCode.MISSING, f"no CA named {name!r} in {self._folder}")
        return self._folder / name

    def config(self, name: str) -> CaConfig:
        """A CA's settings, without opening its keys.

        Raises:
            CaError: missing or damaged.

        """
        with self._lock:
            if name in self._opened and self._opened[name][0] == self._stamp(self._folder / name):
                return self._opened[name][1].config
        return CaConfig.read(self.directory(name) / CONFIG)

    def chain(self, name: str) -> tuple[bytes, ...]:
        """Issuing CA and root, DER, for processes that hand out chains and need no key.

        Raises:
            CaError: missing or damaged.

        """
        stamp = self._stamp(self._folder / name)
        known = self._chains.get(name)
        if known and known[0] == stamp:
            return known[1]
        directory = self.directory(name)
        chain = tuple(
            read_certificate(directory / file).public_bytes(Encoding.DER)
            for file in ("issuing.crt", "root.crt")
        )
        self._chains[name] = (stamp, chain)
        return chain

    def set_profiles(self, name: str, profiles: Sequence[CertificateProfile]) -> None:
        """Let a CA issue by these profiles from now on: an institution came, or its policy changed.

        Every process opens the CA anew, and pkilint looks at the new shapes before the first certificate.

        Raises:
            CaError: missing, damaged, or profiles that contradict each other.

        """
        directory = self.directory(name)
        values = CaConfig.read(directory / CONFIG).model_dump() | {"profiles": tuple(profiles)}
        try:
            config = CaConfig.model_validate(values)
        except ValidationError as error:
            raise CaError(CaErrorCode.CONFIG, f"{name}: {error.errors()[0]['msg']}") from error
        write_file(directory / CONFIG, config.to_toml().encode("utf-8"))

    def open(self, name: str) -> EmbeddedCA:
        """The opened CA.

        Raises:
            CaError: missing, damaged, wrong passphrase, or a shape that pkilint objects to.

        """
        with self._lock:
            opened = self._opened.get(name)
            if opened and opened[0] == self._stamp(self._folder / name):
                return opened[1]
            directory = self.directory(name)
            stamp = self._stamp(directory)
            authority = open_ca(directory, self._passphrase, lint=self._lint)
            self._opened[name] = (stamp, authority)
            return authority

    def create(self, config: CaConfig, *, now: datetime) -> EmbeddedCA:
        """Create a CA and open it.

        Raises:
            CaError: it exists, or see `open`.

        """
        create_ca(self._folder / config.name, config, passphrase=self._passphrase, now=now)
        return self.open(config.name)

    @staticmethod
    def _stamp(directory: Path) -> tuple[int, ...]:
        try:
            return tuple((directory / name).stat().st_mtime_ns for name in _WATCHED)
        except OSError:
            return ()
