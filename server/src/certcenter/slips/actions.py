"""Issue a slip, check its password, use it once, void it: all writes about slips (SPEC E3, D5).

The secret is shown once, to be printed, and kept as an HMAC under a key outside the database: it is random and long
enough (69 bits) that a slow hash would add nothing (docs/adr/0022).
"""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock, sealing
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError, Conflict
from certcenter.core.events import Event
from certcenter.core.gates import Gate, GateLocked, GateState, State
from certcenter.core.ids import new_uuid, reference_number
from certcenter.core.sealing import Use
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions import serving
from certcenter.institutions.vocabulary import Proof
from certcenter.notifications.actions import notify
from certcenter.slips import queries
from certcenter.slips.errors import (
    SlipMalformed,
    SlipNeeded,
    SlipNotOffered,
    SlipUnusable,
    SlipVoided,
    SlipWrong,
)
from certcenter.slips.models import Slip, SlipPurpose

#: Letters and digits that no print confuses: without 0 O o, 1 I l.
ALPHABET: Final = "".join(each for each in string.ascii_letters + string.digits if each not in "0Oo1Il")
LENGTH: Final = 12
_GROUP: Final = 4
#: How long the right password opens what it is for, in the session that gave it.
ACCEPTED_FOR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Handed:
    """A slip with its secret, to be printed once; `repr` leaves the secret out."""

    slip: Slip
    secret: str

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Handed({self.slip})"

    @property
    def groups(self) -> list[str]:
        """The secret in groups of four, as it is printed. Separators may be typed or left out."""
        return [self.secret[at : at + _GROUP] for at in range(0, LENGTH, _GROUP)]


def issue(customer: Customer, *, purpose: SlipPurpose, note: str = "", actor: Actor) -> Handed:
    """Make a slip and return its secret, which nobody can show again; an open slip of this purpose is void.

    `note` says how staff knew the person, without personal data. Raises CustomerFrozen, SlipNotOffered, and Conflict
    where two do it at once.
    """
    institution, now = serving.get(customer.institution), clock.now()
    slip = Slip(
        id=new_uuid(),
        number=reference_number(),
        institution=customer.institution,
        customer=customer,
        purpose=purpose,
        issued_at=now,
        issued_by=actor.id,
        expires_at=now + timedelta(days=institution.passwords.initial_days),
    )
    secret = _new_secret()
    slip.secret_mac = _mac(slip, secret)
    try:
        _require_offered(customer, purpose)
        with transaction.atomic():
            require_not_frozen(customer)
            for former in Slip.objects.filter(queries.OPEN, customer=customer, purpose=purpose):
                _void(former, reason="replaced", actor=actor)
            slip.save(force_insert=True)
            record(Event.SLIP_ISSUED, actor=actor, subject=str(slip), **_facts(slip), note=note)
            notify(Event.SLIP_ISSUED, customer=customer, details={}, key=f"slip:{slip.pk}")
    except IntegrityError:
        raise Conflict from None
    except CentreError as refusal:
        record_refusal(Event.SLIP_ISSUE_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code)
        raise
    return Handed(slip, secret)


def check(customer: Customer, *, purpose: SlipPurpose, secret: str, session: str, actor: Actor) -> datetime:
    """Compare the password of the slip; the right one opens `purpose` for `session` until the returned moment.

    Each wrong one is counted before it is compared, also among many at once; the third voids the slip. Raises
    SlipMalformed (not counted), SlipWrong, SlipVoided, SlipUnusable, Busy.
    """
    typed = "".join(each for each in secret if each not in " -")
    if len(typed) != LENGTH or not (typed.isascii() and typed.isalnum()):
        raise SlipMalformed(length=LENGTH)
    slip = queries.usable(customer, purpose)
    if slip is None:
        raise _refused(customer, SlipUnusable(customer), actor)
    try:
        with _gate(slip).admit() as attempt:
            right = sealing.same(slip.secret_mac, _mac(slip, typed))
            state = attempt.success() if right else attempt.failure(then=_voiding(slip, actor))
    except GateLocked:
        _void_locked(slip, actor)
        raise _refused(customer, SlipUnusable(customer), actor) from None
    if right:
        return _accept(slip, session=session, actor=actor)
    left = _gate(slip).limit - state.failed
    refusal = SlipWrong(tries_left=left) if left > 0 else SlipVoided(customer)
    raise _refused(customer, refusal, actor)


