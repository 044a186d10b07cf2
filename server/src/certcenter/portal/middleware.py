"""What happens to every request before a view sees it: reference, headers, institution, session, customer."""

import logging
from collections.abc import Callable
from typing import ClassVar

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from certcenter.core.errors import CentreError
from certcenter.core.ids import reference_number
from certcenter.core.logs import reference
from certcenter.identity.sessions import STAFF, SessionStore
from certcenter.institutions.serving import served
from certcenter.portal.site import Site, of
from certcenter.portal.views.errors import centre_error

Handler = Callable[[HttpRequest], HttpResponseBase]

log = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "font-src 'self'; "
    "media-src 'self'; "
    "connect-src 'self'; "
    "worker-src 'self'; "
    "manifest-src 'self'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; "
    "base-uri 'none'"
)
#: Nothing that a certificate centre needs; the clipboard is for serial numbers, persistence for keys is no permission.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


class RequestReference:
    """Give each request a number that stands in logs, in errors and on error pages (SPEC E10)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set `core.logs.reference` while the request lasts and `X-Reference` on the answer."""
        page = of(request)
        page.reference = reference_number()
        token = reference.set(page.reference)
        try:
            response = self.get_response(request)
        finally:
            reference.reset(token)
        response["X-Reference"] = page.reference
        return response


class SecurityHeaders:
    """A strict policy on every answer (SPEC E7): no inline script or style anywhere, nothing from elsewhere."""

    #: A view whose scripts can't run under Trusted Types (the captcha's widget) says so with this attribute.
    EXEMPT: ClassVar[str] = "without_trusted_types"
    #: A view whose page reads a phone's code with the camera says so with this attribute (SPEC A12).
    CAMERA: ClassVar[str] = "with_camera"

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the headers, and `no-store` unless the view has said how long its answer keeps."""
        response = self.get_response(request)
        policy = CONTENT_SECURITY_POLICY
        # Django's admin builds its widgets from strings; the customers' pages never do.
        if getattr(request, "place", None) is Site.INSTITUTION and not getattr(response, self.EXEMPT, False):
            policy += "; require-trusted-types-for 'script'; trusted-types 'none'"
        response.headers.setdefault("Content-Security-Policy", policy)
        permissions = PERMISSIONS_POLICY
        if getattr(response, self.CAMERA, False):
            permissions = permissions.replace("camera=()", "camera=(self)")
        response.headers.setdefault("Permissions-Policy", permissions)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class ServedInstitution:
    """Find out by the Host whose origin this is, and let that origin's own addresses answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set `place`, `institution` and the URL table; a foreign Host gets a bare 404."""
        page = of(request)
        try:
            host = request.get_host()
        except DisallowedHost:
            return HttpResponse("Bad host name\n", status=400, content_type="text/plain")
        page.institution, page.customer = served().by_host(host), None
        bare = host.rsplit(":", 1)[0]
        if page.institution is not None:
            page.place = Site.INSTITUTION
        elif bare == settings.CONFIG.staff_host:
            page.place, page.urlconf = Site.STAFF, "certcenter.backoffice.urls"
        elif bare == settings.CONFIG.index_host:
            page.place, page.urlconf = Site.INDEX, "certcenter.portal.index_urls"
        else:
            return HttpResponse("No such place\n", status=404, content_type="text/plain")
        return self.get_response(request)


class BoundSession(SessionMiddleware):
    """The session by cookie, looked up at its own institution alone (SPEC E7).

    A request that a page makes by itself (`X-Background`) keeps nobody signed in.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Open the session of the cookie; it is read when somebody asks for it."""
        page = of(request)
        page.session = SessionStore(
            request.COOKIES.get(settings.SESSION_COOKIE_NAME),
            institution=page.institution.slug if page.institution else STAFF,
            touch="X-Background" not in request.headers,
        )


class SignedInCustomer:
    """Turn the session's customer into `request.customer`, and a refusal into a page in the customer's words."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Take over the customer of the session, read with it."""
        page = of(request)
        if page.place is Site.INSTITUTION and settings.SESSION_COOKIE_NAME in request.COOKIES:
            page.customer = page.session.customer
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show a `CentreError` as a page; everything else is Django's 500 handler's."""
        return centre_error(request, exception) if isinstance(exception, CentreError) else None
