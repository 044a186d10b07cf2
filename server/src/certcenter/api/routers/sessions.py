"""Logging in and out (SPEC E1, E2, E4, E7)."""

from datetime import datetime
from typing import Annotated, Any, Self

from django.conf import settings
from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from certcenter.api.doors import AnyVisitor, CallerRequest, Visit, VisitRequest
from certcenter.api.openapi import operation
from certcenter.api.values import Base64url, Input, Output, form, line
from certcenter.core.errors import Invalid
from certcenter.identity import sessions
from certcenter.identity.models import SessionKind
from certcenter.identity.visitor import device_cookie
from certcenter.institutions.vocabulary import Captcha
from certcenter.passwords import captcha as captchas
from certcenter.passwords import clients, login, users
from certcenter.passwords.errors import CaptchaRefused, ClientRefused, LoginRefused, LoginTooOften

router = Router(tags=["sessions"])

_YEAR = 365 * 24 * 3600


class CaptchaOut(Output):
    """A fresh challenge. Its answer goes into `captcha` of POST sessions, once."""

    kind: Captcha
    expires_at: datetime
    work: dict[str, Any] | None
    """altcha's challenge as it is; the answer is the widget's base64 payload."""
    token: str | None
    """A picture's token; the answer is `image:<token>:<letters>`."""
    image: Annotated[bytes, Base64url(most=65536)] | None
    """The picture, PNG."""


class SoundOut(Output):
    """A picture's letters, spoken: for people who can't see it."""

    sound: Annotated[bytes, Base64url(most=524_288)]
    """WAV."""


class SignIn(Input):
    """ID and password, with a captcha's answer or with a registered program's own credential."""

    identity: Annotated[str, line(32)]
    user_code: Annotated[str, line(40)] | None = None
    """Where companies log in by their users (`login.method` of the policy)."""
    password: Annotated[str, line(128)]
    captcha: Annotated[str, line(8192, least=0)] = ""
    client_id: Annotated[str, line(200)] | None = None
    client_secret: Annotated[str, line(200)] | None = None
    device_token: Annotated[str, line(200)] | None = None
    """What an earlier login gave to this program: it is then no new device. Browsers have a cookie for it."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise PydanticCustomError("missing", "client_id and client_secret belong together")
        return self


class SessionOut(Output):
    """A session has begun. A browser has it in a cookie, a program in `token`, shown this once."""

    token: str | None
    device_token: str | None
    expires_at: datetime
    new_device: bool
    must_change: bool
    """The password is an initial one and must be changed."""


@router.get("/captcha", auth=AnyVisitor(), **operation(200, CaptchaOut, is_open=True))
def captcha(request: VisitRequest) -> CaptchaOut:
    """A challenge of the kind that the institution asks for at login."""
    challenge = captchas.new_challenge(request.auth.institution)
    return CaptchaOut(
        kind=challenge.kind,
        expires_at=challenge.expires_at,
        work=challenge.work,
        token=challenge.token or None,
        image=challenge.png or None,
    )


@router.get(
    "/captcha/sound",
    auth=AnyVisitor(),
    **operation(200, SoundOut, CaptchaRefused, is_open=True),
)
def captcha_sound(
    request: VisitRequest,
    token: Annotated[
        str, form(r"^[0-9A-Za-z_-]{1,400}$", 400), Query(description="The picture's, from GET captcha.")
    ],
) -> SoundOut:
    """The letters of a picture, spoken, as the login page offers them beside it."""
    return SoundOut(sound=captchas.sound(request.auth.institution, token))


@router.post(
    "/sessions",
    auth=AnyVisitor(),
    **operation(
        201, SessionOut, Invalid, CaptchaRefused, ClientRefused, LoginRefused, LoginTooOften, is_open=True
    ),
)
def sign_in(request: VisitRequest, response: HttpResponse, body: SignIn) -> Status[SessionOut]:
    """Log in. One answer for unknown, locked and wrong (SPEC E4)."""
    visit = request.auth
    done = _authenticated(visit, body)
    if visit.kind is SessionKind.BROWSER:
        visit.cookies.sign_in(done.customer, done.scope)
        _remember_device(response, done.device_token)
        return Status(201, _begun(done, visit.cookies.idle_ends_at))
    token, session = sessions.open_program_session(done.customer, actor=visit.actor, scope=done.scope)
    return Status(201, _begun(done, session.absolute_ends_at, token=token))


@router.delete("/sessions/current", **operation(204, None))
def sign_out(request: CallerRequest) -> Status[None]:
    """Log out: this session ends at once."""
    caller = request.auth
    sessions.close(caller.session, customer=caller.customer, actor=caller.actor)
    if caller.kind is SessionKind.BROWSER:
        caller.cookies.flush()
    return Status(204, None)


def _authenticated(visit: Visit, body: SignIn) -> login.SignedIn:
    device = body.device_token
    if visit.kind is SessionKind.BROWSER:
        device = visit.request.COOKIES.get(device_cookie())
    if body.client_id is not None and body.client_secret is not None:
        return clients.sign_in(
            visit.institution,
            client_id=body.client_id,
            client_secret=body.client_secret,
            identity=body.identity,
            user_code=body.user_code,
            password=body.password,
            device_token=device,
            actor=visit.actor,
        )
    if users.has_users(visit.institution):
        return users.sign_in(
            visit.institution,
            identity=body.identity,
            user_code=body.user_code or "",
            password=body.password,
            captcha=body.captcha,
            device_token=device,
            actor=visit.actor,
        )
    return login.sign_in(
        visit.institution,
        identity=body.identity,
        password=body.password,
        captcha=body.captcha,
        device_token=device,
        actor=visit.actor,
    )


def _begun(done: login.SignedIn, expires_at: datetime | None, *, token: str | None = None) -> SessionOut:
    assert expires_at is not None, "a session that was just begun has an end"
    return SessionOut(
        token=token,
        device_token=done.device_token if token else None,
        expires_at=expires_at,
        new_device=done.new_device,
        must_change=done.must_change,
    )


def _remember_device(response: HttpResponse, token: str) -> None:
    response.set_cookie(
        device_cookie(),
        token,
        max_age=_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
