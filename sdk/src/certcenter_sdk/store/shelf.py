"""What lies in one customer's folders: pending records, PFX files, and what is known of each file.

A PFX says nothing without its password, so what is in it stands beside it: `known/<SHA-256 of the file>.json` is
written before the file gets its name. A file and what is known of it can't disagree, whatever crashes in between; a
file that was changed, half-written or put there by hand is simply not known.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.octets import fingerprint
from certcenter_sdk.store import files
from certcenter_sdk.store.locations import HIDDEN, Location, owner
from certcenter_sdk.store.records import UNREADABLE, Issued, PendingKey, State

if TYPE_CHECKING:
    from cryptography import x509


class Standing(StrEnum):
    """What a certificate on this machine is to its owner; whether it is revoked is the centre's to say."""

    ACTIVE = "active"
    INSTALLED = "installed"
    """Installed, but the centre has not heard of it yet: repair goes on with it."""
    REPLACED = "replaced"
    """Its successor is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A certificate with its key in a PFX file on this machine.

    Attributes:
        path: the file.
        sha256: lower-case hex over the file.
        issued: the certificate, its chain and its export name.
        standing: see `Standing`.
    """

    path: Path
    sha256: str
    issued: Issued = field(repr=False)
    standing: Standing

    @property
    def certificate(self) -> "x509.Certificate":
        """The certificate."""
        return self.issued.certificate

    @property
    def serial(self) -> str:
        """The serial in lower-case hex, as the API has it."""
        return f"{self.issued.glance.serial:x}"

    @property
    def spki_sha256(self) -> str:
        """The key's name."""
        return self.issued.glance.spki_sha256

    @property
    def not_before(self) -> datetime:
        """From when on the certificate is valid."""
        return self.issued.glance.not_before

    @property
    def not_after(self) -> datetime:
        """Until when it is."""
        return self.issued.glance.not_after

    @property
    def common_name(self) -> str:
        """憑證CN."""
        return common_name(self.certificate)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that can't be used as it is.

    Attributes:
        path: the file.
        code: `unknown` (a PFX that this program did not write: changed, cut off, or put there by hand; `adopt` reads it
            with its password), or the code of the refusal to read a record.
    """

    path: Path
    code: str


def common_name(certificate: "x509.Certificate") -> str:
    """The subject's CN; empty where there is none."""
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folders of one location: reading needs no lock, writing happens inside `writing()`."""

    location: Location

    @property
    def pending_folder(self) -> Path:
        """Records, one file each."""
        return self.location.private / "pending"

    @property
    def certificates_folder(self) -> Path:
        """PFX files in use; in `pfxdir` the one in use has a place of its own."""
        return self.location.private / "certificates"

    @property
    def replaced_folder(self) -> Path:
        """PFX files that had to make room."""
        return self.location.private / "replaced"

    @property
    def removed_folder(self) -> Path:
        """Backups of what the customer removed (SPEC A8)."""
        return self.location.private / "removed"

    @property
    def handles_folder(self) -> Path:
        """Keys that the keychain opens (mode 3)."""
        return self.location.private / "handles"

    @property
    def settings_file(self) -> Path:
        """The security setting."""
        return self.location.private / "settings.json"

    def main_file(self, spki_sha256: str) -> Path:
        """Where the PFX of a key belongs."""
        return self.location.file or self.certificates_folder / f"{spki_sha256[:32]}.pfx"

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; make the folders, take them into possession, sweep up after writers that died.

        Raises:
            StoreRefused: `busy`, `folder-taken`, `not-writable`, `disk-full`.
        """
        location = self.location
        house = location.file.parent / HIDDEN if location.file else location.private
        files.make_folder(house)
        with files.locked(house / "lock"):
            files.sweep(house)
            if location.file:
                self._take_possession(location.file.parent)
                files.sweep(location.file.parent)
            for folder in (
                location.private,
                self.pending_folder,
                self.certificates_folder,
                self.replaced_folder,
                self.removed_folder,
                self.handles_folder,
                self._known_folder,
            ):
                files.make_folder(folder)
                files.close_to_others(folder)
                files.sweep(folder)
            yield

    def records(self) -> tuple[list[PendingKey], list[Damaged]]:
        """All records, oldest first, and the files that can't be read."""
        found, damaged = [], []
        for path in files.names(self.pending_folder, ".json"):
            data = files.read(path)
            if data is None:
                continue
            try:
                found.append(PendingKey.decode(data))
            except StoreRefused as refused:
                damaged.append(Damaged(path, refused.code))
        return sorted(found, key=lambda record: record.created_at), damaged

    def record(self, request: UUID) -> PendingKey:
        """One record.

        Raises:
            StoreRefused: `pending-unknown`, `damaged`.
        """
        data = files.read(self._record_file(request))
        if data is None:
            raise StoreRefused("pending-unknown", "this machine has no key for that application")
        return PendingKey.decode(data)

    def keep_record(self, record: PendingKey) -> PendingKey:
        """Write a record: one rename."""
        files.write(self._record_file(record.request), record.encode())
        return record

    def entries(self) -> tuple[list[Entry], list[Damaged]]:
        """All certificates here, those in use first, and the PFX files of which nothing is known."""
        self._require_ours()
        records = self.records()[0]
        found: dict[str, Entry] = {}
        damaged = []
        for path, sha256, issued, is_main in self._files():
            if issued is None:
                damaged.append(Damaged(path, "unknown"))
                continue
            spki = issued.glance.spki_sha256
            standing = _standing(spki, records, is_main=is_main)
            found.setdefault(spki, Entry(path=path, sha256=sha256, issued=issued, standing=standing))
        order = list(Standing)
        return sorted(found.values(), key=lambda entry: _sorting(entry, order)), damaged

    def find(self, spki_sha256: str) -> Entry | None:
        """The certificate for a key, by the key's name."""
        return next((entry for entry in self.entries()[0] if entry.spki_sha256 == spki_sha256), None)

    def copies(self, spki_sha256: str) -> list[Path]:
        """All files that hold this key, the one in use and those that were put aside."""
        return [
            path
            for path, _, issued, _ in self._files()
            if issued is not None and issued.glance.spki_sha256 == spki_sha256
        ]

    def put(self, data: bytes, issued: Issued, target: Path) -> None:
        """Write a PFX; first what is in it, then the file."""
        known = json.dumps(issued.as_json()).encode()
        files.write(self._known_folder / f"{fingerprint(data)}.json", known)
        files.write(target, data)

    def keep_aside(self, path: Path) -> None:
        """Copy a file to `replaced/`, if there is one; it stays where it is."""
        data = files.read(path)
        if data is not None:
            files.write(self.replaced_folder / f"{fingerprint(data)[:32]}.pfx", data)

    def _known(self, sha256: str) -> Issued | None:
        data = files.read(self._known_folder / f"{sha256}.json")
        try:
            return Issued.from_json(json.loads(data)) if data is not None else None
        except UNREADABLE:
            return None

    def _files(self) -> Iterator[tuple[Path, str, Issued | None, bool]]:
        for path, is_main in self._pfx_files():
            data = files.read(path)
            if data is not None:
                sha256 = fingerprint(data)
                yield path, sha256, self._known(sha256), is_main

    def _pfx_files(self) -> Iterator[tuple[Path, bool]]:
        if self.location.file:
            yield self.location.file, True
        for path in files.names(self.certificates_folder, ".pfx"):
            yield path, True
        for path in files.names(self.replaced_folder, ".pfx"):
            yield path, False

    def _record_file(self, request: UUID) -> Path:
        return self.pending_folder / f"{request}.json"

    @property
    def _known_folder(self) -> Path:
        return self.location.private / "known"

    def _require_ours(self) -> None:
        if self.location.file and owner(self.location.file.parent) not in {None, self.location.institution}:
            raise StoreRefused(
                "folder-taken", "the folder belongs to another institution; open the store again"
            )

    def _take_possession(self, folder: Path) -> None:
        self._require_ours()
        if owner(folder) is None:
            files.write(folder / HIDDEN / "owner", f"{self.location.institution}\n".encode())


def _standing(spki: str, records: list[PendingKey], *, is_main: bool) -> Standing:
    """By the records; a file in `replaced/` whose successor is not acknowledged yet is still the one in force."""
    if any(record.spki_sha256 == spki and record.state is not State.ACKED for record in records):
        return Standing.INSTALLED
    heirs = [record for record in records if record.replaces == spki]
    if any(record.state is State.ACKED for record in heirs):
        return Standing.REPLACED
    return Standing.ACTIVE if is_main or heirs else Standing.REPLACED


def _sorting(entry: Entry, order: list[Standing]) -> tuple[int, float, float]:
    """Of two in use the one issued later is the customer's now: the other may be revoked, which only the centre knows."""
    return order.index(entry.standing), -entry.not_before.timestamp(), -entry.not_after.timestamp()
