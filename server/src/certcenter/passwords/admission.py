"""How many may try a password at once in one process; whoever comes beyond is told "busy" at once (SPEC E1, E2).

A rush of customers must not become a queue in which everybody waits: each attempt costs an argon2id run and a few
transactions, and what waits holds a thread of the server. So the whole attempt takes a place before the captcha is
looked at and before the database is asked for anything. Without a place nothing was used: the same captcha and the
same input serve for the next try, and the answer says nothing about anybody (SPEC E4).

"Busy" is counted and told to the log, never to the audit: to write about each would cost what it is to save.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, ClassVar, Final, ParamSpec, TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from certcenter.core.errors import Busy

if TYPE_CHECKING:
    from certcenter.settings.model import Config

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)
#: For each hash that runs one more attempt is under way: it waits for the hash, or is at the database meanwhile.
PLACES_PER_SLOT: Final = 2
_BETWEEN_LINES = 60.0  # seconds


class Crowded(Busy):
    """No place: nothing was looked at, counted or used up."""

    message: ClassVar = _("Many people are logging in or changing passwords at this moment.")
    next_step: ClassVar = _("Please try again in a few seconds.")
    kept: ClassVar = _("Nothing was counted, and what you have entered can be sent again.")


class House:
    """So many places, taken without waiting."""

    def __init__(self, places: int) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._mutex = threading.Lock()
        self._turned_away = 0
        self._next_line = 0.0

    @property
    def turned_away(self) -> int:
        """How many were told "busy" since the process began."""
        return self._turned_away

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place inside the block. Raises Crowded at once where none is free."""
        if not self._places.acquire(blocking=False):
            self._count()
            raise Crowded
        try:
            yield
        finally:
            self._places.release()

    def _count(self) -> None:
        """Count who is turned away; the log hears of it once a minute."""
        with self._mutex:
            self._turned_away += 1
            now = time.monotonic()
            quiet, self._next_line = now < self._next_line, max(self._next_line, now)
            if quiet:
                return
            self._next_line = now + _BETWEEN_LINES
        _log.warning("password attempts told busy since start: %d", self._turned_away)


def admitted(action: Callable[P, T]) -> Callable[P, T]:
    """Let an action that compares passwords run only in a place of the house; else it raises Crowded, having done nothing."""

    @wraps(action)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        with house().place():
            return action(*args, **kwargs)

    return within


@lru_cache(maxsize=1)
def house() -> House:
    """Return this process's house."""
    config: Config = settings.CONFIG
    return House(config.hash_slots * PLACES_PER_SLOT)
