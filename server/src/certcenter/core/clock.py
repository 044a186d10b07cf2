"""The only source of time (DESIGN, rules of taste). UTC in code and database, Asia/Taipei on screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_frozen: ContextVar[datetime | None] = ContextVar("certcenter_frozen_clock", default=None)


def now() -> datetime:
    """Return the current time in UTC, timezone-aware, to the microsecond."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `now()` return `moment` inside the block. For tests and for the demo's customers of the past.

    Raises ValueError when `moment` has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


def ago(**units: float) -> datetime:
    """Return `now()` minus a timedelta of the given units."""
    return now() - timedelta(**units)
