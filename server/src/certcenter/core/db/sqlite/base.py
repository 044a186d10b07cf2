"""SQLite for one node: WAL, every commit on disk, writers in a queue.

SQLite's own way (synchronous=FULL) is to wait for the disk while it holds the lock that all other writers wait for. A
transaction here writes its frames into the log (NORMAL), leaves the queue, and then has the log brought to the disk
before the commit is answered: those who commit at the same time wait for the disk together. A later commit's frames lie
behind an earlier one's, so nothing durable ever rests on something that is not. A single statement that writes is a
transaction of its own (core.db.sqlite.cursor). Whatever else runs outside transactions is FULL.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.db.backends.sqlite3 import base

from certcenter.core.db.commits import SettlesTentatives
from certcenter.core.db.sqlite.cursor import QueueingCursor
from certcenter.core.db.sqlite.lock import FileLock

#: https://www.sqlite.org/pragma.html#pragma_synchronous: below FULL a power cut may undo an answered commit in WAL.
SYNCHRONOUS_FULL = 2
#: Pages (4 kB) of the log before a commit moves them into the database, while every writer waits (SQLite's own: 1000). Most
#: pages change again and again: seldom means fewer of them moved.
CHECKPOINT_PAGES = 4000
#: Seconds that a statement outside the queue (migrations, foreign tools) waits for SQLite's own lock.
BUSY_TIMEOUT = 30

_memory_locks: dict[tuple[str, str], threading.Lock] = {}


class CommitsTogether(base.DatabaseWrapper):
    """Django's SQLite connection with a queue of writers, who wait for the disk outside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reading = False
        self._fleeting = False
        self._write_lock: FileLock | None = None
        #: The log's own descriptor. SQLite keeps its locks at the database and the index, so closing this drops none.
        self._log: int | None = None

    def create_cursor(self, name: str | None = None) -> QueueingCursor:  # noqa: ARG002 - Django's interface
        """Return a cursor whose single statements take their turn, too."""
        cursor: QueueingCursor = self.connection.cursor(factory=partial(QueueingCursor, wrapper=self))
        return cursor

    @contextmanager
    def transaction_of_its_own(self) -> Iterator[None]:
        """Let one statement outside `atomic()` be a transaction in the queue; on an error nothing of it remains."""
        self._start_transaction_under_autocommit()
        try:
            yield
            self._commit()
        except BaseException:
            self._rollback()
            raise

    def _start_transaction_under_autocommit(self) -> None:
        if self._reading:
            self.cursor().execute("BEGIN")
            return
        self._enter_queue()
        try:
            self._set_synchronous("NORMAL")
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
        except BaseException:
            self._leave_queue()
            raise

    def _commit(self) -> Any:
        answer = super()._commit()  # type: ignore[misc]  # not in the stubs
        self._leave_queue()
        if not self._reading and not self._fleeting and not self.is_in_memory_db():
            self._sync()
        return answer

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]  # not in the stubs
        finally:
            self._leave_queue()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]  # not in the stubs
        finally:
            if self._write_lock is not None:
                self._write_lock.close()
            if self._log is not None:
                os.close(self._log)
                self._log = None

    def _sync(self) -> None:
        """Bring the log to the disk. Raises OperationalError: then nobody knows whether the commit lasts."""
        try:
            if self._log is None:
                # It is there as long as a connection is, and never replaced: only begun anew.
                self._log = os.open(f"{self.settings_dict['NAME']}-wal", os.O_RDONLY | os.O_CLOEXEC)
            os.fdatasync(self._log)
        except OSError as error:
            raise OperationalError("the log could not be brought to the disk") from error

    def _enter_queue(self) -> None:
        if self.is_in_memory_db():
            return
        if self._write_lock is None:
            self._write_lock = FileLock(self._lock_path("write"))
        self._write_lock.acquire()

    def _leave_queue(self) -> None:
        if self._write_lock is not None:
            try:
                self._set_synchronous("FULL")
            finally:
                self._write_lock.release()

    def _set_synchronous(self, level: str) -> None:
        if self.connection is not None and not self.is_in_memory_db():
            self.connection.execute(f"PRAGMA synchronous = {level}")

    def _lock_path(self, name: str) -> Path:
        database = Path(str(self.settings_dict["NAME"]))
        return database.with_name(f"{database.name}.{name}.lock")


class DatabaseWrapper(SettlesTentatives, CommitsTogether):
    """The SQLite connection of this centre."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._exclusives: dict[str, FileLock] = {}

    def get_connection_params(self) -> dict[str, Any]:
        """Django's parameters with our timeout; every transaction begins IMMEDIATE."""
        params: dict[str, Any] = {"timeout": BUSY_TIMEOUT, **super().get_connection_params()}
        self.transaction_mode: str = getattr(self, "transaction_mode", None) or "IMMEDIATE"
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the database in WAL mode and assert that commits are durable.

        Raises ImproperlyConfigured where SQLite does not keep synchronous=FULL.
        """
        connection = super().get_new_connection(conn_params)
        if not self.is_in_memory_db():
            self._ensure_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            if connection.execute("PRAGMA synchronous").fetchone()[0] < SYNCHRONOUS_FULL:
                raise ImproperlyConfigured("SQLite must run with synchronous=FULL")
        return connection

    def _ensure_wal(self, connection: Any) -> None:
        """Switch to WAL once; the switch needs the database for itself, hence the queue."""
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        lock = FileLock(self._lock_path("write"))
        lock.acquire()
        try:
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                raise ImproperlyConfigured("this SQLite database cannot use WAL (is it on a network share?)")
        finally:
            lock.close()

    # Transactions that only read (core.db.reads)

    def begin_reading(self) -> None:
        """Let the next transaction begin DEFERRED, outside the queue."""
        self._reading = True

    def pin_snapshot(self) -> None:
        """Refuse writes; SQLite fixes the snapshot with the first read, so read something."""
        with self.cursor() as cursor:
            cursor.execute("PRAGMA query_only = ON")
            cursor.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()

    def end_reading(self) -> None:
        """Let transactions write again."""
        self._reading = False
        if self.connection is not None:
            with self.cursor() as cursor:
                cursor.execute("PRAGMA query_only = OFF")

    # Commits that wait for no disk (core.db.fleeting)

    def begin_fleeting(self) -> None:
        """Let the next transaction's commit be answered before it is on disk."""
        self._fleeting = not self.in_atomic_block

    def mark_fleeting(self) -> None:
        """Nothing to do: the connection knows."""

    def end_fleeting(self) -> None:
        """Wait for the disk again."""
        self._fleeting = False

    # One process at a time (core.db.exclusive)

    def begin_exclusive(self, name: str) -> bool:
        """Take the named lock file beside the database, or a lock of this process for a database in memory."""
        if self.is_in_memory_db():
            return _memory_locks.setdefault(
                (str(self.settings_dict["NAME"]), name), threading.Lock()
            ).acquire(blocking=False)
        lock = FileLock(self._lock_path(name))
        if not lock.try_acquire():
            lock.close()
            return False
        self._exclusives[name] = lock
        return True

    def end_exclusive(self, name: str) -> None:
        """Give the named lock back."""
        if self.is_in_memory_db():
            _memory_locks[str(self.settings_dict["NAME"]), name].release()
            return
        self._exclusives.pop(name).close()
