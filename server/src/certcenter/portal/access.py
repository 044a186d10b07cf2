"""Who may open a page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from certcenter.core.errors import NotFound
from certcenter.portal.site import CustomerRequest, InstitutionRequest, of

P = ParamSpec("P")
#: The fetch metadata and method under which a page may be returned to after login.
_SAFE = ("GET", "HEAD")


def institution_page(
    view: Callable[Concatenate[InstitutionRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page that exists on an institution's host only."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if of(request).institution is None:
            raise NotFound
        return view(cast(InstitutionRequest, request), *args, **kwargs)

    return wrapped


def customer_page(
    view: Callable[Concatenate[CustomerRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page for a signed-in customer; everybody else is asked to sign in first and comes back.

    Whose password is due is sent to its change instead (SPEC B8).
    """

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        page = of(request)
        if page.institution is not None and page.customer is not None and page.session.scope.must_change:
            own = (
                page.session.user is not None
            )  # a company's user has a password of his or her own (SPEC B10)
            return HttpResponseRedirect(reverse("own-password" if own else "password-change"))
        return due_password_page(view)(request, *args, **kwargs)

    return wrapped


def due_password_page(
    view: Callable[Concatenate[CustomerRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A customer page that is open also while the password must be changed: its change, and leaving."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if of(request).institution is None:
            raise NotFound
        if of(request).customer is None:
            return _to_login(request)
        return view(cast(CustomerRequest, request), *args, **kwargs)

    return wrapped


def _to_login(request: HttpRequest) -> HttpResponseRedirect:
    """The login page, told where to return to, and whether a session has ended meanwhile."""
    query = {"next": request.get_full_path() if request.method in _SAFE else _page_of_form(request)}
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        query["ended"] = "1"
    return HttpResponseRedirect(f"{reverse('login')}?{urlencode(query)}")


def _page_of_form(request: HttpRequest) -> str:
    """The path of the page whose form was sent, empty where the browser doesn't say; login follows no other host."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    return referrer.path if referrer.netloc == request.get_host() else ""
