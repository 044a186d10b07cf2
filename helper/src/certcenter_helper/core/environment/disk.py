"""Checks of the store's folders: writable, permissions, room, names in Chinese, damaged files."""

import os
import secrets
import shutil
import stat
import tempfile
import unicodedata
from pathlib import Path
from typing import Final

from certcenter_helper.core.desk import Desk
from certcenter_helper.core.environment.rows import Check, Seen, failed, passed, unknown, warned
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.texts import marked as _
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import of_refusal, told
from certcenter_sdk.errors import Refused
from certcenter_sdk.store import files

_MEBI: Final = 1 << 20
_ROOM_WANTED: Final = 50 * _MEBI
_ROOM_NEEDED: Final = 2 * _MEBI
_OTHERS: Final = 0o077
_OWN_FOLDER: Final = 0o700
_CHINESE: Final = "憑證檢查－測試"


def _folders(desk: Desk) -> list[Path]:
    """The folders in which the store writes."""
    location = desk.store.location
    return [location.file.parent, location.private] if location.file else [location.private]


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def look_writable(desk: Desk) -> Seen:
    """Write, force to the disk, rename, read back, delete: what the store will do."""
    folder = _folders(desk)[0]
    try:
        for each in _folders(desk):
            there = _existing(each)
            probe = there / f".tmp-check-{secrets.token_hex(4)}"
            files.write(probe, probe.name.encode())
            files.delete(probe)
    except Refused as refused:
        trouble = of_refusal(refused)
        return failed(f"{folder}: {trouble.title}", trouble.advice)
    return passed(str(folder))


def mend_writable(desk: Desk) -> str:
    """Make the folders, and give their owner the right to write."""
    for folder in _folders(desk):
        there = _existing(folder)
        if there.stat().st_uid == _user():
            there.chmod(stat.S_IMODE(there.stat().st_mode) | stat.S_IRWXU)
        with told():
            files.make_folder(folder)
    return mend_permissions(desk)


def _user() -> int:
    return os.getuid() if os.name == "posix" else 0


def _too_open(desk: Desk) -> list[Path]:
    """Files and folders of the store that others may look into, or that the owner may not use."""
    location, found = desk.store.location, list[Path]()
    for root in _folders(desk):
        whole = [root, *root.rglob("*")] if root == location.private else [root]
        found += [path for path in whole if path.exists() and _is_wrong(path)]
    if location.file and location.file.exists() and _is_wrong(location.file):
        found.append(location.file)
    return list(dict.fromkeys(found))


def _is_wrong(path: Path) -> bool:
    mode = path.stat().st_mode
    needed = stat.S_IRWXU if path.is_dir() else stat.S_IRUSR | stat.S_IWUSR
    return bool(mode & _OTHERS) or mode & needed != needed


def look_permissions(desk: Desk) -> Seen:
    """Nobody but the customer may read the files; the customer may read and write them."""
    if os.name == "nt":
        return passed(text("protected by your Windows account"))
    try:
        wrong = _too_open(desk)
    except OSError as error:
        return failed(str(error.strerror), text("Set the folder's permissions right."))
    if wrong:
        sample = wrong[0]
        return failed(
            f"{sample} ({stat.filemode(sample.stat().st_mode)})",
            text("Other people of this computer could read it, or you could not. The fix sets it right."),
        )
    return passed(text("for you alone"))


def mend_permissions(desk: Desk) -> str:
    """Folders 0700, files 0600."""
    if os.name == "posix":
        for _round in range(2):  # what a closed folder hid shows itself in the second round
            for path in _too_open(desk):
                path.chmod(_OWN_FOLDER if path.is_dir() else stat.S_IRUSR | stat.S_IWUSR)
    return ""


def look_room(desk: Desk) -> Seen:
    """A renewal writes some tens of kilobytes; a full disk writes half a file."""
    try:
        free = shutil.disk_usage(_existing(_folders(desk)[0])).free
    except OSError as error:
        return unknown(str(error.strerror))
    words = f"{free / _MEBI:,.0f} MiB"
    if free < _ROOM_NEEDED:
        return failed(words, text("Make room on this disk before you apply or renew."))
    if free < _ROOM_WANTED:
        return warned(words, text("Make room on this disk soon."))
    return passed(words)


