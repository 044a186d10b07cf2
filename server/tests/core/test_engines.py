"""What both engines promise: durable commits, one writer at a time on SQLite, readers that never wait."""

import errno
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, transaction
from tests.support.engines import in_threads

from certcenter.audit.actions import record
from certcenter.audit.chain import chain_of
from certcenter.core.actor import system
from certcenter.core.db.exclusive import exclusive
from certcenter.core.db.fleeting import fleeting
from certcenter.core.db.reads import snapshot
from certcenter.core.db.sqlite.lock import FileLock
from certcenter.core.events import Event
from certcenter.core.limits import take, used

WHERE = {"subject": "x", "window": "w"}


def pragma(name):
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.spec("E8")
def test_sqlite_commits_are_durable(sqlite_engine):
    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") == 30_000


@pytest.mark.spec("E8")
@pytest.mark.parametrize(
    ("begin", "synced"), [("transaction.atomic", True), ("nullcontext", True), ("fleeting", False)]
)
def test_each_acknowledged_commit_was_synced(sqlite_engine, begin, synced):
    """A kill cannot see a missing fdatasync; counting the calls can. A single statement is a transaction, too."""
    code = (
        "import django; django.setup()\n"
        "from certcenter.core.models import GateRow\n"
        "from certcenter.core.db.fleeting import fleeting\n"
        "from certcenter.core import clock\n"
        "from contextlib import nullcontext\n"
        "from django.db import transaction\n"
        "import os\n"
        "row = GateRow.objects.create(name='x', subject='s', changed_at=clock.now())\n"
        "for number in range(21):\n"
        f"    with {begin}():\n"
        "        GateRow.objects.filter(pk=row.pk).update(failed=number)\n"
        "    os.getppid()\n"  # marks the acknowledgement in the trace
    )
    command = ["strace", "-f", "-e", "trace=fdatasync,fsync,getppid", sys.executable, "-c", code]
    try:
        traced = subprocess.run(
            command, env=sqlite_engine.environment(), capture_output=True, text=True, check=False, timeout=60
        )
    except FileNotFoundError:
        pytest.skip("strace is not installed")
    if "not permitted" in traced.stderr:
        pytest.skip("ptrace is not allowed here")
    calls = [
        line.split("(")[0].split()[-1] for line in traced.stderr.splitlines() if "(" in line and "=" in line
    ]
    acknowledged = [at for at, call in enumerate(calls) if call == "getppid"]
    assert len(acknowledged) >= 21, traced.stderr[-2000:]
    for before, after in pairwise(acknowledged[-20:]):
        assert bool({"fdatasync", "fsync"} & set(calls[before:after])) is synced


@pytest.mark.spec("E8")
def test_a_disk_that_fails_leaves_the_commit_in_doubt(sqlite_engine, monkeypatch):
    """Neither confirmed nor denied: the audit's chain begins anew, and the next transaction goes on."""
    with transaction.atomic():
        record(Event.LOGOUT, actor=system("test"), subject="one")
    before = chain_of("default").tip
    monkeypatch.setattr(os, "fdatasync", failing)
    with pytest.raises(OperationalError), transaction.atomic():
        record(Event.LOGOUT, actor=system("test"), subject="two")
    assert (chain_of("default").tip, chain_of("default").doubtful) == (None, before.writer)
    monkeypatch.undo()
    with transaction.atomic():
        record(Event.LOGOUT, actor=system("test"), subject="three")
    assert chain_of("default").tip.writer != before.writer
    assert pragma("synchronous") == 2


def failing(_descriptor):
    raise OSError(errno.EIO, "input/output error")


@pytest.mark.postgres
def test_postgres_session_settings(postgres_engine):
    with connection.cursor() as cursor:
        for name, value in [
            ("synchronous_commit", "on"),
            ("statement_timeout", "1min"),
            ("lock_timeout", "20s"),
            ("idle_in_transaction_session_timeout", "1min"),
        ]:
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone()[0] == value


@pytest.mark.spec("E8")
def test_a_fleeting_transaction_is_one_of_its_own(engine):
    with fleeting():
        take("x", limit=9, **WHERE)
    with pytest.raises(ZeroDivisionError), fleeting():
        take("x", limit=9, **WHERE)
        raise ZeroDivisionError
    assert used("x", **WHERE) == 1
    with pytest.raises(RuntimeError), transaction.atomic(), fleeting():
        raise AssertionError("the outer transaction's commit must be durable")
    assert not getattr(connection, "_fleeting", False)


@pytest.mark.spec("E8")
@pytest.mark.postgres
def test_on_postgresql_only_a_fleeting_transaction_is_answered_before_the_disk(postgres_engine):
    def setting():
        with connection.cursor() as cursor:
            return cursor.execute("SHOW synchronous_commit").fetchone()[0]

    with fleeting():
        assert setting() == "off"
    with transaction.atomic():
        assert setting() == "on"
    assert setting() == "on"


def test_writers_take_turns_without_errors(engine):
    def work(_):
        for _ in range(20):
            with transaction.atomic():
                before = used("x", **WHERE) if connection.vendor == "sqlite" else 0
                take("x", limit=10_000, **WHERE)
                if connection.vendor == "sqlite":
                    assert used("x", **WHERE) == before + 1

    assert in_threads(work, 8) == [None] * 8
    assert used("x", **WHERE) == 160


