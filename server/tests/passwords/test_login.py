"""Login: what it costs, what it tells, what it counts (SPEC B1, B2, E1, E2, E4, D7)."""

import logging
import time
from datetime import timedelta

import pytest
from bench import refusals
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import people
from tests.support.counter import unlock
from tests.support.engines import in_threads

from certcenter.audit.models import AuditEvent
from certcenter.core import clock
from certcenter.core.errors import Busy, Invalid
from certcenter.core.gates import State
from certcenter.identity import sessions
from certcenter.identity.models import KnownDevice
from certcenter.institutions import serving
from certcenter.notifications.models import DemoMessage
from certcenter.outbox import dispatcher
from certcenter.passwords import hashing, login, sources
from certcenter.passwords.actions import set_password
from certcenter.passwords.errors import LoginRefused, LoginTooOften, PasswordRefused
from certcenter.passwords.models import Credential, Source

INSTITUTION = "demo"  # asks for no captcha; test_captcha.py is about those


@pytest.fixture
def customer(sqlite_engine):
    return people.with_password(institution=INSTITUTION)


def sign_in(identity="A123456789", password=people.PASSWORD, *, device=None, address="192.0.2.7"):
    return login.sign_in(
        serving.get(INSTITUTION),
        identity=identity,
        password=password,
        captcha="",
        device_token=device,
        actor=people.anonymous(address, institution=INSTITUTION),
    )


def refused(count=1, **arguments):
    errors = []
    for _ in range(count):
        with pytest.raises(LoginRefused) as raised:
            sign_in(**arguments)
        errors.append(raised.value)
    return errors


def messages(subject):
    while dispatcher.run_once():
        pass
    return DemoMessage.objects.filter(channel="email", subject__contains=subject)


@pytest.mark.spec("B1", "F3")
@pytest.mark.parametrize("typed", ["A123456789", "a123456789", "Ａ１２３４５６７８９", " ａ123456789　"])
def test_the_id_is_taken_in_any_case_and_width(customer, typed):
    assert sign_in(typed).customer == customer


@pytest.mark.spec("B1", "F3")
@pytest.mark.parametrize(
    "typed", ["rope7352", "ROPE7352", "Ｒope7352", "Rope7352 ", "Rope735", "\ud800", "a\0b"]
)
def test_the_password_is_taken_as_it_is(customer, typed):
    refused(password=typed)


@pytest.mark.spec("E10")
@pytest.mark.parametrize(
    ("identity", "password", "field"),
    [
        ("", people.PASSWORD, "identity"),
        ("A123456788", people.PASSWORD, "identity"),
        ("'; DROP TABLE", people.PASSWORD, "identity"),
        ("A" * 100_000, people.PASSWORD, "identity"),
        ("A123456789", "", "password"),
        ("A123456789", "x" * 100_000, "password"),
    ],
)
def test_what_can_be_nobodys_is_said_plainly_and_not_counted(customer, identity, password, field):
    with pytest.raises(Invalid) as raised:
        sign_in(identity, password)
    assert list(raised.value.fields) == [field]
    assert login.gate(customer).state().failed == 0


@pytest.mark.spec("B2", "E2", "E4")
def test_three_wrong_lock_and_the_right_one_is_then_refused_like_the_others(customer):
    answers = refused(3, password="Wrong123")
    answers += refused(5)
    assert login.gate(customer).state().state is State.LOCKED
    assert login.gate(customer).state().failed == 3
    assert (
        len(
            {
                (answer.code, answer.status, str(answer), answer.advice, str(answer.params))
                for answer in answers
            }
        )
        == 1
    )


@pytest.mark.spec("B3")
def test_after_one_unlock_three_more_wrong_ones_lock_for_good(customer):
    refused(3, password="Wrong123")
    unlock(customer)
    assert sign_in().customer == customer
    refused(3, password="Wrong123")
    unlock(customer)
    refused(3, password="Wrong123")
    assert login.gate(customer).state().state is State.HARD_LOCKED


@pytest.mark.spec("E4")
def test_unknown_wrong_locked_and_without_credential_answer_alike(customer):
    without = people.import_(people.OTHER, institution=INSTITUTION)
    answers = [
        *refused(4, password="Wrong123"),
        *refused(4, identity="B123456780"),
        *refused(4, identity=without.national_id),
    ]
    assert (
        len(
            {
                (answer.code, answer.status, str(answer), answer.advice, str(answer.params))
                for answer in answers
            }
        )
        == 1
    )


