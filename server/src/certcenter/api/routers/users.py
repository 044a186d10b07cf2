"""A company's users: the list, one's own password, another's reset under four eyes (SPEC B10)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Router, Status

from certcenter.api.doors import CallerRequest
from certcenter.api.openapi import operation
from certcenter.api.values import Input, Output, line
from certcenter.core import gates
from certcenter.core.errors import Busy, NotFound
from certcenter.core.gates import GateState, State
from certcenter.core.masks import mask_name
from certcenter.identity.approvals import AlreadyAsked, NotOpen, OwnRequest
from certcenter.identity.models import Approval, ApprovalState, CompanyUser, UserRole
from certcenter.identity.queries import CustomerFrozen
from certcenter.passwords import resets, users
from certcenter.passwords.errors import OldPasswordWrong, PasswordRefused
from certcenter.passwords.resets import OwnPassword
from certcenter.passwords.store import PasswordsMoved
from certcenter.passwords.users import NotAdministrator, NotReviewer

router = Router(tags=["users"])


class UserOut(Output):
    """A user of the company."""

    id: int
    code: str
    name: str
    """Masked."""
    roles: tuple[UserRole, ...]
    locked: bool
    """Too many wrong passwords: nobody logs in as this user."""
    mine: bool
    """It is who asks."""


class UsersOut(Output):
    """The company's active users by code."""

    users: tuple[UserOut, ...]


class ResetOut(Output):
    """A request for a new password of another user."""

    id: UUID
    user: int
    state: ApprovalState
    note: str
    mine: bool
    """It was asked by who asks now."""
    expires_at: datetime


class ResetsOut(Output):
    """The requests that wait."""

    resets: tuple[ResetOut, ...]


class ResetIn(Input):
    """Why, for the second person."""

    note: Annotated[str, line(300, least=2)]


class InitialOut(Output):
    """An initial password, shown this once."""

    password: str
    usable_until: datetime


class OwnChange(Input):
    """One's own password."""

    old: Annotated[str, line(128)]
    new: Annotated[str, line(128)]


@router.get("/users", **operation(200, UsersOut, NotFound))
def company_users(request: CallerRequest) -> UsersOut:
    """Who acts for the company; nothing where customers have no users."""
    me = _me(request)
    found = resets.users_of(me.customer)
    seen = gates.states([users.gate(each) for each in found])
    return UsersOut(users=tuple(_user(each, state, me) for each, state in zip(found, seen, strict=True)))


@router.put(
    "/users/me/password",
    **operation(204, None, NotFound, OldPasswordWrong, PasswordRefused, PasswordsMoved, Busy),
)
def change_user_password(request: CallerRequest, body: OwnChange) -> Status[None]:
    """Change one's own password; the user's other sessions end."""
    caller = request.auth
    users.change(_me(request), old=body.old, new=body.new, keep_session=caller.session, actor=caller.actor)
    return Status(204, None)


@router.get("/user-resets", **operation(200, ResetsOut, NotFound, NotReviewer))
def user_resets(request: CallerRequest) -> ResetsOut:
    """What waits for a second person, or to be handed out."""
    me = users.require_reviewer(_me(request))
    return ResetsOut(resets=tuple(_reset(each, me) for each in resets.waiting(me.customer)))


@router.post(
    "/users/{int:user}/resets",
    **operation(201, ResetOut, NotFound, NotAdministrator, OwnPassword, AlreadyAsked, CustomerFrozen),
)
def ask_user_reset(request: CallerRequest, user: int, body: ResetIn) -> Status[ResetOut]:
    """Ask for a new password for this user; a checker or another administrator releases it."""
    me = _me(request)
    asked = resets.ask(me, resets.user_of(me.customer, user), note=body.note, actor=request.auth.actor)
    return Status(201, _reset(asked, me))


@router.post(
    "/user-resets/{uuid:reset}/approval",
    **operation(200, ResetOut, NotFound, NotReviewer, OwnRequest, NotOpen),
)
def approve_user_reset(request: CallerRequest, reset: UUID) -> ResetOut:
    """Release another's request about a third user: a checker, or another administrator."""
    me = _me(request)
    approval = resets.of_company(me.customer, reset)
    resets.approve(me, approval, actor=request.auth.actor)
    return _reset(resets.of_company(me.customer, reset), me)


@router.post("/user-resets/{uuid:reset}/refusal", **operation(200, ResetOut, NotFound, NotReviewer, NotOpen))
def decline_user_reset(request: CallerRequest, reset: UUID) -> ResetOut:
    """Decline another's request, or withdraw one's own."""
    me = _me(request)
    resets.decline(me, resets.of_company(me.customer, reset), actor=request.auth.actor)
    return _reset(resets.of_company(me.customer, reset), me)


@router.post(
    "/user-resets/{uuid:reset}/password",
    **operation(201, InitialOut, NotFound, NotAdministrator, NotOpen, CustomerFrozen, PasswordsMoved, Busy),
)
def hand_out_user_password(request: CallerRequest, reset: UUID) -> Status[InitialOut]:
    """The initial password of an approved request, once, for who asked."""
    me = _me(request)
    initial = resets.hand_out(me, resets.of_company(me.customer, reset), actor=request.auth.actor)
    return Status(201, InitialOut(password=initial.secret, usable_until=initial.usable_until))


def _me(request: CallerRequest) -> CompanyUser:
    me = request.auth.user
    if me is None:
        raise NotFound
    return me


def _user(user: CompanyUser, seen: GateState, me: CompanyUser) -> UserOut:
    return UserOut(
        id=user.pk,
        code=user.code,
        name=mask_name(user.name),
        roles=tuple(UserRole(role) for role in user.roles if role in UserRole.values),
        locked=seen.state is not State.ACTIVE,
        mine=user.pk == me.pk,
    )


def _reset(approval: Approval, me: CompanyUser) -> ResetOut:
    return ResetOut(
        id=approval.pk,
        user=int(approval.target.partition(":")[2]),
        state=ApprovalState(approval.state),
        note=approval.note,
        mine=approval.asked_by == me.subject,
        expires_at=approval.expires_at,
    )
