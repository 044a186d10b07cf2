"""Gates (SPEC E2): how many guesses a secret stands, however many arrive at once.

Failures and reservations are counted apart. One conditional statement admits an attempt while failures and
attempts in flight together are below the limit, *before* the costly check; the outcome is written afterwards.
So of 50 parallel wrong guesses exactly `limit` are evaluated, a right one does not lock out its neighbours, and
attempts at a locked gate neither count nor prolong anything.

The caller decides what the subject is: a customer's number, or for input that may be nobody's an HMAC of it. A
subject that does not exist gets a row like any other, so that it costs the same (SPEC E4).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from certcenter.core import clock
from certcenter.core.db.fleeting import fleeting
from certcenter.core.db.prepared import PreparedInsert
from certcenter.core.errors import Busy, NotNow, TooMany
from certcenter.core.models import GateRow, Reservation

#: An attempt without an outcome for so long counts as a failure (SPEC E2), where policy says nothing else.
ABANDONED_AFTER = timedelta(seconds=30)

_ADMIT = """
    INSERT INTO core_gaterow (name, subject, failed, total_failed, in_flight, unlocked, changed_at)
    VALUES (%s, %s, 0, 0, 1, %s, %s)
    ON CONFLICT (name, subject)
    DO UPDATE SET in_flight = core_gaterow.in_flight + 1, changed_at = EXCLUDED.changed_at
    WHERE core_gaterow.failed + core_gaterow.in_flight < %s
      AND core_gaterow.total_failed + core_gaterow.in_flight < %s
    RETURNING id
"""
_SWEEP = """
    DELETE FROM core_reservation
    WHERE since <= %s AND gate_id IN (SELECT id FROM core_gaterow WHERE name = %s AND subject = %s)
"""
_GIVE_BACK = "DELETE FROM core_reservation WHERE id = %s"
_COUNTERS = """
    failed, total_failed, in_flight, unlocked,
    (SELECT COUNT(*) FROM core_reservation WHERE gate_id = core_gaterow.id AND since <= %s)
"""
_STATE = f"SELECT {_COUNTERS} FROM core_gaterow WHERE name = %s AND subject = %s"  # noqa: S608 - of our own constants
_STATES = f"SELECT subject, {_COUNTERS} FROM core_gaterow WHERE name = %s AND subject IN (SUBJECTS)"  # noqa: S608
_SETTLE = f"""
    UPDATE core_gaterow
    SET failed = failed * %s + %s, total_failed = total_failed * %s + %s, unlocked = unlocked AND %s,
        in_flight = CASE WHEN in_flight > %s THEN in_flight - %s ELSE 0 END, changed_at = COALESCE(%s, changed_at)
    WHERE name = %s AND subject = %s
    RETURNING {_COUNTERS}
"""  # noqa: S608 - of our own constants
_RESERVE = PreparedInsert(Reservation)
#: No reservation has this number.
_NONE = 0
_NO_HARD_LIMIT = 2**31 - 1


class State(StrEnum):
    """What a gate does with the next attempt."""

    ACTIVE = "active"
    LOCKED = "locked"
    HARD_LOCKED = "hard-locked"


class GateLocked(TooMany):
    """Too many failures; an unlock helps."""

    code = "locked"
    status = 423
    message = _("This is locked after too many wrong entries.")
    next_step = _("Please unlock it or contact your branch.")


class GateHardLocked(GateLocked):
    """Too many failures in all; only a reissue or the branch helps (SPEC B3)."""

    code = "hard-locked"
    next_step = _("Please have it reissued or contact your branch.")


class GateNotLocked(NotNow):
    """There is nothing to unlock."""

    code = "not-locked"
    message = _("This is not locked.")


class UnlockUsed(NotNow):
    """The one unlock until the next success was used already (SPEC B3)."""

    code = "unlock-used"
    message = _("It was unlocked once already since the last success.")
    next_step = _("Please have it reissued or contact your branch.")


class AttemptExpired(Busy):
    """The outcome came after the attempt had been counted as abandoned; it no longer decides anything."""

    code = "attempt-expired"
    message = _("That took too long.")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """A gate's counters; abandoned attempts are already counted as failures."""

    state: State
    failed: int
    total_failed: int
    in_flight: int
    unlocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What an attempt's end does to the counters: failures so far are kept or forgotten, then `failures` are added."""

    keeps: bool
    failures: int
    reservations: int = 1


_SUCCESS = _Outcome(keeps=False, failures=0)
_FAILURE = _Outcome(keeps=True, failures=1)
_WITHDRAWN = _Outcome(keeps=True, failures=0)
#: No attempt was admitted: the row is written as it is.
_SPENT = _Outcome(keeps=True, failures=0, reservations=0)