def test_readers_do_not_wait_for_a_writer(engine):
    entered, leave = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            take("x", limit=9, **WHERE)
            entered.set()
            leave.wait(60)
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    entered.wait(10)
    assert used("x", **WHERE) == 0
    with snapshot():
        assert used("x", **WHERE) == 0
    assert writer.is_alive(), "read while the other still writes"
    leave.set()
    writer.join()
    assert used("x", **WHERE) == 1


def test_a_snapshot_sees_one_moment_and_refuses_writes(engine):
    with snapshot():
        assert used("x", **WHERE) == 0
        assert isinstance(in_threads(lambda _: take("x", limit=9, **WHERE), 1)[0].count, int)
        assert used("x", **WHERE) == 0
    assert used("x", **WHERE) == 1
    with pytest.raises(DatabaseError), snapshot():
        take("x", limit=9, **WHERE)
    take("x", limit=9, **WHERE)
    assert used("x", **WHERE) == 2
    with pytest.raises(RuntimeError), transaction.atomic(), snapshot():
        pass
    with transaction.atomic():
        take("x", limit=9, **WHERE)
    assert used("x", **WHERE) == 3


def test_the_lock_is_free_after_commit_rollback_and_close(sqlite_engine):
    probe = FileLock(sqlite_engine.home / "certcenter.sqlite3.write.lock")

    def free():
        taken = probe.try_acquire()
        probe.release()
        return taken

    with transaction.atomic():
        assert not free()
    assert free()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert free()
    with transaction.atomic():
        connection.close()
        assert free()
        transaction.set_rollback(True)
    assert free()


@pytest.mark.spec("D9")
def test_a_single_statement_takes_its_turn(sqlite_engine):
    """Were SQLite's own lock taken outside the queue, a process stopped there would keep everybody waiting."""
    ahead = FileLock(sqlite_engine.home / "certcenter.sqlite3.write.lock")
    ahead.acquire()
    written = threading.Event()

    def write(_):
        take("x", limit=9, **WHERE)
        written.set()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(in_threads, write, 1)
        assert not written.wait(0.5)
        ahead.release()
        running.result(60)
    ahead.close()
    assert used("x", **WHERE) == 1


def test_what_a_single_statement_returns_is_read_before_its_commit(sqlite_engine):
    insert = (
        "INSERT INTO core_countedlimit (name, subject, period, count, changed_at) VALUES {} RETURNING subject"
    )
    rows = "('x', 'a', 'w', 1, 0), ('x', 'b', 'w', 1, 0), ('x', 'c', 'w', 1, 0), ('x', 'd', 'w', 1, 0)"
    with connection.cursor() as cursor:
        cursor.execute(insert.format(rows))
        assert in_threads(lambda _: take("x", limit=9, subject="z", window="w").count, 1) == [1]
        assert cursor.fetchone() == ("a",)
        assert cursor.fetchmany(2) == [("b",), ("c",)]
        assert list(cursor) == [("d",)]
        assert (cursor.fetchone(), cursor.fetchall()) == (None, [])
        cursor.execute(
            "WITH gone AS (SELECT 'a' AS one) DELETE FROM core_countedlimit WHERE subject IN (SELECT one FROM gone)"
        )
        assert used("x", subject="a", window="w") == 0
        cursor.executemany("UPDATE core_countedlimit SET count = %s WHERE subject = %s", [(7, "b"), (8, "c")])
        assert cursor.rowcount == 2
        cursor.execute("SELECT count FROM core_countedlimit WHERE subject = 'c'")
        assert cursor.fetchall() == [(8,)]


def test_a_single_statement_that_fails_leaves_nothing_and_no_lock(sqlite_engine):
    take("x", limit=9, **WHERE)
    for failing_one in ("UPDATE core_countedlimit SET count = NULL", "DELETE FROM no_such_table"):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(failing_one)
    assert in_threads(lambda _: take("x", limit=9, **WHERE).count, 1) == [2]


def test_a_thread_that_would_wait_for_itself_is_told(sqlite_engine):
    second = connections["default"].copy()
    with transaction.atomic():
        connections["second"] = second
        try:
            with pytest.raises(OperationalError, match="already holds"):
                second._start_transaction_under_autocommit()
        finally:
            del connections["second"]
            second.close()


def test_a_killed_writer_leaves_no_lock(sqlite_engine):
    code = (
        "from django.db import transaction\n"
        "import os\n"
        "with transaction.atomic():\n"
        "    from certcenter.core.limits import take; take('x', subject='x', window='w', limit=9)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert sqlite_engine.run(code, check=False).returncode == -9
    assert take("x", limit=9, **WHERE).count == 1


def test_a_forked_child_does_not_release_its_parents_lock(sqlite_engine):
    probe = FileLock(sqlite_engine.home / "certcenter.sqlite3.write.lock")
    with transaction.atomic():
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        assert not probe.try_acquire()
    assert probe.try_acquire()
    probe.close()


def test_exclusive_is_one_at_a_time_and_ends_with_its_process(engine):
    with exclusive("job") as mine, exclusive("other job") as also:
        assert (mine, also) == (True, True)

        def attempt(_):
            with exclusive("job") as got:
                return got

        assert in_threads(attempt, 2) == [False, False]
    assert in_threads(attempt, 1) == [True]
    died = engine.run(
        "from certcenter.core.db.exclusive import exclusive\n"
        "import os\n"
        "with exclusive('job') as mine:\n"
        "    assert mine; os.kill(os.getpid(), 9)",
        check=False,
    )
    assert died.returncode == -9
    end = time.monotonic() + 60
    while in_threads(attempt, 1) != [True] and time.monotonic() < end:
        time.sleep(0.05)
    assert in_threads(attempt, 1) == [True]
