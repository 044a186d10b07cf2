"""Gates: failures apart from reservations, exactly `limit` evaluated (SPEC E2, B3)."""

import threading
import time
from datetime import timedelta

import pytest
from tests.support.engines import in_threads, meeting

from certcenter.core import clock
from certcenter.core.errors import Busy
from certcenter.core.gates import (
    ABANDONED_AFTER,
    AttemptExpired,
    Gate,
    GateHardLocked,
    GateLocked,
    GateNotLocked,
    State,
    UnlockUsed,
    states,
)


def gate():
    return Gate("login", subject="sample:A123456789", limit=3, hard_limit=6)


def fail(times):
    for _ in range(times):
        with gate().admit() as attempt:
            attempt.failure()


@pytest.mark.spec("E2")
def test_of_fifty_parallel_wrong_guesses_exactly_three_are_evaluated(engine):
    evaluated = []

    def guess(number):
        with gate().admit() as attempt:
            evaluated.append(number)
            time.sleep(0.02)
            attempt.failure()

    results = in_threads(guess, 50)
    assert len(evaluated) == 3
    assert sum(isinstance(result, Busy | GateLocked) for result in results) == 47
    assert gate().state().state is State.LOCKED
    assert gate().state().failed == 3


@pytest.mark.spec("E2")
def test_without_the_statement_the_race_exists(engine):
    """Control: read the counter, then guess, then write it, evaluates more than three."""
    evaluated, meet = [], meeting(50)
    spare = Gate("naive", subject="x", limit=1000)

    def guess(number):
        if spare.state().failed < 3:
            meet()
            evaluated.append(number)
            with spare.admit() as attempt:
                attempt.failure()

    in_threads(guess, 50)
    assert len(evaluated) == 50


@pytest.mark.spec("E2")
def test_a_full_house_is_busy_and_locks_nothing(engine):
    with gate().admit() as one, gate().admit() as two, gate().admit() as three:
        with pytest.raises(Busy) as refused, gate().admit():
            pass
        assert not isinstance(refused.value, GateLocked)
        assert gate().state().in_flight == 3
        one.success(), two.success(), three.success()
    assert gate().state() == Gate("x", subject="x", limit=3).state()


@pytest.mark.spec("E2")
def test_parallel_right_logins_all_pass_in_the_end(engine):
    passed = []

    def login(number):
        while True:
            try:
                with gate().admit() as attempt:
                    attempt.success()
                    passed.append(number)
                    return
            except Busy:
                time.sleep(0.005)

    assert in_threads(login, 10) == [None] * 10
    assert len(passed) == 10


@pytest.mark.spec("E2")
def test_locked_attempts_neither_count_nor_extend(engine):
    fail(3)
    before = gate().state()
    for _ in range(5):
        with pytest.raises(GateLocked), gate().admit():
            pass
    assert gate().state() == before


@pytest.mark.spec("B3")
def test_one_unlock_then_three_more_then_only_reissue(engine):
    fail(3)
    opened = gate().unlock()
    assert (opened.state, opened.failed, opened.total_failed) == (State.ACTIVE, 0, 3)
    fail(3)
    assert gate().state().state is State.HARD_LOCKED
    with pytest.raises(GateHardLocked), gate().admit():
        pass
    with pytest.raises(GateHardLocked):
        gate().unlock()
    gate().clear()
    fail(3)
    assert gate().unlock().total_failed == 3


@pytest.mark.spec("E9")
def test_what_can_not_be_recorded_is_not_unlocked(engine):
    def unwritable():
        raise OSError("no history")

    fail(3)
    for open_again in (gate().unlock, gate().clear):
        with pytest.raises(OSError, match="no history"):
            open_again(then=unwritable)
        assert gate().state().state is State.LOCKED
        assert not gate().state().unlocked


