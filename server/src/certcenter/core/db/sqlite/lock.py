"""The queue of writers: an `flock` on a file beside the database.

SQLite itself lets a waiting writer sleep and try again, without order: the unlucky wait long (p99 34 ms where the
queue gave 0.8 ms). The kernel wakes the next in the queue at once and frees the lock of a process that dies.
"""

import fcntl
import os
import threading
import weakref
from pathlib import Path

from django.db.utils import OperationalError

_held_here = threading.local()
_open_locks: "weakref.WeakSet[FileLock]" = weakref.WeakSet()


class FileLock:
    """An exclusive lock on `path`, with an open file of its own, so that threads exclude each other too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None
        self._held = False
        _open_locks.add(self)

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._held

    def acquire(self) -> None:
        """Wait until the lock is ours.

        Raises OperationalError where this thread already writes to the database by another connection:
        it would wait for itself for ever.
        """
        if self._held:
            return
        if self.path in _paths_held_here():
            raise OperationalError(f"this thread already holds {self.path.name} by another connection")
        fcntl.flock(self._descriptor(), fcntl.LOCK_EX)
        self._note_held()

    def try_acquire(self) -> bool:
        """Take the lock if it is free, without waiting."""
        try:
            fcntl.flock(self._descriptor(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._note_held()
        return True

    def release(self) -> None:
        """Give the lock back, if it is held."""
        if self._held and self._file is not None:
            self._held = False
            _paths_held_here().discard(self.path)
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release, and close the file."""
        self.release()
        self.abandon()

    def abandon(self) -> None:
        """Close this process's view of the file without unlocking: after a fork the lock is the parent's."""
        if self._file is not None:
            os.close(self._file)
        self._file, self._held = None, False

    def _note_held(self) -> None:
        self._held = True
        _paths_held_here().add(self.path)

    def _descriptor(self) -> int:
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file


def _paths_held_here() -> set[Path]:
    held: set[Path] | None = getattr(_held_here, "paths", None)
    if held is None:
        held = _held_here.paths = set()
    return held


def _forget_in_child() -> None:
    for lock in list(_open_locks):
        lock.abandon()
    _held_here.__dict__.clear()


os.register_at_fork(after_in_child=_forget_in_child)
