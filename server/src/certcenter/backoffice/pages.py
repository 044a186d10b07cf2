"""Rendering a page of the back office: the portal's frame with staff's own menu."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from certcenter.backoffice.access import StaffRequest
from certcenter.backoffice.roles import Right
from certcenter.core import clock
from certcenter.identity.models import Role
from certcenter.portal import render as rendering

#: Seconds before the idle end at which the page warns.
WARNING_SECONDS = 60

#: Pages that belong to an entry without standing in the menu themselves.
_UNDER = {
    "staff-customers": ("staff-customer", "staff-operate"),
    "staff-approvals": ("staff-approval",),
}


def page(
    request: StaffRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Render `template` for a signed-in member of staff."""
    ends = request.session.idle_ends_at
    roles = dict(Role.choices)
    shared = {
        "staff": request.staff,
        "staff_roles": [roles[Role(role)] for role in request.staff.roles if role in Role.values],
        "menu": list(_menu(request)),
        "session_ends_in": int((ends - clock.now()).total_seconds()) if ends else 0,
        "session_warning": WARNING_SECONDS,
    }
    return rendering.page(request, template, {**shared, **(context or {})}, status=status)


def _menu(request: StaffRequest) -> Iterator[dict[str, Any]]:
    entries = (
        ("staff-home", _("Start"), "overview", True),
        ("staff-customers", _("Customers"), "data-check", Right.SEARCH in request.rights),
        ("staff-approvals", _("Approvals"), "security-setting", Right.APPROVE in request.rights),
        ("staff-audit", _("Audit trail"), "instructions", Right.AUDIT in request.rights),
        ("staff-colleagues", _("Staff"), "building", Role.ADMINISTRATOR in request.staff.roles),
    )
    current = request.resolver_match.url_name if request.resolver_match else ""
    for name, label, icon, allowed in entries:
        if allowed:
            here = name == current or current in _UNDER.get(name, ())
            yield {"url": reverse(name), "label": label, "icon": icon, "current": here}
    yield {
        "url": reverse("staff-logout"),
        "label": _("Sign out"),
        "icon": "logout",
        "post": True,
        "parted": True,
    }
