"""What others than the customer do with passwords: set, separate, force a change (SPEC B).

What the customer does stands in `change`, the unlocking after a call in `calls`; the rows and their hashes are `store`'s.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError, NotFound
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.identity import queries, sessions
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.institutions import serving
from certcenter.notifications.actions import notify
from certcenter.passwords import login, store
from certcenter.passwords.store import Prepared


def set_password(
    customer: Customer,
    password: str,
    *,
    actor: Actor,
    must_change: bool = False,
    account: UUID | None = None,
) -> None:
    """Set the network password by the institution's rule; all sessions that an earlier password opened end with it.

    Without `account` it is set for everything. `must_change` makes it an initial password: it opens nothing but its own
    change, and nothing at all after the policy's `initial_days`. A lock of the login stays: whoever resets a forgotten
    password clears it in the same transaction (`put`, `clear_lock`).

    Raises PasswordRefused, NotFound, PasswordsMoved, Busy.
    """
    scopes = [account] if account or store.is_unified(customer) else _all_accounts(customer)
    prepared = [store.prepare(customer, password, account=scope) for scope in scopes]
    days = serving.get(customer.institution).passwords.initial_days
    with transaction.atomic():
        put(
            prepared,
            actor=actor,
            must_change=must_change,
            usable_until=clock.now() + timedelta(days=days) if must_change else None,
        )


def put(
    prepared: Sequence[Prepared],
    *,
    actor: Actor,
    event: Event = Event.PASSWORD_SET,
    must_change: bool = False,
    usable_until: datetime | None = None,
    unified: bool | None = None,
    keep_session: str = "",
    clear_lock: bool = False,
    **details: Any,
) -> None:
    """Put prepared passwords of one customer in place, with all that follows, inside the caller's atomic().

    The customer's sessions end, but for `keep_session`; `clear_lock` forgets both lock counters (reissue, SPEC B3);
    `event` is what the history and the notice say. Raises PasswordsMoved.
    """
    customer = prepared[0].customer
    replaced = store.replace(prepared, must_change=must_change, usable_until=usable_until, unified=unified)
    ended = sessions.end_all(customer, keep=keep_session) if replaced else 0
    if clear_lock:
        login.gate(customer).forget()
    kinds = sorted({change.kind.value for change in prepared})
    accounts = sorted({str(change.account) for change in prepared if change.account})
    record(
        event,
        actor=actor,
        subject=customer.subject,
        kinds=kinds,
        accounts=accounts,
        first=not replaced,
        sessions_ended=ended,
        **details,
    )
    if replaced:
        notify(event, customer=customer, details={}, key=f"password:{new_uuid()}")


def separate(customer: Customer, *, note: str = "", actor: Actor) -> None:
    """Let each account have its own password from now on (staff, at the branch: SPEC B7); today's opens them all.

    `note` is what staff saw and checked, without personal data. All sessions end. Raises Conflict if separate already
    or without accounts, CustomerFrozen, PasswordsMoved.
    """
    with _refusals(Event.PASSWORDS_SEPARATION_REFUSED, customer, actor):
        require_not_frozen(customer)
        with transaction.atomic():
            accounts = store.split(customer)
            ended = sessions.end_all(customer)
            record(
                Event.PASSWORDS_SEPARATED,
                actor=actor,
                subject=customer.subject,
                note=note,
                accounts=accounts,
                sessions_ended=ended,
            )
            notify(Event.PASSWORDS_SEPARATED, customer=customer, details={}, key=f"separate:{new_uuid()}")


def force_change(customer: Customer, *, account: UUID | None = None, note: str = "", actor: Actor) -> None:
    """Let the network password open nothing but its own change (staff); all sessions end.

    `account` chooses one of separate passwords. Raises NotFound where there is no such password.
    """
    with transaction.atomic():
        forced = store.force_change(customer, account=account)
        if not forced:
            raise NotFound
        ended = sessions.end_all(customer)
        record(
            Event.PASSWORD_CHANGE_FORCED,
            actor=actor,
            subject=customer.subject,
            note=note,
            passwords=forced,
            sessions_ended=ended,
        )
        notify(Event.PASSWORD_CHANGE_FORCED, customer=customer, details={}, key=f"force:{new_uuid()}")


@contextmanager
def _refusals(event: Event, customer: Customer, actor: Actor) -> Iterator[None]:
    """Write a refusal of the block into the history, after the block's transaction is undone (SPEC E9)."""
    try:
        yield
    except CentreError as refusal:
        record_refusal(event, actor=actor, subject=customer.subject, reason=refusal.code)
        raise


def _all_accounts(customer: Customer) -> list[UUID]:
    return [account.id for account in queries.accounts(customer)]
