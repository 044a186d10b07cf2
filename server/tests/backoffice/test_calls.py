"""Staff unlock a login after a call: in the service hours, after the institution's questions, once (SPEC B3, B10, D5, D6, D7)."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.support import people
from tests.support.counter import in_service_hours, saturday, unlock
from tests.support.engines import in_threads, meeting

from certcenter.audit.models import AuditEvent
from certcenter.core import clock
from certcenter.core.errors import NotFound
from certcenter.core.events import Event
from certcenter.core.gates import GateHardLocked, GateNotLocked, State
from certcenter.core.models import GateRow
from certcenter.identity.actions import freeze
from certcenter.identity.queries import CustomerFrozen
from certcenter.institutions import serving
from certcenter.notifications.models import DemoMessage
from certcenter.outbox import dispatcher
from certcenter.passwords import calls, initial, login, resets, users
from certcenter.passwords.calls import Call, CallerNotKnown, UnlockHours
from certcenter.passwords.errors import LoginRefused

pytestmark = pytest.mark.spec("B3")
RIGHT = {"birth-date": "right", "branch": "right", "phone": "right"}
KNOWN = Call(answers={"birth-date": True, "branch": True, "phone": True})
BANK, FIRM = "model-bank", "04595257"
USERS = "A01:周佩珊:administrator; M01:許家榮:maker; C01:羅淑惠:checker"


@pytest.fixture
def open_now(sqlite_engine):
    """Ten o'clock of a business day of 樣本證券."""
    with clock.at(in_service_hours("sample")):
        yield


def last(event):
    return AuditEvent.objects.filter(event=event).order_by("-pk").first()


def lock(customer):
    for _ in range(3):
        login.count_failure(customer, actor=people.anonymous(institution=customer.institution))


def company():
    firm = people.import_(national_id=FIRM, name="晨光公司", institution=BANK, users=USERS)
    for each in resets.users_of(firm):
        users.set_password(each, people.PASSWORD, actor=people.anonymous(institution=BANK))
    return firm


def guess(password="Wrong123", code="M01"):
    return users.authenticate(
        serving.get(BANK),
        number=FIRM,
        code=code,
        password=password,
        device_token=None,
        actor=people.anonymous(institution=BANK),
    )


def lock_user():
    for _ in range(3):
        with pytest.raises(LoginRefused):
            guess()


def user(firm, code="M01"):
    return next(each for each in resets.users_of(firm) if each.code == code)


def by_staff(customer, call=KNOWN, **given):
    calls.unlock(
        customer,
        call=call,
        actor=people.anonymous(institution=customer.institution, session="staff"),
        **given,
    )


@pytest.mark.spec("D5", "D6", "D7")
@pytest.mark.usefixtures("open_now")
def test_what_was_asked_is_kept_and_the_customer_is_told(signed_in, customer):
    lock(customer)
    client = signed_in("customer-service")
    page = client.get(f"/customers/{customer.pk}/unlock/").content.decode()
    for words in ("Date of birth", "Branch of an account", "At least 3 right answers", "not asked"):
        assert words in page
    assert "Closed at this hour" not in page
    answer = client.post(f"/customers/{customer.pk}/unlock/", {**RIGHT, "note": "lost the glasses"})
    assert (answer.status_code, answer["Location"]) == (302, f"/customers/{customer.pk}/")
    assert login.gate(customer).state().state is State.ACTIVE
    event = last(Event.LOGIN_UNLOCKED)
    assert json.loads(event.details) == {"asked": dict(KNOWN.answers), "note": "lost the glasses"}
    assert event.actor_kind == "staff"
    while dispatcher.run_once(20):
        pass
    assert {each.channel for each in DemoMessage.objects.filter(text__contains="解鎖")} == {"sms", "email"}


@pytest.mark.usefixtures("open_now")
def test_it_is_done_once(signed_in, customer):
    client = signed_in("customer-service")
    for _ in range(2):
        lock(customer)
        answer = client.post(f"/customers/{customer.pk}/unlock/", RIGHT)
    assert answer.status_code == 422
    assert b"locked after too many wrong entries" in answer.content  # six in all: only a reissue helps
    assert b"/unlock/" not in client.get(f"/customers/{customer.pk}/").content
    assert json.loads(last(Event.LOGIN_UNLOCK_REFUSED).details)["reason"] == "hard-locked"