@pytest.mark.spec("E4")
def test_every_refusal_runs_one_hash(customer, monkeypatch):
    runs = []
    real = hashing.hash_secret
    monkeypatch.setattr(hashing, "hash_secret", lambda *a, **more: runs.append(1) or real(*a, **more))
    for arguments in ({"identity": "B123456780"}, {"password": "Wrong123"}):
        refused(5, **arguments)
    assert len(runs) == 10


@pytest.mark.spec("B1")
def test_a_password_is_compared_as_it_was_typed(customer):
    """No space is taken off, no case or width is folded, nothing is cut (ASVS 6.2.8)."""
    with pytest.raises(Invalid):
        sign_in(password=people.PASSWORD + "x" * hashing.MAX_LENGTH)
    for near in (f" {people.PASSWORD}", f"{people.PASSWORD} ", people.PASSWORD.lower(), "Ｒope7352"):
        refused(1, password=near)
        login.gate(customer).clear()
    assert sign_in().customer == customer


@pytest.mark.spec("E4")
@pytest.mark.parametrize(("group", "kinds"), [("login", 6), ("empty", 2)])
def test_every_refusal_takes_the_same_time(sqlite_engine, group, kinds):
    """Short form of `python -m bench timing`, interleaved as there: the processor's time, which no busy machine lengthens."""
    quickest = {kind: min(taken) for kind, taken in refusals.measure(12, time.thread_time)[group].items()}
    assert len(quickest) == kinds
    assert max(quickest.values()) < 2 * min(quickest.values()), quickest


@pytest.mark.spec("E2")
def test_of_fifty_parallel_wrong_guesses_three_are_compared(engine, monkeypatch):
    customer = people.with_password(institution=INSTITUTION)
    compared = []
    real = hashing.matches

    def matches(stored, password, **more):
        if stored:
            compared.append(password)
        return real(stored, password, **more)

    monkeypatch.setattr(hashing, "matches", matches)
    results = in_threads(
        lambda number: sign_in(password=f"Guess{number:03}", address=f"192.0.2.{number}"), 50
    )
    assert len(compared) == 3
    assert all(isinstance(result, LoginRefused | Busy) for result in results)
    assert login.gate(customer).state().state is State.LOCKED
    assert messages("登入密碼").count() == 1


@pytest.mark.spec("E2")
def test_parallel_right_logins_all_succeed_or_are_told_to_wait(engine):
    customer = people.with_password(institution=INSTITUTION)
    results = in_threads(lambda number: sign_in(address=f"192.0.2.{number}"), 8)
    assert any(not isinstance(result, BaseException) for result in results)
    assert all(isinstance(result, login.SignedIn | Busy) for result in results), results
    assert login.gate(customer).state().failed == 0


@pytest.mark.spec("D7", "B2")
def test_the_lock_is_told_once(customer):
    refused(6, password="Wrong123")
    assert messages("登入密碼").count() == 1
    assert AuditEvent.objects.filter(event="login:lock:set").count() == 1


@pytest.mark.spec("E4")
def test_an_unknown_ids_lock_does_not_wait_for_who_registers_later(sqlite_engine):
    refused(6, identity="A123456789")
    people.with_password(institution=INSTITUTION)
    assert sign_in().customer.national_id == "A123456789"


@pytest.mark.spec("D7")
def test_a_new_device_is_told_and_a_known_one_is_not(customer):
    first = sign_in()
    assert first.new_device
    assert messages("新裝置").count() == 1
    assert not sign_in(device=first.device_token).new_device
    assert messages("新裝置").count() == 1
    assert sign_in(device="x").device_token != "x"
    assert first.device_token not in str(list(KnownDevice.objects.values()))


@pytest.mark.spec("E1")
def test_a_hash_with_old_parameters_is_renewed_at_login(customer, settings):
    before = Credential.objects.get(customer=customer).hash
    settings.CONFIG = settings.CONFIG.model_copy(update={"argon2_memory_kib": 512})
    sign_in()
    after = Credential.objects.get(customer=customer).hash
    assert before != after
    assert "m=512" in after
    sign_in()
    assert Credential.objects.get(customer=customer).hash == after


@pytest.mark.spec("E1")
def test_without_the_pepper_a_password_never_matches(customer, settings):
    from pydantic import SecretStr

    settings.CONFIG = settings.CONFIG.model_copy(update={"pepper": SecretStr("another" * 8)})
    refused()