def look_names(desk: Desk) -> Seen:
    """A folder and a file with Chinese names, made, listed, read and taken away again."""
    try:
        with tempfile.TemporaryDirectory(prefix=".tmp-check-", dir=_existing(_folders(desk)[0])) as base:
            folder = Path(base) / _CHINESE
            folder.mkdir()
            path = folder / f"{_CHINESE}.pfx"
            path.write_bytes(b"pfx")
            listed = [unicodedata.normalize("NFC", each.name) for each in folder.iterdir()]
            kept = listed == [path.name] and path.read_bytes() == b"pfx"
    except (OSError, UnicodeError) as error:
        return failed(str(error), text("Use a folder whose disk knows Unicode names (NTFS, ext4, APFS)."))
    if not kept:
        return failed(
            text("changed on the way"),
            text("Use a folder whose disk knows Unicode names (NTFS, ext4, APFS)."),
        )
    return passed(_CHINESE)


def look_visible(desk: Desk) -> Seen:
    """M3: 資料夾請勿設定唯讀、隱藏."""
    pfx = desk.store.location.file
    if pfx is None:
        return passed(text("kept by the helper itself"))
    if _is_hidden(pfx.parent):
        return failed(str(pfx.parent), text("Trading programs look for the folder: it must not be hidden."))
    return passed(str(pfx.parent))


def _is_hidden(folder: Path) -> bool:
    if folder.name.startswith("."):
        return True
    if not folder.exists():
        return False
    attributes = getattr(folder.stat(), "st_file_attributes", 0)  # on Windows alone
    return bool(attributes & stat.FILE_ATTRIBUTE_HIDDEN)


def mend_visible(desk: Desk) -> str:
    """Windows: take the attributes hidden and read-only away."""
    pfx = desk.store.location.file
    if os.name == "nt" and pfx is not None:
        import subprocess

        subprocess.run(["attrib", "-H", "-R", str(pfx.parent)], check=False, timeout=10)  # noqa: S603, S607 - Windows' own
    return ""


def look_damaged(desk: Desk) -> Seen:
    """Files that something else changed, cut off or deleted; keys whose certificate has not come yet."""
    try:
        with told():
            damaged, pending = desk.store.damaged(), desk.store.pending()
    except HelperError as error:
        return failed(error.title, error.advice)
    if damaged:
        return failed(
            f"{damaged[0].path} ({len(damaged)})",
            text("The file was changed or cut off by something else. Repair it, or import your backup."),
        )
    if pending:
        return warned(
            text("{count} key(s) wait for their certificate").format(count=len(pending)),
            text("Repair goes on with it."),
        )
    return passed(text("all files are whole"))


DISK: Final = (
    Check(
        key="folder",
        item=_("Folder of your certificates"),
        purpose=_("Certificates can be written"),
        recommended=_("can be written, forced to the disk and read back"),
        look=look_writable,
        mend=mend_writable,
    ),
    Check(
        key="permissions",
        item=_("Permissions"),
        purpose=_("Nobody else on this computer can copy your key"),
        recommended=_("for you alone"),
        look=look_permissions,
        mend=mend_permissions,
    ),
    Check(
        key="visible",
        item=_("Folder not hidden"),
        purpose=_("Trading programs find your certificate"),
        recommended=_("visible"),
        look=look_visible,
        mend=mend_visible,
    ),
    Check(
        key="room",
        item=_("Room on the disk"),
        purpose=_("A certificate is never written by halves"),
        recommended=_("at least 50 MiB"),
        look=look_room,
    ),
    Check(
        key="names",
        item=_("Chinese file names"),
        purpose=_("A backup with a Chinese name can be read again"),
        recommended=_("kept as they are"),
        look=look_names,
    ),
    Check(
        key="files",
        item=_("Files in the folder"),
        purpose=_("Nothing was changed behind the helper's back"),
        recommended=_("all files are whole"),
        look=look_damaged,
    ),
)
