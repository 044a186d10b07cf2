"""Initial passwords that staff or a company's administrator hand out: random, for one month, to be changed at once.

(電子憑證交付作業要點, point 3: random, unrelated to the person, activated within one month.) The secret exists in the
answer that shows it, once; the table has its hash. Whoever asked for it needed a second person (identity.approvals).
"""

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from certcenter.audit.actions import record
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.identity import queries, sessions
from certcenter.identity.models import CompanyUser, Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions import serving
from certcenter.notifications.actions import notify
from certcenter.passwords import rules, store, users
from certcenter.passwords.actions import put
from certcenter.passwords.models import CredentialKind
from certcenter.passwords.store import Prepared

#: Letters and digits that no print confuses: without 0 O o, 1 I l.
ALPHABET: Final = "".join(each for each in string.ascii_letters + string.digits if each not in "0Oo1Il")
_LONGEST: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Initial:
    """A prepared initial password. `secret` is shown once, `repr` leaves it out."""

    secret: str
    usable_until: datetime
    prepared: tuple[Prepared, ...]
    user: CompanyUser | None

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Initial({self.prepared[0].customer.subject})"


def prepare(customer: Customer, *, account: UUID | None = None, user: CompanyUser | None = None) -> Initial:
    """Make an initial password and hash it, outside any transaction: for a company's `user`, or the customer's own.

    The customer's opens everything if unified; if separate, `account` alone, or each account where none is named.
    Raises NotFound, Busy.
    """
    kind = CredentialKind.USER if user else CredentialKind.NETWORK
    secret = _secret(customer, kind)
    holder = user.subject if user else ""
    scopes: list[UUID | None] = [account]
    if user is None and account is None and not store.is_unified(customer):
        scopes = [each.id for each in queries.accounts(customer)]
    prepared = tuple(
        store.prepare(customer, secret, kind=kind, account=scope, holder=holder, whole=bool(user))
        for scope in scopes
    )
    days = serving.get(customer.institution).passwords.initial_days
    return Initial(
        secret=secret, usable_until=clock.now() + timedelta(days=days), prepared=prepared, user=user
    )


def hand_out(initial: Initial, *, actor: Actor) -> None:
    """Put it in place inside the caller's atomic(): sessions end, both lock counters are forgotten (SPEC B3).

    Raises CustomerFrozen, PasswordsMoved.
    """
    customer = initial.prepared[0].customer
    require_not_frozen(customer)
    if initial.user is not None:
        _hand_to_user(initial, initial.user, actor)
        return
    put(
        initial.prepared,
        actor=actor,
        event=Event.PASSWORD_HANDED_OUT,
        must_change=True,
        usable_until=initial.usable_until,
        clear_lock=True,
    )


def _hand_to_user(initial: Initial, user: CompanyUser, actor: Actor) -> None:
    customer = user.customer
    store.replace(initial.prepared, must_change=True, usable_until=initial.usable_until)
    users.gate(user).forget()
    ended = sessions.end_all_of_user(user)
    record(
        Event.USER_PASSWORD_HANDED_OUT,
        actor=actor,
        subject=customer.subject,
        user=user.subject,
        sessions_ended=ended,
    )
    notify(
        Event.USER_PASSWORD_HANDED_OUT,
        customer=customer,
        details={"user": user.code},
        key=f"user-password:{new_uuid()}",
    )


def _secret(customer: Customer, kind: CredentialKind) -> str:
    """Return a random password that the rules allow, with small and capital letters and digits."""
    rule = rules.rule_of(serving.get(customer.institution), kind)
    length = max(rule.min_length, min(rule.max_length or _LONGEST, _LONGEST))
    while True:
        secret = "".join(secrets.choice(ALPHABET) for _ in range(length))
        mixed = all(any(map(test, secret)) for test in (str.islower, str.isupper, str.isdigit))
        if mixed and not rules.failures(rule, secret, customer=customer, kind=kind):
            return secret
