"""One customer's keys and certificates on this machine: every change of them is a method here (SPEC A3–A11).

Each change is carried out under the store's lock and takes effect by one rename; a crash before it leaves the old
state, after it the new one. What is left between two changes is taken up by the next (`client.custody`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from cryptography import x509

from certcenter_sdk import clock, csr, keys, pfx
from certcenter_sdk.errors import PfxRefused, StoreRefused
from certcenter_sdk.keys import KeyType, PrivateKey
from certcenter_sdk.store import checks, exporting, files, handles, importing, placing, settings
from certcenter_sdk.store.importing import Candidate
from certcenter_sdk.store.keychain import Keychain, system_keychain
from certcenter_sdk.store.locations import Location
from certcenter_sdk.store.records import Issued, PendingKey, State
from certcenter_sdk.store.sessions import Session, Unlocked
from certcenter_sdk.store.settings import SecurityMode
from certcenter_sdk.store.shelf import Damaged, Entry
from certcenter_sdk.store.view import StoreView

Ask = Callable[[Entry], str]


class KeyStore(StoreView):
    """The store at one location. Several programs may use it at once; so may several threads."""

    def __init__(self, location: Location, *, keychain: Callable[[], Keychain] = system_keychain) -> None:
        """Name the place; nothing is read or written yet. `keychain` is asked for mode 3 alone."""
        super().__init__(location)
        self._keychain = keychain

    # From key to certificate

    def new_key(
        self,
        password: str,
        *,
        kind: str = "apply",
        key_type: KeyType = KeyType.P256,
        replaces: Entry | None = None,
        security: SecurityMode | None = None,
    ) -> PendingKey:
        """Make a key and write it down, wrapped under the password: before any network call (SPEC A3).

        Args:
            password: the certificate password that the customer chose; its length is the policy's to check.
            kind: `apply` or `renew`.
            key_type: by policy.
            replaces: the certificate that is renewed.
            security: the security setting that the customer chose with it (SPEC A11).

        Raises:
            PfxRefused: `password-empty`, `password-not-ascii`, `password-forbidden`.
            StoreRefused: `keychain-missing`; what `files.write` raises.
        """
        pfx.check_password(password, [self.location.identity])
        if security is SecurityMode.NEVER:
            self._keychain()
        key = keys.generate(key_type)
        record = PendingKey(
            request=uuid4(),
            kind=kind,
            state=State.GENERATED,
            created_at=clock.now(),
            institution=self.location.institution,
            identity=self.location.identity,
            spki_sha256=keys.spki_sha256(key.public_key()),
            csr=csr.build(key),
            wrapped=None,
            replaces=replaces.spki_sha256 if replaces else "",
            security=security.value if security else "",
        )
        record = replace(record, wrapped=placing.wrapped(record, key, password, self.location))
        with self.shelf.writing():
            self.shelf.keep_record(record)
            again = self.shelf.record(record.request)
            again.open(password)
        return again

    def submitted(self, request: UUID) -> PendingKey:
        """The centre has accepted the request; a record that is further stays as it is."""
        with self.shelf.writing():
            record = self.shelf.record(request)
            if record.state is not State.GENERATED:
                return record
            return self.shelf.keep_record(record.at(State.SUBMITTED))

    def issued(
        self,
        request: UUID,
        certificate: x509.Certificate,
        chain: Sequence[x509.Certificate],
        *,
        export_file_name: str,
    ) -> PendingKey:
        """Keep the certificate beside its key. Another customer's or another key's is not even written down.

        Raises:
            StoreRefused: `key-mismatch`, `not-yours`, `pending-unknown`.
        """
        issued = Issued.of(certificate, chain, export_file_name=export_file_name)
        with self.shelf.writing():
            record = self.shelf.record(request)
            checks.require_match(record, issued)
            if record.state.rank >= State.ISSUED.rank:
                return record
            return self.shelf.keep_record(record.at(State.ISSUED, issued=issued))

    def install(
        self,
        request: UUID,
        password: str,
        *,
        roots: Sequence[x509.Certificate] = (),
        now: datetime | None = None,
    ) -> Entry:
        """Put key and certificate into a PFX at its place; as often as it takes.

        Key match, subject, chain, validity, self-test; temporary file, fsync, rename; then the file is opened again
        with the password. What lay at the place is kept in `replaced/`.

        Args:
            request: the application.
            password: the one that the key was made with.
            roots: whom to trust; if empty, the root that came with the certificate.
            now: the centre's time where it is known: a wrong clock here is no reason to refuse.

        Raises:
            StoreRefused: `not-issued`, `wrong-password`, `not-yours`, `key-mismatch`, `reopen`; of `files.write`.
            ChainRefused: `untrusted`, `not-yet-valid` (look at the clock), `expired`, `key-usage`.
        """
        with self.shelf.writing():
            record = self.shelf.record(request)
            if record.issued is None:
                raise StoreRefused("not-issued", "the certificate has not been fetched yet")
            installed = self.find(record.spki_sha256)
            if record.state is State.ACKED and installed:
                return installed
            key = self._key_of(record, password, installed)
            checks.require_match(record, record.issued)
            checks.require_chain(record.issued, roots, now or clock.now())
            if installed is None or installed.path != self.shelf.main_file(record.spki_sha256):
                placing.place(self.shelf, key, record.issued, password)
            if record.state is not State.INSTALLED:
                self.shelf.keep_record(record.at(State.INSTALLED))
            self._apply_security(record, key)
        return self._required(record.spki_sha256)

    def acknowledged(self, request: UUID) -> Entry | None:
        """The centre knows that it is installed: the record gives up its key, what it replaced is put aside.

        Raises:
            StoreRefused: `not-issued` where nothing is installed; `pending-unknown`.
        """
        with self.shelf.writing():
            record = self.shelf.record(request)
            if record.state.rank < State.INSTALLED.rank:
                raise StoreRefused("not-issued", "nothing is installed that could be acknowledged")
            if record.state is not State.ACKED:
                record = self.shelf.keep_record(record.at(State.ACKED, wrapped=None))
            placing.put_aside(self.shelf, record, self._keychain)
        return self.find(record.spki_sha256)

    def open_pending(self, request: UUID, password: str) -> PrivateKey:
        """A pending key's private key, to sign a proof with.

        Raises:
            StoreRefused: `wrong-password`, `pending-unknown`.
        """
        record = self.shelf.record(request)
        return self._key_of(record, password, self.find(record.spki_sha256))

    def discard(self, request: UUID) -> Path:
        """The customer gives a pending key up, and said so: its record moves to `removed/`. Returns where to.

        Raises:
            StoreRefused: `pending-unknown`.
        """
        with self.shelf.writing():
            source = self.shelf.pending_folder / f"{request}.json"
            self.shelf.record(request)
            target = self.shelf.removed_folder / source.name
            files.move(source, target)
            return target

    # With a certificate

    def unlock(self, entry: Entry, password: str) -> Unlocked:
        """The private key of a certificate, until it is forgotten.

        Raises:
            PfxRefused: `wrong-password`, `damaged`, …; StoreRefused: `gone`, `changed` (not the file that was listed).
        """
        return Unlocked(entry, pfx.read(placing.unchanged(entry), password).key)

    def session(self, *, ask: Ask, entry: Entry | None = None) -> Session:
        """A trading session under the security setting as it stands now (SPEC A11); use it in a `with`.

        Args:
            ask: asks the person for the certificate password; called when, and only when, the setting says so.
            entry: the certificate to sign with; `current()` if not given.

        Raises:
            StoreRefused: `no-certificate`; `keychain-missing` in mode 3.
        """
        chosen = entry or self.current()
        if chosen is None:
            raise StoreRefused("no-certificate", "there is no certificate on this machine to sign with")
        mode = self.security()
        opener = self._handles() if mode is SecurityMode.NEVER else None
        return Session(mode, chosen, unlock=self.unlock, ask=ask, handles=opener)

    def change_password(self, entry: Entry, password: str, new_password: str) -> Entry:
        """Write the PFX anew under another password (SPEC A10).

        Raises:
            PfxRefused: `wrong-password`; `password-…` of the new one.
        """
        pfx.check_password(new_password, [self.location.identity])
        with self.shelf.writing():
            unlocked = self.unlock(entry, password)
            placing.write_pfx(self.shelf, unlocked.key, entry.issued, new_password, entry.path)
            record = self.pending_for(entry.spki_sha256)
            if record is not None:
                wrapped = placing.wrapped(record, unlocked.key, new_password, self.location)
                self.shelf.keep_record(replace(record, wrapped=wrapped))
        return self._required(entry.spki_sha256)

    def export(
        self, entry: Entry, password: str, *, new_password: str | None = None, compatible: bool = False
    ) -> bytes:
        """A PFX to carry away (SPEC A6): under a new password, or the very file after its password was checked.

        Raises:
            PfxRefused: `wrong-password`; `password-…` of the new one.
        """
        return exporting.build(
            self.unlock(entry, password), password, new_password, self.location, compatible=compatible
        )

    def examine(self, data: bytes, password: str) -> Candidate:
        """Read a PFX from anywhere and say whether it is this customer's, without keeping anything (SPEC A7).

        Raises:
            PfxRefused: `wrong-password`, `not-a-pfx`, `no-private-key`, …; StoreRefused: `not-yours`.
        """
        return importing.examine(data, password, self.location.identity)

    def import_pfx(
        self,
        data: bytes,
        password: str,
        *,
        new_password: str | None = None,
        security: SecurityMode | None = None,
    ) -> Entry:
        """Take a PFX over, written anew by SPEC E11 under the same password or a new one (SPEC A7).

        Raises:
            PfxRefused: as `examine`; `password-not-ascii` where a new password is needed.
            StoreRefused: `not-yours`, `keychain-missing`; of `files.write`.
        """
        candidate = self.examine(data, password)
        chosen = password if new_password is None else new_password
        pfx.check_password(chosen, [self.location.identity])
        if security is SecurityMode.NEVER:
            self._keychain()
        with self.shelf.writing():
            placing.place(self.shelf, candidate.key, candidate.issued, chosen)
            if security is not None:
                self._set_security(security, candidate.key, candidate.spki_sha256)
        return self._required(candidate.spki_sha256)

    def adopt(self, damaged: Damaged, password: str) -> Entry:
        """Get to know a PFX that lies at our place and that we did not write.

        Raises:
            PfxRefused: as `examine`; StoreRefused: `not-yours`, `gone`.
        """
        data = files.read(damaged.path)
        if data is None:
            raise StoreRefused("gone", f"{damaged.path} is no longer there")
        candidate = self.examine(data, password)
        with self.shelf.writing():
            self.shelf.put(data, candidate.issued, damaged.path)
        return self._required(candidate.spki_sha256)

    def remove(self, entry: Entry) -> Path:
        """Take a certificate from this machine; the PFX is kept as a backup, whose path is returned (SPEC A8).

        Pending keys stay. The file can be imported again with its password.

        Raises:
            StoreRefused: `gone`, `changed`, `not-writable`.
        """
        stamp = clock.now().strftime("%Y%m%d%H%M%S")
        with self.shelf.writing():
            placing.unchanged(entry)
            target = self.shelf.removed_folder / f"{stamp}-{entry.sha256[:32]}.pfx"
            copies = [path for path in self.shelf.copies(entry.spki_sha256) if path != entry.path]
            files.move(entry.path, target)
            for copy in copies:
                files.move(copy, self.shelf.removed_folder / f"{stamp}-{copy.name}")
            handles.forget(self.shelf, entry.spki_sha256, self._keychain)
        return target

    # The security setting

    def change_security(self, mode: SecurityMode, password: str) -> None:
        """Change the security setting; it asks for the password and takes effect at the next session (SPEC A11).

        Raises:
            StoreRefused: `no-certificate`, `keychain-missing` (mode 3 needs the operating system's keychain).
            PfxRefused: `wrong-password`.
        """
        entry = self.current()
        if entry is None:
            raise StoreRefused("no-certificate", "there is no certificate on this machine")
        key = self.unlock(entry, password).key
        with self.shelf.writing():
            self._set_security(mode, key, entry.spki_sha256)

    # Inside

    def _handles(self) -> handles.Handles:
        return handles.Handles(self.shelf, self._keychain())

    def _set_security(self, mode: SecurityMode, key: PrivateKey, spki_sha256: str) -> None:
        if mode is SecurityMode.NEVER:
            self._handles().keep(spki_sha256, key)
        settings.write_mode(self.shelf.settings_file, mode)
        if mode is not SecurityMode.NEVER:
            handles.forget_all(self.shelf, self._keychain)

    def _apply_security(self, record: PendingKey, key: PrivateKey) -> None:
        mode = SecurityMode(record.security) if record.security else self.security()
        if record.security or mode is SecurityMode.NEVER:
            self._set_security(mode, key, record.spki_sha256)

    def _key_of(self, record: PendingKey, password: str, installed: Entry | None) -> PrivateKey:
        """From the record; once installed from the PFX, whose password may be a newer one."""
        if installed is None:
            return record.open(password)
        try:
            return self.unlock(installed, password).key
        except (PfxRefused, StoreRefused):
            return record.open(password)

    def _required(self, spki_sha256: str) -> Entry:
        entry = self.find(spki_sha256)
        if entry is None:
            raise StoreRefused("gone", "the file went away as soon as it was written")
        return entry
