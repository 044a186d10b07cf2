"""The server's shares of wrapped keys (DESIGN, Keys in the page).

The page derives two values from the certificate password: one that wraps, together with our share, and the verifier
that it shows us. Guessing a short password from a stolen disk then needs us for every guess, and we count.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock, limits, sealing
from certcenter.core.actor import Actor
from certcenter.core.errors import Conflict, Invalid
from certcenter.core.events import Event
from certcenter.core.gates import Gate, GateLocked, GateState, State
from certcenter.core.ids import new_uuid
from certcenter.core.sealing import Use
from certcenter.core.taiwan import taipei_day
from certcenter.identity.models import Customer
from certcenter.institutions import serving
from certcenter.notifications.actions import notify
from certcenter.proof.errors import (
    ProofRefused,
    ShareExists,
    ShareLocked,
    ShareUnknown,
    VerifierWrong,
    VisitorLocked,
)
from certcenter.proof.models import KeyShare
from certcenter.proof.verify import Proven
from certcenter_sdk.proofs import Purpose

SHARE_BYTES = 32
VERIFIER_BYTES = 32
#: The day's counter of visitors' guesses at one key.
VISITS = "visitor-shares"
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")


def create(
    customer: Customer, *, spki_sha256: str, verifier: bytes, actor: Actor, proven: Proven | None = None
) -> bytes:
    """Make and return a share for one wrapping of a key on one device.

    The first share of a key needs no proof. Each further one (another device, a lost answer) needs the key's own
    signature for the purpose `share`: who could add shares at will could clear the counter of wrong guesses with them,
    and an answer that depends on the verifier would be a guess that nobody counts.

    Where wrong guesses have locked the key, its own signature (from a backup) opens it again; the former shares are
    dropped for good, so that the guesses that are free again have nothing left to find. Raises Invalid, ShareExists.
    """
    _require_form(spki_sha256, verifier)
    owner, now, share = _owner(customer, spki_sha256), clock.now(), secrets.token_bytes(SHARE_BYTES)
    key_gate = gate(customer, spki_sha256)
    reopens = proven is not None and key_gate.state().state is not State.ACTIVE
    with transaction.atomic():
        if proven is not None:
            _spend(proven, customer, spki_sha256)
            if reopens:
                KeyShare.objects.filter(customer=customer, spki_sha256=spki_sha256).delete()
        elif not _first(customer, spki_sha256):
            raise ShareExists
        KeyShare.objects.update_or_create(
            customer=customer,
            spki_sha256=spki_sha256,
            verifier_mac=_mac(owner, verifier),
            defaults={
                "sealed_share": sealing.seal(Use.SHARE, share, owner=owner),
                "created_at": now,
                "changed_at": now,
            },
        )
        record(
            Event.KEY_SHARE_CREATED,
            actor=actor,
            subject=customer.subject,
            key=spki_sha256,
            reopened=reopens,
        )
    if reopens:
        key_gate.clear()  # after the old shares are gone; killed before it, the next proof does it
    return share


def release(customer: Customer, *, spki_sha256: str, verifier: bytes, actor: Actor) -> bytes:
    """Return the share to its owner's session, for the right verifier.

    Three wrong verifiers in a row, on whichever device, lock the key's shares. Raises Invalid, ShareUnknown,
    VerifierWrong, ShareLocked, Busy.
    """
    _require_form(spki_sha256, verifier)
    owner = _owner(customer, spki_sha256)
    rows = list(KeyShare.objects.filter(customer=customer, spki_sha256=spki_sha256))
    if not rows:
        raise ShareUnknown
    try:
        with gate(customer, spki_sha256).admit() as attempt:
            given = _mac(owner, verifier)
            right = next((row for row in rows if sealing.same(row.verifier_mac, given)), None)
            state = (
                attempt.success() if right else attempt.failure(then=_telling(customer, spki_sha256, actor))
            )
    except GateLocked:
        record_refusal(Event.KEY_SHARE_REFUSED, actor=actor, subject=customer.subject, reason="locked")
        raise ShareLocked from None
    if right is None:
        _refuse(customer, spki_sha256, state, actor)
    with transaction.atomic():
        record(Event.KEY_SHARE_RELEASED, actor=actor, subject=customer.subject, key=spki_sha256)
    return sealing.unseal(Use.SHARE, right.sealed_share, owner=owner)


def release_to_visitor(
    institution: str, customer: Customer | None, *, spki_sha256: str, verifier: bytes, actor: Actor
) -> bytes:
    """Return the share to somebody who has not logged in but knows the customer's data, the key and its password (SPEC B3).

    The customer's own gate counts (SPEC E2). Where there is no such person or key the same steps are gone through at a
    gate that is nobody's, with the same answers (SPEC E4): `customer` None says so. Visitors have as many wrong guesses
    at a key in a day as lock it, whatever its owner's right ones have cleared meanwhile. Raises Invalid, VerifierWrong,
    VisitorLocked, Busy.
    """
    _require_form(spki_sha256, verifier)
    name = customer.subject if customer else institution
    nobody = f"nobody:{sealing.mac(Use.VERIFIER, name, spki_sha256)[:32]}"
    try:
        with _visit(institution, nobody, actor=actor):
            return _released_to_visitor(
                institution, customer, nobody, spki_sha256=spki_sha256, verifier=verifier, actor=actor
            )
    except ShareLocked:
        raise VisitorLocked from None


@contextmanager
def _visit(institution: str, subject: str, *, actor: Actor) -> Iterator[None]:
    """Count a visitor's guess for the day before it is compared; a right one is given back. Raises ShareLocked."""
    day, limit = taipei_day(clock.now()).isoformat(), serving.get(institution).lock.wrong_limit
    try:
        limits.take(VISITS, subject=subject, window=day, limit=limit)
    except limits.LimitReached:
        record_refusal(Event.KEY_SHARE_REFUSED, actor=actor, subject=subject, reason="visits-used-up")
        raise ShareLocked from None
    try:
        yield
    except (VerifierWrong, ShareLocked):
        raise
    except BaseException:
        limits.give_back(VISITS, subject=subject, window=day)
        raise
    limits.give_back(VISITS, subject=subject, window=day)


