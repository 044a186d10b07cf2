"""How many may try a password at once in one process; whoever comes beyond is told "busy" at once (SPEC E1, E2).

One source never takes all places, and one that was told to wait (`sources`) takes none until then: whoever floods the
centre from one address keeps nobody else out.

A rush of customers must not become a queue in which everybody waits: each attempt costs an argon2id run and a few
transactions, and what waits holds a thread of the server. So the whole attempt takes a place, and then waits for its turn,
before the captcha is looked at and before the database is asked for anything. Without a place nothing was used: the same captcha and the
same input serve for the next try, and the answer says nothing about anybody (SPEC E4).

"Busy" is counted and told to the log, never to the audit: to write about each would cost what it is to save.
"""

import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache, wraps
from math import ceil
from typing import TYPE_CHECKING, ClassVar, Final, ParamSpec, TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import Busy
from certcenter.passwords import hashing
from certcenter.passwords.errors import LoginTooOften
from certcenter.passwords.line import Line

if TYPE_CHECKING:
    from certcenter.settings.model import Config

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)
_LONGEST_WAIT: Final = 5.0  # seconds
_BETWEEN_LINES = 60.0  # seconds
#: Sources that are remembered as having to wait; beyond it the oldest is asked of the database again.
_MOST_WAITING: Final = 10_000


class Crowded(Busy):
    """No place: nothing was looked at, counted or used up."""

    message: ClassVar = _("Many people are logging in or changing passwords at this moment.")
    next_step: ClassVar = _("Please try again in a few seconds.")
    kept: ClassVar = _("Nothing was counted, and what you have entered can be sent again.")


class House:
    """So many places, taken without waiting; three quarters of them, but one at least, for one source at once."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._for_one = max(1, places * 3 // 4)
        self._inside: Counter[str] = Counter()
        self._waiting: OrderedDict[str, float] = OrderedDict()
        self._mutex = threading.Lock()
        self._turned_away = 0
        self._next_line = 0.0

    @property
    def turned_away(self) -> int:
        """How many were told "busy" since the process began."""
        return self._turned_away

    @contextmanager
    def place(self, source: str = "") -> Iterator[None]:
        """Hold a place inside the block; an empty `source` is nobody's, and none of its own.

        Raises at once Crowded where no place is free for this source, LoginTooOften where the source must still wait.
        """
        self._require_may_come(source)
        if not self._enter(source):
            self.count()
            raise Crowded
        try:
            yield
        except LoginTooOften as refusal:
            self._send_away(source, float(refusal.params["retry_after"]))
            raise
        finally:
            self._leave(source)

    def full(self) -> bool:
        """Whether no place is free."""
        return not self._free

    def count(self) -> None:
        """Count who is turned away; the log hears of it once a minute."""
        with self._mutex:
            self._turned_away += 1
            now = time.monotonic()
            quiet, self._next_line = now < self._next_line, max(self._next_line, now)
            if quiet:
                return
            self._next_line = now + _BETWEEN_LINES
        _log.warning("password attempts told busy since start: %d", self._turned_away)

    def _enter(self, source: str) -> bool:
        with self._mutex:
            if not self._free or (source and self._inside[source] >= self._for_one):
                return False
            self._free -= 1
            self._inside[source] += 1
            return True

    def _leave(self, source: str) -> None:
        with self._mutex:
            self._free += 1
            self._inside[source] -= 1
            if not self._inside[source]:
                del self._inside[source]

    def _require_may_come(self, source: str) -> None:
        with self._mutex:
            left = self._waiting.get(source, 0.0) - clock.now().timestamp()
            if left <= 0:
                self._waiting.pop(source, None)
                return
        raise LoginTooOften(retry_after=max(1, ceil(left)))

    def _send_away(self, source: str, seconds: float) -> None:
        with self._mutex:
            self._waiting[source] = clock.now().timestamp() + seconds
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)


def turns_away() -> bool:
    """Whether whoever came now would be told "busy": then that is counted. Takes no place."""
    if not (house().full() or _turns().full()):
        return False
    house().count()
    return True


def admitted(action: Callable[P, T]) -> Callable[P, T]:
    """Let an action that compares passwords run only in a place of the house; else it raises Crowded, having done nothing."""

    @wraps(action)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        actor = kwargs.get("actor")
        with house().place(actor.source if isinstance(actor, Actor) else ""), _turn():
            return action(*args, **kwargs)

    return within


@contextmanager
def _turn() -> Iterator[None]:
    """Hold one of the turns inside the block, in order of arrival. Raises Crowded after `_LONGEST_WAIT`."""
    with ExitStack() as held:
        try:
            held.enter_context(_turns().one())
        except Busy:
            house().count()
            raise Crowded from None
        yield


@lru_cache(maxsize=1)
def _turns() -> hashing.Slots:
    """As many attempts at work as hashes at once: two that share a processor would both be late."""
    config: Config = settings.CONFIG
    return hashing.Slots(
        config.hash_slots,
        waiting=config.hash_waiting,
        seconds=_LONGEST_WAIT,
        line=Line(config.home, config.hash_waiting),
    )


@lru_cache(maxsize=1)
def house() -> House:
    """Return this process's house."""
    config: Config = settings.CONFIG
    return House(config.hash_slots + config.hash_waiting)
