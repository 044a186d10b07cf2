"""Handles for mode 3: the key wrapped under a random secret, the secret in the keychain (SPEC A11).

Neither the file nor the keychain's entry opens anything alone, and the certificate password is in neither.
"""

import contextlib
import json
import secrets
from collections.abc import Callable
from typing import Final

from certcenter_sdk import keys
from certcenter_sdk.errors import Refused, StoreRefused
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.store import files
from certcenter_sdk.store.keychain import Keychain
from certcenter_sdk.store.records import UNREADABLE, Wrapped
from certcenter_sdk.store.shelf import Shelf

_SECRET_SIZE: Final = 32


class Handles:
    """The handles of one store, with the keychain that opens them."""

    def __init__(self, shelf: Shelf, keychain: Keychain) -> None:
        """Name both."""
        self._shelf = shelf
        self._keychain = keychain

    def keep(self, spki_sha256: str, key: PrivateKey) -> None:
        """Make a handle, and open it once.

        Raises:
            StoreRefused: `keychain-closed`; of `files.write`.
        """
        secret = secrets.token_bytes(_SECRET_SIZE)
        wrapped = Wrapped.wrap(key, secret, bound_to=_bound_to(spki_sha256), iterations=0)
        self._keychain.put(_name(self._shelf, spki_sha256), secret)
        files.write(
            self._shelf.handles_folder / f"{spki_sha256}.json", json.dumps(wrapped.as_json()).encode()
        )
        if self.open(spki_sha256) is None:
            raise StoreRefused("keychain-closed", "the keychain did not keep the secret")

    def open(self, spki_sha256: str) -> PrivateKey | None:
        """The key; None where the handle or its secret is missing or does not fit."""
        data = files.read(self._shelf.handles_folder / f"{spki_sha256}.json")
        secret = self._keychain.get(_name(self._shelf, spki_sha256)) if data is not None else None
        if data is None or secret is None:
            return None
        try:
            key = Wrapped.from_json(json.loads(data)).open(secret, bound_to=_bound_to(spki_sha256))
        except (*UNREADABLE, Refused):
            return None
        return key if keys.spki_sha256(key.public_key()) == spki_sha256 else None


def forget(shelf: Shelf, spki_sha256: str, keychain: Callable[[], Keychain]) -> None:
    """Delete a handle, and its secret where the keychain can be reached: without the file it opens nothing."""
    path = shelf.handles_folder / f"{spki_sha256}.json"
    if path.exists():
        files.delete(path)
        with contextlib.suppress(StoreRefused):
            keychain().delete(_name(shelf, spki_sha256))


def forget_all(shelf: Shelf, keychain: Callable[[], Keychain]) -> None:
    """Delete all handles of a store."""
    for path in files.names(shelf.handles_folder, ".json"):
        forget(shelf, path.stem, keychain)


def _name(shelf: Shelf, spki_sha256: str) -> str:
    return f"{shelf.location.institution}/{spki_sha256}"


def _bound_to(spki_sha256: str) -> bytes:
    return f"certcenter handle {spki_sha256}".encode()
