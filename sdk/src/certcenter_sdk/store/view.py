"""What lies in one customer's store, for looking: no lock, no password, and no cryptographic library is loaded for it."""

from certcenter_sdk.store import settings
from certcenter_sdk.store.locations import Location
from certcenter_sdk.store.records import PendingKey, State
from certcenter_sdk.store.settings import SecurityMode
from certcenter_sdk.store.shelf import Damaged, Entry, Shelf, Standing


class StoreView:
    """The reading half of `KeyStore`. Several programs may look at once; so may several threads."""

    def __init__(self, location: Location) -> None:
        """Name the place; nothing is read yet."""
        self.location = location
        self.shelf = Shelf(location)

    def certificates(self) -> tuple[Entry, ...]:
        """All certificates on this machine, those in force first, the longest-lived first (the pager's i/n).

        Raises:
            StoreRefused: `not-readable`, `folder-taken`.
        """
        return tuple(self.shelf.entries()[0])

    def current(self) -> Entry | None:
        """The certificate to sign with: in force, the one issued last, else installed; None where there is neither."""
        usable = [entry for entry in self.certificates() if entry.standing is not Standing.REPLACED]
        return usable[0] if usable else None

    def find(self, spki_sha256: str) -> Entry | None:
        """The certificate for a key, by the key's name (SPEC A9)."""
        return self.shelf.find(spki_sha256)

    def damaged(self) -> tuple[Damaged, ...]:
        """Files that are there and can't be used as they are."""
        return (*self.shelf.entries()[1], *self.shelf.records()[1])

    def pending(self) -> tuple[PendingKey, ...]:
        """Keys whose certificate is not acknowledged yet, oldest first. They are deleted by nobody but `discard`."""
        return tuple(record for record in self.shelf.records()[0] if record.state is not State.ACKED)

    def pending_for(self, spki_sha256: str) -> PendingKey | None:
        """The pending key of that name (SPEC A9)."""
        return next((record for record in self.pending() if record.spki_sha256 == spki_sha256), None)

    def security(self) -> SecurityMode:
        """The security setting; a session that has begun keeps the one it began with."""
        return settings.read_mode(self.shelf.settings_file)
