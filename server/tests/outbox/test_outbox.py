"""The outbox: written with the change, handled at least once, never inside a transaction (DESIGN)."""

import threading
import time
from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from tests.support.engines import in_threads, meeting

from certcenter.core import clock, faults
from certcenter.ctl import letters
from certcenter.outbox import actions, dispatcher, handlers, wake
from certcenter.outbox.handlers import Hopeless
from certcenter.outbox.models import Message

TOPIC = "test:topic"


@pytest.fixture
def handled(monkeypatch):
    """The calls of the topic's handler; an entry that is an error is raised by the next call."""
    calls, errors = [], []
    monkeypatch.setattr(handlers, "_handlers", {})

    @handlers.handles(TOPIC)
    def handle(payload, *, attempt):
        assert not connection.in_atomic_block
        calls.append((payload, int(attempt), attempt.key))
        if errors:
            raise errors.pop(0)

    handle.calls, handle.errors = calls, errors
    return handle


class Killed(BaseException):
    """What ends a worker in mid-work."""


def enqueue(key="k", **more):
    with transaction.atomic():
        actions.enqueue(TOPIC, {"n": 1}, key=key, **more)


def test_a_message_is_handled_once_with_its_key(engine, handled):
    enqueue()
    assert dispatcher.run_once() == 1
    assert dispatcher.run_once() == 0
    assert handled.calls == [({"n": 1}, 1, "k")]
    message = Message.objects.get()
    assert (message.state, message.attempts, message.lease) == ("done", 1, None)


def test_one_row_per_topic_and_key(engine, handled):
    enqueue()
    enqueue()
    dispatcher.run_once()
    enqueue()
    dispatcher.run_once()
    assert len(handled.calls) == 1


def test_it_exists_exactly_when_the_change_does(engine, handled):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.enqueue(TOPIC, {}, key="k")
        raise ZeroDivisionError
    with pytest.raises(TransactionManagementError):
        actions.enqueue(TOPIC, {}, key="k")
    assert not Message.objects.exists()


def test_a_failure_waits_longer_each_time_and_ends_with_the_dead(engine, handled):
    now = clock.now()
    with clock.at(now):
        enqueue()
    waits = []
    for number in range(1, dispatcher.MAX_ATTEMPTS + 1):
        handled.errors.append(OSError(f"no {number}"))
        with clock.at(now):
            assert dispatcher.run_once() == 1
            assert dispatcher.run_once() == 0
        waits.append(Message.objects.get().not_before - now)
        now = max(now, Message.objects.get().not_before)
    message = Message.objects.get()
    assert (message.state, message.reason) == ("dead", "OSError: no 14")
    assert [attempt for _, attempt, _ in handled.calls] == list(range(1, 15))
    for number, wait in enumerate(waits[:-1], start=1):
        full = timedelta(seconds=min(dispatcher.FIRST_WAIT * 2 ** (number - 1), dispatcher.LONGEST_WAIT))
        assert full / 2 <= wait <= full
    assert actions.revive(message.pk) is True
    assert actions.revive(message.pk) is False
    assert dispatcher.run_once() == 1
    assert Message.objects.get().state == "done"


def test_what_is_hopeless_dies_at_once(engine, handled):
    enqueue()
    handled.errors.append(Hopeless("no such number"))
    dispatcher.run_once()
    assert (Message.objects.get().state, Message.objects.get().reason) == ("dead", "no such number")


@pytest.mark.spec("D9")
def test_the_operator_sees_the_dead_and_revives_them(engine, handled):
    enqueue()
    handled.errors.append(Hopeless("no such number"))
    dispatcher.run_once()
    run = CliRunner().invoke
    number = str(Message.objects.get().pk)
    assert f"dead      {TOPIC}" in run(letters.outbox, ["show"]).output
    listed = run(letters.outbox, ["dead"]).output
    assert listed.startswith(number)
    assert "no such number" in listed
    assert run(letters.outbox, ["revive", number]).exit_code == 0
    assert dispatcher.run_once() == 1
    assert Message.objects.get().state == "done"
    assert run(letters.outbox, ["revive", number]).exit_code == 1


def test_one_bad_message_does_not_stop_the_others(engine, handled):
    handled.errors.append(ValueError("bad"))
    for number in range(3):
        enqueue(f"k{number}")
    assert dispatcher.run_once() == 3
    assert Message.objects.filter(state="done").count() == 2


def test_a_killers_neighbours_are_not_spent_on_it(engine, handled):
    """Whoever shared a batch with a message that kills its worker is handled at the next claim, the killer alone."""
    for number in range(3):
        enqueue(f"k{number}")
    real = handlers._handlers[TOPIC]

    def killed(tasks):
        if any(task.attempt.key == "k1" for task in tasks):
            raise Killed  # attempts are counted, nothing is noted
        return real(tasks)

    handlers._handlers[TOPIC] = killed
    now = clock.now()
    for _ in range(dispatcher.MAX_ATTEMPTS + 2):
        with clock.at(now), suppress(Killed):
            dispatcher.run_once()
        now += timedelta(seconds=dispatcher.LEASE_SECONDS + 1)
    assert {m.key: (m.state, m.attempts) for m in Message.objects.exclude(key="k1")} == {
        "k0": ("done", 2), "k2": ("done", 2),
    }  # fmt: skip
    assert Message.objects.get(key="k1").state == "dead"


