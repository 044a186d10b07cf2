"""The relay between a customer's computer and phone: the only writers (SPEC A12).

Each step is decided by one conditional statement on the pairing's row; what was decided is then carried out in the same
transaction. The relay holds ciphertext alone: the key that opens it never leaves the phone's page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from certcenter.audit.actions import record, record_refusal
from certcenter.certificates import queries as certificates
from certcenter.certificates.actions import SignedProof
from certcenter.certificates.lifecycle import CertificateState
from certcenter.core import clock, limits
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError, Conflict
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.core.taiwan import taipei_day
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions import serving
from certcenter.institutions.policy import PhonePolicy
from certcenter.institutions.vocabulary import Function
from certcenter.notifications.actions import notify
from certcenter.proof import verify
from certcenter.proof.verify import ProofRefused, Proven, Purpose
from certcenter.transfers import errors
from certcenter.transfers.models import UNDER_WAY, Parcel, Transfer, TransferState

#: Scope of the day's counted limit.
PAIRINGS = "phone-pairing"
#: How long the row of an ended pairing, which holds nothing, can still say how it ended.
KEPT = timedelta(hours=1)
#: Why a proof's certificate is not the centre's live one (`_live`), as `ProofRefused.reason`.
_MISMATCH = frozenset(
    {"not-yours", "not-installed", "revoked", "suspended", "not-yet-valid", "expired", "superseded", "issued"}
)


def open_(customer: Customer, *, public_key: bytes, actor: Actor) -> Transfer:
    """Let this session's phone wait for a certificate; an earlier pairing of the customer ends.

    `public_key` (X25519, 32 bytes) is only tried out here, never kept: the computer has it from the phone's own screen.
    Raises PhoneUploadOff, CustomerFrozen, NothingToUpload, PhoneKeyUnfit, PairingsUsedUp, Conflict (a twin was faster).
    """
    with _audited(customer, actor=actor):
        policy = _policy(customer)
        _require_live_certificate(customer)
        _require_fit(public_key)
        now = clock.now()
        try:
            with transaction.atomic():
                _count(customer, policy, now)
                _end(Transfer.objects.filter(customer=customer))
                opened = Transfer.objects.create(
                    id=new_uuid(),
                    institution=customer.institution,
                    customer=customer,
                    phone_session=actor.session,
                    state=TransferState.OPEN,
                    created_at=now,
                    expires_at=now + timedelta(minutes=policy.minutes),
                )
                record(Event.TRANSFER_OPENED, actor=actor, subject=_subject(opened), customer=customer.pk)
        except IntegrityError:
            raise Conflict from None
    return opened


def send(
    customer: Customer, transfer_id: UUID, *, ciphertext: bytes, proof: SignedProof, actor: Actor
) -> Transfer:
    """Take the computer's parcel, once, for a certificate that is the centre's live one of this customer.

    Raises PhoneUploadOff, CustomerFrozen, ParcelTooLarge, TransferGone, AlreadySent, ClientMismatch, ProofRefused, NonceRefused.
    """
    with _audited(customer, actor=actor):
        limit = _policy(customer).largest_bytes
        if len(ciphertext) > limit:
            raise errors.ParcelTooLarge(limit=limit)
        _require_open(customer, transfer_id)
        proven = _prove(customer, proof, actor=actor)
        with transaction.atomic():
            proven.spend()
            sealed = _move(customer, transfer_id, TransferState.OPEN, TransferState.SEALED)
            if sealed is None:
                raise _why_not_open(customer, transfer_id)
            sealed.serial = _serial(customer, proven)
            sealed.save(update_fields=["serial"])
            Parcel.objects.create(transfer=sealed, ciphertext=ciphertext, expires_at=sealed.expires_at)
            record(
                Event.TRANSFER_SEALED,
                actor=actor,
                subject=_subject(sealed),
                customer=customer.pk,
                certificate=sealed.serial,
                bytes=len(ciphertext),
            )
    return sealed


def fetch(customer: Customer, transfer_id: UUID, *, actor: Actor) -> bytes:
    """Hand the parcel to the phone that asked for it, once, and keep nothing of it. Raises TransferGone."""
    with _audited(customer, actor=actor), transaction.atomic():
        fetched = _move(
            customer,
            transfer_id,
            TransferState.SEALED,
            TransferState.FETCHED,
            phone_session=actor.session,
        )
        if fetched is None:
            raise errors.TransferGone
        parcel = Parcel.objects.get(pk=transfer_id)
        ciphertext = bytes(parcel.ciphertext)
        parcel.delete()
        record(
            Event.TRANSFER_FETCHED,
            actor=actor,
            subject=_subject(fetched),
            customer=customer.pk,
            certificate=fetched.serial,
        )
        notify(
            Event.TRANSFER_FETCHED,
            customer=customer,
            details={"serial": fetched.serial},
            key=f"transfer:{fetched.pk}",
        )
    return ciphertext


def cancel(customer: Customer, transfer_id: UUID, *, actor: Actor) -> None:
    """End a pairing at the customer's wish, on either side; ending what has ended changes nothing. Raises TransferGone."""
    mine = Transfer.objects.filter(pk=transfer_id, customer=customer)
    with _audited(customer, actor=actor):
        if not mine.exists():
            raise errors.TransferGone
        with transaction.atomic():
            if _end(mine):
                record(
                    Event.TRANSFER_CANCELLED,
                    actor=actor,
                    subject=f"transfer:{transfer_id}",
                    customer=customer.pk,
                )


