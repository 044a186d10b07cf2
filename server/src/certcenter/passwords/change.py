"""What customers do with their own passwords: change one or several at once, unify (SPEC B4–B7; manual M2).

The old password is checked under the gate of the login: a session that somebody else holds is no way around the lock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from certcenter.audit.actions import record_refusal
from certcenter.core.actor import Actor
from certcenter.core.errors import Busy, CentreError, Conflict, NotFound
from certcenter.core.events import Event
from certcenter.core.gates import AttemptExpired
from certcenter.identity import sessions
from certcenter.identity.models import Account, Customer, Line
from certcenter.identity.sessions import Scope
from certcenter.institutions import serving
from certcenter.passwords import actions, login, store, voice
from certcenter.passwords.admission import admitted
from certcenter.passwords.errors import OldPasswordWrong, PasswordMustChange, VoiceNotSynced
from certcenter.passwords.models import Credential, CredentialKind
from certcenter.passwords.store import Prepared
from certcenter.proof.verify import Proven


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginChange:
    """A new network password; `sync_voice` lets the voice password follow by the table."""

    old: str
    new: str
    sync_voice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalChange:
    """A new withdrawal password of a futures account. `old` is empty where there was none.

    `proven`: the customer's certificate has signed for it, of the purpose `withdrawal` (SPEC B6).
    """

    account: UUID
    old: str
    new: str
    proven: Proven


@admitted
def change(
    customer: Customer,
    *,
    scope: Scope,
    account: UUID | None = None,
    network: LoginChange | None = None,
    withdrawal: WithdrawalChange | None = None,
    actor: Actor,
) -> None:
    """Change the network password, a withdrawal password, or both in one transaction (manual M2's one form).

    `scope` is what the session's login allows, `account` which separate password is meant. The session of `actor` goes
    on, all others end. Raises OldPasswordWrong, PasswordRefused, VoiceNotSynced, NotFound, NonceRefused, PasswordsMoved,
    gates.GateLocked, admission.Crowded, Busy.
    """
    with _refusals(customer, actor):
        if network is None and scope.must_change:
            raise PasswordMustChange
        prepared: list[Prepared] = []
        if network is not None:
            _require_old(_old_rows(customer, account), network.old, customer=customer, actor=actor)
            prepared += _network(customer, network, account=account)
        if withdrawal is not None:
            _require_futures(customer, withdrawal.account)
            _require_old_withdrawal(customer, withdrawal, actor=actor)
            prepared.append(_withdrawal(customer, withdrawal))
        if not prepared:
            raise NotFound
        with transaction.atomic():
            if withdrawal is not None:
                withdrawal.proven.spend()
            actions.put(prepared, actor=actor, event=Event.PASSWORD_CHANGED, keep_session=actor.session)
            _relieve(customer, scope, actor)


@admitted
def unify(customer: Customer, *, old: str, new: str, actor: Actor) -> None:
    """Give all accounts one new network password (SPEC B7); the voice password follows where policy syncs it.

    `old` is any account's present password. All sessions end, this one too: the new password logs in. Only staff can
    separate again. Raises Conflict where they are unified already, else as `change`.
    """
    with _refusals(customer, actor):
        if store.is_unified(customer):
            raise Conflict
        _require_old(store.rows(customer), old, customer=customer, actor=actor, field="old")
        prepared = [store.prepare(customer, new, whole=True, field="new")]
        if serving.get(customer.institution).passwords.voice_sync:
            prepared.append(_voice(customer, new, account=None, whole=True))
        with transaction.atomic():
            actions.put(prepared, actor=actor, event=Event.PASSWORDS_UNIFIED, unified=True)


def _old_rows(customer: Customer, account: UUID | None) -> list[Credential]:
    """Return the network passwords that are about to be replaced."""
    found = store.rows(customer)
    if store.is_unified(customer):
        return found
    return [row for row in found if row.account_id == account]


def _require_old(
    found: list[Credential],
    password: str,
    *,
    customer: Customer,
    actor: Actor,
    kind: CredentialKind = CredentialKind.NETWORK,
    field: str = "old",
) -> None:
    """Raise OldPasswordWrong unless `password` is one of `found`; a wrong one counts as a wrong login (SPEC E2)."""
    with login.gate(customer).admit() as attempt:
        if login.evaluate(attempt, found, password, kind=kind):
            try:
                # Only the network password is what the lock protects: another right one must not clear its counters.
                attempt.success() if kind is CredentialKind.NETWORK else attempt.withdraw()
            except AttemptExpired:
                raise Busy from None
            return
        attempt.failure(then=lambda state: login.tell_if_locked(customer, customer.subject, state, actor))
    raise OldPasswordWrong({field: OldPasswordWrong.words})


def _require_old_withdrawal(customer: Customer, wanted: WithdrawalChange, *, actor: Actor) -> None:
    kind = CredentialKind.WITHDRAWAL
    present = [row for row in store.rows(customer, kind) if row.account_id == wanted.account]
    if present:
        _require_old(present, wanted.old, customer=customer, actor=actor, kind=kind, field="withdrawal_old")


def _require_futures(customer: Customer, account: UUID) -> None:
    """Raise NotFound: withdrawal passwords are of the customer's own futures accounts (SPEC B6)."""
    if not Account.objects.filter(customer=customer, pk=account, line=Line.FUTURES).exists():
        raise NotFound


def _network(customer: Customer, wanted: LoginChange, *, account: UUID | None) -> list[Prepared]:
    prepared = [store.prepare(customer, wanted.new, account=account, field="new")]
    if wanted.sync_voice:
        prepared.append(_voice(customer, wanted.new, account=account))
    return prepared


def _voice(customer: Customer, password: str, *, account: UUID | None, whole: bool = False) -> Prepared:
    """Prepare the voice password that follows a network password. Its own history does not hold it back."""
    if not serving.get(customer.institution).passwords.voice_sync:
        raise VoiceNotSynced
    return store.prepare(
        customer,
        voice.to_digits(password, field="new"),
        kind=CredentialKind.VOICE,
        account=account,
        whole=whole,
        field="new",
        follows=True,
    )


def _withdrawal(customer: Customer, wanted: WithdrawalChange) -> Prepared:
    return store.prepare(
        customer,
        wanted.new,
        kind=CredentialKind.WITHDRAWAL,
        account=wanted.account,
        field="withdrawal_new",
    )


def _relieve(customer: Customer, scope: Scope, actor: Actor) -> None:
    """Let the session do everything once none of the passwords that opened it is due any more (SPEC B8)."""
    if not (scope.must_change and actor.session):
        return
    mine = [
        row
        for row in store.rows(customer)
        if scope.opened is None or row.account_id is None or row.account_id in scope.opened
    ]
    if not any(store.is_due(row) for row in mine):
        sessions.widen(actor.session, Scope(must_change=False, opened=scope.opened))


@contextmanager
def _refusals(customer: Customer, actor: Actor) -> Iterator[None]:
    try:
        yield
    except CentreError as refusal:
        record_refusal(
            Event.PASSWORD_CHANGE_REFUSED, actor=actor, subject=customer.subject, reason=refusal.code
        )
        raise
