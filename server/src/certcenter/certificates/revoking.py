"""A certificate ends before its time, or rests: revoked by its holder or by staff, put on hold and taken off again (SPEC A5)."""

from uuid import UUID

from django.db import transaction

from certcenter.audit.actions import record
from certcenter.certificates import errors, policy, procedures, queries, serials
from certcenter.certificates.changes import alone, audited
from certcenter.certificates.lifecycle import (
    CERTIFICATE,
    OPEN,
    ApplicationState,
    CertificateState,
    ProcedureKind,
    Step,
    sources,
)
from certcenter.certificates.models import Application, Certificate, Procedure
from certcenter.core import clock, limits
from certcenter.core.actor import Actor
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.core.taiwan import taipei_year
from certcenter.identity.models import Customer
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.notifications.actions import notify

#: CRLReason, RFC 5280 §5.3.1.
REASON_UNSPECIFIED, REASON_HOLD = 0, 6


def revoke(customer: Customer, *, procedure_id: UUID, actor: Actor) -> Certificate:
    """Revoke the customer's certificate and end an open application, with a proven procedure (SPEC A5).

    Counts against the year's limit in Taipei by one statement. Returns the certificate that was live, or the one that
    waited to be installed; repeated, the same one, counted once. Raises RevocationsUsedUp, NothingToRevoke,
    ProcedureGone, WrongStep.
    """
    with audited(customer, Event.REVOCATION_REFUSED, actor=actor):
        procedure = procedures.find(procedure_id, customer=customer, actor=actor)
        if procedure.kind != ProcedureKind.REVOKE:
            raise errors.WrongStep
        if procedure.revoked is not None:
            return procedure.revoked
        with transaction.atomic():
            alone(customer)
            policy.require_allowed(ProcedureKind.REVOKE, queries.situation(customer))
            procedures.use(procedure, customer=customer, actor=actor)
            take_revocation(customer, serving.get(customer.institution))
            revoked = revoke_all(customer, reason=REASON_UNSPECIFIED, by="customer", actor=actor)
            if not revoked:
                raise errors.NothingToRevoke
            Procedure.objects.filter(pk=procedure.pk).update(revoked=revoked[0])
    return revoked[0]


def take_revocation(customer: Customer, institution: Institution) -> None:
    """Count one online revocation of this calendar year, inside the caller's transaction. Raises RevocationsUsedUp."""
    limit = institution.revocation.yearly_limit or 0
    try:
        limits.take(
            queries.REVOCATIONS,
            subject=customer.subject,
            window=str(taipei_year(clock.now())),
            limit=limit,
        )
    except limits.LimitReached as full:
        raise errors.RevocationsUsedUp(customer, limit=limit) from full


def revoke_by_staff(customer: Customer, *, note: str, actor: Actor) -> Certificate:
    """Revoke the customer's certificate and end an open application; the yearly limit is not touched (SPEC A5).

    `note` is the reason, without personal data. Raises NothingToRevoke.
    """
    with audited(customer, Event.REVOCATION_REFUSED, actor=actor), transaction.atomic():
        alone(customer)
        revoked = revoke_all(customer, reason=REASON_UNSPECIFIED, by="staff", note=note, actor=actor)
        if not revoked:
            raise errors.NothingToRevoke
    return revoked[0]


def revoke_all(
    customer: Customer, *, reason: int, by: str, note: str = "", actor: Actor
) -> list[Certificate]:
    """Revoke what is live or waiting and end the open application, inside the caller's transaction, with notice."""
    now = clock.now()
    holder = queries.holder_of(customer)
    _end_open(holder, actor=actor)
    states = sources(Step.REVOKE, CERTIFICATE)
    revoked = list(Certificate.objects.filter(holder=holder, state__in=states).order_by("id"))
    for certificate in revoked:
        moved = Certificate.objects.filter(pk=certificate.pk, state__in=states).update(
            state=CertificateState.REVOKED, revoked_at=now, reason=reason, revoked_by=by
        )
        if not moved:
            raise errors.NotAllowedNow
        record(
            Event.CERTIFICATE_REVOKED,
            actor=actor,
            subject=f"certificate:{certificate.serial}",
            customer=customer.pk,
            reason=reason,
            by=by,
            note=note,
        )
        certificate.refresh_from_db()
    if revoked:
        notify(
            Event.CERTIFICATE_REVOKED,
            customer=customer,
            details={"serial": revoked[0].serial},
            key=f"revoked:{revoked[0].serial}",
        )
    return revoked


def suspend(customer: Customer, *, suspended: bool, note: str = "", actor: Actor) -> Certificate:
    """Put the live certificate on hold, or take it off again (RFC 5280 §5.3.1 certificateHold).

    `note` is the reason, without personal data. Raises NotAllowedNow when there is none in the state before.
    """
    step = Step.SUSPEND if suspended else Step.RESUME
    changes = (
        {
            "state": CertificateState.SUSPENDED,
            "revoked_at": clock.now(),
            "reason": REASON_HOLD,
            "revoked_by": "staff",
        }
        if suspended
        else {"state": CertificateState.ACTIVE, "revoked_at": None, "reason": None, "revoked_by": ""}
    )
    with audited(customer, Event.SUSPENSION_REFUSED, actor=actor), transaction.atomic():
        alone(customer)
        certificate = Certificate.objects.filter(
            holder=queries.holder_of(customer), state__in=sources(step, CERTIFICATE)
        ).first()
        if certificate is None:
            raise errors.NotAllowedNow
        Certificate.objects.filter(pk=certificate.pk).update(**changes)
        event = Event.CERTIFICATE_SUSPENDED if suspended else Event.CERTIFICATE_RESUMED
        record(
            event,
            actor=actor,
            subject=f"certificate:{certificate.serial}",
            customer=customer.pk,
            note=note,
        )
        notify(event, customer=customer, details={"serial": certificate.serial}, key=f"hold:{new_uuid()}")
    certificate.refresh_from_db()
    return certificate


def _end_open(holder: str, *, actor: Actor) -> None:
    """End the open application; a serial that was prepared for it is void."""
    row = Application.objects.select_for_update().filter(holder=holder, state__in=OPEN).first()
    if row is None:
        return
    if row.state == ApplicationState.PREPARED:
        serials.void(row, actor=actor)
    row.state, row.lease, row.lease_until = ApplicationState.ENDED, None, None
    row.save(update_fields=["state", "lease", "lease_until", *serials.UNPREPARED])