@pytest.mark.spec("B2")
def test_a_source_is_slowed_down_whoever_it_tries_to_be(customer):
    with clock.at(clock.now()):
        for _ in range(sources.BURST):
            sources.arrive("198.51.100.9")
        with pytest.raises(LoginTooOften):
            sources.arrive("198.51.100.9")
        sources.arrive("198.51.100.10")
    with clock.at(clock.now() + timedelta(seconds=sources.EVERY + 1)):
        sources.arrive("198.51.100.9")
    assert Source.objects.count() == 2


@pytest.mark.spec("E2")
def test_a_network_of_ipv6_addresses_is_one_source(customer):
    """One line has 2^64 addresses (RFC 6177): counted one by one they would be no limit."""
    with clock.at(clock.now()):
        for number in range(sources.BURST):
            sources.arrive(people.anonymous(f"2001:db8:1:2::{number:x}").source)
        with pytest.raises(LoginTooOften):
            sign_in(address="2001:DB8:1:2:ffff::1")
        sources.arrive(people.anonymous("2001:db8:1:3::1").source)
        sources.arrive(people.anonymous("::ffff:198.51.100.9").source)
    assert {people.anonymous(each).source for each in ("::ffff:198.51.100.9", "198.51.100.9")} == {
        "198.51.100.9"
    }
    assert people.anonymous("unix").source == "unix"


@pytest.mark.spec("E2")
def test_parallel_arrivals_of_one_source_pass_as_many_as_the_burst(engine):
    moment = clock.now()

    def arrive(_number):
        with clock.at(moment):
            sources.arrive("198.51.100.9")

    results = in_threads(arrive, sources.BURST + 10)
    assert sum(result is None for result in results) == sources.BURST


@pytest.mark.spec("E7", "B3")
def test_a_new_password_ends_the_sessions_of_the_old_one(customer):
    """Whoever knew the old one may hold a session of it."""
    actor = people.anonymous(institution=INSTITUTION)
    token, _session = sessions.open_program_session(customer, actor=actor)
    browser = sessions.SessionStore(institution=INSTITUTION)
    browser.sign_in(customer)
    browser.save()
    set_password(customer, "Other1234", actor=people.acting(customer))
    assert sessions.by_token(INSTITUTION, token) is None
    assert sessions.SessionStore(browser.session_key, institution=INSTITUTION).customer is None


@pytest.mark.spec("B1")
@pytest.mark.parametrize(
    "password", ["short1", "toolong12345", "with space", "with-sym1", "Ａbcd1234", "a123456789"]
)
def test_a_password_keeps_the_institutions_rule(customer, password):
    with pytest.raises(PasswordRefused):
        set_password(customer, password, actor=people.acting(customer))


def test_three_wrong_birth_dates_count_as_one_failure(customer):
    login.count_failure(customer, actor=people.acting(customer))
    assert login.gate(customer).state().failed == 1


@pytest.mark.spec("E1", "D6")
def test_password_and_pepper_lie_nowhere_in_clear(sqlite_engine, caplog):
    with caplog.at_level(logging.DEBUG):
        people.with_password("Planted789", institution=INSTITUTION)
        sign_in(password="Planted789")
        refused(password="Guessed789")
        refused(identity="B123456780", password="Planted789")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = b"".join(path.read_bytes() for path in sqlite_engine.home.glob("certcenter.sqlite3*"))
    for secret in (
        "Planted789",
        "Guessed789",
        django_settings.CONFIG.pepper.get_secret_value(),
        "B123456780",
    ):
        assert secret.encode() not in content
        assert secret not in caplog.text


@st.composite
def spelt(draw, text="A123456789"):
    """Some way in which people type an ID: full-width or not, small or not, blanks around."""
    characters = []
    for character in text:
        chosen = draw(st.sampled_from([character, character.lower()]))
        characters.append(chr(ord(chosen) + 0xFEE0) if draw(st.booleans()) else chosen)
    blanks = st.text(" \t　", max_size=2)
    return draw(blanks) + "".join(characters) + draw(blanks)


@pytest.mark.spec("F1", "F3")
@settings(max_examples=100)
@given(identity=spelt())
def test_however_an_id_is_spelt_it_is_the_same(identity):
    assert login.normalised(identity, "x") == "A123456789"


@pytest.mark.spec("E10")
@settings(max_examples=200)
@given(identity=st.text(max_size=15), password=st.text(max_size=200))
def test_any_input_is_normal_or_invalid(identity, password):
    invalid = None
    try:
        assert login.normalised(identity, password).isascii()
    except Invalid as error:
        invalid = error
    if invalid is not None:
        assert set(invalid.fields) <= {"identity", "password"}
        assert all(str(text) for text in invalid.fields.values())
