"""Transactions whose loss in a power cut harms nobody: their commit waits for no disk.

For what dies with its process anyway (an attempt under way) or is had again by asking (a session). A killed process loses
nothing: the change has left it. After a power cut the last of them may be undone, but never without all that came
later: whatever is committed durably takes those before it to the disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from django.db import DEFAULT_DB_ALIAS, connections, transaction


class CommitsFleetingly(Protocol):
    """What both engines' wrappers offer for `fleeting`."""

    def begin_fleeting(self) -> None:
        """Called before the transaction."""

    def mark_fleeting(self) -> None:
        """Called first in the transaction."""

    def end_fleeting(self) -> None:
        """Make commits durable again."""


@contextmanager
def fleeting(*, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Run the block in a transaction of its own. Raises RuntimeError inside another one: its commit decides."""
    connection = cast("CommitsFleetingly", connections[using])
    connection.begin_fleeting()
    try:
        with transaction.atomic(using=using, durable=True):
            connection.mark_fleeting()
            yield
    finally:
        connection.end_fleeting()
