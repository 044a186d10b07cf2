"""憑證重新下載, opened by staff for a day (SPEC, policy table: repair; manual M3 §3). All writes about openings.

Where policy says so, an issued certificate that its device never confirmed is handed out again only after staff have
checked who asks: on a business day, once, until the counter closes, and to the device that holds the pending key.
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from certcenter.audit.actions import record, record_refusal
from certcenter.certificates import errors, queries
from certcenter.certificates.actions import SignedProof
from certcenter.certificates.lifecycle import ApplicationState, CertificateState
from certcenter.certificates.models import Application, Certificate, Redownload
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError, Conflict
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions import rules, serving
from certcenter.notifications.actions import notify
from certcenter.proof import verify


def open_for(customer: Customer, *, note: str, actor: Actor) -> Redownload:
    """Open the re-download of the host's certificate until the counter closes today; an earlier opening is closed.

    `note` says what staff checked, without personal data. Raises RedownloadNotOffered, RedownloadHours outside business
    days and hours in Taipei, NothingToRedownload, CustomerFrozen, and Conflict where two do it at once.
    """
    now = clock.now()
    hours = serving.get(customer.institution).repair.hours
    try:
        if hours is None:
            raise errors.RedownloadNotOffered
        if not rules.is_open(serving.get(customer.institution), hours, now=now):
            raise errors.RedownloadHours(opens=f"{hours.opens:%H:%M}", closes=f"{hours.closes:%H:%M}")
        with transaction.atomic():
            require_not_frozen(customer)
            Redownload.objects.filter(queries.REDOWNLOAD_OPEN, customer=customer).update(closed_at=now)
            opening = Redownload.objects.create(
                id=new_uuid(),
                institution=customer.institution,
                customer=customer,
                application=_host_application(customer),
                opened_at=now,
                opened_by=actor.id,
                ends_at=rules.closes_at(hours, now=now),
            )
            record(
                Event.REDOWNLOAD_OPENED, actor=actor, subject=customer.subject, **_facts(opening), note=note
            )
            notify(
                Event.REDOWNLOAD_OPENED,
                customer=customer,
                details={"ends": opening.ends_at},
                key=f"redownload:{opening.pk}",
            )
    except IntegrityError:
        raise Conflict from None
    except CentreError as refusal:
        record_refusal(Event.REDOWNLOAD_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code)
        raise
    return opening


def use(customer: Customer, *, proof: SignedProof, actor: Actor) -> Certificate:
    """Hand the certificate out once more, to the device that shows the pending key (SPEC E6, purpose repair).

    Used once: a repetition by the same session, whose answer was lost, gets the same; every other one is refused.
    Raises RedownloadClosed, CustomerFrozen, proof's ProofRefused and NonceRefused, and what `queries.require_issued` raises.
    """
    try:
        opening = queries.redownload(customer, session=actor.session)
        if opening is None:
            raise errors.RedownloadClosed
        queries.require_issued(opening.application)
        proven = verify.check(
            customer.institution,
            customer=customer,
            purpose=verify.Purpose.REPAIR,
            structure=proof.structure,
            signature=proof.signature,
            spki=bytes(opening.application.spki),
            session=actor.session,
            origin=proof.origin,
        )
        with transaction.atomic():
            require_not_frozen(customer)
            proven.spend()
            _take(opening, customer, actor)
    except CentreError as refusal:
        why = {"detail": str(refusal.params["reason"])} if "reason" in refusal.params else {}
        record_refusal(
            Event.REDOWNLOAD_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code, **why
        )
        raise
    return opening.application.certificate


def _take(opening: Redownload, customer: Customer, actor: Actor) -> None:
    """Use it up in one conditional statement, inside the caller's transaction. Raises RedownloadClosed."""
    now, certificate = clock.now(), opening.application.certificate
    live = Redownload.objects.filter(pk=opening.pk, closed_at__isnull=True, ends_at__gt=now)
    if live.filter(used_at__isnull=True).update(used_at=now, used_session=actor.session):
        record(
            Event.CERTIFICATE_REPAIRED,
            actor=actor,
            subject=f"certificate:{certificate.serial}",
            **_facts(opening),
        )
        notify(
            Event.CERTIFICATE_REPAIRED,
            customer=customer,
            details={"serial": certificate.serial},
            key=f"repaired:{opening.pk}",
        )
    elif not live.filter(used_session=actor.session).exists():
        raise errors.RedownloadClosed


def _host_application(customer: Customer) -> Application:
    """The application whose certificate the host shows: the unconfirmed one, or else the one in force."""
    holder, now = queries.holder_of(customer), clock.now()
    waiting = Q(state=ApplicationState.ISSUED)
    in_force = Q(certificate__state=CertificateState.ACTIVE, certificate__not_after__gt=now)
    found = list(Application.objects.filter(waiting | in_force, holder=holder).order_by("-pk")[:2])
    if not found:
        raise errors.NothingToRedownload
    return found[0]


def _facts(opening: Redownload) -> dict[str, Any]:
    return {
        "customer": opening.customer_id,
        "application": opening.application_id,
        "opening": str(opening.pk),
    }
