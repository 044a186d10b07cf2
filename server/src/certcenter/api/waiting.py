"""Long polling: a page that waits for its certificate sees it at once, and holds no transaction meanwhile."""

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Final, TypeVar

from django.db import connection

T = TypeVar("T")

#: Seconds that an answer may be held back at most.
LONGEST: Final = 20
#: Each wait keeps one of the server's threads; more than so many in one process are answered at once.
_WAITING = BoundedSemaphore(4)
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.02, 0.5, 1.5


def until(done: Callable[[T], bool], look: Callable[[], T], *, seconds: float) -> T:
    """Look until `done`, at most for `seconds`; returns what was seen last.

    Nothing waits inside a transaction (DESIGN). The thread keeps its connection, as it does between requests: to open
    one costs more than many looks.
    """
    seen = look()
    if done(seen) or seconds <= 0 or connection.in_atomic_block or not _WAITING.acquire(blocking=False):
        return seen
    try:
        return _wait(done, look, seconds)
    finally:
        _WAITING.release()


def _wait(done: Callable[[T], bool], look: Callable[[], T], seconds: float) -> T:
    ends, pause = time.monotonic() + seconds, _FIRST_PAUSE
    while True:
        time.sleep(min(pause, max(0.0, ends - time.monotonic())))
        seen = look()
        if done(seen) or time.monotonic() >= ends:
            return seen
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
