"""Upload to a phone (SPEC A12): the phone's pairing code, the matching code on both screens, and the sealed PFX.

The phone shows its fresh X25519 public key as a QR code. The computer seals the PFX to it with HPKE in base mode
(RFC 9180 §5.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM), with all that both sides know as `info`: what
the centre relays opens on that phone alone, and only where both sides mean the same.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from certcenter_sdk.errors import StructureRefused, TransferRefused
from certcenter_sdk.structures import Structure, check_institution, check_origin, require

MARK: Final = "CCPAIR1"
KEY_BYTES: Final = 32
LONGEST_TEXT: Final = 512
"""Characters of a pasted text that are looked at; a pairing code has about 130."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_SUBJECT = re.compile(r"[0-9a-f]{64}")
_MATCHING_LABEL: Final = b"certcenter matching code v1\n"
_MATCHING_BYTES: Final = 5
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that is misread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript(Structure):
    """What both sides must agree on; its canonical bytes are HPKE's `info`. `subject` names the customer's key (SPKI).

    Raises:
        StructureRefused: `invalid` with the `field` at fault.
    """

    TYPE: ClassVar[str] = "certcenter.transfer.v1"

    institution: str
    origin: str
    session: str
    key: str
    subject: str

    def __post_init__(self) -> None:
        """Check every field's form."""
        check_institution(self.institution)
        check_origin(self.origin)
        require(_is_uuid(self.session), "session", "not a UUID in its usual form")
        require(_is_key(self.key), "key", "not an X25519 public key in base64url")
        require(_SUBJECT.fullmatch(self.subject), "subject", "not 64 small hex digits")

    @property
    def matching_code(self) -> str:
        """Eight characters (40 bits) that phone and computer show, such as `7K2M-91QD`.

        Forty bits, because a key whose code matches could be searched for as long as the pairing lasts.
        """
        digest = hashlib.sha256(_MATCHING_LABEL + self.canonical()).digest()
        number = int.from_bytes(digest[:_MATCHING_BYTES])
        text = "".join(_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
        return f"{text[:4]}-{text[4:]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairing:
    """What the phone's QR code says: where it is logged in, the session at the relay, and its public key.

    Attributes:
        institution: the slug.
        origin: the phone's origin.
        session: the relay's UUID.
        key: the X25519 public key (RFC 7748), base64url without padding.
    """

    institution: str
    origin: str
    session: str
    key: str

    @classmethod
    def read(cls, text: str) -> "Pairing":
        """Read the text of a QR code; white space around and between its parts does not matter.

        Raises:
            TransferRefused: `not-a-pairing-code`, or `damaged-pairing-code` where a part is not of its form.
        """
        parts = text[: LONGEST_TEXT + 1].split()
        if len(text) > LONGEST_TEXT or not parts or parts[0] != MARK:
            raise TransferRefused("not-a-pairing-code", "this is not the pairing code of a phone")
        try:
            _mark, institution, origin, session, key = parts
            found = cls(institution=institution, origin=origin, session=session, key=key)
            found.transcript("0" * 64)
        except (ValueError, StructureRefused):
            raise TransferRefused("damaged-pairing-code", "a part of the pairing code is not right") from None
        return found

    @property
    def text(self) -> str:
        """As the QR code holds it."""
        return f"{MARK} {self.institution} {self.origin} {self.session} {self.key}"

    def transcript(self, subject: str) -> Transcript:
        """What is agreed on when the key `subject` (lower-case hex SHA-256 of its SPKI) is sent."""
        return Transcript(
            institution=self.institution,
            origin=self.origin,
            session=self.session,
            key=self.key,
            subject=subject,
        )


def seal(plaintext: bytes, transcript: Transcript) -> bytes:
    """Seal to the phone's key: the encapsulated key (32 bytes), then the ciphertext (RFC 9180 §5.1.1, §5.2).

    Raises:
        TransferRefused: `unfit-key`, a point of low order (RFC 7748 §6.1).
    """
    public_key = X25519PublicKey.from_public_bytes(decode_key(transcript.key))
    try:
        return _SUITE.encrypt(plaintext, public_key, info=transcript.canonical())
    except ValueError:
        raise TransferRefused("unfit-key", "the phone's key is of no use") from None


def unseal(sealed: bytes, private_key: X25519PrivateKey, transcript: Transcript) -> bytes:
    """Open on the receiving side.

    Raises:
        TransferRefused: `does-not-open`: for another phone, for another agreement, or changed on the way.
    """
    try:
        return _SUITE.decrypt(sealed, private_key, info=transcript.canonical())
    except (InvalidTag, ValueError):
        raise TransferRefused("does-not-open", "not sealed to this phone, or changed on the way") from None


def decode_key(text: str) -> bytes:
    """The 32 bytes of a public key as the pairing code carries it.

    Raises:
        ValueError: not that form, in its one spelling.
    """
    if not _is_key(text):
        raise ValueError("not an X25519 public key in base64url")
    return base64.urlsafe_b64decode(text + "=")


def encode_key(key: bytes) -> str:
    """A public key as the pairing code carries it."""
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def _is_key(text: str) -> bool:
    if not _KEY.fullmatch(text):
        return False
    try:
        raw = base64.urlsafe_b64decode(text + "=")
    except binascii.Error:
        return False
    return len(raw) == KEY_BYTES and encode_key(raw) == text


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
