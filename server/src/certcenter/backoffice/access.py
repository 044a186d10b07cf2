"""Who is signed in on the staff's site, and who may open a page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from certcenter.audit.actions import record_refusal
from certcenter.backoffice.errors import RoleMissing
from certcenter.backoffice.roles import Right, rights_of
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.events import Event
from certcenter.identity.models import Staff
from certcenter.identity.visitor import client_address
from certcenter.institutions.policy import Institution
from certcenter.institutions.serving import served
from certcenter.portal.site import PageRequest, of

P = ParamSpec("P")


class StaffRequest(PageRequest):
    """A request of a signed-in member of staff."""

    staff: Staff
    rights: frozenset[Right]


def staff_page(
    *rights: Right,
) -> Callable[
    [Callable[Concatenate[StaffRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """A page for staff with all of `rights`; everybody else signs in first, or is refused and that is noted."""

    def decorate(
        view: Callable[Concatenate[StaffRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            staff = signed_in(request)
            if staff is None:
                return HttpResponseRedirect(reverse("staff-login"))
            page = cast(StaffRequest, request)
            page.staff, page.rights = staff, rights_of(staff.roles)
            require(page, *rights)
            return view(page, *args, **kwargs)

        return wrapped

    return decorate


def require(request: StaffRequest, *rights: Right) -> None:
    """Raise RoleMissing, noted in the audit, unless the member of staff has all of `rights`."""
    missing = [right for right in rights if right not in request.rights]
    if missing:
        record_refusal(
            Event.STAFF_REFUSED,
            actor=actor_of(request),
            subject=f"staff:{request.staff.pk}",
            reason=RoleMissing.code,
            right=missing[0].value,
        )
        raise RoleMissing


def begin(request: HttpRequest, staff: Staff) -> None:
    """Begin a session for `staff` under a new key (SPEC E7)."""
    session = of(request).session
    session.flush()
    session.create()
    session[SESSION_KEY] = str(staff.pk)
    session[HASH_SESSION_KEY] = staff.get_session_auth_hash()


def signed_in(request: HttpRequest) -> Staff | None:
    """Return the session's member of staff: still active, and with the password that it began with."""
    session = of(request).session
    number = session.get(SESSION_KEY, "")
    if not str(number).isdigit():
        return None
    staff = Staff.objects.filter(pk=int(number), is_active=True).first()
    if staff is None:
        return None
    known = str(session.get(HASH_SESSION_KEY, ""))
    return staff if constant_time_compare(known, staff.get_session_auth_hash()) else None


def actor_of(request: HttpRequest, *, institution: str | None = None) -> Actor:
    """Who acts: the member of staff, or somebody at the login page."""
    staff: Staff | None = getattr(request, "staff", None)
    return Actor(
        kind=ActorKind.STAFF if staff else ActorKind.ANONYMOUS,
        institution=institution or (staff.institution if staff else "") or None,
        id=str(staff.pk) if staff else "",
        address=client_address(request),
        session=of(request).session.binding if staff else "",
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:200],
    )


def institutions_of(staff: Staff) -> list[Institution]:
    """Return the institutions whose customers this member of staff looks after: one, or all."""
    return [each for each in served().all() if staff.institution in ("", each.slug)]
