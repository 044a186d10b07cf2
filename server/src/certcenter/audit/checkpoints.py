"""Signed checkpoints: what the history's tree was at a moment, stated by a key of its own, kept outside the database.

A checkpoint {previous, root, size, time} is canonical JSON, signed with Ed25519 (RFC 8032). Each names the SHA-256 of
the one before, so they form a chain. A line per checkpoint is appended to `<home>/audit/checkpoints-<day>.jsonl`
before its row is stored: an operator copies these files to where the database's administrator cannot write.

The key is `<home>/audit/checkpoint-key.pem`. On many nodes all that sequence share this one file.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from certcenter.audit.tree import HASH_BYTES
from certcenter.core import clock

FIRST_PREVIOUS = bytes(HASH_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """A statement about the first `size` events, and its signature."""

    size: int
    root: bytes
    time: datetime
    previous: bytes
    signature: bytes = b""

    def statement(self) -> bytes:
        """Return the bytes that are signed."""
        return _canonical(self._fields())

    def line(self) -> bytes:
        """Return the line that stands in the file, with its newline."""
        return _canonical({**self._fields(), "signature": self.signature.hex()}) + b"\n"

    def digest(self) -> bytes:
        """Return what the next checkpoint names as its previous one."""
        return hashlib.sha256(self.line()).digest()

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether the signature is `key`'s over the statement."""
        try:
            key.verify(self.signature, self.statement())
        except InvalidSignature:
            return False
        return True

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Read a line of a checkpoint file. Raises ValueError when it is not one."""
        try:
            fields = json.loads(line)
            return cls(
                size=int(fields["size"]),
                root=bytes.fromhex(fields["root"]),
                time=datetime.fromisoformat(fields["time"]),
                previous=bytes.fromhex(fields["previous"]),
                signature=bytes.fromhex(fields["signature"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a checkpoint: {error}") from error

    def _fields(self) -> dict[str, str | int]:
        return {
            "previous": self.previous.hex(),
            "root": self.root.hex(),
            "size": self.size,
            "time": self.time.isoformat(timespec="microseconds"),
        }


def sign(
    *, size: int, root: bytes, previous: SignedCheckpoint | None, key: Ed25519PrivateKey
) -> SignedCheckpoint:
    """Return a signed checkpoint of now that follows `previous`."""
    link = FIRST_PREVIOUS if previous is None else previous.digest()
    unsigned = SignedCheckpoint(size=size, root=root, time=clock.now(), previous=link)
    signature = key.sign(unsigned.statement())
    return SignedCheckpoint(size=size, root=root, time=unsigned.time, previous=link, signature=signature)


def append_to_file(checkpoint: SignedCheckpoint) -> None:
    """Write the checkpoint's line to the day's file and to disk. Call outside any transaction."""
    path = folder() / f"checkpoints-{checkpoint.time:%Y-%m-%d}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, checkpoint.line())
        os.fsync(file)
    finally:
        os.close(file)


def lines() -> Iterator[tuple[str, bytes]]:
    """Yield every line of the checkpoint files, oldest first, with the place where it stands."""
    for path in sorted(folder().glob("checkpoints-*.jsonl")):
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield f"{path.name}:{number}", line


def folder() -> Path:
    """Return the folder of the key, the checkpoint files and the verifier's memory."""
    return Path(settings.CONFIG.home) / "audit"


def signing_key(*, may_create: bool) -> Ed25519PrivateKey:
    """Return the checkpoint key.

    Creates it where none exists and `may_create` (no checkpoint was ever signed); otherwise a missing key is an
    error (ImproperlyConfigured), because a new one would disown all checkpoints so far.
    """
    path = folder() / "checkpoint-key.pem"
    if not path.exists():
        if not may_create:
            raise ImproperlyConfigured(f"there are checkpoints, but their key {path} is missing")
        _create_key(path)
    return _load_key(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _load_key(path: Path, _changed: int) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(f"{path} is not an Ed25519 key")
    return key


def _create_key(path: Path) -> None:
    """Create the key exclusively, with its public half beside it for who verifies elsewhere."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = Ed25519PrivateKey.generate()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path.with_name("checkpoint-key.pub.pem").write_bytes(public)


def _canonical(fields: dict[str, str | int]) -> bytes:
    return json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
