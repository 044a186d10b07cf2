"""Staff's login: one answer, a gate of its own, a session under a new key."""

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support import people
from tests.support.engines import in_threads

from certcenter.audit.models import AuditEvent
from certcenter.backoffice import login
from certcenter.backoffice.errors import StaffLoginRefused
from certcenter.core.errors import Busy
from certcenter.core.events import Event
from certcenter.core.gates import State
from certcenter.identity.actions import create_staff
from certcenter.identity.models import Role
from certcenter.passwords import hashing
from certcenter_sdk.client.altcha import solve

from .conftest import PASSWORD


def answered(client):
    page = client.get("/login/").content.decode()
    return solve(json.loads(unescape(re.search(r'challenge="([^"]+)"', page)[1])))


def attempt(client, username="someone", password=PASSWORD):
    return client.post("/login/", {"username": username, "password": password, "captcha": answered(client)})


@pytest.mark.spec("D5", "E7")
def test_in_and_out(hire, browser):
    staff = hire("auditor")
    client = browser()
    before = client.cookies.get("session")
    answer = attempt(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.cookies["session"].value
    assert before is None or client.cookies["session"].value != before.value
    assert "周小姐" in client.get("/").content.decode()
    assert client.post("/session/").json()["ends_in"] > 60
    assert client.post("/logout/").status_code == 302
    assert client.get("/").status_code == 302
    events = list(
        AuditEvent.objects.filter(subject=f"staff:{staff.pk}").order_by("pk").values_list("event", flat=True)
    )
    assert events[-2:] == [Event.STAFF_SIGNED_IN, Event.STAFF_SIGNED_OUT]


@pytest.mark.spec("E2", "E4")
def test_wrong_unknown_and_locked_look_the_same(hire, browser):
    hire("auditor")
    client = browser()
    pages = [attempt(client, password="wrong") for _ in range(3)]  # the third locks
    pages += [attempt(client), attempt(client, username="nobody")]

    def words(page):
        return re.sub(
            r"Reference number.*?</p>", "", page.content.decode().split('class="card"')[0], flags=re.DOTALL
        )

    assert {page.status_code for page in pages} == {422}
    assert len({re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", words(page)) for page in pages}) == 1
    assert AuditEvent.objects.filter(event=Event.STAFF_LOCKED).count() == 1


def test_a_password_too_long_to_hash_is_refused_before_it_costs_anything(hire, browser):
    staff = hire("auditor")
    client = browser()
    assert attempt(client, password="x" * 10_000).status_code == 422
    assert login.gate(f"staff:{staff.pk}").state().failed == 0


@pytest.mark.spec("E1", "E2")
def test_without_a_free_slot_for_hashing_nothing_counts(hire, browser, monkeypatch):
    staff = hire("auditor")
    client = browser()
    monkeypatch.setattr(hashing, "_slots", lambda: hashing.Slots(0, waiting=0, seconds=0.0))
    assert attempt(client, password="wrong").status_code == 422
    state = login.gate(f"staff:{staff.pk}").state()
    assert (state.failed, state.in_flight) == (0, 0)


@pytest.mark.spec("E2")
def test_of_many_wrong_guesses_at_once_three_are_evaluated(engine, monkeypatch):
    monkeypatch.setattr(login.captchas, "check", lambda *_: None)
    staff = create_staff(
        "lin", name="Lin", password=PASSWORD, roles=[Role.ADMINISTRATOR], actor=people.anonymous()
    )

    def guess(number):
        return login.sign_in(
            username="lin", password="wrong", captcha="", actor=people.anonymous(f"192.0.2.{number}")
        )

    results = in_threads(guess, 20)
    assert all(isinstance(result, StaffLoginRefused | Busy) for result in results), results
    gate = login.gate(f"staff:{staff.pk}")
    assert (gate.state().state, gate.state().failed) == (State.LOCKED, 3)
    assert AuditEvent.objects.filter(event=Event.STAFF_LOCKED).count() == 1


@pytest.mark.spec("D5")
def test_an_administrator_unlocks_a_colleague_but_not_the_own_login(hire, browser):
    locked = hire("auditor")
    boss = hire("administrator", username="boss")
    client = browser()
    for _ in range(3):
        attempt(client, password="wrong")
    gate = login.gate(f"staff:{locked.pk}")
    assert gate.state().state is State.LOCKED
    admin = browser(boss)
    assert b"login locked" in admin.get("/staff/").content
    assert admin.post(f"/staff/{boss.pk}/unlock/").status_code == 404
    assert admin.post(f"/staff/{locked.pk}/unlock/").status_code == 302
    assert gate.state().state is State.ACTIVE
    assert attempt(client).status_code == 302


@pytest.mark.spec("D5")
def test_more_colleagues_ask_no_more(hire, browser):
    admin, counts = browser(hire("administrator", username="boss")), []
    for number in range(6):
        hire("auditor", username=f"colleague{number}")
        admin.get("/staff/")
        with CaptureQueriesContext(connection) as asked:
            assert f"colleague{number}" in admin.get("/staff/").content.decode()
        counts.append(len(asked))
    assert len(set(counts)) == 1, counts


def test_a_captcha_serves_once_and_at_its_own_door(hire, browser):
    hire("auditor")
    client = browser()
    answer = answered(client)
    sent = {"username": "someone", "password": "wrong", "captcha": answer}
    assert b"user name or the password" in client.post("/login/", sent).content
    assert b"check that you are a person" in client.post("/login/", sent).content
    assert b"check that you are a person" in client.post("/login/", {**sent, "captcha": ""}).content


def test_empty_fields_are_named(browser):
    answer = browser().post("/login/", {})
    assert answer.status_code == 422
    assert b'href="#id_username"' in answer.content
