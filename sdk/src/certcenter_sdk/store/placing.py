"""Keys and certificates to their places on the shelf; inside `Shelf.writing()`, for `KeyStore` alone."""

from collections.abc import Callable
from pathlib import Path

from certcenter_sdk import keys, pfx
from certcenter_sdk.errors import StoreRefused
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.store import exporting, files, handles
from certcenter_sdk.store.keychain import Keychain
from certcenter_sdk.store.locations import Location
from certcenter_sdk.store.records import Issued, PendingKey, Wrapped
from certcenter_sdk.store.shelf import Entry, Shelf


def unchanged(entry: Entry) -> bytes:
    """The entry's file, if it still is the one that was listed.

    Raises:
        StoreRefused: `gone`, `changed`.
    """
    data = files.read(entry.path)
    if data is None:
        raise StoreRefused("gone", f"{entry.path} is no longer there")
    if pfx.fingerprint(data) != entry.sha256:
        raise StoreRefused("changed", f"{entry.path} was changed by somebody else")
    return data


def wrapped(record: PendingKey, key: PrivateKey, password: str, location: Location) -> Wrapped:
    """The key as it stands in its record."""
    return Wrapped.wrap(key, password.encode(), bound_to=record.name, iterations=location.iterations)


def place(shelf: Shelf, key: PrivateKey, issued: Issued, password: str) -> None:
    """Write the PFX at its place; what lies there of another key is kept in `replaced/` first."""
    spki = keys.spki_sha256(key.public_key())
    target = shelf.main_file(spki)
    before = shelf.find(spki)
    if before is None or before.path != target:
        shelf.keep_aside(target)
    write_pfx(shelf, key, issued, password, target)


def write_pfx(shelf: Shelf, key: PrivateKey, issued: Issued, password: str, target: Path) -> None:
    """Write a PFX and open it again with its password.

    Raises:
        StoreRefused: `reopen`; of `files.write`.
    """
    shelf.put(exporting.encode(key, issued, password, shelf.location), issued, target)
    again = pfx.read(files.read(target) or b"", password)
    if again.certificate != issued.certificate:
        raise StoreRefused("reopen", f"{target} does not hold what was written")


def put_aside(shelf: Shelf, record: PendingKey, keychain: Callable[[], Keychain]) -> None:
    """What an acknowledged certificate has replaced leaves the folder of those in use; its handle goes."""
    old = shelf.find(record.replaces) if record.replaces else None
    if old is None:
        return
    if old.path.parent == shelf.certificates_folder:
        files.move(old.path, shelf.replaced_folder / old.path.name)
    handles.forget(shelf, old.spki_sha256, keychain)
