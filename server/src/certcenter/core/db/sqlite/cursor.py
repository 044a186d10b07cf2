"""Single statements that write, in the queue of writers.

Outside a transaction SQLite takes its lock without the queue: whoever is next in the queue then sleeps and tries again
while all others wait behind it, and a process that is stopped there keeps everybody waiting for `BUSY_TIMEOUT`. So
such a statement becomes a short transaction, which waits for the disk as all others do: outside the queue.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.backends.sqlite3.base import SQLiteCursorWrapper

if TYPE_CHECKING:
    from certcenter.core.db.sqlite.base import CommitsTogether

#: A query that only mentions such a word behind its WITH takes its turn for nothing, and comes to no harm.
_WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|WITH\b.*\b(?:INSERT|UPDATE|DELETE|REPLACE))\b",
    re.IGNORECASE | re.DOTALL,
)


class QueueingCursor(SQLiteCursorWrapper):
    """Django's cursor; what a single statement returns (RETURNING) is read before its commit and kept."""

    def __init__(self, connection: Any, *, wrapper: "CommitsTogether") -> None:
        super().__init__(connection)
        self._wrapper = wrapper
        self._kept: Iterator[Any] | None = None

    def execute(self, query: str, params: Any = None) -> "QueueingCursor":
        """Run a statement; alone and writing, in a transaction of its own."""
        self._kept = None
        if not self._needs_a_turn(query):
            super().execute(query, params)
            return self
        with self._wrapper.transaction_of_its_own():
            super().execute(query, params)
            if self.description is not None:
                self._kept = iter(super().fetchall())
        return self

    def executemany(self, query: str, param_list: Any) -> "QueueingCursor":
        """Run a statement for each; alone, all of them in one transaction."""
        self._kept = None
        if not self._needs_a_turn(query):
            super().executemany(query, param_list)
            return self
        with self._wrapper.transaction_of_its_own():
            super().executemany(query, param_list)
        return self

    def _needs_a_turn(self, query: str) -> bool:
        return not self.connection.in_transaction and _WRITES.match(query) is not None

    def __iter__(self) -> "QueueingCursor":
        return self

    def __next__(self) -> Any:
        return super().__next__() if self._kept is None else next(self._kept)

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return super().fetchone() if self._kept is None else next(self._kept, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return so many rows, or as many as are left."""
        many = self.arraysize if size is None else size
        return super().fetchmany(many) if self._kept is None else list(islice(self._kept, many))

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return super().fetchall() if self._kept is None else list(self._kept)