class Gate:
    """One secret's gate: `limit` failures lock it, `hard_limit` failures in all lock it for good.

    A `limit` below 1 admits nobody; without `hard_limit` there is no second lock.
    """

    def __init__(
        self,
        name: str,
        *,
        subject: str,
        limit: int,
        hard_limit: int | None = None,
        abandoned_after: timedelta = ABANDONED_AFTER,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        self.name = name
        self.subject = subject
        self.limit = limit
        self.hard_limit = _NO_HARD_LIMIT if hard_limit is None else hard_limit
        self.abandoned_after = abandoned_after
        self.using = using

    @contextmanager
    def admit(self) -> Iterator["Attempt"]:
        """Admit one attempt, or raise GateLocked, GateHardLocked or Busy; none of these counts anything.

        The block tells the attempt its outcome. A block that ends without one has abandoned it: its place stays
        taken and counts as a failure after `abandoned_after`.
        """
        yield self._admitted()

    def state(self) -> GateState:
        """Return the counters as of now."""
        return self._read(_STATE, [self._abandoned_before_here, self.name, self.subject])

    def unlock(self, *, then: Callable[[], None] | None = None) -> GateState:
        """Open a locked gate again, once until the next success; the failures in all stay counted (SPEC B3).

        `then` is called inside the same transaction, as for `Attempt.failure`: without its record there is no unlock
        (SPEC E9). Raises GateNotLocked, GateHardLocked or UnlockUsed.
        """
        with self._transaction():
            self._sweep()
            locked = self._rows.filter(
                failed__gte=self.limit, total_failed__lt=self.hard_limit, unlocked=False
            )
            if locked.update(failed=0, unlocked=True, changed_at=clock.now()):
                if then is not None:
                    then()
                return self.state()
            found = self.state()
        if found.state is State.HARD_LOCKED:
            raise GateHardLocked
        raise GateNotLocked if found.state is State.ACTIVE else UnlockUsed

    def settle(
        self, reservation_id: int, outcome: _Outcome, then: Callable[[GateState], None] | None = None
    ) -> GateState:
        """Give a reservation back and write the outcome of its attempt. Raises AttemptExpired.

        For `Attempt`, which says what `then` is.
        """
        with self._transaction():
            if not self._give_back(reservation_id):
                raise AttemptExpired
            state = self._settle(outcome)
            if then is not None:
                then(state)
            return state

    def spend(self) -> None:
        """Write once, as the outcome of an attempt does, and count nothing: what was not admitted costs as much (SPEC E4)."""
        with self._transaction():
            self._give_back(_NONE)
            self._settle(_SPENT)

    def clear(self, *, then: Callable[[], None] | None = None) -> None:
        """Forget all failures, the used unlock and what is in flight (a reissue does so, SPEC E2, B3); `then` as `unlock`."""
        with self._transaction():
            self.forget()
            if then is not None:
                then()

    def forget(self) -> None:
        """Do what `clear` does inside the caller's transaction: what opens the gate and what it opens are one change."""
        assert connections[self.using].in_atomic_block
        # First reservations, then the gate, as everywhere here: two orders would be a deadlock.
        dropped = self._reservations().delete()[0]
        self._rows.update(
            failed=0, total_failed=0, in_flight=_less(dropped), unlocked=False, changed_at=clock.now()
        )

    @property
    def _rows(self) -> Any:
        return GateRow.objects.using(self.using).filter(name=self.name, subject=self.subject)

    @property
    def _abandoned_before_here(self) -> Any:
        return self._here(clock.now() - self.abandoned_after)

    def _reservations(self) -> Any:
        return Reservation.objects.using(self.using).filter(gate__name=self.name, gate__subject=self.subject)

    def _transaction(self) -> Any:
        return transaction.atomic(using=self.using, durable=True)

    def _admitted(self) -> "Attempt":
        # What is in flight dies with its process; the outcome, which nobody hears before it is on disk, takes this along.
        with fleeting(using=self.using):
            self._sweep()
            gate_id = self._reserve()
            if gate_id is not None:
                reservation = Reservation(gate_id=gate_id, since=clock.now())
                return Attempt(self, _RESERVE.run(reservation, using=self.using).pk)
            found = self.state()
        if found.state is State.ACTIVE:
            raise Busy
        raise GateHardLocked if found.state is State.HARD_LOCKED else GateLocked

    def _reserve(self) -> int | None:
        """Run the one statement that admits; None when the house is full or the gate locked."""
        if self.limit < 1 or self.hard_limit < 1:
            return None
        row = self._run(
            _ADMIT, [self.name, self.subject, False, self._here(clock.now()), self.limit, self.hard_limit]
        )
        return None if row is None else int(row[0])

    def _sweep(self) -> None:
        """Count the abandoned attempts as failures."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(_SWEEP, [self._abandoned_before_here, self.name, self.subject])
            abandoned = cursor.rowcount
        if abandoned:
            self._settle(_Outcome(keeps=True, failures=abandoned, reservations=abandoned))

    def _give_back(self, reservation_id: int) -> bool:
        """Delete a reservation; False where it was counted as abandoned, or never was."""
        with connections[self.using].cursor() as cursor:
            cursor.execute(_GIVE_BACK, [reservation_id])
            return bool(cursor.rowcount)

    def _settle(self, outcome: _Outcome) -> GateState:
        """Write an outcome; returns the counters that follow."""
        kept, added, fewer = int(outcome.keeps), outcome.failures, outcome.reservations
        changed_at = self._here(clock.now()) if fewer else None
        values = [kept, added, kept, added, outcome.keeps, fewer, fewer, changed_at]
        return self._read(_SETTLE, [*values, self.name, self.subject, self._abandoned_before_here])

    def _read(self, sql: str, values: list[Any]) -> GateState:
        """Run a statement that returns `_COUNTERS`."""
        return self.meaning(self._run(sql, values))

    def meaning(self, counters: tuple[Any, ...] | None) -> GateState:
        """Say what a row's counters mean here; a gate that nobody tried yet has none. For `states`."""
        failed, total, in_flight, unlocked, abandoned = counters or (0, 0, 0, False, 0)
        return GateState(
            state=self._named(failed + abandoned, total + abandoned),
            failed=failed + abandoned,
            total_failed=total + abandoned,
            in_flight=max(0, in_flight - abandoned),
            unlocked=bool(unlocked),
        )

    def _run(self, sql: str, values: list[Any]) -> tuple[Any, ...] | None:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row

    def _here(self, moment: datetime) -> Any:
        """Return a time in the form in which the engine's columns hold it."""
        return connections[self.using].ops.adapt_datetimefield_value(moment)

    def _named(self, failed: int, total_failed: int) -> State:
        if total_failed >= self.hard_limit:
            return State.HARD_LOCKED
        return State.LOCKED if failed >= self.limit else State.ACTIVE


class Attempt:
    """One admitted attempt. Tell it the outcome once; each answer is a short transaction of its own."""

    def __init__(self, gate: Gate, reservation_id: int) -> None:
        self._gate = gate
        self._reservation_id = reservation_id

    def success(self, *, then: Callable[[], None] | None = None) -> GateState:
        """The guess was right: give the reservation back and clear both counters.

        `then` is called inside the same transaction. Raises AttemptExpired when the attempt had been counted as abandoned.
        """
        return self._settle(_SUCCESS, None if then is None else lambda _state: then())

    def failure(self, *, then: Callable[[GateState], None] | None = None) -> GateState:
        """The guess was wrong: one more failure, from which LOCKED or HARD_LOCKED may follow.

        `then` is called with the new state inside the same transaction: what a lock demands (audit, notice) is
        committed with it or not at all.
        """
        try:
            return self._settle(_FAILURE, then)
        except AttemptExpired:
            return self._gate.state()

    def withdraw(self) -> GateState:
        """Nothing was evaluated (no hash slot was free, say): give the reservation back, count nothing.

        Raises AttemptExpired.
        """
        return self._settle(_WITHDRAWN)

    def _settle(self, outcome: _Outcome, then: Callable[[GateState], None] | None = None) -> GateState:
        return self._gate.settle(self._reservation_id, outcome, then)


def states(gates: Sequence[Gate]) -> list[GateState]:
    """Return the counters of several gates as of now, in their order, by one query: for lists of people.

    The gates have one name, and one time after which attempts are abandoned.
    """
    if not gates:
        return []
    first = gates[0]
    assert {(each.name, each.abandoned_after, each.using) for each in gates} == {
        (first.name, first.abandoned_after, first.using)
    }
    statement = _STATES.replace("SUBJECTS", ", ".join(["%s"] * len(gates)))
    connection = connections[first.using]
    abandoned_before = connection.ops.adapt_datetimefield_value(clock.now() - first.abandoned_after)
    with connection.cursor() as cursor:
        cursor.execute(statement, [abandoned_before, first.name, *(each.subject for each in gates)])
        rows = {row[0]: row[1:] for row in cursor.fetchall()}
    return [each.meaning(rows.get(each.subject)) for each in gates]


def purge(*, subject_prefix: str, before: datetime) -> int:
    """Delete the gates of subjects with that prefix which nobody has touched since `before`; returns how many.

    For subjects that are nobody's (SPEC E2: an unknown ID leaves no lock behind). Never for customers: their counters
    hold until the next success.
    """
    return GateRow.objects.filter(subject__startswith=subject_prefix, changed_at__lt=before).delete()[0]


def _less(count: int) -> Any:
    return Greatest(F("in_flight") - count, Value(0))
