"""Reading several things as of one moment, without waiting for writers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from django.db import DEFAULT_DB_ALIAS, connections, transaction


class ReadsOnly(Protocol):
    """What both engines' wrappers offer for `snapshot`."""

    def begin_reading(self) -> None:
        """Make the next transaction one that only reads."""

    def pin_snapshot(self) -> None:
        """Called first in that transaction: fix the moment that it sees and refuse writes."""

    def end_reading(self) -> None:
        """Make transactions write again."""


@contextmanager
def snapshot(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let all queries in the block see the database as of one moment; a write in it is an error of the database.

    On SQLite it takes neither the write lock nor its queue. Raises RuntimeError inside another transaction.
    """
    connection = cast("ReadsOnly", connections[using])
    connection.begin_reading()
    try:
        with transaction.atomic(using=using, durable=True):
            connection.pin_snapshot()
            yield
    finally:
        connection.end_reading()
