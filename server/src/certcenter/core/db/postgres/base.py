"""PostgreSQL for many nodes."""

import hashlib
import select
from typing import Any

from django.db.backends.postgresql import base

from certcenter.core.db.commits import SettlesTentatives

#: Asked for at the start of each connection unless the operator's OPTIONS say otherwise: an answered commit is on
#: disk, a lost client does not hold row locks, and no statement of a request outlives its request.
SESSION = (
    "-c synchronous_commit=on"
    " -c statement_timeout=60s"
    " -c lock_timeout=20s"
    " -c idle_in_transaction_session_timeout=60s"
)


class DatabaseWrapper(SettlesTentatives, base.DatabaseWrapper):
    """Django's PostgreSQL connection with time limits and settled commits."""

    def get_connection_params(self) -> dict[str, Any]:
        """Django's parameters with our session settings."""
        return {"options": SESSION, **super().get_connection_params()}

    def is_usable(self) -> bool:
        """Whether the connection lives. A server that went away left something to read; only then is it asked."""
        if self.connection is None or self.connection.closed:
            return False
        heard = select.poll()
        heard.register(self.connection.fileno(), select.POLLIN)
        return not heard.poll(0) or bool(super().is_usable())

    def begin_reading(self) -> None:
        """Nothing to prepare: PostgreSQL's readers never wait for writers."""

    def pin_snapshot(self) -> None:
        """Let the transaction see one moment and refuse writes."""
        with self.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def end_reading(self) -> None:
        """Nothing to undo: the setting ended with its transaction."""

    def begin_fleeting(self) -> None:
        """Nothing to prepare: the transaction itself says so."""

    def mark_fleeting(self) -> None:
        """Let this transaction's commit be answered before it is on disk."""
        with self.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")

    def end_fleeting(self) -> None:
        """Nothing to undo: the setting ended with its transaction."""

    def begin_exclusive(self, name: str) -> bool:
        """Take the named advisory lock of this session (it needs a session of its own: no transaction pooling)."""
        with self.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_lock_number(name)])
            return bool(cursor.fetchone()[0])

    def end_exclusive(self, name: str) -> None:
        """Give the named advisory lock back; a lost connection has done so already."""
        if self.connection is not None:
            with self.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_lock_number(name)])


def _lock_number(name: str) -> int:
    """Return a stable signed 64-bit number for a lock's name."""
    return int.from_bytes(hashlib.sha256(f"certcenter:{name}".encode()).digest()[:8], signed=True)
