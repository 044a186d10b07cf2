"""Bytes in JSON: base64url without padding (RFC 4648 §5), as the API and the key store's files carry them."""

import base64
import binascii
import hashlib


def encode_bytes(value: bytes) -> str:
    """Bytes as text."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode_bytes(text: str) -> bytes:
    """Bytes from text; raises ValueError for anything else."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def fingerprint(data: bytes) -> str:
    """Lower-case hex SHA-256 of a file."""
    return hashlib.sha256(data).hexdigest()
