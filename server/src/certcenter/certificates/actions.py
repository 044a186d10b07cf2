"""Everything that changes an application or a certificate at a person's wish (SPEC A3–A5, A9, E8). The only writers besides the worker."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from certcenter.audit.actions import record, record_refusal
from certcenter.certificates import cycle, errors, policy, procedures, queries, serials
from certcenter.certificates.lifecycle import (
    APPLICATION,
    CERTIFICATE,
    LIVE,
    OPEN,
    ApplicationState,
    CertificateState,
    ProcedureKind,
    Step,
    sources,
)
from certcenter.certificates.models import Application, Certificate, Procedure
from certcenter.core import clock, faults, limits
from certcenter.core.actor import Actor
from certcenter.core.db.prepared import Prepared, place
from certcenter.core.errors import CentreError, NotFound
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.core.taiwan import taipei_year
from certcenter.identity.models import Customer
from certcenter.identity.queries import CustomerFrozen
from certcenter.institutions import rules, serving
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import AfterRenewal, Proof, SequenceOwner
from certcenter.institutions.vocabulary import KeyType as PolicyKeyType
from certcenter.notifications.actions import notify
from certcenter.outbox import wake
from certcenter.proof import verify
from certcenter_sdk import csr as requests
from certcenter_sdk.errors import RequestRefused
from certcenter_sdk.keys import KeyType

#: CRLReason, RFC 5280 §5.3.1.
REASON_UNSPECIFIED, REASON_SUPERSEDED, REASON_HOLD = 0, 4, 6


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedProof:
    """A proof structure (docs/contracts.md) in its canonical bytes, its CMS signature, and the origin that it was made at."""

    structure: bytes
    signature: bytes
    origin: str


def submit(
    customer: Customer,
    *,
    procedure_id: UUID,
    request_uuid: UUID,
    csr: bytes,
    old_key_proof: SignedProof | None,
    actor: Actor,
) -> Application:
    """Accept a certificate request for a proven procedure; the worker issues it (point 1 of the cycle).

    Idempotent on (customer, request UUID, key): a retry returns the same application, also after it was issued.
    Raises AnotherKey (same UUID, other key), RequestRejected, KeyTypeNotAllowed, KeyAlreadyUsed, ApplicationOpen,
    ProcedureGone, WrongStep, CustomerFrozen, what `policy.require_allowed` raises, OldKeyNeeded, slips' SlipNeeded, and proof's
    ProofRefused for the old key's signature.
    """
    with _audited(customer, lambda: _refusal_event(customer, procedure_id), actor=actor):
        request = _read_request(csr, serving.get(customer.institution))
        try:
            application = _accept(
                customer, request, procedure_id=procedure_id, request_uuid=request_uuid,
                old_key_proof=old_key_proof, actor=actor,
            )  # fmt: skip
        except (CentreError, IntegrityError) as clash:
            # This very request may have been accepted before, or a twin has won meanwhile: then that is the answer.
            if known := _same_request(customer, request_uuid, request.spki_sha256):
                return known
            if isinstance(clash, CentreError):
                raise
            raise _what_stood_in_the_way(customer) from clash
    faults.point(cycle.ACCEPTED)
    return application


def _accept(
    customer: Customer,
    request: requests.CertificateRequest,
    *,
    procedure_id: UUID,
    request_uuid: UUID,
    old_key_proof: SignedProof | None,
    actor: Actor,
) -> Application:
    """Write a new application, with what it spends, in one commit. Raises IntegrityError where an index decides a race."""
    institution = serving.get(customer.institution)
    procedure = procedures.find(procedure_id, customer=customer, actor=actor)
    kind = ProcedureKind(procedure.kind)
    if kind is ProcedureKind.REVOKE:
        raise errors.WrongStep
    if old_key_proof is not None:  # the proof's own refusals come after the plainer ones
        policy.require_allowed(kind, queries.situation(customer, revocations=False))
    proven = _check_old_key(customer, institution, procedure, old_key_proof, actor=actor)
    with transaction.atomic():
        _alone(customer, frozen_too=False)
        facts = queries.situation(customer, revocations=False)
        policy.require_allowed(kind, facts)
        procedures.use(procedure, customer=customer, actor=actor)
        if proven is not None:
            proven.spend()
        application = _insert(customer, facts, procedure, request, request_uuid)
        wake.on_commit()
        record(
            Event.RENEWAL_ACCEPTED if kind is ProcedureKind.RENEW else Event.APPLICATION_ACCEPTED,
            actor=actor,
            subject=f"application:{application.pk}",
            customer=customer.pk,
            key=request.spki_sha256,
            old_key=proven is not None,
        )
    return application


def acknowledge(customer: Customer, *, request_uuid: UUID, proof: SignedProof, actor: Actor) -> Certificate:
    """Take the device's word, signed by the new key, that the certificate is installed (point 8 of the cycle).

    Only now does a renewed certificate replace the old one (SPEC A4). Repeating it returns the same certificate.
    Raises NotFound, NotIssuedYet, ApplicationRefused, proof's ProofRefused, NotAllowedNow after a revocation, CustomerFrozen.
    """
    with _audited(customer, Event.INSTALL_REFUSED, actor=actor):
        application = queries.application(customer, request_uuid)
        if application.state == ApplicationState.INSTALLED:
            return application.certificate
        queries.require_issued(application)
        proven = verify.check(
            customer.institution,
            customer=customer,
            purpose=verify.Purpose.REPAIR,
            structure=proof.structure,
            signature=proof.signature,
            spki=bytes(application.spki),
            session=actor.session,
            origin=proof.origin,
        )
        try:
            _install(application, proven, customer=customer, actor=actor)
        except CentreError:
            application.refresh_from_db()
            if application.state != ApplicationState.INSTALLED:  # else the same word came twice at once
                raise
    faults.point(cycle.ACKNOWLEDGED)
    application.certificate.refresh_from_db()
    return application.certificate


def _install(application: Application, proven: verify.Proven, *, customer: Customer, actor: Actor) -> None:
    now, certificate = clock.now(), application.certificate
    with transaction.atomic():
        _alone(customer, frozen_too=False)
        proven.spend()
        moved = Application.objects.filter(
            pk=application.pk, state__in=sources(Step.ACKNOWLEDGE, APPLICATION)
        ).update(state=ApplicationState.INSTALLED, installed_at=now)
        if not moved:
            raise errors.NotAllowedNow
        _make_room(application, actor=actor, now=now)
        Certificate.objects.filter(pk=certificate.pk, state=CertificateState.ISSUED).update(
            state=CertificateState.ACTIVE, installed_at=now
        )
        record(
            Event.CERTIFICATE_INSTALLED,
            actor=actor,
            subject=f"certificate:{certificate.serial}",
            customer=customer.pk,
        )


def revoke(customer: Customer, *, procedure_id: UUID, actor: Actor) -> Certificate:
    """Revoke the customer's certificate and end an open application, with a proven procedure (SPEC A5).

    Counts against the year's limit in Taipei by one statement. Returns the certificate that was live, or the one that
    waited to be installed; repeated, the same one, counted once. Raises RevocationsUsedUp, NothingToRevoke,
    ProcedureGone, WrongStep.
    """
    with _audited(customer, Event.REVOCATION_REFUSED, actor=actor):
        procedure = procedures.find(procedure_id, customer=customer, actor=actor)
        if procedure.kind != ProcedureKind.REVOKE:
            raise errors.WrongStep
        if procedure.revoked is not None:
            return procedure.revoked
        with transaction.atomic():
            _alone(customer)
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
        raise errors.RevocationsUsedUp(limit=limit) from full


def revoke_by_staff(customer: Customer, *, note: str, actor: Actor) -> Certificate:
    """Revoke the customer's certificate and end an open application; the yearly limit is not touched (SPEC A5).

    `note` is the reason, without personal data. Raises NothingToRevoke.
    """
    with _audited(customer, Event.REVOCATION_REFUSED, actor=actor), transaction.atomic():
        _alone(customer)
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
    with _audited(customer, Event.SUSPENSION_REFUSED, actor=actor), transaction.atomic():
        _alone(customer)
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


@contextmanager
def _audited(customer: Customer, event: Event | Callable[[], Event], *, actor: Actor) -> Iterator[None]:
    """Write each refusal of the block into the history, after the block's transaction is undone (SPEC E9)."""
    try:
        yield
    except CentreError as refusal:
        why = {"detail": str(refusal.params["reason"])} if "reason" in refusal.params else {}
        named = event if isinstance(event, Event) else event()
        record_refusal(named, actor=actor, subject=customer.subject, reason=refusal.code, **why)
        raise


