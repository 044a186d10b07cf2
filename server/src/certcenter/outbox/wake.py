"""Waking workers: they sleep until something was committed, and for no longer than they like.

Waking is a help, never a promise: a lost call costs the worker's own interval, because the rows are the queue.
PostgreSQL: NOTIFY after the commit (inside the transaction it would serialise all commits), LISTEN in the worker.
SQLite: `PRAGMA data_version` changes whenever another connection commits.
"""

import time
from types import TracebackType
from typing import Any, Self

from django.db import DEFAULT_DB_ALIAS, connections, transaction

CHANNEL = "certcenter_outbox"
#: Seconds between two looks at an SQLite database; one look costs about 5 µs.
SQLITE_INTERVAL = 0.02


class _Announcement:
    """The commit hook; one per transaction is enough."""

    def __init__(self, using: str) -> None:
        self.using = using

    def __call__(self) -> None:
        announce(using=self.using)


def on_commit(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Wake the workers when the current transaction has committed."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    sids = set(connection.savepoint_ids)
    if not any(
        isinstance(entry[1], _Announcement) and entry[0] <= sids for entry in connection.run_on_commit
    ):
        transaction.on_commit(_Announcement(using), using=using, robust=True)


def announce(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Wake the workers now. On SQLite the commit itself has done so."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # One round trip, and no wait for the disk: a lost call costs little.
            cursor.execute(f"BEGIN; SET LOCAL synchronous_commit TO off; NOTIFY {CHANNEL}; COMMIT")


class Waiter:
    """A worker's ear, with a connection of its own. Use as a context manager."""

    def __init__(self, *, using: str = DEFAULT_DB_ALIAS) -> None:
        self._connection: Any = connections[using].copy()
        self._version = 0

    def __enter__(self) -> Self:
        self._connection.ensure_connection()
        if self._listens:
            self._connection.connection.execute(f"LISTEN {CHANNEL}")
        else:
            self._version = self._data_version()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def wait(self, timeout: float) -> bool:
        """Sleep until somebody committed work, at most `timeout` seconds; True when woken."""
        if self._listens:
            return any(True for _ in self._connection.connection.notifies(timeout=timeout, stop_after=1))
        return self._wait_for_version(timeout)

    @property
    def _listens(self) -> bool:
        return bool(self._connection.vendor == "postgresql")

    def _wait_for_version(self, timeout: float) -> bool:
        end = time.monotonic() + timeout
        while (version := self._data_version()) == self._version:
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(SQLITE_INTERVAL, left))
        self._version = version
        return True

    def _data_version(self) -> int:
        with self._connection.cursor() as cursor:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
