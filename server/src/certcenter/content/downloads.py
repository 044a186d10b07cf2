"""The desktop helper's files, offered on the 憑證中心 page and to programs with version, size and SHA-256 (SPEC A14).

They lie in one folder beside `downloads.json`, which alone says what is offered: `certcenterctl downloads add` writes
both. What is not in the manifest, or is not the file that was added, is not handed out.
"""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from django.conf import settings
from pydantic import TypeAdapter, ValidationError

MANIFEST: Final = "downloads.json"


class System(StrEnum):
    """What the helper runs on, in the order of the page."""

    WINDOWS = "windows"
    MACOS = "macos"
    LINUX = "linux"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One file of the helper. `size` is in bytes, `sha256` in lower-case hex."""

    system: System
    file: str
    version: str
    size: int
    sha256: str

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return Path(settings.CONFIG.downloads_path) / self.file


_MANIFEST: Final = TypeAdapter(list[Download])


def offered() -> dict[System, Download | None]:
    """Return the file of each system; None where there is none, or it is not the one that was added."""
    known = {each.system: each for each in _read() if _is_there(each)}
    return {system: known.get(system) for system in System}


def find(name: str) -> Download | None:
    """Return the offered file of that name."""
    return next((each for each in offered().values() if each is not None and each.file == name), None)


def add(source: Path, *, system: System, version: str) -> Download:
    """Copy `source` into the folder, offer it for `system` in the place of an earlier one, and return its entry."""
    folder = Path(settings.CONFIG.downloads_path)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{source.name}.new"
    shutil.copyfile(source, draft)
    new = Download(
        system=system,
        file=source.name,
        version=version,
        size=draft.stat().st_size,
        sha256=_sha256(draft),
    )
    draft.replace(new.path)
    before = _read()
    kept = [each for each in before if each.system is not system]
    _write([*kept, new])
    for old in before:
        if old.system is system and old.file != new.file and _is_there(old):
            old.path.unlink()
    return new


def broken() -> list[Download]:
    """Return what the manifest offers and is missing or was changed: every byte is looked at."""
    return [each for each in _read() if not _is_there(each) or _sha256(each.path) != each.sha256]


def _read() -> list[Download]:
    path = Path(settings.CONFIG.downloads_path) / MANIFEST
    try:
        return _MANIFEST.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return []


def _write(entries: list[Download]) -> None:
    path = Path(settings.CONFIG.downloads_path) / MANIFEST
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps([asdict(each) for each in entries], indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def _is_there(entry: Download) -> bool:
    """A name without a path, and a file of the size that was added."""
    plain = entry.file == Path(entry.file).name and not entry.file.startswith(".")
    return plain and entry.path.is_file() and entry.path.stat().st_size == entry.size


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
