"""Who may come in, by which door (SPEC E7; DESIGN, Origins).

The page comes to its institution's own host with a cookie, and each change carries the CSRF token. Programs come to the
index host, name the institution in the path and carry a bearer token; cookies are not looked at. A session belongs to
one institution: at another it is nothing.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation
from django.utils.translation import get_supported_language_variant

from certcenter.api import errors
from certcenter.core.actor import Actor, ActorKind
from certcenter.identity import sessions
from certcenter.identity.models import CompanyUser, Customer, SessionKind
from certcenter.identity.sessions import Scope, SessionStore
from certcenter.identity.visitor import actor_of
from certcenter.institutions.policy import Institution
from certcenter.institutions.serving import served
from certcenter.passwords.errors import PasswordMustChange

#: Names of the operations that a session with a due password may call.
_WHILE_DUE: Final = frozenset(
    {
        "sign_out",
        "password_table",
        "change_password",
        "unify_passwords",
        "change_user_password",
        "me",
        "policy",
    }
)
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request at an institution, before anybody has logged in."""

    request: HttpRequest
    institution: Institution
    kind: SessionKind

    @cached_property
    def origin(self) -> str:
        """The origin that the other end sees; orders and proofs name it."""
        return f"{settings.CONFIG.scheme}://{self.request.get_host()}"

    @cached_property
    def actor(self) -> Actor:
        """Nobody in particular, from this address."""
        return actor_of(self.request, institution=self.institution.slug, customer=None, session="")

    @property
    def language(self) -> str:
        """The language of the answer."""
        return translation.get_language() or settings.LANGUAGE_CODE

    @property
    def cookies(self) -> SessionStore:
        """The browser's session, which the middleware has opened for this institution."""
        return cast(SessionStore, self.request.session)


@dataclass(frozen=True, kw_only=True)
class Caller(Visit):
    """A request of a customer who is logged in."""

    customer: Customer
    session: str
    scope: Scope
    #: Who acts for a company (SPEC B10).
    user: CompanyUser | None = None

    @cached_property
    def actor(self) -> Actor:
        """The customer, or the program that acts for the customer."""
        program = self.kind is SessionKind.PROGRAM
        return actor_of(
            self.request,
            institution=self.institution.slug,
            customer=self.customer,
            session=self.session,
            kind=ActorKind.PROGRAM if program else ActorKind.CUSTOMER,
            user=self.user.pk if self.user else None,
        )


class VisitRequest(HttpRequest):
    """A request after the open door."""

    auth: Visit


class CallerRequest(HttpRequest):
    """A request after the door that asks for a session."""

    auth: Caller


class Door(Protocol):
    """Turns a request into a `Visit`, or refuses it."""

    def __call__(self, request: HttpRequest) -> Visit:
        """Let in, or raise."""


class AnyVisitor:
    """Lets everybody in; a page's change must still come from the page itself."""

    def __call__(self, request: HttpRequest) -> Visit:
        """Raise NoSuchInstitution or CsrfFailed."""
        visit = _visit(request)
        if visit.kind is SessionKind.BROWSER:
            _require_own_page(request)
        return visit


class BrowserSession:
    """The cookie of a browser's session, with the CSRF token for each change."""

    openapi_security_schema: Final = {
        "type": "apiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "The page's session. Each change carries the page's CSRF token as X-CSRFToken.",
    }

    def __call__(self, request: HttpRequest) -> Caller:
        """Raise NoSuchInstitution, CsrfFailed, SignInNeeded or PasswordMustChange."""
        visit = _visit(request)
        customer = visit.cookies.customer if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if customer is None:
            raise errors.SignInNeeded
        _require_own_page(request)
        caller = Caller(
            request=request,
            institution=visit.institution,
            kind=visit.kind,
            customer=customer,
            session=visit.cookies.binding,
            scope=visit.cookies.scope,
            user=visit.cookies.user,
        )
        _require_not_due(caller)
        return caller


class ProgramSession:
    """The bearer token of a program's session (RFC 6750 §2.1)."""

    openapi_security_schema: Final = {
        "type": "http",
        "scheme": "bearer",
        "description": "The token that POST sessions gave. It is nothing at another institution.",
    }

    def __call__(self, request: HttpRequest) -> Caller:
        """Raise NoSuchInstitution, SignInNeeded or PasswordMustChange. Without Accept-Language the customer's own language is spoken."""
        visit = _visit(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        session = (
            sessions.by_token(visit.institution.slug, token.strip()) if scheme.lower() == "bearer" else None
        )
        if session is None or session.customer is None:
            raise errors.SignInNeeded
        if "Accept-Language" not in request.headers:
            translation.activate(_supported(session.customer.locale))
        caller = Caller(
            request=request,
            institution=visit.institution,
            kind=visit.kind,
            customer=session.customer,
            session=str(session.pk),
            scope=Scope.of(session),
            user=session.user,
        )
        _require_not_due(caller)
        return caller


def _require_not_due(caller: Caller) -> None:
    """Raise PasswordMustChange where the password that began the session is due and this is not its change (SPEC B8)."""
    match = caller.request.resolver_match
    if caller.scope.must_change and (match is None or match.url_name not in _WHILE_DUE):
        raise PasswordMustChange


def _visit(request: HttpRequest) -> Visit:
    """Find the institution: in the path on the index host, by the host otherwise."""
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match else None
    at_own_host: Institution | None = getattr(request, "institution", None)
    found = at_own_host if slug is None else served().find(slug)
    if found is None or (slug is not None and at_own_host is not None):
        raise errors.NoSuchInstitution
    kind = SessionKind.BROWSER if slug is None else SessionKind.PROGRAM
    return Visit(request=request, institution=found, kind=kind)


def _supported(locale: str) -> str:
    try:
        return get_supported_language_variant(locale)
    except LookupError:
        return settings.LANGUAGE_CODE


class _CsrfCheck(CsrfViewMiddleware):
    """Django's own check, told to refuse without rendering a page."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:  # noqa: ARG002 - Django's signature
        return HttpResponse(status=403)


def _require_own_page(request: HttpRequest) -> None:
    """Raise CsrfFailed unless the request carries the token of the page's own cookie (SPEC E7)."""
    if request.method in _SAFE:
        return
    check = _CsrfCheck(lambda _request: HttpResponse())
    check.process_request(request)
    request.csrf_processing_done = False  # type: ignore[attr-defined]  # set by the middleware for exempt views
    if check.process_view(request, _nothing, (), {}) is not None:
        raise errors.CsrfFailed


def _nothing() -> HttpResponse:
    """Stand for a view that is not exempt from the check."""
    return HttpResponse()