def _refusal_event(customer: Customer, procedure_id: UUID) -> Event:
    renewal = Procedure.objects.filter(pk=procedure_id, customer=customer, kind=ProcedureKind.RENEW).exists()
    return Event.RENEWAL_REFUSED if renewal else Event.APPLICATION_REFUSED


def _alone(customer: Customer, *, frozen_too: bool = True) -> None:
    """Let one change of this customer's certificates wait for the other's end, inside the caller's transaction.

    So what a change was allowed by still holds when it is written: no renewal slips in beside a revocation. SQLite has
    one writer at a time and needs no lock; the worker takes none, its writes are conditional.
    Raises CustomerFrozen unless `frozen_too`; NotFound.
    """
    row = _LOCKED.first(customer=customer.pk)
    if row is None:
        raise NotFound
    if row.frozen_at is not None and not frozen_too:
        raise CustomerFrozen


_LOCKED = Prepared(
    lambda: Customer.objects.select_for_update(no_key=True).only("frozen_at").filter(pk=place("customer"))
)


def _end_open(holder: str, *, actor: Actor) -> None:
    """End the open application; a serial that was prepared for it is void."""
    row = Application.objects.select_for_update().filter(holder=holder, state__in=OPEN).first()
    if row is None:
        return
    if row.state == ApplicationState.PREPARED:
        serials.void(row, actor=actor)
    row.state, row.lease, row.lease_until = ApplicationState.ENDED, None, None
    row.save(update_fields=["state", "lease", "lease_until", *serials.UNPREPARED])


