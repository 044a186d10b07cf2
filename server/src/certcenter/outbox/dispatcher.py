"""Handling what is due: lease, call outside any transaction, note the outcome (at least once).

Messages that were never tried are handled `TOGETHER` at a time, so that claiming and noting cost one statement each. One
that was tried before goes alone: perhaps it is what killed its worker, and nobody else's tries are to be spent on it.
"""

import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

from certcenter.core import clock, faults, leases
from certcenter.core.db.prepared import place
from certcenter.outbox.handlers import Attempt, Hopeless, LeaseLost, Outcome, Task, handler_of, topics
from certcenter.outbox.models import Message

#: A message that failed so often is dead: with the waits below that is after about a day.
MAX_ATTEMPTS = 14
#: Waits double from `FIRST_WAIT` to `LONGEST_WAIT` seconds; each is drawn between half of it and all of it.
FIRST_WAIT, LONGEST_WAIT = 2.0, 4 * 3600.0
#: A handler has so many seconds before another worker may take its message.
LEASE_SECONDS = 120.0
#: So many at once, at most: what a kill lets be handled a second time. Handlers are idempotent by their key.
TOGETHER = 16

BEGUN = faults.register("outbox:begun", "the attempts are counted, the handlers not yet called")
HANDLED = faults.register("outbox:handled", "a handler has returned, its messages are not yet marked as done")

_log = logging.getLogger(__name__)


def run_once(limit: int = 50, *, using: str = DEFAULT_DB_ALIAS) -> int:
    """Handle at most `limit` due messages of the topics known here; returns how many were tried.

    Raises RuntimeError inside `atomic()`.
    """
    tried = 0
    for fresh, most in ((True, TOGETHER), (False, 1)):
        while tried < limit and (count := _run_batch(min(most, limit - tried), using, fresh=fresh)):
            tried += count
    return tried


def _run_batch(limit: int, using: str, *, fresh: bool) -> int:
    """Claim, handle and note some messages: `fresh` ones, or one that was tried before."""
    lease, messages = _queue(tuple(topics()), fresh=fresh).claim(
        limit=limit, seconds=LEASE_SECONDS, durable=True, using=using, now=clock.now()
    )
    if messages:
        faults.point(BEGUN)
    held = _Held(lease, using)
    for topic, group in groupby(sorted(messages, key=lambda each: each.topic), lambda each: each.topic):
        _handle(topic, list(group), lease, held, using)
    return len(messages)


@cache
def _queue(known: tuple[str, ...], *, fresh: bool) -> leases.Queue[Message]:
    # `finished_at` says nothing new; it lets the index of what is due be used.
    due = Q(
        state=Message.State.WAITING,
        finished_at__isnull=True,
        not_before__lte=place("now"),
        topic__in=known,
    )
    return leases.Queue(
        Message,
        where=due & (Q(attempts=0) if fresh else Q(attempts__gt=0)),
        order=("not_before", "id") if fresh else ("attempts", "not_before", "id"),
        # Counted before the call: a message that kills its worker must come to an end too.
        counting="attempts",
    )


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after the `attempt`-th failure: exponential with jitter, so that a crowd disperses."""
    full = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    return timedelta(seconds=random.uniform(full / 2, full))  # noqa: S311 - spreads load, guards nothing


class _Held:
    """The lease of a batch, prolonged while its handlers take their time."""

    def __init__(self, lease: UUID, using: str) -> None:
        self._lease, self._using = lease, using
        self._renewed = clock.now()

    def prolong(self) -> None:
        """Renew when a quarter of the time is over. Raises LeaseLost."""
        if clock.now() - self._renewed < timedelta(seconds=LEASE_SECONDS / 4):
            return
        if not leases.renew(Message, self._lease, seconds=LEASE_SECONDS, using=self._using):
            raise LeaseLost
        self._renewed = clock.now()


def _handle(topic: str, messages: Sequence[Message], lease: UUID, held: _Held, using: str) -> None:
    """Call the topic's handler and note what came of each message; nothing where the lease was lost meanwhile."""
    if messages[0].attempts > MAX_ATTEMPTS:  # it ends its workers before they can say so
        _finish(messages, lease, using, state=Message.State.DEAD, reason="its handler never came back")
        return
    tasks = [
        Task(message.payload, Attempt(message.attempts, topic=topic, key=message.key), held.prolong)
        for message in messages
    ]
    outcomes = _outcomes(topic, tasks)
    faults.point(HANDLED)
    done = [message for message, outcome in zip(messages, outcomes, strict=True) if outcome is None]
    if done:
        # What was done needs its payload no longer.
        _finish(done, lease, using, state=Message.State.DONE, reason="", payload={})
    for message, outcome in zip(messages, outcomes, strict=True):
        if outcome is not None:
            _failed(message, outcome, lease, using)


def _outcomes(topic: str, tasks: Sequence[Task]) -> Sequence[Outcome]:
    try:
        return handler_of(topic)(tasks)
    except Exception as error:  # noqa: BLE001 - whatever it is, the messages wait or die with it as their reason
        return [error] * len(tasks)


def _failed(message: Message, error: Exception, lease: UUID, using: str) -> None:
    if isinstance(error, Hopeless):
        _finish([message], lease, using, state=Message.State.DEAD, reason=str(error)[:500])
        return
    number = message.attempts
    _log.warning("outbox %s %s failed at attempt %d", message.topic, message.key, number, exc_info=error)
    reason = f"{type(error).__name__}: {error}"[:500]
    if number >= MAX_ATTEMPTS:  # a dead letter may be revived and keeps its payload
        _finish([message], lease, using, state=Message.State.DEAD, reason=reason)
        return
    not_before = clock.now() + backoff(number)
    _update([message], lease, using, not_before=not_before, reason=reason)


def _finish(messages: Sequence[Message], lease: UUID, using: str, **changes: Any) -> None:
    _update(messages, lease, using, finished_at=clock.now(), **changes)


def _update(messages: Sequence[Message], lease: UUID, using: str, **changes: Any) -> None:
    mine = Message.objects.using(using).filter(_these(messages), lease=lease)
    mine.update(lease=None, lease_until=None, **changes)


def _these(messages: Sequence[Message]) -> Q:
    return Q(pk__in=[message.pk for message in messages])
