"""Unlocked keys and how long they live: the security setting, in force (SPEC A11).

1: the key is unlocked for one signature. 2: at the first signature, until the session ends. 3: the keychain opens it.
"""

from collections.abc import Callable
from typing import Protocol, Self

from certcenter_sdk import cms
from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.store.settings import SecurityMode
from certcenter_sdk.store.shelf import Entry
from certcenter_sdk.structures import Structure


class Unlocked:
    """A certificate and its key, ready to sign. Orders and proofs alone, never bare bytes: see `structures`."""

    __slots__ = ("_signer", "entry", "key")

    def __init__(self, entry: Entry, key: PrivateKey) -> None:
        """Make sure that they belong together.

        Raises:
            SignatureRefused: `key-mismatch`, `key-unsupported`.
        """
        self.entry = entry
        self.key = key
        self._signer = cms.DetachedSigner(key, entry.certificate)

    def sign(self, structure: Structure) -> bytes:
        """A detached CMS signature over the structure's canonical bytes."""
        return self._signer.sign(structure.canonical())


class Opens(Protocol):
    """What opens keys without a password (`handles.Handles`)."""

    def open(self, spki_sha256: str) -> PrivateKey | None:
        """The key; None where there is no handle for it."""

    def keep(self, spki_sha256: str, key: PrivateKey) -> None:
        """Make a handle."""


class Session:
    """From login to logout. A `with` ends it; afterwards it signs nothing."""

    def __init__(
        self,
        mode: SecurityMode,
        entry: Entry,
        *,
        unlock: Callable[[Entry, str], Unlocked],
        ask: Callable[[Entry], str],
        handles: Opens | None,
    ) -> None:
        """`KeyStore.session` builds one."""
        self.mode = mode
        self.entry = entry
        self._unlock = unlock
        self._ask = ask
        self._handles = handles
        self._held: Unlocked | None = None
        self._ended = False

    @property
    def asks(self) -> bool:
        """Will the next signature ask for the password, as far as is known?"""
        return self._held is None and self.mode is not SecurityMode.NEVER

    def unlocked(self) -> Unlocked:
        """The key for the next signature; asks for the password where the setting says so.

        Raises:
            StoreRefused: `session-ended`, `gone`, `changed`; PfxRefused: `wrong-password`; whatever `ask` raises.
        """
        if self._ended:
            raise StoreRefused("session-ended", "the session has ended")
        if self._held is not None:
            return self._held
        if self.mode is SecurityMode.EVERY_ORDER:
            return self._unlock(self.entry, self._ask(self.entry))
        self._held = self._from_handle() or self._asked()
        return self._held

    def sign(self, structure: Structure) -> bytes:
        """Sign an order or a proof; raises as `unlocked` and `Unlocked.sign`."""
        return self.unlocked().sign(structure)

    def close(self) -> None:
        """End the session: the key is forgotten."""
        self._held, self._ended = None, True

    def _from_handle(self) -> Unlocked | None:
        if self._handles is None:
            return None
        key = self._handles.open(self.entry.spki_sha256)
        return Unlocked(self.entry, key) if key is not None else None

    def _asked(self) -> Unlocked:
        unlocked = self._unlock(self.entry, self._ask(self.entry))
        if self._handles is not None:  # mode 3 on a machine whose handle got lost: asked once, not for ever
            self._handles.keep(self.entry.spki_sha256, unlocked.key)
        return unlocked

    def __enter__(self) -> Self:
        """The session itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """End it."""
        self.close()
