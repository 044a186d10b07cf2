"""The lock of the login under attack, on both engines, each race beside its control (SPEC B2, B3, E2)."""

import threading
import time

import pytest
from tests.support import people
from tests.support.counter import unlock
from tests.support.engines import in_threads, meeting

from certcenter.core.errors import Busy
from certcenter.core.gates import GateHardLocked, State
from certcenter.core.models import GateRow
from certcenter.institutions import serving
from certcenter.passwords import hashing, login, sources
from certcenter.passwords.errors import LoginRefused

INSTITUTION = "demo"
pytestmark = pytest.mark.spec("E2")


@pytest.fixture
def customer(engine, monkeypatch):
    monkeypatch.setattr(sources, "BURST", 10_000)
    return people.with_password(institution=INSTITUTION)


@pytest.fixture
def compared(monkeypatch):
    """The passwords that were really compared with somebody's hash."""
    found, real, mutex = [], hashing.matches, threading.Lock()

    def matches(stored, password, **more):
        if stored:
            with mutex:
                found.append(password)
        return real(stored, password, **more)

    monkeypatch.setattr(hashing, "matches", matches)
    return found


def sign_in(password, identity="A123456789", *, address="192.0.2.7"):
    return login.sign_in(
        serving.get(INSTITUTION),
        identity=identity,
        password=password,
        captcha="",
        device_token=None,
        actor=people.anonymous(address, institution=INSTITUTION),
    )


def fail(count):
    for number in range(count):
        with pytest.raises(LoginRefused):
            sign_in(f"Guess{number:04}")


def until_counted(customer, wanted):
    """Guess from many threads until so many failures are counted; whoever was told to wait comes again."""

    def guess(number):
        for _ in range(200):
            try:
                sign_in(f"Guess{number:04}", address=f"192.0.2.{number}")
            except Busy:
                time.sleep(0.01)
            except LoginRefused:
                return

    in_threads(guess, 50)
    assert login.gate(customer).state().failed == wanted


def test_a_hundred_threads_over_two_counters_compare_three_and_three(customer, compared):
    until_counted(customer, 3)
    assert len(compared) == 3
    unlock(customer)
    until_counted(customer, 3)
    assert len(compared) == 6
    state = login.gate(customer).state()
    assert (state.state, state.total_failed, state.in_flight) == (State.HARD_LOCKED, 6, 0)
    with pytest.raises(GateHardLocked):
        unlock(customer)


def test_control_counting_after_the_comparison_compares_more(customer):
    """The race is real: look at the counter, compare, then count."""
    compared, gate, meet = [], login.gate(customer), meeting(30)

    def guess(number):
        if gate.state().failed < 3:
            meet()
            hashing.verify(None, f"Guess{number:04}")
            compared.append(number)
            row, _created = GateRow.objects.get_or_create(
                name="login",
                subject=customer.subject,
                defaults={"failed": 0, "total_failed": 0, "in_flight": 0, "changed_at": customer.created_at},
            )
            GateRow.objects.filter(pk=row.pk).update(failed=row.failed + 1)

    in_threads(guess, 30)
    assert len(compared) > 3


def test_of_two_sixth_errors_at_once_one_is_compared(customer, compared):
    fail(3)
    unlock(customer)
    fail(2)
    results = in_threads(lambda number: sign_in(f"Sixth{number:04}"), 2)
    assert all(isinstance(result, LoginRefused | Busy) for result in results)
    assert len(compared) == 6
    assert login.gate(customer).state().state is State.HARD_LOCKED
    assert login.gate(customer).state().total_failed == 6


def test_the_right_password_while_locked_is_refused_and_prolongs_nothing(customer):
    fail(3)
    before = GateRow.objects.values().get(subject=customer.subject)
    for _ in range(3):
        with pytest.raises(LoginRefused):
            sign_in(people.PASSWORD)
    assert GateRow.objects.values().get(subject=customer.subject) == before
    unlock(customer)
    assert sign_in(people.PASSWORD).customer == customer
    assert login.gate(customer).state().total_failed == 0


@pytest.mark.spec("F3")
def test_however_the_id_is_spelt_one_counter_counts(customer, compared):
    for identity in ("A123456789", "a123456789", "Ａ１２３４５６７８９", " ａ123456789　"):
        with pytest.raises(LoginRefused):
            sign_in("Guess1234", identity)
    assert len(compared) == 3
    assert login.gate(customer).state().state is State.LOCKED