@pytest.mark.spec("B3")
def test_the_unlock_is_back_after_a_success(engine):
    lasting = Gate("long", subject="x", limit=1, hard_limit=9)
    with lasting.admit() as attempt:
        assert attempt.failure().state is State.LOCKED
    lasting.unlock()
    with pytest.raises(GateNotLocked):
        lasting.unlock()
    with lasting.admit() as attempt:
        attempt.failure()
    with pytest.raises(UnlockUsed):
        lasting.unlock()
    lasting.clear()
    with lasting.admit() as attempt:
        attempt.failure()
    lasting.unlock()
    with lasting.admit() as attempt:
        attempt.success()
    with lasting.admit() as attempt:
        attempt.failure()
    assert lasting.unlock().total_failed == 1


@pytest.mark.spec("E2")
def test_an_abandoned_attempt_counts_as_a_failure_after_thirty_seconds(engine):
    now = clock.now()
    with clock.at(now), gate().admit() as attempt:
        pass
    with clock.at(now + ABANDONED_AFTER - timedelta(seconds=1)):
        assert (gate().state().failed, gate().state().in_flight) == (0, 1)
    with clock.at(now + ABANDONED_AFTER):
        assert (gate().state().failed, gate().state().in_flight) == (1, 0)
        fail(1)
        assert (gate().state().failed, gate().state().in_flight) == (2, 0)
        with pytest.raises(AttemptExpired):
            attempt.success()
        assert attempt.failure().failed == 2


@pytest.mark.spec("E2")
def test_abandoned_attempts_alone_lock_the_gate(engine):
    now = clock.now()
    with clock.at(now):
        for _ in range(3):
            with gate().admit():
                pass
    with clock.at(now + ABANDONED_AFTER), pytest.raises(GateLocked), gate().admit():
        pass


def test_a_success_gives_back_only_its_own_reservation(engine):
    with gate().admit(), gate().admit() as right:
        assert right.success().in_flight == 1


def test_withdrawn_attempts_count_nothing(engine):
    with gate().admit() as attempt:
        after = attempt.withdraw()
    assert (after.failed, after.in_flight) == (0, 0)


def test_clear_beside_attempts_in_flight(engine):
    stop = threading.Event()

    def work(number):
        if number == 0:
            for _ in range(20):
                gate().clear()
            stop.set()
            return
        while not stop.is_set():
            try:
                with gate().admit() as attempt:
                    attempt.failure()
            except (Busy, GateLocked):
                pass

    assert [error for error in in_threads(work, 4) if error] == []
    gate().clear()
    assert gate().state().in_flight == 0


@pytest.mark.spec("E2")
def test_a_list_of_gates_is_read_by_one_query(engine, django_assert_num_queries):
    """As each of them says itself: untried, locked by abandoned attempts, unlocked once, and with a limit of its own."""
    people = [Gate("login", subject=f"customer:{number}", limit=3, hard_limit=6) for number in range(4)]
    strict = Gate("login", subject="customer:3", limit=1)
    for _ in range(3):
        with people[1].admit():
            pass
    for each in (people[2], people[2], people[2], people[3]):
        with each.admit() as attempt:
            attempt.failure()
    people[2].unlock()
    with clock.at(clock.now() + ABANDONED_AFTER + timedelta(seconds=1)):
        asked = [*people, strict, people[1]]
        with django_assert_num_queries(1):
            found = states(asked)
        assert found == [each.state() for each in asked]
    assert [each.state for each in found] == [
        State.ACTIVE, State.LOCKED, State.ACTIVE, State.ACTIVE, State.LOCKED, State.LOCKED,
    ]  # fmt: skip
    assert (found[1].failed, found[2].unlocked, found[2].total_failed) == (3, True, 3)
    with django_assert_num_queries(0):
        assert states([]) == []


def test_an_unknown_subject_costs_the_same_statements(engine, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    fail(1)

    def statements(subject):
        other = Gate("login", subject=subject, limit=3, hard_limit=6)
        with CaptureQueriesContext(connection) as queries, other.admit() as attempt:
            attempt.failure()
        return [query["sql"].split()[0] for query in queries]

    assert statements("nobody") == statements("sample:A123456789")
