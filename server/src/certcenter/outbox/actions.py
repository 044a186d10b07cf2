"""What must happen after a commit is written down with the commit (DESIGN, the shape of every change)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.transaction import TransactionManagementError

from certcenter.core import clock, faults
from certcenter.core.db.prepared import PreparedInsert
from certcenter.outbox import wake
from certcenter.outbox.models import Message

ENQUEUED = faults.register("outbox:enqueued", "the message is in its transaction, which is not committed")


def enqueue(
    topic: str,
    payload: Mapping[str, Any],
    *,
    key: str,
    not_before: datetime | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> None:
    """Write that `topic` has to be handled with `payload`, in the transaction of the change itself.

    One row per (topic, key): a second `enqueue` with the same key changes nothing. `payload` is a JSON object of
    ids rather than of personal data. Raises TransactionManagementError outside `atomic()`.
    """
    enqueue_all(topic, {key: payload}, not_before=not_before, using=using)


def enqueue_all(
    topic: str,
    payloads: Mapping[str, Mapping[str, Any]],
    *,
    not_before: datetime | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> None:
    """Write each key's payload with one statement; otherwise as `enqueue`."""
    if not connections[using].in_atomic_block:
        raise TransactionManagementError("enqueue() belongs into the transaction of the change")
    now = clock.now()
    due = not_before or now
    _INSERT.all(
        (
            Message(topic=topic, key=key, payload=dict(payload), created_at=now, not_before=due)
            for key, payload in payloads.items()
        ),
        ignore_conflicts=True,
        using=using,
    )
    wake.on_commit(using=using)
    faults.point(ENQUEUED)


_INSERT = PreparedInsert(Message)


def revive(message_id: int, *, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Let a dead message be tried again from now on (staff, after the cause is gone); False when it was not dead."""
    dead = Message.objects.using(using).filter(pk=message_id, state=Message.State.DEAD)
    return bool(
        dead.update(
            state=Message.State.WAITING, not_before=clock.now(), attempts=0, finished_at=None, reason=""
        )
    )


def purge(*, before: datetime, using: str = DEFAULT_DB_ALIAS) -> int:
    """Delete what was done before `before`; returns how many. Their keys could then be enqueued anew."""
    done = Message.objects.using(using).filter(state=Message.State.DONE, finished_at__lt=before)
    return done.delete()[0]
