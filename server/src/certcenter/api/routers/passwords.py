"""The password centre for programs: the table, change, unify, the voice table and the telephone system (SPEC B4–B7)."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from ninja import Router, Status
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from certcenter.api.doors import AnyVisitor, Caller, CallerRequest, VisitRequest
from certcenter.api.openapi import operation
from certcenter.api.signed import Signed
from certcenter.api.values import Input, Output, line
from certcenter.certificates.proving import by_certificate
from certcenter.core.errors import Conflict, Invalid, NotFound
from certcenter.core.gates import GateHardLocked, GateLocked
from certcenter.identity.models import Line
from certcenter.passwords import change, codes, queries, store, voice
from certcenter.passwords.errors import (
    ClientRefused,
    LoginRefused,
    OldPasswordWrong,
    PasswordRefused,
    VoiceNotSynced,
)
from certcenter.passwords.models import CredentialKind
from certcenter.passwords.queries import ExpiryState
from certcenter.passwords.store import PasswordsMoved
from certcenter.proof.errors import NonceRefused, ProofRefused
from certcenter_sdk.proofs import Purpose

router = Router(tags=["passwords"])

Password = Annotated[str, line(128)]


class PasswordLineOut(Output):
    """One password, as manual M2's table shows it. `account` null: it opens all accounts."""

    kind: CredentialKind
    account: UUID | None
    line: Line | None
    branch: str
    """The branch's code; empty where the password opens all accounts."""
    branch_name: str
    """Its name; the code where policy has none."""
    masked: str
    same: bool | None
    """Whether it is the password that logged in here; null for other kinds."""
    changed_at: datetime | None
    expires_at: datetime | None
    state: ExpiryState


class PasswordTableOut(Output):
    """All passwords of the customer."""

    unified: bool
    lines: tuple[Line, ...]
    """The business lines that unifying joins."""
    voice_sync: bool
    """Whether the voice password can follow (policy)."""
    must_change: bool
    """Nothing else is allowed in this session until the login password is changed."""
    passwords: tuple[PasswordLineOut, ...]


class LoginChangeIn(Input):
    """A new login password: of all accounts where unified, of `account` where separate."""

    old: Password
    new: Password
    sync_voice: bool = False


class WithdrawalChangeIn(Input):
    """A new withdrawal password of a futures account, signed for by the customer's certificate."""

    account: UUID
    old: Annotated[str, line(128, least=0)] = ""
    """Empty where there was none."""
    new: Password
    proof: Signed
    """Of the purpose `withdrawal`."""


class ChangeIn(Input):
    """One or both passwords; all of it is done or nothing."""

    account: UUID | None = None
    network: LoginChangeIn | None = None
    withdrawal: WithdrawalChangeIn | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.network is None and self.withdrawal is None:
            raise PydanticCustomError("missing", "network or withdrawal is needed")
        return self


class UnifyIn(Input):
    """One new login password for all accounts."""

    old: Password
    """Any account's present one."""
    new: Password


class LoginCodeIn(Input):
    """A name of one's own to log in with; empty: the ID logs in again."""

    code: Annotated[str, line(32, least=0)]


class LoginCodeOut(Output):
    """The customer's own code; empty: none."""

    code: str


class VoiceTableOut(Output):
    """The telephone's keypad: digit → capital letters (ITU-T E.161)."""

    keys: dict[str, str]


class PinIn(Input):
    """What a caller has dialled, from the institution's telephone system."""

    client_id: Annotated[str, line(200)]
    client_secret: Annotated[str, line(200)]
    identity: Annotated[str, line(32)]
    pin: Password


class PinOut(Output):
    """The PIN is right. `accounts` null: it opens all."""

    accounts: tuple[UUID, ...] | None


