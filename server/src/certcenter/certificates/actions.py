"""A person applies, renews, and installs what was issued (SPEC A3, A4, A9, E8). `revoking` and the worker are the only other writers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from certcenter.audit.actions import record
from certcenter.certificates import cycle, errors, policy, procedures, queries
from certcenter.certificates.changes import alone, audited
from certcenter.certificates.lifecycle import (
    APPLICATION,
    LIVE,
    OPEN,
    ApplicationState,
    CertificateState,
    ProcedureKind,
    Step,
    sources,
)
from certcenter.certificates.models import Application, Certificate, Procedure
from certcenter.core import clock, faults
from certcenter.core.actor import Actor
from certcenter.core.db.prepared import PreparedInsert
from certcenter.core.errors import CentreError
from certcenter.core.events import Event
from certcenter.identity.models import Customer
from certcenter.institutions import rules, serving
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import AfterRenewal, Proof, SequenceOwner
from certcenter.institutions.vocabulary import KeyType as PolicyKeyType
from certcenter.outbox import wake
from certcenter.proof import verify
from certcenter_sdk import csr as requests
from certcenter_sdk.errors import RequestRefused
from certcenter_sdk.keys import KeyType

#: CRLReason, RFC 5280 §5.3.1.
REASON_SUPERSEDED = 4


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
    with audited(customer, lambda: _refusal_event(customer, procedure_id), actor=actor):
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
        alone(customer, frozen_too=False)
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
    with audited(customer, Event.INSTALL_REFUSED, actor=actor):
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
        alone(customer, frozen_too=False)
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


def _refusal_event(customer: Customer, procedure_id: UUID) -> Event:
    renewal = Procedure.objects.filter(pk=procedure_id, customer=customer, kind=ProcedureKind.RENEW).exists()
    return Event.RENEWAL_REFUSED if renewal else Event.APPLICATION_REFUSED


def _read_request(csr: bytes, institution: Institution) -> requests.CertificateRequest:
    try:
        request = requests.read(csr)
    except RequestRefused as refused:
        kind = errors.KeyTooWeak if refused.code in _WEAK else errors.RequestRejected
        raise kind(reason=refused.code) from refused
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
    asked = Application(
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
    return _INSERT.run(asked)


_INSERT = PreparedInsert(Application)


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


#: What the SDK says of a key that can be guessed (`certcenter_sdk.csr`).
_WEAK = frozenset({"rsa-too-short", "rsa-exponent", "rsa-small-factor", "rsa-roca"})
_POLICY_KEY_TYPE = {
    KeyType.P256: PolicyKeyType.P256,
    KeyType.RSA2048: PolicyKeyType.RSA2048,
    KeyType.RSA3072: PolicyKeyType.RSA3072,
}