@pytest.mark.usefixtures("open_now")
@pytest.mark.parametrize(
    ("given", "right", "wrong"),
    [
        ({}, 0, 0),
        ({"note": "everything asked, all right"}, 0, 0),
        ({"birth-date": "right", "branch": "right"}, 2, 0),
        ({**RIGHT, "email": "wrong"}, 3, 1),
        ({"birth-date": "right", "branch": "right", "mother": "right"}, 2, 0),
    ],
    ids=["nothing", "words-alone", "too-few", "one-wrong", "not-on-the-list"],
)
def test_a_caller_who_is_not_known_stays_locked_out(signed_in, customer, given, right, wrong):
    lock(customer)
    answer = signed_in("customer-service").post(f"/customers/{customer.pk}/unlock/", given)
    assert answer.status_code == 422
    assert f"{right} right and {wrong} wrong" in answer.content.decode()
    assert login.gate(customer).state().state is State.LOCKED
    refusal = last(Event.LOGIN_UNLOCK_REFUSED)
    assert json.loads(refusal.details)["reason"] == "caller-not-known"
    assert json.loads(refusal.details)["asked"] == {
        name: word == "right" for name, word in given.items() if name in {*RIGHT, "email"}
    }


def test_only_in_the_service_hours(customer):
    """To the second, on a Saturday, on a holiday; outside them the right answers open nothing."""
    house = serving.get("sample")
    ten = in_service_hours("sample")
    opens, closes = ten.replace(hour=0), ten.replace(hour=10)  # 08:00 and 18:00 in Taipei
    holiday = min(day for day in house.holidays if day.isoweekday() < 6)
    off = ten.replace(year=holiday.year, month=holiday.month, day=holiday.day)
    lock(customer)
    for moment in (opens - timedelta(seconds=1), closes, saturday(ten), off):
        with clock.at(moment), pytest.raises(UnlockHours) as refused:
            by_staff(customer)
        assert "8:00" in refused.value.detail
    assert login.gate(customer).state().state is State.LOCKED
    assert json.loads(last(Event.LOGIN_UNLOCK_REFUSED).details)["reason"] == "unlock-hours"
    with clock.at(closes - timedelta(seconds=1)):
        by_staff(customer)
    assert login.gate(customer).state().state is State.ACTIVE


@pytest.mark.spec("F4")
def test_the_page_says_so_before_anything_is_filled_in(signed_in, customer, settings):
    lock(customer)
    with clock.at(in_service_hours("sample").replace(hour=11)):  # 19:00 in Taipei
        client, where = signed_in("customer-service"), f"/customers/{customer.pk}/unlock/"
        page = client.get(where).content.decode()
        assert "Closed at this hour" in page
        assert "from 08:00 to 18:00" in page
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hant"
        page = client.post(where, RIGHT).content.decode()
    assert "電話解鎖僅於服務時間內受理：週一至週五 8:00–18:00（國定假日除外）。" in page
    assert "臨櫃補發密碼單" in page


def test_at_the_counter_a_slip_opens_it_at_any_hour(customer):
    """SPEC B3: reissue at the counter is the exit from every lock; it asks for papers and two officers, not for an hour."""
    lock(customer)
    with clock.at(saturday(clock.now())):
        made = initial.prepare(customer)
        with transaction.atomic():
            initial.hand_out(made, actor=people.anonymous())
    assert login.gate(customer).state().state is State.ACTIVE


@pytest.mark.usefixtures("open_now")
def test_a_frozen_customer_stays_locked_out(customer):
    lock(customer)
    freeze(customer, frozen=True, actor=people.anonymous())
    with pytest.raises(CustomerFrozen):
        by_staff(customer)


@pytest.fixture
def firm(sqlite_engine):
    return company()


@pytest.fixture
def desk(firm, signed_in):
    """Customer service at ten o'clock of a business day of the bank."""
    with clock.at(in_service_hours(BANK)):
        yield signed_in("customer-service")