def _released_to_visitor(
    institution: str,
    customer: Customer | None,
    subject: str,
    *,
    spki_sha256: str,
    verifier: bytes,
    actor: Actor,
) -> bytes:
    owned = KeyShare.objects.filter(customer=customer.pk if customer else 0, spki_sha256=spki_sha256)
    if owned.exists() and customer is not None:
        return release(customer, spki_sha256=spki_sha256, verifier=verifier, actor=actor)
    closed = _gate(institution, subject)
    try:
        with closed.admit() as attempt:
            state = attempt.failure(
                then=lambda after: _locked(after, subject=subject, key=spki_sha256, actor=actor)
            )
    except GateLocked:
        record_refusal(Event.KEY_SHARE_REFUSED, actor=actor, subject=subject, reason="locked")
        raise ShareLocked from None
    record_refusal(Event.KEY_SHARE_REFUSED, actor=actor, subject=subject, reason="verifier-wrong")
    if state.state is State.ACTIVE:
        raise VerifierWrong(tries_left=closed.limit - state.failed)
    raise ShareLocked


def change(
    customer: Customer, *, spki_sha256: str, verifier: bytes, new_verifier: bytes, actor: Actor
) -> bytes:
    """Put a new verifier in the old one's place (the certificate password is changed); returns the share, unchanged.

    The page wraps the key anew under the same share *before* it calls this and drops the old wrapping after, so that
    a crash at any point leaves one that opens. Raises as `release`, and Conflict.
    """
    _require_form(spki_sha256, new_verifier)
    share = release(customer, spki_sha256=spki_sha256, verifier=verifier, actor=actor)
    owner = _owner(customer, spki_sha256)
    mine = KeyShare.objects.filter(
        customer=customer, spki_sha256=spki_sha256, verifier_mac=_mac(owner, verifier)
    )
    try:
        with transaction.atomic():
            if not mine.update(verifier_mac=_mac(owner, new_verifier), changed_at=clock.now()):
                raise Conflict  # another tab was faster
            record(Event.KEY_SHARE_CHANGED, actor=actor, subject=customer.subject, key=spki_sha256)
    except IntegrityError:
        raise Conflict from None
    return share


def gate(customer: Customer, spki_sha256: str) -> Gate:
    """Return the gate of a key's shares: as many wrong certificate passwords as wrong logins, until the next right one."""
    return _gate(customer.institution, f"{customer.subject}:{spki_sha256}")


def _gate(institution: str, subject: str) -> Gate:
    lock = serving.get(institution).lock
    return Gate(
        "key-share",
        subject=subject,
        limit=lock.wrong_limit,
        abandoned_after=timedelta(seconds=lock.reservation_seconds),
    )


def _refuse(customer: Customer, spki_sha256: str, state: GateState, actor: Actor) -> NoReturn:
    record_refusal(Event.KEY_SHARE_REFUSED, actor=actor, subject=customer.subject, reason="verifier-wrong")
    if state.state is State.ACTIVE:
        raise VerifierWrong(tries_left=gate(customer, spki_sha256).limit - state.failed)
    raise ShareLocked


def _telling(customer: Customer, spki_sha256: str, actor: Actor) -> Callable[[GateState], None]:
    """What a lock demands, committed with it (SPEC D7)."""

    def tell(state: GateState) -> None:
        if state.state is not State.ACTIVE:
            _locked(state, subject=customer.subject, key=spki_sha256, actor=actor)
            notify(Event.KEY_SHARE_LOCKED, customer=customer, details={}, key=f"share-locked:{new_uuid()}")

    return tell


def _locked(state: GateState, *, subject: str, key: str, actor: Actor) -> None:
    if state.state is not State.ACTIVE:
        record(Event.KEY_SHARE_LOCKED, actor=actor, subject=subject, key=key)


def _first(customer: Customer, spki_sha256: str) -> bool:
    """Take the one right to a share without proof; one statement, so that two tabs can't both have it."""
    try:
        limits.take("key-share-first", subject=f"{customer.subject}:{spki_sha256}", window="ever", limit=1)
    except limits.LimitReached:
        return False
    return True


def _spend(proven: Proven, customer: Customer, spki_sha256: str) -> None:
    if (proven.customer.pk, proven.spki_sha256, proven.proof.purpose) != (
        customer.pk,
        spki_sha256,
        Purpose.SHARE,
    ):
        raise ProofRefused(reason="wrong-subject")
    proven.spend()


def _require_form(spki_sha256: str, verifier: bytes) -> None:
    if not _HEX_SHA256.fullmatch(spki_sha256):
        raise Invalid({"spki": _("64 small hexadecimal digits.")})
    if len(verifier) != VERIFIER_BYTES:
        raise Invalid({"verifier": _("32 bytes.")})


def _owner(customer: Customer, spki_sha256: str) -> str:
    return f"{customer.institution}:{customer.pk}:{spki_sha256}"


def _mac(owner: str, verifier: bytes) -> str:
    return sealing.mac(Use.VERIFIER, owner, verifier)
