"""PFX files from elsewhere: OpenSSL, Windows, Java, old ones in 3DES and RC2 (SPEC A7, E11)."""

from dataclasses import dataclass, field
from typing import Final

from cryptography import x509

from certcenter_sdk import pfx
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.store import checks
from certcenter_sdk.store.records import Issued

_NAME: Final = "{identity}.pfx"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A PFX that was read and is this customer's."""

    issued: Issued
    key: PrivateKey = field(repr=False)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate; ask the centre whether it is revoked, and mind its dates."""
        return self.issued.certificate

    @property
    def spki_sha256(self) -> str:
        """The key's name."""
        return self.issued.glance.spki_sha256


def examine(data: bytes, password: str, identity: str) -> Candidate:
    """Read a PFX and make sure whose it is.

    Raises:
        PfxRefused: as `pfx.read`; StoreRefused: `not-yours`.
    """
    read = pfx.read(data, password)
    checks.require_subject(read.certificate, identity)
    issued = Issued.of(
        read.certificate,
        read.chain,
        export_file_name=f"{read.name}.pfx" if read.name else _NAME.format(identity=identity),
    )
    return Candidate(issued, read.key)
