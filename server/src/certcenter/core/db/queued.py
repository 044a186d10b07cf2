"""A single statement that writes, as a transaction of its own.

Outside a transaction SQLite's lock is taken without the queue of writers (core.db.sqlite): whoever is next in the queue then
sleeps and tries again while all others wait behind it, and a process that is stopped there keeps everybody waiting for
`BUSY_TIMEOUT`. Inside another transaction it is part of that one.
"""

from contextlib import AbstractContextManager

from django.db import DEFAULT_DB_ALIAS, transaction


def queued(*, using: str = DEFAULT_DB_ALIAS) -> AbstractContextManager[None]:
    """Run the block as one short transaction; read what a statement returns inside it."""
    return transaction.atomic(using=using, savepoint=False)
