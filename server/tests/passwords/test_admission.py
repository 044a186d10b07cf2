"""A rush of customers: whoever finds no place is told "busy" before anything is looked at (SPEC E1, E2, E4)."""

import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import altcha
import pytest
from tests.support import people
from tests.support.engines import in_threads

from certcenter.core import clock
from certcenter.core.errors import Busy
from certcenter.core.models import GateRow
from certcenter.institutions import serving
from certcenter.passwords import admission, captcha, change, clients, login, sources, voice
from certcenter.passwords.admission import Crowded, House
from certcenter.passwords.errors import LoginTooOften
from certcenter.passwords.hashing import Slots
from certcenter.passwords.line import Line
from certcenter.passwords.models import Source

pytestmark = pytest.mark.spec("E1", "E2")
_GENEROUS = 60.0


@pytest.fixture
def full(monkeypatch):
    """A house whose only place is taken."""
    house = House(1)
    monkeypatch.setattr(admission, "house", lambda: house)
    with house.place():
        yield house


def test_never_more_than_the_places_are_inside_and_everybody_else_is_told_at_once():
    house, inside, most, mutex = House(3), 0, 0, threading.Lock()
    leave = threading.Event()

    def attempt(_number):
        nonlocal inside, most
        with house.place():
            with mutex:
                inside += 1
                most = max(most, inside)
            assert leave.wait(_GENEROUS)
            with mutex:
                inside -= 1

    def rush(number):
        try:
            attempt(number)
        except Crowded:
            with mutex:
                if house.turned_away == 17:
                    leave.set()
            raise

    results = in_threads(rush, 20)
    assert (most, sum(isinstance(each, Crowded) for each in results)) == (3, 17)
    with house.place(), house.place(), house.place():
        pass


def test_a_place_is_given_back_whatever_happens_inside():
    house = House(1)
    for _ in range(3):
        with pytest.raises(LookupError), house.place():
            raise LookupError
    with house.place(), pytest.raises(Crowded), house.place():
        pass


def attempts(customer):
    """Every way to have a password compared, each by somebody who knows nothing."""
    institution = serving.get(customer.institution)
    stranger = people.anonymous(institution=customer.institution)
    program = {"client_id": "none", "client_secret": "none", "actor": stranger}
    return {
        "known": lambda: login.sign_in(
            institution, identity="A123456789", password="x", captcha="", device_token=None, actor=stranger
        ),
        "unknown": lambda: login.sign_in(
            institution, identity="B220000000", password="x", captcha="", device_token=None, actor=stranger
        ),
        "program": lambda: clients.sign_in(
            institution, identity="A123456789", password="x", device_token=None, **program
        ),
        "voice": lambda: voice.verify_pin(institution, identity="A123456789", pin="1", **program),
        "unify": lambda: change.unify(customer, old="x", new="y", actor=people.acting(customer)),
        "change": lambda: change.change(
            customer,
            scope=login.Scope(),
            network=change.LoginChange(old="x", new="y"),
            actor=people.acting(customer),
        ),
    }


@pytest.mark.spec("E4")
def test_without_a_place_every_path_says_the_same_and_leaves_nothing(
    sqlite_engine, full, monkeypatch, django_assert_num_queries
):
    customer = people.with_password()
    looked = []
    monkeypatch.setattr(captcha, "check", lambda *_: looked.append("captcha"))
    monkeypatch.setattr(sources, "arrive", lambda *_: looked.append("source"))
    told = set()
    for attempt in attempts(customer).values():
        with django_assert_num_queries(0), pytest.raises(Crowded) as caught:
            attempt()
        told.add((caught.value.code, caught.value.detail, caught.value.status))
    assert len(told) == 1
    assert not looked
    assert not GateRow.objects.exists()
    assert not Source.objects.exists()
    assert full.turned_away == 6


def test_control_with_a_place_the_same_attempts_are_looked_at(sqlite_engine):
    customer = people.with_password()
    with pytest.raises(login.CaptchaRefused):
        attempts(customer)["known"]()
    assert Source.objects.exists()


def test_one_source_never_takes_all_places():
    house = House(4)
    with house.place("192.0.2.1"), house.place("192.0.2.1"), house.place("192.0.2.1"):
        with pytest.raises(Crowded), house.place("192.0.2.1"):
            pass
        with house.place("192.0.2.2"), pytest.raises(Crowded), house.place("192.0.2.3"):
            pass
    with house.place("192.0.2.1"):
        pass


def test_whoever_was_told_to_wait_takes_no_place_until_then(sqlite_engine):
    house, now = House(1), clock.now()
    with clock.at(now):
        with pytest.raises(LoginTooOften), house.place("192.0.2.1"):
            raise LoginTooOften(retry_after=9)
        with house.place("192.0.2.2"), pytest.raises(LoginTooOften) as caught, house.place("192.0.2.1"):
            pass
        assert caught.value.params["retry_after"] == 9
    with clock.at(now + timedelta(seconds=9)), house.place("192.0.2.1"):
        pass


