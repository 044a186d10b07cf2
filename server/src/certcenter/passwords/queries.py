"""Reads about a customer's passwords: the table of manual M2 (SPEC B5). Never a hash, never a clear text."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from certcenter.core import clock
from certcenter.core.masks import mask_account
from certcenter.identity.models import Account, Customer, Line, Session
from certcenter.passwords import store
from certcenter.passwords.models import Credential, CredentialKind

_SOON = timedelta(days=14)


class ExpiryState(StrEnum):
    """密碼到期狀態."""

    NONE = "none"
    """It does not expire, or not soon."""
    SOON = "soon"
    EXPIRED = "expired"
    MUST_CHANGE = "must-change"
    """Initial, or marked by staff: the next login asks for a new one."""
    UNSET = "unset"
    """There is none; reissue sets one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLine:
    """One line of the table. `account` None: the password opens all accounts."""

    kind: CredentialKind
    account: UUID | None
    line: Line | None
    branch: str
    masked: str
    #: Whether it is the password that began the session; None where that says nothing (other kinds).
    same: bool | None
    changed_at: datetime | None
    expires_at: datetime | None
    state: ExpiryState


def table(customer: Customer, *, session: str) -> list[PasswordLine]:
    """Return all passwords of a signed-in customer, by account; `session` is the binding of the one that asks."""
    found = list(Credential.objects.select_related("customer").filter(customer=customer, holder=""))
    begun = Session.objects.filter(pk=session, customer=customer).first()
    reference = _reference(found, begun)
    unified = store.is_unified(customer)
    lines = [_line(CredentialKind.NETWORK, None, found, reference)] if unified else []
    for account in Account.objects.filter(customer=customer).order_by("line", "branch", "number"):
        if not unified:
            lines.append(_line(CredentialKind.NETWORK, account, found, reference))
        if account.line == Line.FUTURES:
            lines.append(_line(CredentialKind.WITHDRAWAL, account, found, reference))
        if _row(CredentialKind.VOICE, account.pk, found):
            lines.append(_line(CredentialKind.VOICE, account, found, reference))
    if _row(CredentialKind.VOICE, None, found):
        lines.append(_line(CredentialKind.VOICE, None, found, reference))
    return lines


def futures_accounts(customer: Customer) -> list[Account]:
    """Return the accounts that have withdrawal passwords."""
    return list(Account.objects.filter(customer=customer, line=Line.FUTURES).order_by("branch", "number"))


def lines_of(customer: Customer) -> list[Line]:
    """Return the business lines in which the customer has accounts, each once: what unifying joins."""
    held = set(Account.objects.filter(customer=customer).values_list("line", flat=True))
    return [line for line in Line if line in held]


def has_withdrawal_password(customer: Customer, account: UUID) -> bool:
    """Whether there is an old one to ask for."""
    return Credential.objects.filter(
        customer=customer, kind=CredentialKind.WITHDRAWAL, account=account
    ).exists()


def _reference(found: list[Credential], begun: Session | None) -> str | None:
    """Return the hash of the password that began the session: of a row that it opened and that is as old as that."""
    for row in found:
        if begun is None or row.kind != CredentialKind.NETWORK or row.changed_at > begun.created_at:
            continue
        if begun.opened is None or str(row.account_id) in begun.opened:
            return row.hash
    return None


def _row(kind: CredentialKind, account: UUID | None, found: list[Credential]) -> Credential | None:
    return next((row for row in found if row.kind == kind and row.account_id == account), None)


def _line(
    kind: CredentialKind, account: Account | None, found: list[Credential], reference: str | None
) -> PasswordLine:
    row = _row(kind, account.pk if account else None, found)
    return PasswordLine(
        kind=kind,
        account=account.pk if account else None,
        line=Line(account.line) if account else None,
        branch=account.branch if account else "",
        masked=mask_account(account.display) if account else "",
        same=(row is not None and row.hash == reference) if kind is CredentialKind.NETWORK else None,
        changed_at=row.changed_at if row else None,
        expires_at=store.expires_at(row) if row else None,
        state=_state(row),
    )


def _state(row: Credential | None) -> ExpiryState:
    now = clock.now()
    if row is None or (row.usable_until is not None and row.usable_until <= now):
        return ExpiryState.UNSET
    if row.must_change:
        return ExpiryState.MUST_CHANGE
    end = store.expires_at(row)
    if end is None or end > now + _SOON:
        return ExpiryState.NONE
    return ExpiryState.EXPIRED if end <= now else ExpiryState.SOON