def use(customer: Customer, *, purpose: SlipPurpose, session: str, actor: Actor) -> Slip:
    """Spend what the right password opened, once, inside the transaction of what it allows. Raises SlipNeeded."""
    if not connection.in_atomic_block:
        raise RuntimeError("a slip is used in the transaction of what it allows")
    now = clock.now()
    held = Slip.objects.filter(
        queries.OPEN, customer=customer, purpose=purpose, accepted_session=session, accepted_until__gt=now
    ).first()
    if held is None or not Slip.objects.filter(queries.OPEN, pk=held.pk, accepted_session=session).update(
        used_at=now
    ):
        raise SlipNeeded(customer)
    record(Event.SLIP_USED, actor=actor, subject=str(held), **_facts(held))
    return held


def require_accepted(customer: Customer, *, purpose: SlipPurpose, session: str) -> None:
    """Raise SlipNeeded unless `session` has given the password of the slip."""
    if queries.accepted_until(customer, purpose, session=session) is None:
        raise SlipNeeded(customer)


def void(customer: Customer, *, purpose: SlipPurpose, note: str = "", actor: Actor) -> None:
    """Let nobody use the open slip any more: the paper was lost, say. Raises SlipUnusable when there is none."""
    slip = Slip.objects.filter(queries.OPEN, customer=customer, purpose=purpose).first()
    with transaction.atomic():
        voided = slip is not None and _void(slip, reason="staff", note=note, actor=actor)
        if slip is not None and voided:
            notify(Event.SLIP_VOIDED, customer=customer, details={}, key=f"slip-void:{slip.pk}")
    if not voided:
        raise _refused(customer, SlipUnusable(customer), actor)


def _accept(slip: Slip, *, session: str, actor: Actor) -> datetime:
    until = clock.now() + ACCEPTED_FOR
    with transaction.atomic():
        mine = Slip.objects.filter(queries.OPEN, pk=slip.pk)
        accepted = mine.update(accepted_session=session, accepted_until=until)
        if accepted:
            record(Event.SLIP_ACCEPTED, actor=actor, subject=str(slip), **_facts(slip))
    if not accepted:  # used or voided in this moment
        raise _refused(slip.customer, SlipUnusable(slip.customer), actor)
    return until


def _voiding(slip: Slip, actor: Actor) -> Callable[[GateState], None]:
    """What the last wrong try demands, committed with it."""

    def settle(state: GateState) -> None:
        if state.state is not State.ACTIVE:
            _void_for_tries(slip, actor)

    return settle


def _void_locked(slip: Slip, actor: Actor) -> None:
    """A gate that abandoned tries have locked leaves no slip open either."""
    with transaction.atomic():
        _void_for_tries(slip, actor)


def _void_for_tries(slip: Slip, actor: Actor) -> None:
    if _void(slip, reason="wrong", actor=actor):
        notify(Event.SLIP_VOIDED, customer=slip.customer, details={}, key=f"slip-void:{slip.pk}")


def _void(slip: Slip, *, reason: str, note: str = "", actor: Actor) -> bool:
    """Void it, inside the caller's transaction; whether it was still open."""
    open_one = Slip.objects.filter(queries.OPEN, pk=slip.pk)
    if not open_one.update(voided_at=clock.now(), void_reason=reason):
        return False
    record(Event.SLIP_VOIDED, actor=actor, subject=str(slip), **_facts(slip), reason=reason, note=note)
    return True


def _gate(slip: Slip) -> Gate:
    lock = serving.get(slip.institution).lock
    return Gate(
        "slip",
        subject=str(slip),
        limit=lock.slip_tries,
        abandoned_after=timedelta(seconds=lock.reservation_seconds),
    )


def _refused(customer: Customer, refusal: CentreError, actor: Actor) -> CentreError:
    """Write a refusal into the history; returns it, to be raised."""
    record_refusal(Event.SLIP_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code)
    return refusal


def _require_offered(customer: Customer, purpose: SlipPurpose) -> None:
    proofs = serving.get(customer.institution).application.proofs
    if purpose is SlipPurpose.CERTIFICATE and Proof.SLIP not in proofs:
        raise SlipNotOffered


def _new_secret() -> str:
    """Twelve characters, 69 bits, with small and capital letters and digits, unrelated to anybody (SPEC E3)."""
    while True:
        secret = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        kinds = (str.islower, str.isupper, str.isdigit)
        if all(any(map(kind, secret)) for kind in kinds):
            return secret


def _mac(slip: Slip, secret: str) -> str:
    return sealing.mac(Use.SLIP, slip.pk.bytes, secret)


def _facts(slip: Slip) -> dict[str, Any]:
    return {"customer": slip.customer_id, "number": slip.number, "purpose": slip.purpose}