def expire() -> int:
    """Delete parcels whose time is over, and the rows of pairings that ended a while ago; returns how many parcels."""
    now = clock.now()
    if not Transfer.objects.filter(expires_at__lte=now).exists():
        return 0
    with transaction.atomic():
        parcels, _rows = Parcel.objects.filter(expires_at__lte=now).delete()
        Transfer.objects.filter(expires_at__lte=now - KEPT).delete()
    return parcels


@contextmanager
def _audited(customer: Customer, *, actor: Actor) -> Iterator[None]:
    """Write each refusal of the block into the history (SPEC E9)."""
    try:
        yield
    except CentreError as refusal:
        record_refusal(
            Event.TRANSFER_REFUSED,
            actor=actor,
            subject=customer.subject,
            code=refusal.code,
            reason=str(refusal.params.get("reason", refusal.code)),
        )
        raise


def _policy(customer: Customer) -> PhonePolicy:
    """The institution's rules, for a customer who may act. Raises PhoneUploadOff, CustomerFrozen."""
    institution = serving.get(customer.institution)
    if not institution.menu.offers(Function.PHONE_UPLOAD):
        raise errors.PhoneUploadOff
    require_not_frozen(customer)
    return institution.phone


def _require_live_certificate(customer: Customer) -> None:
    """Nobody scans a code in vain. Raises NothingToUpload."""
    host = certificates.overview(customer).host
    reason = "none"
    if host is not None:
        stored = certificates.certificate(customer, host.serial)
        reason = certificates.status_at(stored, clock.now()).reason
    if reason:
        raise errors.NothingToUpload(reason=reason)


def _require_fit(public_key: bytes) -> None:
    """Refuse points of low order, to which anybody could open what is sealed. Raises PhoneKeyUnfit."""
    try:
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public_key))
    except ValueError:
        raise errors.PhoneKeyUnfit from None


def _count(customer: Customer, policy: PhonePolicy, now: datetime) -> None:
    try:
        limits.take(
            PAIRINGS,
            subject=customer.subject,
            window=str(taipei_day(now)),
            limit=policy.pairings_a_day,
        )
    except limits.LimitReached as reached:
        raise errors.PairingsUsedUp(**reached.params) from None


def _require_open(customer: Customer, transfer_id: UUID) -> None:
    """Say early what `_move` decides later. Raises TransferGone, AlreadySent."""
    if not _live_rows(customer, transfer_id).filter(state=TransferState.OPEN).exists():
        raise _why_not_open(customer, transfer_id)


def _why_not_open(customer: Customer, transfer_id: UUID) -> CentreError:
    sent = (TransferState.SEALED, TransferState.FETCHED)
    if _live_rows(customer, transfer_id).filter(state__in=sent).exists():
        return errors.AlreadySent()
    return errors.TransferGone()


def _live_rows(customer: Customer, transfer_id: UUID) -> QuerySet[Transfer]:
    return Transfer.objects.filter(pk=transfer_id, customer=customer, expires_at__gt=clock.now())


def _move(
    customer: Customer,
    transfer_id: UUID,
    before: TransferState,
    after: TransferState,
    **more: str,
) -> Transfer | None:
    """Take the step by one conditional statement; None where somebody else took it, or time is over."""
    moved = _live_rows(customer, transfer_id).filter(state=before, **more).update(state=after)
    return Transfer.objects.get(pk=transfer_id) if moved else None


def _end(rows: QuerySet[Transfer]) -> int:
    """End those of the pairings that are under way, and drop what they hold; returns how many."""
    under_way = list(rows.filter(state__in=UNDER_WAY).values_list("pk", flat=True))
    ended = rows.filter(pk__in=under_way, state__in=UNDER_WAY).update(state=TransferState.CANCELLED)
    Parcel.objects.filter(pk__in=under_way, transfer__state=TransferState.CANCELLED).delete()
    return ended


def _prove(customer: Customer, proof: SignedProof, *, actor: Actor) -> Proven:
    """Check that the sender holds the key of the centre's live certificate (manual M3 §5). Raises ClientMismatch, ProofRefused."""
    try:
        return verify.check(
            customer.institution,
            customer=customer,
            purpose=Purpose.PHONE,
            structure=proof.structure,
            signature=proof.signature,
            spki=None,
            session=actor.session,
            origin=proof.origin,
            status=_live,
        )
    except ProofRefused as refused:
        reason = str(refused.params.get("reason"))
        if reason in _MISMATCH:
            raise errors.ClientMismatch(reason=reason) from None
        raise


def _live(customer: Customer, certificate: x509.Certificate, *, at: datetime) -> str | None:
    """Whether `certificate` is the one that the customer may sign with now; a StatusLookup."""
    stored = certificates.find_equal(customer, certificate)
    if stored is None:
        return "not-yours"
    status = certificates.status_at(stored, at)
    if not status.usable:
        return status.reason
    return None if stored.state == CertificateState.ACTIVE else str(stored.state)


def _serial(customer: Customer, proven: Proven) -> str:
    assert proven.certificate is not None, "the proof is by certificate"
    stored = certificates.find_equal(customer, proven.certificate)
    assert stored is not None, "its status was good"
    return stored.serial


def _subject(transfer: Transfer) -> str:
    return f"transfer:{transfer.pk}"
