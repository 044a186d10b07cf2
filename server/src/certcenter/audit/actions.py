"""Writing history (SPEC D6, E9): a change in the change's own transaction, a refusal in one of its own."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.transaction import TransactionManagementError

from certcenter.audit import chain
from certcenter.audit.models import RefusalTally
from certcenter.core import actor as actors
from certcenter.core import clock, faults
from certcenter.core.actor import Actor
from certcenter.core.events import Event

#: So many equal refusals per source and minute are written one by one; the rest is counted.
REFUSALS_IN_FULL = 20

RECORDED = faults.register("audit:recorded", "the event is in its transaction, which is not committed")

_details = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode

_COLUMNS = (
    "writer", "sequence", "time", "event", "institution", "actor_kind", "actor_id", "address", "session",
    "subject", "details", "previous", "digest", "mac",
)  # fmt: skip
_ROW = f"({', '.join(['%s'] * len(_COLUMNS))})"
_INSERT = f"INSERT INTO audit_event ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608 - constants only

_TALLY = """
    INSERT INTO audit_refusaltally (key, minute, count, event, institution, source, reason)
    VALUES (%s, %s, 1, %s, %s, %s, %s)
    ON CONFLICT (key, minute) DO UPDATE SET count = audit_refusaltally.count + 1
    RETURNING count
"""


def record(
    event: Event, /, *, actor: Actor, subject: str, using: str = DEFAULT_DB_ALIAS, **details: Any
) -> None:
    """Write that `event` happened to `subject`, in the transaction of the change itself.

    `details` are JSON values without secrets and without clear personal data. Raises TransactionManagementError
    outside `atomic()`; whatever else it raises must roll the change back (SPEC E9: no audit, nothing done).
    """
    record_all(event, [(subject, details)], actor=actor, using=using)


def record_all(
    event: Event,
    happened: Iterable[tuple[str, dict[str, Any]]],
    /,
    *,
    actor: Actor,
    using: str = DEFAULT_DB_ALIAS,
) -> None:
    """Write that `event` happened to each (subject, details), with one statement; otherwise as `record`."""
    if not connections[using].in_atomic_block:
        raise TransactionManagementError("record() belongs into the transaction of the change")
    links = [_Link(event, actor, subject, details) for subject, details in happened]
    if not links:
        return
    tip = chain.tip_now(using)
    if tip is None:
        links.insert(0, _opening(chain.chain_of(using).doubtful))
        tip = chain.Tip(writer=chain.new_writer(), sequence=-1, mac=chain.ZERO)
    _append(links, tip, using)
    faults.point(RECORDED)


def record_refusal(
    event: Event, /, *, actor: Actor, subject: str, reason: str, using: str = DEFAULT_DB_ALIAS, **details: Any
) -> None:
    """Write that something was refused, in a transaction of its own, so that no rollback erases it.

    Equal refusals (event, reason, institution and source: the address, else the actor) beyond
    `REFUSALS_IN_FULL` in a minute are only counted; `close_tallies` writes the sum.
    Raises RuntimeError inside `atomic()`.
    """
    with transaction.atomic(using=using, durable=True):
        if _counted(event, actor, reason, using) <= REFUSALS_IN_FULL:
            record(event, actor=actor, subject=subject, using=using, reason=reason, **details)


def close_tallies(*, using: str = DEFAULT_DB_ALIAS) -> int:
    """Write the sums of the minutes that are over; returns how many tallies were closed. The sequencer calls it."""
    over = RefusalTally.objects.using(using).filter(minute__lt=_minute(clock.now()))
    closed = 0
    for tally in over.order_by("pk")[:500]:
        with transaction.atomic(using=using):
            if not RefusalTally.objects.using(using).filter(pk=tally.pk).delete()[0]:
                continue  # another worker closed it
            closed += 1
            if tally.count > REFUSALS_IN_FULL:
                _record_sum(tally, using)
    return closed


def _record_sum(tally: RefusalTally, using: str) -> None:
    record(
        Event.REFUSALS_COUNTED,
        actor=actors.system("audit", institution=tally.institution or None),
        subject=f"source:{tally.source}",
        using=using,
        refused=tally.event,
        reason=tally.reason,
        minute=tally.minute.isoformat(),
        not_written=tally.count - REFUSALS_IN_FULL,
    )


@dataclass(frozen=True, slots=True)
class _Link:
    event: Event
    actor: Actor
    subject: str
    details: dict[str, Any]


def _opening(doubtful: int | None) -> _Link:
    details = {} if doubtful is None else {"after_unclear_commit_of": doubtful}
    return _Link(Event.AUDIT_WRITER_OPENED, actors.system("audit"), "", details)


def _append(links: list[_Link], tip: chain.Tip, using: str) -> None:
    """Insert the links behind `tip` with one statement."""
    moment = clock.now()
    stored_moment = connections[using].ops.adapt_datetimefield_value(moment)
    values: list[Any] = []
    for link in links:
        row = _row(link, tip, moment)
        tip = chain.Tip(writer=tip.writer, sequence=row["sequence"], mac=row["mac"])
        values += [stored_moment if name == "time" else row[name] for name in _COLUMNS]
    with connections[using].cursor() as cursor:
        cursor.execute(_INSERT + ", ".join([_ROW] * len(links)), values)
    chain.advance(tip, using=using)


def _row(link: _Link, tip: chain.Tip, moment: datetime) -> dict[str, Any]:
    actor = link.actor
    personal = {
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "address": actor.address,
        "session": actor.session,
        "subject": link.subject,
        "details": _details(link.details),
    }
    public: dict[str, Any] = {
        "writer": tip.writer,
        "sequence": tip.sequence + 1,
        "previous": tip.mac,
        "time": moment,
        "event": link.event.value,
        "institution": actor.institution or "",
        "digest": chain.digest(personal),
    }
    return {**personal, **public, "mac": chain.link_mac(**public)}


def _counted(event: Event, actor: Actor, reason: str, using: str) -> int:
    institution, source = actor.institution or "", actor.source or f"{actor.kind.value}:{actor.id}"
    key = hashlib.sha256(json.dumps([event, institution, source, reason]).encode()).hexdigest()
    minute = connections[using].ops.adapt_datetimefield_value(_minute(clock.now()))
    with connections[using].cursor() as cursor:
        cursor.execute(_TALLY, [key, minute, event.value, institution, source, reason])
        return int(cursor.fetchone()[0])


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
