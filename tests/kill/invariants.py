"""What must hold over everything in the database, however a run was killed (docs/issuance-cycle.md, invariants 1 to 4)."""

from collections import Counter

from tests.support import life

from certcenter.audit import verifier
from certcenter.audit.models import AuditEvent, Pending
from certcenter.certificates.lifecycle import LIVE, OPEN, ApplicationState, CertificateState
from certcenter.certificates.models import Application, Certificate, VoidSerial
from certcenter.outbox.models import Message


def check_invariants():
    """docs/issuance-cycle.md, invariants 1 to 4, over everything in the database; 5 is `Submitting.arrived`."""
    rows, certificates = Application.objects.all(), Certificate.objects.all()
    done = rows.filter(state__in=(ApplicationState.ISSUED, ApplicationState.INSTALLED))
    assert not done.filter(certificate__isnull=True).exists(), "issued without a certificate"
    assert not certificates.exclude(
        application__state__in=(ApplicationState.ISSUED, ApplicationState.INSTALLED, ApplicationState.ENDED)
    ).exists(), "a certificate whose application does not know it"

    issued = list(certificates.values_list("serial", flat=True))
    void = list(VoidSerial.objects.values_list("serial", flat=True))
    waiting = list(rows.filter(certificate__isnull=True).exclude(serial="").values_list("serial", "state"))
    assert all(state == ApplicationState.PREPARED for _, state in waiting), "a serial of no known fate"
    serials = Counter([*issued, *void, *(serial for serial, _ in waiting)])
    assert not serials or max(serials.values()) == 1, "a serial with two fates"

    for held in (rows.filter(state__in=OPEN), certificates.filter(state__in=LIVE)):
        holders = Counter(held.values_list("holder", flat=True))
        assert not holders or max(holders.values()) == 1

    check_history(issued)
    assert not Message.objects.exclude(state=Message.State.DONE).exists(), "a consequence was not carried out"
    assert not Pending.objects.exists()
    report = verifier.verify()
    assert report.clean, report.findings


def check_history(issued):
    """Each change has its one row of history, and its notice at each of the two contacts."""
    told = Counter(life.notices())
    for event, key, serials in (
        ("certificate:issue:done", "issued", issued),
        ("certificate:revoke:done", None, in_state(CertificateState.REVOKED)),
        ("certificate:revoke:superseded", None, in_state(CertificateState.SUPERSEDED)),
    ):
        subjects = Counter(AuditEvent.objects.filter(event=event).values_list("subject", flat=True))
        assert subjects == Counter(f"certificate:{serial}" for serial in serials), event
        if key:
            assert not [serial for serial in serials if told[f"{key}:{serial}"] != 2], f"{key}: notices lost"
    acts = {}  # one act may revoke a live certificate and a waiting one: it is told once, by the older serial
    for row in Certificate.objects.filter(state=CertificateState.REVOKED).order_by("-id"):
        acts[row.customer_id, row.revoked_at] = row.serial
    assert [serial for serial in acts.values() if told[f"revoked:{serial}"] != 2] == [], (
        "revoked: notices lost"
    )
    checked = Certificate.objects.filter(checked_at__isnull=False).count()
    assert checked == len(issued), "a certificate that nobody looked at"


def in_state(state):
    return list(Certificate.objects.filter(state=state).values_list("serial", flat=True))
