"""Users of a company: login by business ID, user code and password, their own change, their administrators (SPEC B10).

A user has a gate of its own: wrong guesses at one lock nobody else of the company. What an outsider can tell apart is
what `login` lets be told: unknown company, unknown user, user without a password, wrong and locked take the same steps.
"""

import re
from typing import Final

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record
from certcenter.core import taiwan
from certcenter.core.actor import Actor
from certcenter.core.errors import Forbidden, Invalid
from certcenter.core.events import Event
from certcenter.core.gates import Gate, GateState, State
from certcenter.core.ids import new_uuid
from certcenter.identity import queries, sessions
from certcenter.identity.models import CompanyUser, UserRole
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import Captcha, LoginMethod
from certcenter.notifications.actions import notify
from certcenter.passwords import login, sources, store
from certcenter.passwords.admission import admitted
from certcenter.passwords.errors import LoginRefused, OldPasswordWrong
from certcenter.passwords.login import SignedIn
from certcenter.passwords.models import CredentialKind

CODE: Final = re.compile(r"[A-Z0-9]{2,20}")
_KIND: Final = CredentialKind.USER


class NotReviewer(Forbidden):
    """What an administrator asked for is released by a second person whose role it is (SPEC B10)."""

    code = "not-reviewer"
    message = _("Only a checker or another administrator of your company may decide this.")


class NotAdministrator(Forbidden):
    """Only a company's administrators look after its users."""

    code = "not-administrator"
    message = _("Only an administrator of your company may do this.")


def has_users(institution: Institution) -> bool:
    """Whether companies log in by their users here (policy row `login.method`)."""
    return institution.login.method is LoginMethod.COMPANY_USER_AND_PASSWORD


def normalised(identity: str, code: str, password: str) -> tuple[str, str]:
    """Return business ID and user code in their normal forms. Raises Invalid for what can be nobody's."""
    problems: dict[str, str | Promise] = {}
    number = ""
    try:
        number = login.normalised(identity, password)
    except Invalid as invalid:
        problems.update(invalid.fields)
    narrowed = taiwan.narrow(code).upper()
    if not narrowed:
        problems["user_code"] = _("Please fill this in.")
    elif not CODE.fullmatch(narrowed):
        problems["user_code"] = _("A user code has 2 to 20 letters and digits.")
    if problems:
        raise Invalid(problems)
    return number, narrowed


@admitted
def sign_in(
    institution: Institution,
    *,
    identity: str,
    user_code: str,
    password: str,
    captcha: str,
    asked: Captcha | None = None,
    device_token: str | None,
    actor: Actor,
) -> SignedIn:
    """Log a company's user in. Raises as `login.sign_in`."""
    sources.arrive(actor.source)
    number, code = normalised(identity, user_code, password)
    with login.person(institution, captcha, asked=asked, actor=actor):
        return authenticate(
            institution, number=number, code=code, password=password, device_token=device_token, actor=actor
        )


def authenticate(
    institution: Institution, *, number: str, code: str, password: str, device_token: str | None, actor: Actor
) -> SignedIn:
    """Check a user's password, after whatever stands in for the captcha. Raises LoginRefused, Busy."""
    company = queries.by_identity(institution.slug, number)
    user = queries.company_user(company, code)
    found = store.rows(company, _KIND, holder=user.subject if user else "nobody")
    subject = user.subject if user else login.nobody(institution, f"{number}/{code}")
    arrival = login.Arrival(company, device_token=device_token, actor=actor, user=user)
    right = login.compare_at(
        login.gate_of(institution, subject),
        found=found,
        password=password,
        kind=_KIND,
        locked=lambda state: _tell_if_locked(user, subject, state, actor),
        actor=actor,
        then=arrival.record,
    )
    assert user is not None, "nobody has no row that could be right"
    store.rehash(user.customer, found, right, password)
    return arrival.signed_in(right)


def gate(user: CompanyUser) -> Gate:
    """Return the gate of one user: the same on every path (SPEC E2)."""
    return login.gate_of(serving.get(user.customer.institution), user.subject)


@admitted
def change(user: CompanyUser, *, old: str, new: str, keep_session: str, actor: Actor) -> None:
    """Change one's own password; the old one is checked under the same gate. The user's other sessions end.

    Raises admission.Crowded, OldPasswordWrong, PasswordRefused, PasswordsMoved, Busy.
    """
    company = user.customer
    try:
        login.compare_at(
            gate(user),
            found=store.rows(company, _KIND, holder=user.subject),
            password=old,
            kind=_KIND,
            locked=lambda state: _tell_if_locked(user, user.subject, state, actor),
            actor=actor,
        )
    except LoginRefused:
        raise OldPasswordWrong({"old": OldPasswordWrong.words}) from None
    prepared = store.prepare(company, new, kind=_KIND, holder=user.subject, field="new", whole=True)
    with transaction.atomic():
        store.replace([prepared])
        ended = sessions.end_all_of_user(user, keep=keep_session)
        if keep_session:
            sessions.widen(keep_session, sessions.Scope(user=user.pk))
        _record_change(user, ended, actor)
        key = f"user-password:{new_uuid()}"
        notify(Event.USER_PASSWORD_CHANGED, customer=company, details={"user": user.code}, key=key)


def set_password(user: CompanyUser, password: str, *, actor: Actor) -> None:
    """Set a user's first password (operator, demo). Raises PasswordRefused, PasswordsMoved, Busy."""
    prepared = store.prepare(user.customer, password, kind=_KIND, holder=user.subject, whole=True)
    with transaction.atomic():
        store.replace([prepared])
        _record_change(user, sessions.end_all_of_user(user), actor)


def require_administrator(user: CompanyUser | None) -> CompanyUser:
    """Return the user if it is an active administrator. Raises NotAdministrator."""
    if user is None or not user.has_role(UserRole.ADMINISTRATOR):
        raise NotAdministrator
    return user


def may_review(user: CompanyUser) -> bool:
    """Whether the user may release what an administrator asked for: checkers and administrators."""
    return user.has_role(UserRole.CHECKER, UserRole.ADMINISTRATOR)


def require_reviewer(user: CompanyUser | None) -> CompanyUser:
    """Return the user if it may release requests. Raises NotReviewer."""
    if user is None or not may_review(user):
        raise NotReviewer
    return user


def _record_change(user: CompanyUser, ended: int, actor: Actor) -> None:
    record(
        Event.USER_PASSWORD_CHANGED,
        actor=actor,
        subject=user.customer.subject,
        user=user.subject,
        sessions_ended=ended,
    )


def _tell_if_locked(user: CompanyUser | None, subject: str, state: GateState, actor: Actor) -> None:
    """Have the company told of the lock, once and with it; the same rows for a user that nobody is (SPEC E4)."""
    if state.state is State.ACTIVE:
        return
    record(Event.USER_LOCKED, actor=actor, subject=subject, hard=state.state is State.HARD_LOCKED)
    login.enqueue_lock(user.customer if user else None, user)
