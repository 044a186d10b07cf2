"""The counter hands out a slip: shown once, by whoever may, and the customer is told (SPEC D5, E3)."""

import re

import pytest
from tests.support import people

from certcenter.audit.models import AuditEvent
from certcenter.slips.models import Slip

pytestmark = pytest.mark.spec("D5", "E3")
SEEN = {"note": "identity card and seal seen"}


@pytest.fixture
def chen(sqlite_engine):
    return people.with_password(institution="example")


def secret_of(page):
    found = re.search(r'class="secret mono"[^>]*>(.*?)</p>', page, re.DOTALL)
    return "".join(re.findall(r"<span>(\w{4})</span>", found.group(1)))


def test_issued_shown_once_and_kept_nowhere(signed_in, chen):
    officer = signed_in("registration-officer")
    answer = officer.post(f"/customers/{chen.pk}/issue-slip/", SEEN)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    page = answer.content.decode()
    secret, slip = secret_of(page), Slip.objects.get()
    assert len(secret) == 12
    assert slip.number in page
    assert chen.national_id not in page.split('class="card slip"')[1], "the paper is masked"
    seen = officer.get(f"/customers/{chen.pk}/").content.decode()
    assert slip.number in seen
    assert secret not in seen
    assert not AuditEvent.objects.filter(details__contains=secret).exists()
    assert secret_of(officer.post(f"/customers/{chen.pk}/issue-slip/", SEEN).content.decode()) != secret


def test_a_reason_is_needed(signed_in, chen):
    answer = signed_in("registration-officer").post(f"/customers/{chen.pk}/issue-slip/", {"note": ""})
    assert answer.status_code == 422
    assert not Slip.objects.exists()


def test_offered_where_policy_asks_for_slips_and_voiding_where_one_is_open(signed_in, chen, customer):
    officer = signed_in("registration-officer")
    slips = f"/customers/{chen.pk}/issue-slip/"
    assert slips in officer.get(f"/customers/{chen.pk}/").content.decode()
    assert "issue-slip" not in officer.get(f"/customers/{customer.pk}/").content.decode()
    assert officer.post(f"/customers/{customer.pk}/issue-slip/", SEEN).status_code == 422
    assert "void-slip" not in officer.get(f"/customers/{chen.pk}/").content.decode()
    officer.post(slips, SEEN)
    assert "void-slip" in officer.get(f"/customers/{chen.pk}/").content.decode()
    assert officer.post(f"/customers/{chen.pk}/void-slip/", {"note": "paper lost"}).status_code == 302
    assert Slip.objects.get().void_reason == "staff"
