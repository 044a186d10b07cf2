"""Staff sign in and out; the start page; colleagues whose login is locked."""

import json
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certcenter.audit.actions import record
from certcenter.backoffice import login as logins
from certcenter.backoffice.access import StaffRequest, actor_of, begin, institutions_of, signed_in, staff_page
from certcenter.backoffice.errors import RoleMissing
from certcenter.backoffice.forms import StaffLoginForm
from certcenter.backoffice.pages import page
from certcenter.core import clock, gates
from certcenter.core.errors import CentreError
from certcenter.core.events import Event
from certcenter.core.gates import State
from certcenter.identity.models import Role, Staff
from certcenter.passwords import captcha
from certcenter.portal import render as rendering

_ANCHORS = {"staff-login-refused": "id_username", "captcha-refused": "captcha"}


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """User name, password and captcha. One answer for everything that is wrong with them (SPEC E4)."""
    if request.method != "POST" and signed_in(request) is not None:
        return redirect("staff-home")
    form = StaffLoginForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST":
        if form.is_valid():
            try:
                staff = logins.sign_in(
                    username=form.cleaned_data["username"],
                    password=form.cleaned_data["password"],
                    captcha=request.POST.get("captcha", ""),
                    actor=actor_of(request),
                )
            except CentreError as error:
                context |= rendering.refusal(error, anchors=_ANCHORS)
            else:
                begin(request, staff)
                return redirect("staff-home")
        else:
            context["problems"] = form.problems
    context["work"] = json.dumps(captcha.new_challenge(logins.DOOR).work)
    status = 422 if "problems" in context else 200
    return rendering.page(request, "backoffice/login.html", context, script="login", status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the session."""
    staff = signed_in(request)
    if staff is not None:
        request.staff = staff  # type: ignore[attr-defined] # as the decorator of staff's pages sets it
        with transaction.atomic():
            record(Event.STAFF_SIGNED_OUT, actor=actor_of(request), subject=f"staff:{staff.pk}")
    request.session.flush()
    return redirect("staff-signed-out")


@require_POST
@staff_page()
def extend(request: StaffRequest) -> HttpResponse:
    """Move the idle end because the person asked for it; the session's own rule did it on the way here."""
    ends = request.session.idle_ends_at
    return JsonResponse({"ends_in": int((ends - clock.now()).total_seconds()) if ends else 0})


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """After signing out, or after the idle time."""
    return rendering.page(request, "backoffice/signed_out.html", {"idle": "idle" in request.GET})


@require_safe
@staff_page()
def home(request: StaffRequest) -> HttpResponse:
    """What this member of staff can do, and for whom."""
    return page(request, "backoffice/home.html", {"houses": institutions_of(request.staff)})


@require_safe
@staff_page()
def colleagues(request: StaffRequest) -> HttpResponse:
    """All staff that this administrator looks after, with the state of their logins."""
    roles = dict(Role.choices)
    found = list(_colleagues(request)[:200])
    seen = gates.states([logins.gate(f"staff:{each.pk}") for each in found])
    lines = [
        {
            "staff": each,
            "roles": [roles[Role(role)] for role in each.roles if role in Role.values],
            "locked": now.state is not State.ACTIVE,
        }
        for each, now in zip(found, seen, strict=True)
    ]
    return page(request, "backoffice/colleagues.html", {"lines": lines})


@require_POST
@staff_page()
def unlock(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Unlock a colleague's login, never one's own."""
    colleague = get_object_or_404(_colleagues(request).exclude(pk=request.staff.pk), pk=staff_id)
    logins.unlock(colleague, actor=actor_of(request))
    messages.success(request, _("The login is unlocked."), extra_tags="ok")
    return redirect("staff-colleagues")


def _colleagues(request: StaffRequest) -> Any:
    if not request.staff.has_role(Role.ADMINISTRATOR):
        raise RoleMissing
    everybody = Staff.objects.order_by("username")
    return everybody.filter(institution=request.staff.institution) if request.staff.institution else everybody
