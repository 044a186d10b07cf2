"""Where those wait on this machine whose process has no turn free for them (SPEC E1).

Each place is an `flock` on a file of the home, so that all server processes of a machine share the few there are, and the
kernel gives a dead process's place back. In order of arrival they wait in their own process (`hashing.Slots`).
"""

import fcntl
import os
import threading
from pathlib import Path


class Line:
    """So many places, taken without waiting."""

    def __init__(self, folder: Path, places: int) -> None:
        self._files = [
            os.open(folder / f"password-line-{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            for number in range(places)
        ]
        #: Two threads share an open file, and would both get its lock.
        self._mine: set[int] = set()
        self._mutex = threading.Lock()

    def take(self) -> int | None:
        """Return the place that is now this process's, or None where none is free."""
        with self._mutex:
            for file in self._files:
                if file not in self._mine and _locked(file):
                    self._mine.add(file)
                    return file
        return None

    def leave(self, place: int) -> None:
        """Give a place back."""
        with self._mutex:
            fcntl.flock(place, fcntl.LOCK_UN)
            self._mine.discard(place)

    def full(self) -> bool:
        """Whether nobody could take a place now."""
        place = self.take()
        if place is None:
            return True
        self.leave(place)
        return False


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
