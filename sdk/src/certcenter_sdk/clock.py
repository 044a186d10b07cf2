"""What time it is by this machine's clock. Nothing else here asks for it, so that a clock that is wrong can be tried out."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_OFF: ContextVar[timedelta] = ContextVar("certcenter_sdk.clock", default=timedelta())


def now() -> datetime:
    """Aware, UTC; as right as the machine's clock."""
    return datetime.now(UTC) + _OFF.get()


@contextmanager
def off_by(by: timedelta) -> Iterator[None]:
    """A clock that is ahead by so much (negative: behind), for this thread or task; for tests."""
    token = _OFF.set(_OFF.get() + by)
    try:
        yield
    finally:
        _OFF.reset(token)


__all__ = ["now", "off_by"]
