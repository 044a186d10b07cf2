"""A contact is changed by two members of staff; the old contact hears of it, codes to it die (SPEC D5, D7, B3)."""

import pytest
from tests.support import people

from certcenter.audit.models import AuditEvent
from certcenter.core.events import Event
from certcenter.identity.models import Approval, Contact
from certcenter.notifications.models import DemoMessage
from certcenter.otp import actions as codes
from certcenter.outbox import dispatcher

pytestmark = pytest.mark.spec("D5", "D7")
NEW = "0955000111"


@pytest.fixture
def officers(hire, browser):
    """Two officers' browsers."""
    return [browser(hire("registration-officer", username=name)) for name in ("first", "second")]


def phone(customer):
    return Contact.objects.get(customer=customer, channel="sms", retired_at__isnull=True)


def ask(client, customer, **changes):
    fields = {
        "old": str(phone(customer).pk),
        "channel": "sms",
        "value": NEW,
        "note": "form of today, ID shown",
    }
    return client.post(f"/customers/{customer.pk}/change-contact/", {**fields, **changes})


def decide(client, what="approve"):
    return client.post(f"/approvals/{Approval.objects.latest('asked_at').pk}/", {what: "1"})


def test_two_officers_change_a_contact(officers, customer):
    first, second = officers
    assert ask(first, customer).status_code == 302
    assert phone(customer).value == "0936123054", "asking changes nothing"
    assert b"0955000111" in second.get(f"/approvals/{Approval.objects.get().pk}/").content
    assert decide(first).status_code == 422
    assert phone(customer).value == "0936123054", "nobody approves alone"
    assert decide(second).status_code == 302
    assert phone(customer).value == NEW
    assert AuditEvent.objects.filter(event=Event.CUSTOMER_CONTACT_CHANGED).count() == 1
    while dispatcher.run_once(20):
        pass
    told = set(DemoMessage.objects.filter(text__contains="0955***111").values_list("address", flat=True))
    assert told == {"0936123054", NEW, "christin@example.com"}
    assert not AuditEvent.objects.filter(details__contains=NEW).exists()


def test_declined_and_withdrawn(officers, customer):
    first, second = officers
    ask(first, customer)
    assert decide(second, "decline").status_code == 302
    ask(first, customer)
    assert decide(first, "decline").status_code == 302
    assert phone(customer).value == "0936123054"
    assert b"Nothing is waiting" in second.get("/approvals/").content


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": "12"}, b"ten digits"),
        ({"value": "", "old": ""}, b"enter the new contact"),
        ({"channel": "email", "value": "no address"}, b"no e-mail address"),
    ],
    ids=["phone", "nothing", "mail"],
)
def test_bad_input_is_said(officers, customer, changes, words):
    answer = ask(officers[0], customer, **changes)
    assert answer.status_code == 422
    assert words in answer.content


def test_a_contact_that_went_meanwhile(officers, customer):
    first, second = officers
    ask(first, customer)
    people.import_(phones="0911000222")
    answer = decide(second)
    assert answer.status_code == 422
    assert b"contacts were changed meanwhile" in answer.content
    assert phone(customer).value == "0911000222"


def test_another_firms_request_does_not_exist(officers, hire, browser, customer):
    ask(officers[0], customer)
    stranger = browser(hire("registration-officer", username="stranger", institution="demo"))
    assert decide(stranger).status_code == 404
    assert b"Nothing is waiting" in stranger.get("/approvals/").content


@pytest.mark.spec("B3", "E3")
def test_a_code_sent_before_dies_with_the_contact(officers, customer):
    first, second = officers
    mail = Contact.objects.get(customer=customer, channel="email")
    sent = codes.send_code(
        customer,
        purpose=codes.Purpose.REVOKE,
        contact_id=mail.pk,
        account_id=None,
        session="s",
        actor=people.acting(customer),
    )
    ask(first, customer)
    decide(second)
    with pytest.raises(codes.CodeExpired):
        codes.check_code(
            customer,
            purpose=codes.Purpose.REVOKE,
            challenge_id=sent.challenge_id,
            code="0" * sent.digits,
            session="s",
            consent_id=None,
            actor=people.acting(customer),
        )
