"""The corporate portal's pages about users (SPEC B8, B10, E7)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support import people

from certcenter.core.actor import system
from certcenter.identity.sessions import Scope, SessionStore
from certcenter.passwords import resets, users

from .conftest import Reader

pytestmark = pytest.mark.spec("B10")
BANK, SECRET = "model-bank", "Falcon47x"
USERS = "A01:周佩珊:administrator; A02:鄭文彬:administrator; M01:許家榮:maker; C01:簡秀英:checker"


@pytest.fixture
def firm(home):
    company = people.import_(national_id="04595257", name="晨光公司", institution=BANK, users=USERS)
    for user in resets.users_of(company):
        users.set_password(user, SECRET, actor=system("tests"))
    return company


@pytest.fixture
def at(firm, settings):
    """A browser of one user, signed in."""

    def open_(code, **scope):
        (me,) = (each for each in resets.users_of(firm) if each.code == code)
        session = SessionStore(institution=BANK)
        session.sign_in(firm, Scope(user=me.pk, **scope))
        session.save()
        reader = Reader(host=f"{BANK}.localhost:8000", language="en")
        reader.http.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        reader.http.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        return reader

    return open_


def test_login_asks_for_the_user_code(home):
    page = Reader(host=f"{BANK}.localhost:8000").get("/login/")
    assert "統一編號" in page
    assert 'name="user_code"' in page
    assert 'name="user_code"' not in Reader().get("/login/")


def test_two_administrators_reset_a_users_password(at, firm):
    first, second = at("A01"), at("A02")
    (maker,) = (each for each in resets.users_of(firm) if each.code == "M01")
    assert first.post(f"/users/{maker.pk}/reset/", note="").status_code == 422
    assert first.post(f"/users/{maker.pk}/reset/", note="forgot it").status_code == 302
    address = re.search(r'href="(/users/requests/[^"]+)"', second.get("/users/"))[1]
    assert first.post(address, approve="1").status_code == 422
    assert second.post(address, approve="1").status_code == 302
    shown = first.post(address, **{"hand-out": "1"}).content.decode()
    secret = re.search(r"data-secret>([A-Za-z0-9]+)<", shown)[1]
    assert first.post(address, **{"hand-out": "1"}).status_code == 422
    assert secret not in first.get(address)


def test_a_checker_releases_what_an_administrator_has_made(at, firm):
    (maker,) = (each for each in resets.users_of(firm) if each.code == "M01")
    first, checker = at("A01"), at("C01")
    assert first.post(f"/users/{maker.pk}/reset/", note="forgot it").status_code == 302
    page = checker.get("/users/")
    assert "Waiting for a second person" in page
    assert "Reset password" not in page
    address = re.search(r'href="(/users/requests/[^"]+)"', page)[1]
    assert 'name="approve"' in checker.get(address)
    assert checker.post(address, approve="1").status_code == 302
    assert checker.post(address, **{"hand-out": "1"}).status_code == 422  # an administrator alone
    assert "data-secret" in first.post(address, **{"hand-out": "1"}).content.decode()


def test_a_maker_sees_the_list_and_resets_nobody(at, firm):
    (target,) = (each for each in resets.users_of(firm) if each.code == "C01")
    at("A01").post(f"/users/{target.pk}/reset/", note="forgot it")
    (waiting,) = resets.waiting(firm)
    maker = at("M01")
    page = maker.get("/users/")
    assert "Reset password" not in page
    assert str(waiting.pk) not in page
    assert maker.post(f"/users/requests/{waiting.pk}/", approve="1").status_code == 403
    (admin,) = (each for each in resets.users_of(firm) if each.code == "A01")
    assert maker.post(f"/users/{admin.pk}/reset/", note="let me").status_code == 403


@pytest.mark.spec("B8", "E7")
def test_an_initial_password_allows_nothing_but_its_change(at):
    due = at("M01", must_change=True)
    for path in ("/certificates/", "/users/"):
        assert due.http.get(path)["Location"] == "/own-password/"
    before = due.http.cookies["session"].value
    assert due.post("/own-password/", old=SECRET, new="Fresh4567", again="Fresh4568").status_code == 422
    assert due.post("/own-password/", old=SECRET, new="Fresh4567", again="Fresh4567").status_code == 302
    assert due.http.cookies["session"].value != before, "a new key at the step-up"
    assert "M01" in due.get("/users/")


def test_a_longer_list_asks_no_more(at, firm):
    """The locks of all users, and whom the waiting requests are about, are read at once."""
    counts = []
    for more in ("", "; " + "; ".join(f"M1{number}:許家榮:maker" for number in range(6))):
        people.import_(national_id="04595257", name="晨光公司", institution=BANK, users=USERS + more)
        staff = {each.code: each for each in resets.users_of(firm)}
        for code in ("M10", "M11") if more else ("M01",):
            resets.ask(staff["A02"], staff[code], note="forgot it", actor=system("tests"))
        checker = at("C01")
        checker.get("/users/")
        with CaptureQueriesContext(connection) as asked:
            page = checker.get("/users/")
        counts.append(len(asked))
    assert page.count("/users/requests/") == 3
    assert counts[0] == counts[1], counts


def test_a_request_about_a_user_who_left_since_is_listed_and_can_be_declined(at, firm):
    staff = {each.code: each for each in resets.users_of(firm)}
    asked = resets.ask(staff["A01"], staff["M01"], note="forgot it", actor=system("tests"))
    people.import_(national_id="04595257", name="晨光公司", institution=BANK, users="M01:許家榮:")
    checker = at("C01")
    assert "M01" in checker.get("/users/")
    address = f"/users/requests/{asked.pk}/"
    page = checker.get(address)
    assert 'name="approve"' not in page
    assert 'name="decline"' in page
    assert checker.post(address, decline="1").status_code == 302
    assert "M01" not in checker.get("/users/")


def test_a_persons_session_has_no_users(wang):
    assert wang.http.get("/users/").status_code == 404
    assert wang.http.get("/own-password/").status_code == 404
