"""Staff's operations on a real certificate, and a freeze in the way of an application (SPEC A5, B3, D5)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.support import people
from tests.support.counter import ten_o_clock
from tests.support.life import Person as Applicant
from tests.support.life import newcomer, work

from certcenter.audit.models import AuditEvent
from certcenter.certificates import actions, authority, queries
from certcenter.certificates.lifecycle import CertificateState, ProcedureKind
from certcenter.certificates.models import Application, Certificate, Redownload
from certcenter.content.actions import load_texts
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.events import Event
from certcenter.demo.walker import Walker
from certcenter.identity.actions import freeze
from certcenter.identity.queries import CustomerFrozen
from certcenter.institutions import serving
from certcenter.outbox.models import Message
from certcenter.slips import actions as slips
from certcenter.slips.models import SlipPurpose
from certcenter_sdk import csr

WHY = "reported as lost by phone"


@pytest.fixture
def walker(customer):
    """Mr Wang with a device, in a centre with CAs and texts."""
    authority.authorities.cache_clear()
    authority.create_missing(serving.served())
    load_texts(serving.served())
    yield Walker(customer=customer)
    authority.authorities.cache_clear()


@pytest.mark.spec("A5", "D5", "D7")
def test_suspend_resume_revoke(walker, signed_in):
    certificate = walker.apply(acknowledge=True)
    officer = signed_in("registration-officer")

    def act(name):
        answer = officer.post(f"/customers/{walker.customer.pk}/{name}/", {"note": WHY})
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        certificate.refresh_from_db()
        return certificate.state, queries.status_at(certificate, clock.now()).usable

    assert act("suspend") == (CertificateState.SUSPENDED, False)
    assert act("resume") == (CertificateState.ACTIVE, True)
    assert Message.objects.filter(key__startswith="hold:").count() == 4  # twice, to phone and mail
    left = queries.overview(walker.customer).revocations_left
    assert act("revoke") == (CertificateState.REVOKED, False)
    assert certificate.revoked_by == "staff"
    assert queries.overview(walker.customer).revocations_left == left
    again = officer.post(f"/customers/{walker.customer.pk}/revoke/", {"note": WHY})
    assert again.status_code == 422


@pytest.mark.spec("B3", "D5")
def test_nothing_is_accepted_from_a_frozen_customer(walker):
    procedure = walker.prove(ProcedureKind.APPLY)
    request = {
        "procedure_id": procedure,
        "request_uuid": uuid4(),
        "csr": csr.build(walker.key),
        "old_key_proof": None,
        "actor": walker.actor,
    }
    freeze(walker.customer, frozen=True, note=WHY, actor=people.anonymous())
    with pytest.raises(CustomerFrozen):
        actions.submit(walker.customer, **request)
    assert not Application.objects.exists()
    freeze(walker.customer, frozen=False, note=WHY, actor=people.anonymous())
    actions.submit(walker.customer, **request)  # nothing was lost
    assert Application.objects.count() == 1
    assert not Certificate.objects.exists()


@pytest.mark.spec("A9", "D5", "D6")
def test_staff_open_the_download_with_a_reason_within_hours(walker, signed_in):
    """憑證重新下載 at the counter: customer service may, with what was checked in the history; at night nobody can."""
    ten = ten_o_clock()
    with clock.at(ten):
        load_texts(serving.served())
        wang = Applicant(customer=newcomer(institution="example"))
        officer = Actor(kind=ActorKind.STAFF, institution="example", id="1")
        handed = slips.issue(wang.customer, purpose=SlipPurpose.CERTIFICATE, note="seen", actor=officer)
        slips.check(
            wang.customer, purpose=SlipPurpose.CERTIFICATE, secret=handed.secret, session=wang.session, actor=wang.actor
        )  # fmt: skip
        wang.submit(wang.start("apply"))
        work()
        clerk = signed_in("customer-service")
        address = f"/customers/{wang.customer.pk}/open-redownload/"
        assert clerk.post(address, {"note": ""}).status_code == 422
        assert not Redownload.objects.exists(), "what was checked must be written down"
        assert clerk.post(address, {"note": WHY}).status_code == 302
    opening = Redownload.objects.get()
    assert opening.ends_at == ten + timedelta(hours=7), "until the counter closes"
    row = AuditEvent.objects.get(event=Event.REDOWNLOAD_OPENED)
    assert WHY in row.details
    with clock.at(ten + timedelta(hours=10)):
        assert signed_in("registration-officer").post(address, {"note": WHY}).status_code == 422
    assert Redownload.objects.count() == 1
