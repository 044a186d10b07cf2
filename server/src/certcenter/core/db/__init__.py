"""Database engines of our own: SQLite for one node, PostgreSQL for many, with the same promises.

Writers use `django.db.transaction.atomic()`; on SQLite it begins IMMEDIATE and waits its turn on a lock file.
Readers need no transaction at all; who wants several queries to see one moment uses `db.reads.snapshot()`,
which never waits for a writer. `db.exclusive.exclusive(name)` lets one process of the whole centre do a job.
"""
