"""Handling what is due: lease, call outside any transaction, note the outcome (at least once)."""

import logging
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, Q

from certcenter.core import clock, faults, leases
from certcenter.outbox.handlers import Attempt, Hopeless, handler_of, topics
from certcenter.outbox.models import Message

#: A message that failed so often is dead: with the waits below that is after about a day.
MAX_ATTEMPTS = 14
#: Waits double from `FIRST_WAIT` to `LONGEST_WAIT` seconds; each is drawn between half of it and all of it.
FIRST_WAIT, LONGEST_WAIT = 2.0, 4 * 3600.0
#: A handler has so many seconds before another worker may take its message.
LEASE_SECONDS = 120.0

BEGUN = faults.register("outbox:begun", "the attempt is counted, the handler not yet called")
HANDLED = faults.register("outbox:handled", "the handler has returned, the message is not yet marked as done")

_log = logging.getLogger(__name__)


def run_once(limit: int = 50, *, using: str = DEFAULT_DB_ALIAS) -> int:
    """Handle at most `limit` due messages of the topics known here; returns how many were tried.

    Raises RuntimeError inside `atomic()`.
    """
    # `finished_at` says nothing new; it lets the index of what is due be used.
    due = Q(
        state=Message.State.WAITING,
        finished_at__isnull=True,
        not_before__lte=clock.now(),
        topic__in=topics(),
    )
    order = ("not_before", "id")
    lease, messages = leases.claim(
        Message, where=due, limit=limit, seconds=LEASE_SECONDS, order=order, durable=True, using=using
    )
    return sum(_handle(message, lease, using) for message in messages)


def backoff(attempt: int) -> timedelta:
    """Return how long to wait after the `attempt`-th failure: exponential with jitter, so that a crowd disperses."""
    full = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    return timedelta(seconds=random.uniform(full / 2, full))  # noqa: S311 - spreads load, guards nothing


def _handle(message: Message, lease: UUID, using: str) -> bool:
    """Try one message; False when its lease was lost meanwhile."""
    number = message.attempts + 1
    # Counted before the call: a message that kills its worker must come to an end too.
    if not _update(message, lease, using, attempts=F("attempts") + 1, lease_until=_lease_end()):
        return False
    faults.point(BEGUN)
    try:
        handler_of(message.topic)(
            message.payload, attempt=Attempt(number, topic=message.topic, key=message.key)
        )
    except Hopeless as error:
        _finish(message, lease, using, Message.State.DEAD, str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the message waits or dies with it as its reason
        _failed(message, lease, using, number, error)
    else:
        faults.point(HANDLED)
        _finish(message, lease, using, Message.State.DONE, "")
    return True


def _failed(message: Message, lease: UUID, using: str, number: int, error: Exception) -> None:
    _log.warning("outbox %s %s failed at attempt %d", message.topic, message.key, number, exc_info=error)
    reason = f"{type(error).__name__}: {error}"
    if number >= MAX_ATTEMPTS:
        _finish(message, lease, using, Message.State.DEAD, reason)
        return
    not_before = clock.now() + backoff(number)
    _update(message, lease, using, not_before=not_before, reason=reason[:500], lease=None, lease_until=None)


def _finish(message: Message, lease: UUID, using: str, state: Message.State, reason: str) -> None:
    # What was done needs its payload no longer; a dead letter may be revived and keeps it.
    forget: dict[str, Any] = {"payload": {}} if state == Message.State.DONE else {}
    _update(
        message, lease, using,
        state=state, reason=reason[:500], finished_at=clock.now(), lease=None, lease_until=None, **forget,
    )  # fmt: skip


def _update(message: Message, held: UUID, using: str, /, **changes: Any) -> bool:
    mine = Message.objects.using(using).filter(pk=message.pk, lease=held)
    return bool(mine.update(**changes))


def _lease_end() -> Any:
    return clock.now() + timedelta(seconds=LEASE_SECONDS)
