"""Staff's own login: user name, password, captcha, under a gate of its own scope (SPEC E2, E4)."""

from dataclasses import dataclass

from django.db import transaction

from certcenter.audit.actions import record, record_refusal
from certcenter.backoffice.errors import StaffLoginRefused
from certcenter.core import sealing
from certcenter.core.actor import Actor
from certcenter.core.errors import Busy
from certcenter.core.events import Event
from certcenter.core.gates import AttemptExpired, Gate, GateLocked, GateState, State
from certcenter.core.sealing import Use
from certcenter.identity.models import Staff
from certcenter.institutions.vocabulary import Captcha
from certcenter.passwords import captcha as captchas
from certcenter.passwords import hashing, sources
from certcenter.passwords.errors import CaptchaRefused

WRONG_LIMIT = 3
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class _Asks:
    captcha: Captcha = Captcha.WORK


@dataclass(frozen=True, slots=True)
class StaffDoor:
    """Where staff's captcha stands. No institution has this slug."""

    slug: str = "*staff"
    login: _Asks = _Asks()


DOOR = StaffDoor()


def sign_in(*, username: str, password: str, captcha: str, actor: Actor) -> Staff:
    """Check user name, password and captcha. No session is made here.

    Raises StaffLoginRefused (one answer for unknown, wrong, locked and left), CaptchaRefused, LoginTooOften, Busy.
    """
    sources.arrive(actor.source)
    try:
        captchas.check(DOOR, captcha)
    except CaptchaRefused as refusal:
        record_refusal(Event.STAFF_SIGN_IN_REFUSED, actor=actor, subject="", reason=refusal.code)
        raise
    if len(password) > hashing.MAX_LENGTH:
        raise StaffLoginRefused
    name = username.strip()[:_LONGEST_NAME]
    staff = Staff.objects.filter(username=name, is_active=True).first()
    subject = f"staff:{staff.pk}" if staff else _nobody(name)
    try:
        with gate(subject).admit() as attempt:
            try:
                right = _checks(staff, password)
            except Busy:
                attempt.withdraw()
                raise
            if staff and right:
                attempt.success()
                with transaction.atomic():
                    record(Event.STAFF_SIGNED_IN, actor=actor, subject=subject)
                return staff
            attempt.failure(then=lambda state: _record_if_locked(state, subject=subject, actor=actor))
    except GateLocked as locked:
        _checks(None, password)  # a locked login costs what a wrong one costs (SPEC E4)
        record_refusal(Event.STAFF_SIGN_IN_REFUSED, actor=actor, subject=subject, reason=locked.code)
        raise StaffLoginRefused from None
    except AttemptExpired:
        raise Busy from None
    reason = "wrong" if staff else "unknown"
    record_refusal(Event.STAFF_SIGN_IN_REFUSED, actor=actor, subject=subject, reason=reason)
    raise StaffLoginRefused


def gate(subject: str) -> Gate:
    """Return the gate of a staff login; `subject` is such as `staff:7`."""
    return Gate("staff-login", subject=subject, limit=WRONG_LIMIT)


def unlock(staff: Staff, *, actor: Actor) -> None:
    """Open a locked staff login (an administrator, an operator) and forget its failures."""
    subject = f"staff:{staff.pk}"
    gate(subject).clear(then=lambda: record(Event.STAFF_UNLOCKED, actor=actor, subject=subject))


def _record_if_locked(state: GateState, *, subject: str, actor: Actor) -> None:
    """Write the lock into the history in the transaction that sets it (SPEC E9)."""
    if state.state is not State.ACTIVE:
        record(Event.STAFF_LOCKED, actor=actor, subject=subject)


def _checks(staff: Staff | None, password: str) -> bool:
    """Compare in one of the process's slots for hashes (SPEC E1), at the same cost where there is nothing to compare with."""
    with hashing.slot():
        if staff is None:
            Staff().set_password(password)
            return False
        return staff.check_password(password)


def _nobody(name: str) -> str:
    return f"nobody:{sealing.mac(Use.UNKNOWN_IDENTITY, DOOR.slug, name)[:32]}"
