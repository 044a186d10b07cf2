"""A device proves its certificate for somebody who has not logged in (SPEC B3, B8, E6): start, share, unlock, prove.

The answer to a start is the same for everybody. Only the signature of a customer's own certificate gets further, so
only it can lead to a count of the customer's: a stranger harms nobody (SPEC E4).
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction

from certcenter.audit.actions import record, record_refusal
from certcenter.certificates.actions import SignedProof
from certcenter.certificates.procedures import BIRTH_DATES
from certcenter.certificates.queries import status_for_use
from certcenter.core import clock, limits
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.core.taiwan import taipei_day
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions.policy import Institution
from certcenter.notifications.actions import notify
from certcenter.passwords import login, sources
from certcenter.proof import nonces, shares, verify
from certcenter.proof.verify import Proven
from certcenter.recovery import flows
from certcenter.recovery.errors import FlowGone, RecoveryRefused
from certcenter.recovery.lifecycle import FlowKind, Step
from certcenter.recovery.models import Flow
from certcenter.recovery.people import somebody

_PURPOSE = {FlowKind.UNLOCK: verify.Purpose.UNLOCK, FlowKind.CERTIFICATE: verify.Purpose.REISSUE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run has begun. `token` is the run's secret; `nonce` is what the device signs, once, until `expires_at`."""

    token: str
    nonce: str
    expires_at: datetime


def start(
    institution: Institution, *, kind: FlowKind, identity: str, birth_date: str, actor: Actor
) -> Started:
    """Begin to unlock or to reissue with a certificate. Raises LoginTooOften (one source), Invalid."""
    sources.arrive(actor.source)
    who = somebody(institution, identity=identity, birth_date=birth_date)
    token, flow = flows.begin(
        institution.slug, kind=kind, customer=who.customer, matched=who.matched, seed=who.seed
    )
    expires_at = clock.now() + nonces.LIFETIME
    nonce = nonces.issue(institution.slug, purpose=_PURPOSE[kind].value, customer=None, session=str(flow.pk))
    return Started(token=token, nonce=nonce, expires_at=expires_at)


def release_share(
    institution: Institution, *, token: str, spki_sha256: str, verifier: bytes, actor: Actor
) -> bytes:
    """Return the centre's half of what unlocks a key in the page. Raises FlowGone, VerifierWrong, ShareLocked, Busy."""
    sources.arrive(actor.source)
    flow = flows.find(institution.slug, token)
    if flow.kind not in _PURPOSE:
        raise FlowGone
    return shares.release_to_visitor(
        institution.slug,
        flow.customer if flow.matched else None,
        spki_sha256=spki_sha256,
        verifier=verifier,
        actor=actor,
    )


def unlock(institution: Institution, *, token: str, proof: SignedProof, actor: Actor) -> None:
    """Open the locked login, once until the next successful one (SPEC B3).

    Raises FlowGone, RecoveryRefused; to the proven customer also CustomerFrozen, gates.GateNotLocked, GateHardLocked,
    UnlockUsed, and NonceRefused.
    """
    flow = flows.find(institution.slug, token, step=Step.UNLOCK)
    try:
        proven = _proven(institution, flow, proof)
        customer = proven.customer

        def told() -> None:
            require_not_frozen(customer)
            proven.spend()
            flows.take(flow, Step.UNLOCK)
            record(Event.LOGIN_UNLOCKED, actor=actor, subject=customer.subject, by=_serial(proven))
            notify(Event.LOGIN_UNLOCKED, customer=customer, details={}, key=f"unlock:{new_uuid()}")

        require_not_frozen(customer)
        login.gate(customer).unlock(then=told)
    except CentreError as refusal:
        record_refusal(
            Event.LOGIN_UNLOCK_REFUSED, actor=actor, subject=_subject(flow), reason=_reason(refusal)
        )
        raise


def prove(institution: Institution, *, token: str, proof: SignedProof, actor: Actor) -> Flow:
    """Take the proof of a reissue with certificate; what the customer may choose from is shown after it (SPEC B8).

    Raises FlowGone, RecoveryRefused, NonceRefused; to the proven customer CustomerFrozen.
    """
    flow = flows.find(institution.slug, token, step=Step.PROVE)
    try:
        proven = _proven(institution, flow, proof)
        require_not_frozen(proven.customer)
        assert proven.certificate is not None, "a proof by status has a certificate"
        der = proven.certificate.public_bytes(Encoding.DER)
        with transaction.atomic():
            proven.spend()
            flows.take(flow, Step.PROVE, certificate=der)
            record(Event.RECOVERY_PROVEN, actor=actor, subject=proven.customer.subject, by=_serial(proven))
    except CentreError as refusal:
        record_refusal(Event.RECOVERY_REFUSED, actor=actor, subject=_subject(flow), reason=_reason(refusal))
        raise
    return flow


def _proven(institution: Institution, flow: Flow, proof: SignedProof) -> Proven:
    """Check the signature, then the birth date: one refusal for all that is wrong. Raises RecoveryRefused."""
    person = flow.customer or Customer(pk=0, institution=institution.slug)
    try:
        proven = verify.check(
            institution.slug,
            customer=person,
            purpose=_PURPOSE[FlowKind(flow.kind)],
            structure=proof.structure,
            signature=proof.signature,
            spki=None,
            session=str(flow.pk),
            origin=proof.origin,
            status=status_for_use,
            anonymous=True,
        )
    except verify.ProofRefused as refused:
        raise RecoveryRefused from refused
    if not _birth_date_counts(institution, flow, person):
        raise RecoveryRefused
    return proven


def _birth_date_counts(institution: Institution, flow: Flow, person: Customer) -> bool:
    """Count the birth date that came with a good signature (SPEC E3); True when it is right and tries were left."""
    day = taipei_day(clock.now()).isoformat()
    try:
        limits.take(BIRTH_DATES, subject=person.subject, window=day, limit=institution.lock.birth_date_tries)
    except limits.LimitReached:
        return False
    if flow.matched:
        limits.reset(BIRTH_DATES, subject=person.subject, window=day)
    return flow.matched


def _reason(refusal: CentreError) -> str:
    """Return what the audit is told: the proof's own reason where there is one."""
    cause = refusal.__cause__
    if isinstance(cause, verify.ProofRefused):
        return str(cause.params.get("reason", cause.code))
    return refusal.code


def _subject(flow: Flow) -> str:
    return flow.customer.subject if flow.customer else f"nobody:{flow.seed[:32]}"


def _serial(proven: Proven) -> str:
    return f"{proven.certificate.serial_number:x}" if proven.certificate else ""
