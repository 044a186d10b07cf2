"""Set a password; later change, unify, reissue, unlock (SPEC B)."""

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.identity import sessions
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions import serving
from certcenter.institutions.base import PasswordFailure
from certcenter.institutions.policy import PasswordRule
from certcenter.notifications.actions import notify
from certcenter.passwords import hashing, login
from certcenter.passwords.errors import PasswordRefused
from certcenter.passwords.models import Credential, CredentialKind


def set_password(customer: Customer, password: str, *, actor: Actor, must_change: bool = False) -> None:
    """Set the network password by the institution's rule; all sessions that an earlier password opened end with it.

    A lock of the login stays: whoever resets a forgotten password clears it with `login.gate(customer).clear()`.

    Raises PasswordRefused, Busy.
    """
    require_rule(serving.get(customer.institution).passwords.login, password, customer)
    hashed = hashing.hash_password(password)
    with transaction.atomic():
        _row, created = Credential.objects.update_or_create(
            customer=customer,
            kind=CredentialKind.NETWORK,
            defaults={
                "hash": hashed.encoded,
                "pepper_id": hashed.pepper_id,
                "changed_at": clock.now(),
                "must_change": must_change,
            },
        )
        ended = 0 if created else sessions.end_all(customer)
        record(Event.PASSWORD_SET, actor=actor, subject=customer.subject, first=created, sessions_ended=ended)
        if not created:
            notify(Event.PASSWORD_SET, customer=customer, details={}, key=f"password:{new_uuid()}")


def unlock(customer: Customer, *, note: str = "", actor: Actor) -> None:
    """Open a locked login, once until the next successful one (SPEC B3).

    `note` is what staff asked and was answered, without personal data. Raises CustomerFrozen, gates.GateNotLocked,
    GateHardLocked or UnlockUsed.
    """

    def told() -> None:
        require_not_frozen(customer)
        record(Event.LOGIN_UNLOCKED, actor=actor, subject=customer.subject, note=note)
        notify(Event.LOGIN_UNLOCKED, customer=customer, details={}, key=f"unlock:{new_uuid()}")

    try:
        require_not_frozen(customer)
        login.gate(customer).unlock(then=told)
    except CentreError as refusal:
        record_refusal(Event.LOGIN_UNLOCK_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code)
        raise


def require_rule(rule: PasswordRule, password: str, customer: Customer) -> None:
    """Raise PasswordRefused, saying everything that is wrong at once."""
    failures = rule.failures(password, identity=customer.national_id)
    if failures:
        raise PasswordRefused(
            {"password": " ".join(str(_FAILURES[failure]) % _limits(rule) for failure in failures)}
        )


_FAILURES: dict[PasswordFailure, Promise] = {
    PasswordFailure.TOO_SHORT: _("At least %(min)s characters."),
    PasswordFailure.TOO_LONG: _("At most %(max)s characters."),
    PasswordFailure.SYMBOLS: _("Letters and digits only."),
    PasswordFailure.IS_IDENTITY: _("Not your identity number."),
}


def _limits(rule: PasswordRule) -> dict[str, int]:
    return {"min": rule.min_length, "max": rule.max_length or hashing.MAX_LENGTH}
