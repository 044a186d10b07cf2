"""One process of the whole centre at a time: an advisory lock on PostgreSQL, a lock file beside an SQLite database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast

from django.db import DEFAULT_DB_ALIAS, connections


class HasExclusive(Protocol):
    """What both engines' wrappers offer for `exclusive`."""

    def begin_exclusive(self, name: str) -> bool:
        """Take the named lock without waiting; False when somebody else holds it."""

    def end_exclusive(self, name: str) -> None:
        """Give the named lock back."""


@contextmanager
def exclusive(name: str, *, using: str = DEFAULT_DB_ALIAS) -> Iterator[bool]:
    """Hold the centre-wide lock `name` inside the block; yields False, at once, when another holds it.

    The lock ends with its process or connection, so a kill never leaves it behind.
    """
    connection = cast("HasExclusive", connections[using])
    if not connection.begin_exclusive(name):
        yield False
        return
    try:
        yield True
    finally:
        connection.end_exclusive(name)
