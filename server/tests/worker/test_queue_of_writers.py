"""On SQLite nothing writes outside the queue of writers: a worker that is stopped between two transactions stops nobody else (D9)."""

from contextlib import contextmanager

import pytest
from django.db import connection
from tests.support.life import Person, work

from certcenter.core.models import CountedLimit
from certcenter.worker import housekeeping

WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH")


@contextmanager
def outside_the_queue():
    """The statements that write without a transaction: SQLite's own lock is theirs, and no queue's."""
    found = []

    def look(execute, sql, parameters, many, context):
        if sql.split(None, 1)[0].upper() in WRITING and not context["connection"].in_atomic_block:
            found.append(sql)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(look):
        yield found


@pytest.mark.spec("D9")
def test_a_life_and_its_worker_write_in_the_queue(sqlite_ready):
    person = Person()
    with outside_the_queue() as found:
        person.requested()
        work()
        person.acknowledge()
        person.revoke()
        work()
        housekeeping.run_once()
    assert found == []


def test_a_bare_write_is_seen(sqlite_ready):
    with outside_the_queue() as found:
        CountedLimit.objects.filter(name="x").update(count=1)
    assert len(found) == 1