@pytest.mark.spec("B10", "D5", "D7")
class TestUserOfACompany:
    """The same once for each user; nobody else of the company is touched."""

    def test_a_larger_firm_asks_no_more(self, firm, desk):
        """The locks of all users are read at once, on the page and in the form that unlocks one."""
        lock_user()
        counts = []
        for more in ("", "; " + "; ".join(f"M1{number}:許家榮:maker" for number in range(8))):
            people.import_(national_id=FIRM, name="晨光公司", institution=BANK, users=USERS + more)
            for path in (f"/customers/{firm.pk}/", f"/customers/{firm.pk}/unlock/"):
                desk.get(path)
                with CaptureQueriesContext(connection) as asked:
                    assert desk.get(path).status_code == 200
                counts.append(len(asked))
        assert counts[:2] == counts[2:], counts

    def test_unlocked_after_a_call(self, firm, desk):
        where = f"/customers/{firm.pk}/"
        assert b"/unlock/" not in desk.get(where).content
        lock_user()
        seen = desk.get(where).content.decode()
        assert "login locked" in seen
        assert "/unlock/" in seen
        assert "許○榮" in seen
        page = desk.get(f"{where}unlock/").content.decode()
        assert "M01 許○榮" in page
        assert "A01" not in page.split("<form")[-1]  # nobody whose login is open
        chosen = {"user": user(firm).subject}
        assert desk.post(f"{where}unlock/", {**RIGHT}).status_code == 422
        assert desk.post(f"{where}unlock/", {**RIGHT, **chosen}).status_code == 302
        assert guess(people.PASSWORD).user.code == "M01"
        event = last(Event.USER_UNLOCKED)
        assert (event.subject, event.actor_kind) == (firm.subject, "staff")
        assert json.loads(event.details)["user"] == user(firm).subject
        while dispatcher.run_once(20):
            pass
        assert DemoMessage.objects.filter(text__contains="M01").filter(text__contains="解鎖").exists()

    def test_once_and_then_the_slip_or_the_administrators(self, firm, desk):
        lock_user()
        by_staff(firm, user=user(firm))
        lock_user()
        with pytest.raises(GateHardLocked):
            by_staff(firm, user=user(firm))
        assert b"/unlock/" not in desk.get(f"/customers/{firm.pk}/").content

    @pytest.mark.usefixtures("desk")
    def test_of_another_company_disabled_or_open(self, firm):
        lock_user()
        other = people.import_(
            national_id="04595252",
            name="山海公司",
            institution=BANK,
            users=USERS,
            accounts="",
            phones="",
            emails="",
        )
        with pytest.raises(NotFound):
            by_staff(other, user=user(firm))
        with pytest.raises(GateNotLocked):
            by_staff(firm, user=user(firm, "A01"))
        mine = user(firm)
        people.import_(national_id=FIRM, name="晨光公司", institution=BANK, users="M01:許家榮:")
        mine.refresh_from_db()
        with pytest.raises(NotFound):
            by_staff(firm, user=mine)
        assert users.gate(mine).state().state is State.LOCKED

    def test_outside_the_hours(self, firm):
        lock_user()
        with clock.at(saturday(clock.now())), pytest.raises(UnlockHours):
            by_staff(firm, user=user(firm))
        with clock.at(in_service_hours(BANK)), pytest.raises(CallerNotKnown):
            by_staff(firm, call=Call(), user=user(firm))


@pytest.mark.spec("B10", "E2")
def test_of_eight_colleagues_at_once_one_unlocks_a_users_login(engine):
    firm = company()
    lock_user()
    mine, ten = user(firm), in_service_hours(BANK)

    def call(_number):
        with clock.at(ten):
            by_staff(firm, user=mine)

    results = in_threads(call, 8)
    codes = sorted(getattr(each, "code", "unlocked") for each in results)
    assert codes.count("unlocked") == 1, codes
    assert set(codes) <= {"unlocked", "not-locked", "unlock-used"}, codes
    assert AuditEvent.objects.filter(event=Event.USER_UNLOCKED).count() == 1


@pytest.mark.spec("B10", "E2")
def test_control_without_the_statement_several_unlock(engine):
    """The race is real: look whether it is locked, then open it."""
    firm = company()
    lock_user()
    mine, meet = user(firm), meeting(8)

    def naive(_number):
        seen = users.gate(mine).state()
        meet()
        if seen.state is not State.LOCKED or seen.unlocked:
            return False
        GateRow.objects.filter(subject=mine.subject).update(failed=0, unlocked=True)
        return True

    assert sum(each is True for each in in_threads(naive, 8)) > 1


@pytest.mark.spec("B10")
def test_the_support_unlocks_as_staff_do(sqlite_engine):
    firm = company()
    lock_user()
    unlock(firm, user=user(firm))
    assert users.gate(user(firm)).state().state is State.ACTIVE
