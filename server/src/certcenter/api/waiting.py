"""Long polling: whoever waits for a certificate sees it at once, and holds no transaction meanwhile.

One thread of the process looks for all who wait, woken by commits; the waiting requests themselves ask nothing.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Final, TypeVar

from django.conf import settings
from django.db import connection, connections

from certcenter.certificates import queries
from certcenter.outbox import wake

_log = logging.getLogger(__name__)
T = TypeVar("T")

#: Seconds that an answer may be held back at most.
LONGEST: Final = 20
#: Each wait keeps one of the server's threads; the last quarter is never waited in.
_WAITING = BoundedSemaphore(max(1, settings.CONFIG.server_threads * 3 // 4))
#: Seconds: between two looks at least, and at most (a lost wake-up costs as much); how long nobody is watched for.
_PAUSE, _NAP, _LINGER = 0.02, 0.5, 0.3
#: Seconds of the first pause of `until`, and by what each next one is longer.
_FIRST_PAUSE, _GROWTH = 0.02, 1.5


def for_end(application_id: int, *, seconds: float) -> bool:
    """Wait until an application is under way no longer, at most for `seconds`; whether it was worth waiting.

    Returns False at once inside a transaction (DESIGN) and when too many wait already.
    """
    if seconds <= 0 or connection.in_atomic_block or not _WAITING.acquire(blocking=False):
        return False
    try:
        return _watch.wait(application_id, seconds)
    finally:
        _WAITING.release()


def until(done: Callable[[T], bool], look: Callable[[], T], *, seconds: float) -> T:
    """Look until `done`, at most for `seconds`; returns what was seen last. For waits that are rare: each asks by itself."""
    seen = look()
    if done(seen) or seconds <= 0 or connection.in_atomic_block or not _WAITING.acquire(blocking=False):
        return seen
    try:
        ends, pause = time.monotonic() + seconds, _FIRST_PAUSE
        while not done(seen) and (left := ends - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            seen, pause = look(), min(pause * _GROWTH, _NAP)
        return seen
    finally:
        _WAITING.release()


class _Watch:
    """Who waits for which application in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: defaultdict[int, list[Event]] = defaultdict(list)
        self._running = False
        self._last_wanted = 0.0

    def wait(self, application_id: int, seconds: float) -> bool:
        """Sleep until the watcher finds the application ended."""
        ended = Event()
        with self._lock:
            self._waiting[application_id].append(ended)
            if not self._running:
                self._running = True
                Thread(target=self._run, name="certificates-watch", daemon=True).start()
        try:
            return ended.wait(seconds)
        finally:
            with self._lock:
                self._forget(application_id, ended)

    def _forget(self, application_id: int, ended: Event) -> None:
        self._waiting[application_id].remove(ended)
        if not self._waiting[application_id]:
            del self._waiting[application_id]

    def _run(self) -> None:
        try:
            with wake.Waiter() as ear:
                while (wanted := self._wanted()) is not None:
                    if wanted:
                        self._tell(queries.ended(wanted))
                    ear.wait(_NAP if wanted else _LINGER)
                    time.sleep(_PAUSE)
        except Exception:  # noqa: BLE001 - those who wait now ask again when their time is over
            _log.exception("the watcher of applications stopped")
            with self._lock:
                self._running = False
        finally:
            connections.close_all()

    def _wanted(self) -> list[int] | None:
        """Whom to look for; None when nobody has waited for a while: then the watcher ends."""
        now = time.monotonic()
        with self._lock:
            if self._waiting:
                self._last_wanted = now
                return list(self._waiting)
            if now - self._last_wanted < _LINGER:
                return []
            self._running = False
            return None

    def _tell(self, ended: list[int]) -> None:
        with self._lock:
            for application_id in ended:
                for flag in self._waiting.get(application_id, ()):
                    flag.set()


_watch = _Watch()
