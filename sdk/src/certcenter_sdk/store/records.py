"""What is written down of a key whose certificate is under way (FINDINGS, "Repair that holds").

    GENERATED → SUBMITTED → ISSUED → INSTALLED → ACKED

The record is one file, so each step is one rename. The private key stands in it wrapped under the certificate
password (PBKDF2-HMAC-SHA256, AES-256-GCM; the public parts are authenticated with it) until the certificate is
acknowledged; after that the PFX alone holds it. Nothing here deletes a record with a key.

Records are read by programs that only look: the cryptographic library is loaded where something is opened.
"""

import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from certcenter_sdk import glance
from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.octets import decode_bytes, encode_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from certcenter_sdk.keys import PrivateKey

_VERSION: Final = 1
_SALT_SIZE: Final = 16
_NONCE_SIZE: Final = 12
_LEAST_ITERATIONS: Final = 100_000
_MOST_ITERATIONS: Final = 10_000_000
UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class State(StrEnum):
    """How far a pending key has come; a later one never turns back into an earlier one."""

    GENERATED = "generated"
    """On this disk; the centre may or may not have heard of it."""
    SUBMITTED = "submitted"
    """The centre has accepted the request."""
    ISSUED = "issued"
    """The certificate is here, beside the key."""
    INSTALLED = "installed"
    """Key and certificate are in a PFX that was opened again with the password."""
    ACKED = "acked"
    """The centre knows; what it replaced has ended."""

    @property
    def rank(self) -> int:
        """Its place in the order."""
        return list(State).index(self)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A private key under a password, or under a random secret of the keychain.

    Attributes:
        iterations: of PBKDF2; 0 where the secret is random.
    """

    iterations: int
    salt: bytes
    nonce: bytes
    ciphertext: bytes = field(repr=False)

    @classmethod
    def wrap(cls, key: "PrivateKey", secret: bytes, *, bound_to: bytes, iterations: int) -> Self:
        """Encrypt a key; `bound_to` must be the same when it is opened."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        salt, nonce = os.urandom(_SALT_SIZE), os.urandom(_NONCE_SIZE)
        clear = key.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )  # never leaves this function
        sealed = AESGCM(_derived(secret, salt, iterations)).encrypt(nonce, clear, bound_to)
        return cls(iterations, salt, nonce, sealed)

    def open(self, secret: bytes, *, bound_to: bytes) -> "PrivateKey":
        """Decrypt the key and try it out.

        Raises:
            StoreRefused: `wrong-password`, also where the record was changed; `damaged`.
            KeyRefused: the key does not do its work.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        from certcenter_sdk import keys

        if self.iterations and not _LEAST_ITERATIONS <= self.iterations <= _MOST_ITERATIONS:
            raise StoreRefused("damaged", "the record's iterations are out of bounds")
        try:
            clear = AESGCM(_derived(secret, self.salt, self.iterations)).decrypt(
                self.nonce, self.ciphertext, bound_to
            )
        except InvalidTag:
            raise StoreRefused("wrong-password", "the password is wrong, or the record was changed") from None
        except ValueError:
            raise StoreRefused("damaged", "the wrapped key is damaged") from None
        key = keys.load(clear)
        keys.self_test(key)
        return key

    def as_json(self) -> dict[str, Any]:
        """As it stands in files."""
        return {
            "iterations": self.iterations,
            "salt": encode_bytes(self.salt),
            "nonce": encode_bytes(self.nonce),
            "ciphertext": encode_bytes(self.ciphertext),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read what `as_json` wrote; raises one of `UNREADABLE`."""
        octets = (decode_bytes(values[name]) for name in ("salt", "nonce", "ciphertext"))
        return cls(int(values["iterations"]), *octets)