def _read_request(csr: bytes, institution: Institution) -> requests.CertificateRequest:
    try:
        request = requests.read(csr)
    except RequestRefused as refused:
        raise errors.RequestRejected(reason=refused.code) from refused
    if _POLICY_KEY_TYPE.get(request.key_type) not in institution.key.types:
        raise errors.KeyTypeNotAllowed(key_type=request.key_type)
    return request


def _same_request(customer: Customer, request_uuid: UUID, spki_sha256: str) -> Application | None:
    known = Application.objects.filter(customer=customer, request_uuid=request_uuid).first()
    if known is not None and known.spki_sha256 != spki_sha256:
        raise errors.AnotherKey
    return known


def _check_old_key(
    customer: Customer,
    institution: Institution,
    procedure: Procedure,
    proof: SignedProof | None,
    *,
    actor: Actor,
) -> verify.Proven | None:
    """Renewal: the old key's signature, where policy wants it or the device has it (SPEC A4). Raises OldKeyNeeded."""
    if procedure.kind != ProcedureKind.RENEW:
        return None
    if proof is None:
        if Proof.OLD_KEY in policy.proofs(institution, ProcedureKind.RENEW):
            raise errors.OldKeyNeeded
        return None
    return verify.check(
        institution.slug,
        customer=customer,
        purpose=verify.Purpose.RENEW,
        structure=proof.structure,
        signature=proof.signature,
        spki=None,
        session=actor.session,
        origin=proof.origin,
        status=queries.status_for_renewal,
    )


def _insert(
    customer: Customer,
    facts: policy.Situation,
    procedure: Procedure,
    request: requests.CertificateRequest,
    request_uuid: UUID,
) -> Application:
    institution, last = facts.institution, facts.last_sequence
    keeps = institution.subject.sequence_owner is SequenceOwner.USER and last > 0
    sequence = last if keeps else last + 1
    renewed = facts.current if procedure.kind == ProcedureKind.RENEW else None
    return Application.objects.create(
        request_uuid=request_uuid,
        institution=institution.slug,
        customer=customer,
        holder=queries.holder_of(customer),
        kind=procedure.kind,
        csr=request.der,
        spki=request.spki,
        spki_sha256=request.spki_sha256,
        session=procedure.session,
        common_name=rules.subject_common_name(institution, customer.national_id, sequence),
        sequence=sequence,
        follows_id=renewed.id if renewed else None,
        accepted_at=clock.now(),
    )


def _make_room(application: Application, *, actor: Actor, now: datetime) -> None:
    """Move the holder's former certificate out of the one live place (SPEC, after renewal).

    One that has ended, or that policy keeps beside its successor, lapses; any other is superseded, hence revoked.
    Raises NotAllowedNow while it is on hold: staff decide about it first.
    """
    keeps_both = serving.get(application.institution).renewal.after is AfterRenewal.KEEP_BOTH
    for old in Certificate.objects.filter(holder=application.holder, state__in=LIVE):
        place = Certificate.objects.filter(pk=old.pk)
        on_hold = old.state == CertificateState.SUSPENDED
        if old.not_after < now or (keeps_both and not on_hold):
            place.update(state=CertificateState.LAPSED)
            record(
                Event.CERTIFICATE_LAPSED,
                actor=actor,
                subject=f"certificate:{old.serial}",
                customer=application.customer_id,
                by=application.certificate.serial,
            )
            continue
        if on_hold:
            raise errors.NotAllowedNow
        place.update(
            state=CertificateState.SUPERSEDED, revoked_at=now, reason=REASON_SUPERSEDED, revoked_by="system"
        )
        record(
            Event.CERTIFICATE_SUPERSEDED,
            actor=actor,
            subject=f"certificate:{old.serial}",
            customer=application.customer_id,
            by=application.certificate.serial,
        )


def _what_stood_in_the_way(customer: Customer) -> CentreError:
    """A unique index decided a race: say which."""
    if Application.objects.filter(holder=queries.holder_of(customer), state__in=OPEN).exists():
        return errors.ApplicationOpen()
    return errors.KeyAlreadyUsed()


_POLICY_KEY_TYPE = {
    KeyType.P256: PolicyKeyType.P256,
    KeyType.RSA2048: PolicyKeyType.RSA2048,
    KeyType.RSA3072: PolicyKeyType.RSA3072,
}
