"""Passwords at the counter: a slip under four eyes, a forced change, separation (SPEC B3, B7, D5, D6, D7)."""

import re

import pytest
from tests.support import people

from certcenter.audit.models import AuditEvent
from certcenter.core import clock
from certcenter.core.events import Event
from certcenter.core.gates import State
from certcenter.identity.models import Approval, Session
from certcenter.institutions import serving
from certcenter.outbox.models import Message
from certcenter.passwords import login, store
from certcenter.passwords.errors import LoginRefused

pytestmark = pytest.mark.spec("B3", "D5")
WHY = "identity card and seal shown"


@pytest.fixture
def officers(hire, browser):
    """Two officers' browsers."""
    return [browser(hire("registration-officer", username=name)) for name in ("first", "second")]


def authenticate(password, *, number="A123456789"):
    return login.authenticate(
        serving.get("sample"), number=number, password=password, device_token=None, actor=people.anonymous()
    )


def lock_for_good(customer):
    for _ in range(3):
        login.count_failure(customer, actor=people.anonymous())
    login.gate(customer).unlock()
    for _ in range(3):
        login.count_failure(customer, actor=people.anonymous())
    assert login.gate(customer).state().state is State.HARD_LOCKED


def approved(officers, customer, scope=""):
    first, second = officers
    asked = first.post(f"/customers/{customer.pk}/counter-reissue/", {"note": WHY, "scope": scope})
    assert asked.status_code == 302
    address = f"/approvals/{Approval.objects.latest('asked_at').pk}/"
    assert second.post(address, {"approve": "1"}).status_code == 302
    return address


def secret_of(page):
    return re.search(r"<span data-secret>([A-Za-z0-9]+)</span>", page.content.decode())[1]


def test_a_slip_opens_a_hard_locked_login_and_must_be_changed(officers, customer):
    lock_for_good(customer)
    address = approved(officers, customer)
    with pytest.raises(LoginRefused):
        authenticate(people.PASSWORD)
    secret = secret_of(officers[0].post(address, {"print": "1"}))
    assert 7 <= len(secret) <= 10
    done = authenticate(secret)
    assert done.must_change
    assert login.gate(customer).state().total_failed == 0
    with pytest.raises(LoginRefused):
        authenticate(people.PASSWORD)
    assert AuditEvent.objects.filter(event=Event.PASSWORD_HANDED_OUT).count() == 1
    assert Message.objects.filter(key__startswith="password:").count() == 2
    assert not AuditEvent.objects.filter(details__contains=secret).exists()


def test_it_is_shown_once_and_to_who_asked(officers, customer):
    first, second = officers
    address = approved(officers, customer)
    assert second.post(address, {"print": "1"}).status_code == 422
    secret = secret_of(first.post(address, {"print": "1"}))
    again = first.post(address, {"print": "1"})
    assert again.status_code == 422
    assert secret not in again.content.decode() + first.get(address).content.decode()


def test_the_old_password_works_until_the_print(officers, customer):
    approved(officers, customer)
    assert not authenticate(people.PASSWORD).must_change


def test_it_is_worth_nothing_after_a_month(officers, customer):
    from datetime import timedelta

    secret = secret_of(officers[0].post(approved(officers, customer), {"print": "1"}))
    with clock.at(clock.now() + timedelta(days=30, minutes=1)), pytest.raises(LoginRefused):
        authenticate(secret)


def test_frozen_meanwhile(officers, customer):
    address = approved(officers, customer)
    assert officers[1].post(f"/customers/{customer.pk}/freeze/", {"note": WHY}).status_code == 302
    assert officers[0].post(address, {"print": "1"}).status_code == 422
    assert authenticate(people.PASSWORD)


def test_sessions_end_with_the_slip(officers, customer):
    from certcenter.identity import sessions

    sessions.open_program_session(customer, actor=people.anonymous())
    officers[0].post(approved(officers, customer), {"print": "1"})
    assert not Session.objects.filter(customer=customer).exists()


@pytest.mark.spec("B7", "D7")
def test_separate_and_a_slip_for_one_account(officers, customer):
    people.import_(accounts="securities:1020-0324338; futures:F002-0000338")
    officer = officers[0]
    assert officer.post(f"/customers/{customer.pk}/separate/", {"note": WHY}).status_code == 302
    assert not store.is_unified(customer)
    assert len(authenticate(people.PASSWORD).opened) == 2
    page = officer.get(f"/customers/{customer.pk}/counter-reissue/").content.decode()
    scope = re.search(r'value="(account:[0-9a-f-]+)"', page)[1]
    secret = secret_of(officer.post(approved(officers, customer, scope), {"print": "1"}))
    assert [str(each) for each in authenticate(secret).opened] == [scope.partition(":")[2]]
    assert len(authenticate(people.PASSWORD).opened) == 1
    assert officer.post(f"/customers/{customer.pk}/separate/", {"note": WHY}).status_code == 422


@pytest.mark.spec("D7")
def test_forced_change(signed_in, customer):
    client = signed_in("customer-service")
    assert client.post(f"/customers/{customer.pk}/force-change/", {"note": WHY}).status_code == 302
    assert authenticate(people.PASSWORD).must_change
    assert Message.objects.filter(key__startswith="force:").count() == 2
