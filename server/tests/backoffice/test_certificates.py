"""Staff's operations on a real certificate, and a freeze in the way of an application (SPEC A5, B3, D5)."""

from uuid import uuid4

import pytest
from tests.support import people

from certcenter.certificates import actions, authority, queries
from certcenter.certificates.lifecycle import CertificateState, ProcedureKind
from certcenter.certificates.models import Application, Certificate
from certcenter.content.actions import load_texts
from certcenter.core import clock
from certcenter.demo.walker import Walker
from certcenter.identity.actions import freeze
from certcenter.identity.queries import CustomerFrozen
from certcenter.institutions import serving
from certcenter.outbox.models import Message
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