@router.get("/passwords", **operation(200, PasswordTableOut))
def password_table(request: CallerRequest) -> PasswordTableOut:
    """All passwords of the customer: never their text, only how they stand."""
    caller = request.auth
    return PasswordTableOut(
        unified=store.is_unified(caller.customer),
        lines=tuple(queries.lines_of(caller.customer)),
        voice_sync=caller.institution.passwords.voice_sync,
        must_change=caller.scope.must_change,
        passwords=tuple(
            PasswordLineOut(
                kind=each.kind,
                account=each.account,
                line=each.line,
                branch=each.branch,
                branch_name=caller.institution.branch_name(each.branch).get(caller.language)
                if each.branch
                else "",
                masked=each.masked,
                same=each.same,
                changed_at=each.changed_at,
                expires_at=each.expires_at,
                state=each.state,
            )
            for each in queries.table(caller.customer, session=caller.session)
        ),
    )


@router.post(
    "/passwords/change",
    **operation(
        204, None, OldPasswordWrong, PasswordRefused, VoiceNotSynced, NotFound, ProofRefused, NonceRefused,
        PasswordsMoved, GateLocked, GateHardLocked,
    ),
)  # fmt: skip
def change_password(request: CallerRequest, body: ChangeIn) -> Status[None]:
    """Change one or both. This session goes on, all others end."""
    caller = request.auth
    change.change(
        caller.customer,
        scope=caller.scope,
        account=body.account,
        network=_network(body.network),
        withdrawal=_withdrawal(caller, body.withdrawal),
        actor=caller.actor,
    )
    return Status(204, None)


@router.post(
    "/passwords/unification",
    **operation(
        204, None, OldPasswordWrong, PasswordRefused, Conflict, PasswordsMoved, GateLocked, GateHardLocked
    ),
)
def unify_passwords(request: CallerRequest, body: UnifyIn) -> Status[None]:
    """One login password for all accounts; only a branch separates them again. All sessions end: log in anew."""
    caller = request.auth
    change.unify(caller.customer, old=body.old, new=body.new, actor=caller.actor)
    return Status(204, None)


@router.get("/passwords/login-code", **operation(200, LoginCodeOut))
def login_code(request: CallerRequest) -> LoginCodeOut:
    """The login code (使用者代號) of the customer."""
    return LoginCodeOut(code=codes.current(request.auth.customer))


@router.put("/passwords/login-code", **operation(204, None, Invalid, NotFound))
def choose_login_code(request: CallerRequest, body: LoginCodeIn) -> Status[None]:
    """Choose, change or give up the login code; with one, the ID opens nothing. 404 where policy has none."""
    codes.choose(request.auth.customer, body.code, actor=request.auth.actor)
    return Status(204, None)


@router.get("/voice/table", auth=AnyVisitor(), **operation(200, VoiceTableOut, is_open=True))
def voice_table(request: VisitRequest) -> VoiceTableOut:  # noqa: ARG001 - the same for everybody
    """How letters are dialled."""
    return VoiceTableOut(keys=voice.KEYPAD)


@router.post(
    "/voice/verifications",
    auth=AnyVisitor(),
    **operation(200, PinOut, Invalid, ClientRefused, LoginRefused, is_open=True),
)
def verify_pin(request: VisitRequest, body: PinIn) -> PinOut:
    """Check a voice password. The lock is the login's; one answer for unknown, locked and wrong (SPEC E2, E4)."""
    visit = request.auth
    done = voice.verify_pin(
        visit.institution,
        client_id=body.client_id,
        client_secret=body.client_secret,
        identity=body.identity,
        pin=body.pin,
        actor=visit.actor,
    )
    return PinOut(accounts=done.opened)


def _network(wanted: LoginChangeIn | None) -> change.LoginChange | None:
    if wanted is None:
        return None
    return change.LoginChange(old=wanted.old, new=wanted.new, sync_voice=wanted.sync_voice)


def _withdrawal(caller: Caller, wanted: WithdrawalChangeIn | None) -> change.WithdrawalChange | None:
    if wanted is None:
        return None
    proven = by_certificate(
        caller.customer, purpose=Purpose.WITHDRAWAL, proof=wanted.proof.at(caller), session=caller.session
    )
    return change.WithdrawalChange(account=wanted.account, old=wanted.old, new=wanted.new, proven=proven)
