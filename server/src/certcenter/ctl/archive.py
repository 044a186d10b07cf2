"""The backup file: one tar of members with a manifest of their SHA-256 at its end. No Django, no database.

Members are `database` and files below `ca/`, `audit/`, `secrets/`, `institutions/`. The manifest comes last, so that a
file that was cut short has none; it names every member, and nothing is taken that it does not name.
"""

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

FORMAT: Final = "certcenter-backup"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
#: Folders of the home that a backup holds. What is not here is made anew by `init` (static files) or is not ours.
FOLDERS: Final = ("ca", "audit", "secrets", "institutions")

_CHUNK = 1024 * 1024
_LARGEST_MANIFEST = 64 * 1024 * 1024
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{DATABASE}|(?:{'|'.join(FOLDERS)})(?:/{_PART})+")


class NotABackup(Exception):
    """The file is no backup, or not whole, or was changed; the text says what is wrong, in both languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the manifest says of one member."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    certcenter: str
    created: str
    #: `sqlite` (the member `database` is an SQLite file) or `postgresql` (pg_dump's custom format).
    engine: str
    files: Mapping[str, Member]

    def to_json(self) -> bytes:
        """Return the member `manifest.json`."""
        files = {name: asdict(member) for name, member in self.files.items()}
        values = {"format": FORMAT, "version": VERSION, "certcenter": self.certcenter}
        values |= {"created": self.created, "engine": self.engine, "files": files}
        return json.dumps(values, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read `manifest.json`. Raises NotABackup."""
        try:
            values = json.loads(text)
            if values["format"] != FORMAT:
                raise NotABackup("not a Certcenter backup. 不是本系統的備份檔。")
            if values["version"] != VERSION:
                raise NotABackup(
                    f"backup format {values['version']} is not known here. 不支援此備份格式版本。"
                )
            files = {
                str(name): Member(sha256=str(member["sha256"]), size=int(member["size"]))
                for name, member in values["files"].items()
            }
            return cls(
                certcenter=str(values["certcenter"]),
                created=str(values["created"]),
                engine=str(values["engine"]),
                files=files,
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise NotABackup("the manifest can't be read. 無法讀取備份清單。") from error


def write(
    file: IO[bytes], members: Mapping[str, Path | bytes], *, version: str, created: str, engine: str
) -> Manifest:
    """Write members and manifest. A file that grows meanwhile is taken as long as it was when it was opened."""
    files: dict[str, Member] = {}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members.items():
            if not _NAME.fullmatch(name):
                raise ValueError(f"no name for a member of a backup: {name}")
            with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as source:
                files[name] = _add(tar, name, source)
        manifest = Manifest(certcenter=version, created=created, engine=engine, files=files)
        text = manifest.to_json()
        tar.addfile(_header(MANIFEST, len(text)), io.BytesIO(text))
    return manifest


def check(path: Path) -> Manifest:
    """Read the whole backup, compare every member with the manifest, write nothing. Raises NotABackup, OSError."""
    seen: dict[str, Member] = {}
    manifest: Manifest | None = None
    for entry, source in _entries(path):
        if manifest is not None:
            raise NotABackup("something follows the manifest. 清單之後還有資料。")
        if entry.name == MANIFEST:
            if entry.size > _LARGEST_MANIFEST:
                raise NotABackup("the manifest is too long. 備份清單過長。")
            manifest = Manifest.from_json(source.read())
        else:
            _require_proper(entry, seen)
            seen[entry.name] = _copied(source, None)
    if manifest is None:
        raise NotABackup(
            "it has no manifest: not a backup, or not whole. 沒有備份清單：不是備份檔，或檔案不完整。"
        )
    for name in sorted(seen.keys() | manifest.files.keys()):
        if seen.get(name) != manifest.files.get(name):
            raise NotABackup(f"{name} is not as the manifest says. 與備份清單不符。")
    if DATABASE not in seen:
        raise NotABackup("it has no database. 沒有資料庫。")
    return manifest


def extract(path: Path, folder: Path, manifest: Manifest) -> None:
    """Write the members into the new folder, 0600 in 0700, on disk when this returns.

    Everything is compared with the manifest once more, in case the file was changed since `check`. Raises NotABackup.
    """
    folder.mkdir(mode=0o700)
    for entry, source in _entries(path):
        if entry.name == MANIFEST:
            continue
        if entry.name not in manifest.files or not entry.isreg():
            raise NotABackup(f"{entry.name!r} came in meanwhile. 檔案於讀取期間被更動。")
        target = folder / entry.name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            if _copied(source, file.write) != manifest.files[entry.name]:
                raise NotABackup(f"{entry.name} was changed meanwhile. 檔案於讀取期間被更動。")
            file.flush()
            os.fsync(file.fileno())
    for below, _folders, _files in os.walk(folder, topdown=False):
        sync_folder(Path(below))


@contextmanager
def workshop(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside `target` to build it in; removed at the end, and what a kill left is removed first.

    Raises BlockingIOError while another process builds the same target.
    """
    folder = target.with_name(f".{target.name}.unfinished")
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        empty(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def empty(folder: Path) -> None:
    """Delete everything in a folder."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def sync_folder(folder: Path) -> None:
    """Have a folder's names on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode = size, 0o600
    return header


def _add(tar: tarfile.TarFile, name: str, source: IO[bytes]) -> Member:
    source.seek(0, os.SEEK_END)
    size = source.tell()
    source.seek(0)
    reader = _HashingReader(source)
    tar.addfile(_header(name, size), reader)  # type: ignore[arg-type] # a reader is all that it uses
    return Member(sha256=reader.digest.hexdigest(), size=size)


class _HashingReader:
    """Hashes what is read through it: what went into the tar, not what the file has become meanwhile."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Read on."""
        chunk = self._source.read(size)
        self.digest.update(chunk)
        return chunk


def _entries(path: Path) -> Iterator[tuple[tarfile.TarInfo, "_Whole"]]:
    """Yield the members in order. Raises NotABackup for what is no tar or is cut short."""
    with _as_not_a_backup(), tarfile.open(path, mode="r:") as tar:
        for entry in tar:
            yield entry, _Whole(tar.extractfile(entry) if entry.isreg() else None)


class _Whole:
    """A member's content; a file that ends within it is no backup."""

    def __init__(self, source: IO[bytes] | None) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        """Read on. Raises NotABackup."""
        with _as_not_a_backup():
            return self._source.read(size) if self._source is not None else b""


@contextmanager
def _as_not_a_backup() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise NotABackup(f"not a backup, or not whole: {error}. 不是備份檔，或檔案不完整。") from error


def _require_proper(entry: tarfile.TarInfo, seen: Mapping[str, Any]) -> None:
    """Refuse links, devices, doubled names, and every name that could lead out of the home."""
    if not entry.isreg() or not _NAME.fullmatch(entry.name) or entry.name in seen:
        raise NotABackup(f"{entry.name!r} has no place in a backup. 備份檔含有不應存在的項目。")


def _copied(source: _Whole, write: Callable[[bytes], object] | None) -> Member:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if write is not None:
            write(chunk)
    return Member(sha256=digest.hexdigest(), size=size)