@pytest.mark.spec("B1")
def test_a_captcha_serves_again_where_the_gate_was_full_and_nothing_was_compared(
    sqlite_engine,
):
    customer = people.with_password()
    institution, answer = serving.get("sample"), solved()

    def sign_in():
        return login.sign_in(
            institution, identity="A123456789", password=people.PASSWORD, captcha=answer, device_token=None,
            actor=people.anonymous(),
        )  # fmt: skip

    with ExitStack() as others:
        for _ in range(institution.lock.wrong_limit):
            others.enter_context(login.gate(customer).admit())
        with pytest.raises(Busy) as full:
            sign_in()
        assert full.value.code == "busy"
    login.gate(customer).clear()
    assert sign_in().customer == customer
    with pytest.raises(login.CaptchaRefused):
        sign_in()


def solved():
    challenge = altcha.Challenge.from_dict(captcha.new_challenge(serving.get("sample")).work or {})
    return altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()


def test_attempts_take_turns_in_order_of_arrival(monkeypatch):
    """Two at work on one processor would both be late; the second begins when the first has ended."""
    house, turns = House(3), Slots(1, waiting=2, seconds=_GENEROUS)
    monkeypatch.setattr(admission, "house", lambda: house)
    monkeypatch.setattr(admission, "_turns", lambda: turns)
    inside, seen, mutex, leave = 0, [], threading.Lock(), threading.Event()

    @admission.admitted
    def attempt(number):
        nonlocal inside
        with mutex:
            inside += 1
            seen.append((number, inside))
        assert leave.wait(_GENEROUS)
        with mutex:
            inside -= 1

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(3)]
    for number, thread in enumerate(threads):
        thread.start()
        end = time.monotonic() + _GENEROUS
        while len(turns._queue) < number or not seen:
            assert time.monotonic() < end
            time.sleep(0.001)
    leave.set()
    for thread in threads:
        thread.join(_GENEROUS)
    assert seen == [(0, 1), (1, 1), (2, 1)]


@contextmanager
def waiting_elsewhere(home):
    """Another server process of this machine, in which somebody waits; at the end it is killed."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from certcenter.passwords.line import Line\n"
        "assert Line(Path(sys.argv[1]), 1).take() is not None\n"
        "print('waits', flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", code, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout.readline() == "waits\n"
            yield
        finally:
            other.kill()


def test_the_line_is_the_whole_machines_and_outlives_no_process(tmp_path, monkeypatch):
    house, turns = House(2), Slots(1, waiting=1, seconds=_GENEROUS, line=Line(tmp_path, 1))
    monkeypatch.setattr(admission, "house", lambda: house)
    monkeypatch.setattr(admission, "_turns", lambda: turns)
    with waiting_elsewhere(tmp_path):
        assert not admission.turns_away()  # a turn is free here
        with turns.one():
            assert admission.turns_away()
            with pytest.raises(Crowded):
                admission.admitted(lambda: None)()
    assert house.turned_away == 2
    with turns.one():
        assert not admission.turns_away()


def test_control_without_a_common_line_each_process_has_one_that_waits(tmp_path):
    turns = Slots(1, waiting=1, seconds=_GENEROUS, line=Line(tmp_path, 1))
    (tmp_path / "elsewhere").mkdir()
    with waiting_elsewhere(tmp_path / "elsewhere"), turns.one():
        assert not turns.full()


def test_who_waits_leaves_the_line_when_the_turn_comes(tmp_path):
    line = Line(tmp_path, 1)
    turns = Slots(1, waiting=5, seconds=_GENEROUS, line=line)
    began, leave = threading.Event(), threading.Event()

    def second():
        with turns.one():
            began.set()
            assert leave.wait(_GENEROUS)

    with turns.one():
        thread = threading.Thread(target=second)
        thread.start()
        end = time.monotonic() + _GENEROUS
        while not turns.full():
            assert time.monotonic() < end
            time.sleep(0.001)
        with pytest.raises(Busy), turns.one():
            pass
    assert began.wait(_GENEROUS)
    assert not line.full()
    leave.set()
    thread.join(_GENEROUS)


def test_who_waits_too_long_for_a_turn_is_told_busy_and_gives_the_place_back(monkeypatch):
    house, turns = House(2), Slots(1, waiting=2, seconds=0.01)
    monkeypatch.setattr(admission, "house", lambda: house)
    monkeypatch.setattr(admission, "_turns", lambda: turns)
    with turns.one(), pytest.raises(Crowded):
        admission.admitted(lambda: None)()
    assert house.turned_away == 1
    assert admission.admitted(lambda: 7)() == 7
    with house.place(), house.place():
        pass
