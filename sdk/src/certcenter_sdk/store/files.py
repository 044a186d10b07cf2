"""Files that are whole or not there: written beside, forced to the disk, renamed, forced again, read back.

A crash at any call leaves the old file or the new one. Files are 0600, folders 0700; on Windows the user's profile
protects them, and folders can't be forced to the disk there.
"""

import contextlib
import errno
import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from certcenter_sdk.errors import StoreRefused

_TEMPORARY = ".tmp-"
_POLL_SECONDS = 0.05
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def make_folder(path: Path) -> None:
    """Make a folder that its owner alone may look into, and those above it.

    Raises:
        StoreRefused: `not-writable`, `disk-full`, `io`.
    """
    with reported():
        if not path.is_dir():
            make_folder(path.parent)
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=0o700)
            sync_folder(path.parent)


def close_to_others(path: Path) -> None:
    """Take away what others may do in an existing folder of ours (a copied or restored one)."""
    with reported():
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o700)


def write(path: Path, data: bytes) -> None:
    """Put `data` there, whole or not at all, and read it back.

    Raises:
        StoreRefused: `not-writable`, `disk-full`, `io`, `read-back` (the disk holds something else).
    """
    temporary = path.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with reported():
        try:
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)  # noqa: PTH105 - one name for what tests of crashes count
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)
        if path.read_bytes() != data:
            raise StoreRefused("read-back", f"{path} does not hold what was written")


def move(source: Path, target: Path) -> None:
    """Rename within a file system; both folders are forced to the disk.

    Raises:
        StoreRefused: `not-writable`, `disk-full`, `io`.
    """
    with reported():
        os.replace(source, target)  # noqa: PTH105 - as above
        sync_folder(target.parent)
        if source.parent != target.parent:
            sync_folder(source.parent)


def delete(path: Path) -> None:
    """Take a file away for good; nothing where there is none.

    Raises:
        StoreRefused: `not-writable`, `io`.
    """
    with reported():
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


def read(path: Path) -> bytes | None:
    """What the file holds; None where there is none.

    Raises:
        StoreRefused: `not-readable`, `io`.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise StoreRefused("not-readable", f"{path} may not be read") from None
    except OSError as error:
        raise StoreRefused("io", f"{path}: {error.strerror}") from None


def names(folder: Path, suffix: str) -> list[Path]:
    """The files in a folder that end so, by name; none where there is no folder."""
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except PermissionError:
        raise StoreRefused("not-readable", f"{folder} may not be read") from None
    except OSError as error:
        raise StoreRefused("io", f"{folder}: {error.strerror}") from None
    return [path for path in found if path.suffix == suffix and not path.name.startswith(_TEMPORARY)]


def sweep(folder: Path) -> None:
    """Delete what writers left that died; call it under the lock, where no writer lives."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{_TEMPORARY}*"):
            path.unlink()


def sync_folder(path: Path) -> None:
    """Force a folder's names to the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """An OSError becomes a StoreRefused that says which of the usual ones it is."""
    try:
        yield
    except OSError as error:
        code = "disk-full" if error.errno in _FULL else "io"
        if error.errno in _FORBIDDEN:
            code = "not-writable"
        raise StoreRefused(code, f"{error.filename or 'the store'}: {error.strerror}") from None


@contextlib.contextmanager
def locked(path: Path, *, seconds: float = 10.0) -> Iterator[None]:
    """Be the only one, in this process and all others of this machine, until the block ends.

    Raises:
        StoreRefused: `busy` after so many seconds; `not-writable`.
    """
    with reported():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while not _take(descriptor):
            if time.monotonic() > deadline:
                raise StoreRefused("busy", "another program is using this key store")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)  # the lock ends with it, and with the process


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