def _derived(secret: bytes, salt: bytes, iterations: int) -> bytes:
    if iterations == 0:  # 32 random bytes need no stretching
        return secret
    from hashlib import pbkdf2_hmac

    return pbkdf2_hmac("sha256", secret, salt, iterations)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What the centre answered: the certificate, its chain (issuing CA first), and what an export is called.

    Attributes:
        der: the certificate.
        issuers: the chain's certificates, each in DER.
    """

    der: bytes = field(repr=False)
    issuers: tuple[bytes, ...] = field(repr=False)
    export_file_name: str

    @classmethod
    def of(
        cls, certificate: "x509.Certificate", chain: "Iterable[x509.Certificate]", *, export_file_name: str
    ) -> Self:
        """From what was read."""
        from cryptography.hazmat.primitives.serialization import Encoding

        der, *issuers = (each.public_bytes(Encoding.DER) for each in (certificate, *chain))
        return cls(der=der, issuers=tuple(issuers), export_file_name=export_file_name)

    @cached_property
    def glance(self) -> glance.Glance:
        """Serial, validity and the key's name, for looking."""
        return glance.at(self.der)

    @cached_property
    def certificate(self) -> "x509.Certificate":
        """The certificate. Raises StoreRefused (`damaged`) where it is none."""
        return _certificate(self.der)

    @cached_property
    def chain(self) -> "tuple[x509.Certificate, ...]":
        """The chain, issuing CA first. Raises StoreRefused (`damaged`) where one is no certificate."""
        return tuple(map(_certificate, self.issuers))

    def as_json(self) -> dict[str, Any]:
        """As it stands in files."""
        return {
            "certificate": encode_bytes(self.der),
            "chain": [encode_bytes(each) for each in self.issuers],
            "export_file_name": self.export_file_name,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read what `as_json` wrote; raises one of `UNREADABLE`."""
        read = cls(
            der=decode_bytes(values["certificate"]),
            issuers=tuple(decode_bytes(each) for each in values["chain"]),
            export_file_name=str(values["export_file_name"]),
        )
        _looked_at = read.glance  # raises where it is no certificate
        return read


def _certificate(der: bytes) -> "x509.Certificate":
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise StoreRefused("damaged", "what was kept as a certificate is none") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingKey:
    """A key whose certificate is under way, as it stands on the disk.

    Attributes:
        request: the UUID of the application; the same one however often it is sent (SPEC E8).
        kind: `apply` or `renew`.
        state: how far it is.
        created_at: by this machine's clock (aware, UTC).
        institution: whose.
        identity: whose.
        spki_sha256: the key's name: certificates are matched by it, never by serial or date.
        csr: the certificate request, DER.
        wrapped: the private key under the certificate password; None once ACKED.
        replaces: the spki_sha256 of the certificate that this one renews; empty for none.
        security: the security setting that comes with it; empty to leave it as it is.
        issued: the certificate, from ISSUED on.
    """

    request: UUID
    kind: str
    state: State
    created_at: datetime
    institution: str
    identity: str
    spki_sha256: str
    csr: bytes = field(repr=False)
    wrapped: Wrapped | None = field(repr=False)
    replaces: str = ""
    security: str = ""
    issued: Issued | None = field(default=None, repr=False)

    @property
    def name(self) -> bytes:
        """What the wrapped key is bound to."""
        return f"certcenter pending {self.institution} {self.identity} {self.request} {self.spki_sha256}".encode()

    def open(self, password: str) -> "PrivateKey":
        """Unlock the private key.

        Raises:
            StoreRefused: `wrong-password`, `no-key` (it is in the PFX already), `damaged`.
        """
        if self.wrapped is None:
            raise StoreRefused("no-key", "the certificate is installed; its key is in the PFX")
        from certcenter_sdk import keys

        key = self.wrapped.open(password.encode(), bound_to=self.name)
        if keys.spki_sha256(key.public_key()) != self.spki_sha256:
            raise StoreRefused("damaged", "the record's key is another one than it says")
        return key

    def at(self, state: State, **changes: Any) -> "PendingKey":
        """The record one step on.

        Raises:
            StoreRefused: `state` if that would be a step back.
        """
        if state.rank < self.state.rank:
            raise StoreRefused("state", f"a key that is {self.state} does not become {state} again")
        return replace(self, state=state, **changes)

    def encode(self) -> bytes:
        """As a file."""
        values = {
            "version": _VERSION,
            "request": str(self.request),
            "kind": self.kind,
            "state": self.state.value,
            "created_at": self.created_at.isoformat(),
            "institution": self.institution,
            "identity": self.identity,
            "spki_sha256": self.spki_sha256,
            "csr": encode_bytes(self.csr),
            "wrapped": self.wrapped.as_json() if self.wrapped else None,
            "replaces": self.replaces,
            "security": self.security,
            "issued": self.issued.as_json() if self.issued else None,
        }
        return json.dumps(values, indent=1, ensure_ascii=False).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a file.

        Raises:
            StoreRefused: `damaged`.
        """
        try:
            values = json.loads(data)
            if values["version"] != _VERSION:
                raise StoreRefused("newer", "a newer version of this program wrote the record")
            wrapped, issued = values["wrapped"], values["issued"]
            return cls(
                request=UUID(values["request"]),
                kind=str(values["kind"]),
                state=State(values["state"]),
                created_at=datetime.fromisoformat(values["created_at"]).astimezone(UTC),
                institution=str(values["institution"]),
                identity=str(values["identity"]),
                spki_sha256=str(values["spki_sha256"]),
                csr=decode_bytes(values["csr"]),
                wrapped=Wrapped.from_json(wrapped) if wrapped else None,
                replaces=str(values["replaces"]),
                security=str(values["security"]),
                issued=Issued.from_json(issued) if issued else None,
            )
        except UNREADABLE:
            raise StoreRefused("damaged", "a record of a pending key can't be read") from None
