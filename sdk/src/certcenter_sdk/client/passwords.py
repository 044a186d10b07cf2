"""The calls of the password centre (docs/contracts.md, HTTP API): table, change, unify, voice. Data, as in `calls`."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from certcenter_sdk.client.answers import Answer
from certcenter_sdk.client.calls import Call, Signed

__all__ = [
    "LoginChange",
    "WithdrawalChange",
    "change",
    "change_login",
    "change_withdrawal",
    "choose_login_code",
    "login_code",
    "table",
    "unify",
    "verify_pin",
    "voice_table",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginChange:
    """A new login password; `sync_voice` lets the voice password follow by the keypad's table (policy)."""

    old: str = field(repr=False)
    new: str = field(repr=False)
    sync_voice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalChange:
    """A new withdrawal password of a futures account; `old` is empty where there was none (SPEC B6).

    `proof`: of the purpose `withdrawal` over a fresh nonce, signed by the customer's valid certificate.
    """

    account: UUID
    old: str = field(default="", repr=False)
    new: str = field(repr=False)
    proof: Signed = field(repr=False)


def table() -> Call[Answer]:
    """Every password of the customer: kind, account, same or not as the one that logged in, dates, state (SPEC B5).

    Also `unified`, `lines`, `voice_sync` and `must_change`.
    """
    return Call(method="GET", path="passwords", read=_as_is)


def change(
    *,
    account: UUID | None = None,
    login: LoginChange | None = None,
    withdrawal: WithdrawalChange | None = None,
) -> Call[None]:
    """Change one or both in one transaction; `account` says whose login password where each account has its own.

    Never repeated: a wrong old password counts. This session goes on, all others end. Problems: `old-password-wrong`,
    `password-refused` (fields `old`, `new`, `withdrawal_old`, `withdrawal_new`), `locked`, `hard-locked`,
    `passwords-moved`, `voice-not-synced`.
    """
    body: dict[str, Any] = {"account": account and str(account)}
    if login is not None:
        body["network"] = {"old": login.old, "new": login.new, "sync_voice": login.sync_voice}
    if withdrawal is not None:
        body["withdrawal"] = {
            "account": str(withdrawal.account),
            "old": withdrawal.old,
            "new": withdrawal.new,
            "proof": withdrawal.proof.as_json(),
        }
    return Call(method="POST", path="passwords/change", body=body, read=_nothing)


def change_login(old: str, new: str, *, account: UUID | None = None, sync_voice: bool = False) -> Call[None]:
    """Change the login password alone; see `change`."""
    return change(account=account, login=LoginChange(old=old, new=new, sync_voice=sync_voice))


def change_withdrawal(account: UUID, new: str, proof: Signed, *, old: str = "") -> Call[None]:
    """Change a futures account's withdrawal password alone; see `change`."""
    return change(withdrawal=WithdrawalChange(account=account, old=old, new=new, proof=proof))


def unify(old: str, new: str) -> Call[None]:
    """One login password for all accounts (SPEC B7). Every session ends, this one too; only a branch separates again."""
    body = {"old": old, "new": new}
    return Call(method="POST", path="passwords/unification", body=body, read=_nothing)


def login_code() -> Call[Answer]:
    """The login code (使用者代號) of the customer, `code`; empty: none."""
    return Call(method="GET", path="passwords/login-code", read=_as_is)


def choose_login_code(code: str) -> Call[None]:
    """Log in by this name instead of the ID from now on; empty: by the ID again. Problem `not-found`: policy has none."""
    return Call(
        method="PUT", path="passwords/login-code", body={"code": code}, read=_nothing, repeatable=True
    )


def voice_table() -> Call[Answer]:
    """The telephone's keypad, `keys`: digit → letters. Needs no login."""
    return Call(method="GET", path="voice/table", read=_as_is)


def verify_pin(client_id: str, client_secret: str, *, identity: str, pin: str) -> Call[Answer]:
    """Check a voice password for a telephone system, a registered program; `accounts` null: it opens all.

    Never repeated: a wrong PIN counts with the wrong passwords. Problem: `login-refused`.
    """
    body = {"client_id": client_id, "client_secret": client_secret, "identity": identity, "pin": pin}
    return Call(method="POST", path="voice/verifications", body=body, read=_as_is)


def _as_is(answer: Answer) -> Answer:
    return answer


def _nothing(_answer: Answer) -> None:
    return None
