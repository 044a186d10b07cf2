"""Keys derived from the configured secrets: MACs and sealed values, so that a stolen database says nothing.

Each use has a key of its own (HKDF, RFC 5869): a value sealed or MACed for one use is worth nothing in another.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

if TYPE_CHECKING:
    from certcenter.settings.model import Config

_NONCE_BYTES = 12  # NIST SP 800-38D §8.2.2: random 96 bits; far below 2^32 seals a key
_KEY_ID_BYTES = 4


class Use(Enum):
    """What a derived key is for: the configured secret and the label that goes into the derivation."""

    CODE = ("code_key", "verification code")
    MESSAGE = ("code_key", "message in the outbox")
    CAPTCHA = ("code_key", "captcha")
    AGAIN = ("code_key", "login to be sent again")
    PASSWORD = ("pepper", "password")
    VOICE_PASSWORD = ("pepper", "voice password")
    WITHDRAWAL_PASSWORD = ("pepper", "withdrawal password")
    USER_PASSWORD = ("pepper", "company user's password")
    STAFF_PASSWORD = ("pepper", "staff password")
    UNKNOWN_IDENTITY = ("pepper", "identity that nobody has")
    DECOY = ("pepper", "masks of people who are not there")
    INITIAL = ("pepper", "initial password")
    CLIENT_SECRET = ("pepper", "client secret")
    SHARE = ("share_key", "server share of a wrapped key")
    VERIFIER = ("share_key", "verifier of a wrapped key")
    SLIP = ("pepper", "slip from the counter")


class Unsealable(Exception):
    """A sealed value was changed, or sealed under another key, for another use or another owner."""


def key(use: Use) -> bytes:
    """Return the 32-byte key for `use`, derived from the configured secret."""
    config: Config = settings.CONFIG
    return derive(getattr(config, use.value[0]).get_secret_value().encode(), use.value[1])


@lru_cache(maxsize=64)
def derive(secret: bytes, label: str) -> bytes:
    """Return 32 bytes that depend on a secret of full entropy and on the label (RFC 5869, no salt)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"certcenter {label}".encode()).derive(secret)


def key_id(use: Use) -> str:
    """Return 16 hex digits that name the key for `use` without giving it away."""
    return hashlib.sha256(b"key id" + key(use)).hexdigest()[:16]


def mac(use: Use, *parts: str | bytes) -> str:
    """Return the hex HMAC-SHA256 of `parts`, each preceded by its length: no two lists of parts look alike."""
    digest = hmac.new(key(use), digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two MACs in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def seal(use: Use, plaintext: bytes, *, owner: str) -> str:
    """Encrypt (AES-256-GCM) for `owner`: the same text moved to another row can't be read there."""
    return seal_with(key(use), plaintext, owner=owner)


def unseal(use: Use, token: str, *, owner: str) -> bytes:
    """Decrypt what `seal` wrote. Raises Unsealable."""
    return unseal_with(key(use), token, owner=owner)


def seal_with(secret: bytes, plaintext: bytes, *, owner: str) -> str:
    """Encrypt under a given 32-byte key. Returns base64url of key id, nonce and ciphertext."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = _tag(secret) + nonce + AESGCM(secret).encrypt(nonce, plaintext, owner.encode())
    return _spelt(sealed)


def unseal_with(secret: bytes, token: str, *, owner: str) -> bytes:
    """Decrypt what `seal_with` wrote. Raises Unsealable."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Unsealable from None
    if (
        _spelt(sealed) != token
    ):  # Python reads other spellings too: who counts tokens would count one as several
        raise Unsealable
    head, nonce, body = sealed[:_KEY_ID_BYTES], sealed[_KEY_ID_BYTES:16], sealed[16:]
    if len(nonce) != _NONCE_BYTES or head != _tag(secret):
        raise Unsealable
    try:
        return AESGCM(secret).decrypt(nonce, body, owner.encode())
    except InvalidTag:
        raise Unsealable from None


def _spelt(sealed: bytes) -> str:
    """Return the one spelling of a sealed value: base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _tag(secret: bytes) -> bytes:
    """Tell keys apart before decrypting: an operator who lost one sees which."""
    return hashlib.sha256(b"key id" + secret).digest()[:_KEY_ID_BYTES]
