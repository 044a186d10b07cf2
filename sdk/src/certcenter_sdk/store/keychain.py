"""The operating system's keychain, for mode 3 (SPEC A11): Windows Credential Locker, macOS Keychain, Secret Service.

It is an optional extra (`pip install certcenter-sdk[keychain]`). Where there is none, or only one that writes secrets
into a plain file, mode 3 is refused and nothing else is.
"""

import base64
import binascii
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from certcenter_sdk.errors import StoreRefused

_SERVICE: Final = "Certcenter"
_LEAST_PRIORITY: Final = 1
"""keyring's own line between keychains and makeshifts (files, null)."""


class Keychain(Protocol):
    """A place for small secrets that the operating system guards."""

    def get(self, name: str) -> bytes | None:
        """The secret, if it is there."""

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret."""

    def delete(self, name: str) -> None:
        """Forget it; nothing where there is none."""


def system_keychain() -> Keychain:
    """The keychain of this machine.

    Raises:
        StoreRefused: `keychain-missing`.
    """
    # keyring keeps the failures of its search for good, with the frames of whoever asked first and the passwords in them:
    # below a thread of its own stands nobody
    with ThreadPoolExecutor(max_workers=1) as alone:
        return alone.submit(_search).result()


def _search() -> Keychain:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise StoreRefused("keychain-missing", "the package keyring is not installed") from None
    try:
        backend = keyring.get_keyring()
        priority = float(backend.priority)
    except (KeyringError, RuntimeError) as error:
        raise StoreRefused("keychain-missing", f"no keychain: {error}") from None
    if priority < _LEAST_PRIORITY:
        raise StoreRefused("keychain-missing", "this machine has no keychain that guards secrets")
    return _System(backend, KeyringError)


class _System:
    def __init__(self, backend: Any, error: type[Exception]) -> None:
        self._backend = backend
        self._error = error

    def get(self, name: str) -> bytes | None:
        try:
            text = self._backend.get_password(_SERVICE, name)
            return base64.b64decode(text, validate=True) if text else None
        except self._error as error:
            raise StoreRefused("keychain-closed", f"the keychain did not open: {error}") from None
        except binascii.Error:
            return None

    def put(self, name: str, secret: bytes) -> None:
        try:
            self._backend.set_password(_SERVICE, name, base64.b64encode(secret).decode())
        except self._error as error:
            raise StoreRefused("keychain-closed", f"the keychain did not take it: {error}") from None

    def delete(self, name: str) -> None:
        try:
            if self._backend.get_password(_SERVICE, name) is not None:
                self._backend.delete_password(_SERVICE, name)
        except self._error as error:
            raise StoreRefused("keychain-closed", f"the keychain did not open: {error}") from None