def test_a_slow_batch_keeps_its_lease(engine, handled):
    """Four messages of 100 s each outlast a lease of 120 s that was not prolonged."""
    now = clock.now()
    with clock.at(now):
        for number in range(4):
            enqueue(f"k{number}")
    seconds = iter((100, 200, 300, 400))
    passing = ExitStack()

    def slow(payload, *, attempt):
        assert Message.objects.filter(key=attempt.key, lease_until__gt=clock.now()).exists()
        passing.enter_context(clock.at(now + timedelta(seconds=next(seconds))))

    handlers._handlers[TOPIC] = handlers._one_by_one(slow)
    with clock.at(now), passing:
        dispatcher.run_once()
    assert Message.objects.filter(state="done", attempts=1).count() == 4


def test_not_before(engine, handled):
    later = clock.now() + timedelta(minutes=5)
    enqueue(not_before=later)
    assert dispatcher.run_once() == 0
    with clock.at(later):
        assert dispatcher.run_once() == 1


def test_topics_without_a_handler_here_wait(engine, handled):
    with transaction.atomic():
        actions.enqueue("test:other", {}, key="k")
    assert dispatcher.run_once() == 0
    assert Message.objects.get().state == "waiting"


def test_many_dispatchers_handle_each_message_once(engine, handled):
    for number in range(60):
        enqueue(f"k{number}")
    done = in_threads(lambda _: sum(iter(lambda: dispatcher.run_once(limit=5), 0)), 6)
    assert sum(done) == 60
    assert sorted(key for _, _, key in handled.calls) == sorted(f"k{number}" for number in range(60))


def test_without_leases_a_message_is_handled_twice(engine, handled):
    """Control: read what waits, handle, mark as done."""
    enqueue()
    calls, meet = [], meeting(4)

    def naive(number):
        for message in Message.objects.filter(state="waiting"):
            calls.append(message.key)
            meet()
            Message.objects.filter(pk=message.pk).update(state="done")

    in_threads(naive, 4)
    assert len(calls) == 4


def test_a_killed_workers_message_is_taken_over_when_its_lease_ends(engine, handled):
    enqueue()
    now = clock.now()
    with clock.at(now), faults.armed(f"raise@{dispatcher.HANDLED}"), pytest.raises(faults.Fault):
        dispatcher.run_once()
    with clock.at(now + timedelta(seconds=dispatcher.LEASE_SECONDS - 1)):
        assert dispatcher.run_once() == 0
    with clock.at(now + timedelta(seconds=dispatcher.LEASE_SECONDS + 1)):
        assert dispatcher.run_once() == 1
    assert [attempt for _, attempt, _ in handled.calls] == [1, 2]


def test_who_lost_the_lease_marks_nothing(engine, handled):
    enqueue()
    now = clock.now()
    late = now + timedelta(seconds=dispatcher.LEASE_SECONDS + 1)

    def slow(payload, *, attempt):
        with clock.at(late):
            handlers._handlers[TOPIC] = handlers._one_by_one(handled)
            assert dispatcher.run_once() == 1
        raise OSError("too late")

    handlers._handlers[TOPIC] = handlers._one_by_one(slow)
    with clock.at(now):
        dispatcher.run_once()
    message = Message.objects.get()
    assert (message.state, message.attempts, message.reason) == ("done", 2, "")


def test_the_dispatcher_refuses_to_run_inside_a_transaction(engine, handled):
    with pytest.raises(RuntimeError), transaction.atomic():
        dispatcher.run_once()


def test_two_handlers_for_one_topic_are_refused(handled):
    with pytest.raises(ValueError, match="two handlers"):
        handlers.handles(TOPIC)(print)


def test_purge_keeps_what_is_not_done(engine, handled):
    enqueue("done")
    dispatcher.run_once()
    enqueue("waiting")
    assert actions.purge(before=clock.now() + timedelta(days=1)) == 1
    assert Message.objects.get().key == "waiting"


def test_a_commit_wakes_a_sleeping_worker(engine):
    woken = []

    def sleep(ready):
        with wake.Waiter() as waiter:
            ready.set()
            woken.append(waiter.wait(60))

    ready = threading.Event()
    sleeper = threading.Thread(target=sleep, args=(ready,))
    sleeper.start()
    ready.wait()
    sleeper.join(0.2)
    assert woken == [], "nothing was committed yet"
    enqueue()
    sleeper.join()
    assert woken == [True], "not the end of its time"


def test_an_undisturbed_worker_sleeps_its_time(engine):
    with wake.Waiter() as waiter:
        before = time.monotonic()
        assert waiter.wait(0.1) is False
        assert time.monotonic() - before >= 0.1


def test_a_rollback_wakes_nobody(engine):
    with wake.Waiter() as waiter:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            actions.enqueue(TOPIC, {}, key="k")
            raise ZeroDivisionError
        assert waiter.wait(0.1) is False
