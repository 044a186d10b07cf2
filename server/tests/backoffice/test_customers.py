"""Staff find a customer and act, with a reason that is kept, and the customer is told (SPEC D5, D6, D7)."""

import json

import pytest
from tests.support import people
from tests.support.counter import unlock

from certcenter.audit.models import AuditEvent
from certcenter.core import limits
from certcenter.core.events import Event
from certcenter.identity.queries import CustomerFrozen
from certcenter.outbox.models import Message
from certcenter.passwords import login

WHY = "asked for two trades, both right"


def last(event):
    return AuditEvent.objects.filter(event=event).order_by("-pk").first()


def lock(customer):
    for _ in range(3):
        login.count_failure(customer, actor=people.anonymous())


@pytest.mark.usefixtures("customer")
class TestSearch:
    """By ID, account, beginning of the name; never in an address."""

    @pytest.mark.parametrize(
        "query", ["A123456789", "ａ123456789", " a123456789 ", "1020-0324338", "王", "王小明"]
    )
    def test_found_and_masked(self, signed_in, query):
        page = signed_in("customer-service").post("/customers/", {"institution": "sample", "query": query})
        text = page.content.decode()
        assert "王○明" in text
        assert "A123****89" in text
        assert "王小明</td>" not in text

    @pytest.mark.parametrize("query", ["A800000014", "小明", "1020-9999999", "%", "_", "x" * 100])
    def test_not_found(self, signed_in, query):
        page = signed_in("customer-service").post("/customers/", {"institution": "sample", "query": query})
        assert "Nobody was found" in page.content.decode()

    def test_more_by_keyset(self, signed_in):
        for number in range(21):
            people.import_(
                national_id=_business_id(number),
                name=f"晨光{number}公司",
                accounts=f"securities:1020-{number:07d}",
                phones="",
                emails="",
            )
        client = signed_in("auditor")
        query = {"institution": "sample", "query": "晨光"}
        first = client.post("/customers/", query)
        assert len(first.context["lines"]) == 20
        rest = client.post("/customers/", {**query, "after": first.context["after"]})
        assert [line.id for line in rest.context["lines"]] == [first.context["lines"][-1].id + 1]
        assert not rest.context["after"]

    def test_nothing_given(self, signed_in):
        answer = signed_in("auditor").post("/customers/", {"institution": "sample", "query": ""})
        assert answer.status_code == 422
        assert b'href="#id_query"' in answer.content


@pytest.mark.spec("D6")
def test_looking_is_noted(signed_in, customer):
    signed_in("auditor").get(f"/customers/{customer.pk}/")
    event = last(Event.CUSTOMER_VIEWED)
    assert (event.subject, event.institution, event.actor_kind) == (customer.subject, "sample", "staff")


def test_a_reason_is_asked_for(signed_in, customer):
    client = signed_in("customer-service")
    for note in ("", "ok", "x" * 301):
        answer = client.post(f"/customers/{customer.pk}/freeze/", {"note": note})
        assert answer.status_code == 422
    customer.refresh_from_db()
    assert customer.frozen_at is None


@pytest.mark.spec("B3", "D5", "D7")
def test_freeze_and_thaw(signed_in, customer):
    lock(customer)
    service, officer = signed_in("customer-service"), signed_in("registration-officer")
    assert service.post(f"/customers/{customer.pk}/freeze/", {"note": WHY}).status_code == 302
    assert json.loads(last(Event.CUSTOMER_FROZEN).details)["note"] == WHY
    with pytest.raises(CustomerFrozen):
        unlock(customer)
    assert b"frozen" in service.get(f"/customers/{customer.pk}/").content
    assert officer.post(f"/customers/{customer.pk}/thaw/", {"note": WHY}).status_code == 302
    unlock(customer)
    assert Message.objects.filter(key__startswith="freeze:").count() == 4


@pytest.mark.spec("D5", "D7", "E3")
def test_reset_of_the_day(signed_in, customer):
    from certcenter.core import clock
    from certcenter.core.taiwan import taipei_day

    today = taipei_day(clock.now()).isoformat()
    for name in ("otp-wrong", "otp-sent", "birth-date"):
        limits.take(name, subject=customer.subject, window=today, limit=10)
    client = signed_in("customer-service")
    assert client.post(f"/customers/{customer.pk}/reset-limits/", {"note": WHY}).status_code == 302
    assert {
        limits.used(name, subject=customer.subject, window=today)
        for name in ("otp-wrong", "otp-sent", "birth-date")
    } == {0}
    assert last(Event.CUSTOMER_LIMITS_RESET).subject == customer.subject


@pytest.mark.parametrize("name", ["suspend", "resume", "revoke"])
def test_without_a_certificate_nothing_is_done(signed_in, customer, name):
    answer = signed_in("registration-officer").post(f"/customers/{customer.pk}/{name}/", {"note": WHY})
    assert answer.status_code == 422
    history = AuditEvent.objects.filter(event__startswith="certificate:")
    assert [event.event.rpartition(":")[2] for event in history] == ["refused"]


def test_an_unknown_operation(signed_in, customer):
    assert signed_in("registration-officer").get(f"/customers/{customer.pk}/promote/").status_code == 404


def _business_id(number):
    """The number-th valid business ID, by the rule written anew."""
    found = 0
    for candidate in range(10_000_000, 99_999_999):
        digits = f"{candidate:08d}"
        products = [int(d) * w for d, w in zip(digits, (1, 2, 1, 2, 1, 2, 4, 1), strict=True)]
        total = sum(p // 10 + p % 10 for p in products)
        if total % 5 == 0:
            if found == number:
                return digits
            found += 1
    raise AssertionError
