"""Customers: search, page, and what can be done, each with a reason."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from certcenter.audit.actions import record
from certcenter.backoffice import queries
from certcenter.backoffice.access import StaffRequest, actor_of, institutions_of, require, staff_page
from certcenter.backoffice.forms import SearchForm
from certcenter.backoffice.operations import OPERATIONS, Operation, offered
from certcenter.backoffice.pages import page
from certcenter.backoffice.roles import Right
from certcenter.core import clock
from certcenter.core.errors import CentreError, NotFound
from certcenter.core.events import Event
from certcenter.core.masks import mask_identity, mask_name
from certcenter.identity.models import Customer, Line
from certcenter.institutions import rules, serving
from certcenter.institutions.policy import Institution
from certcenter.portal import render as rendering


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.SEARCH)
def search(request: StaffRequest) -> HttpResponse:
    """Look for customers; the list is masked whoever looks."""
    language = get_language() or "zh-hant"
    form = SearchForm(_posted(request), institutions=institutions_of(request.staff), language=language)
    context = {"form": form, "searched": False}
    if request.method == "POST":
        if form.is_valid():
            given = form.cleaned_data
            lines, more = queries.search(given["institution"], given["query"], after=given["after"] or 0)
            context |= {
                "searched": True,
                "lines": lines,
                "after": lines[-1].id if more else 0,
                "given": given,
            }
        else:
            context["problems"] = form.problems
    return page(request, "backoffice/search.html", context, status=422 if "problems" in context else 200)


@require_safe
@staff_page(Right.SEARCH)
def customer(request: StaffRequest, customer_id: int) -> HttpResponse:
    """One customer; looking is noted, for it is personal data."""
    found = queries.customer_of(request.staff, customer_id)
    seen = queries.customer_page(found, request.rights)
    with transaction.atomic():
        record(
            Event.CUSTOMER_VIEWED,
            actor=actor_of(request, institution=found.institution),
            subject=found.subject,
            clear=Right.SEE_CLEAR in request.rights,
        )
    context = {
        "seen": seen,
        "operations": offered(request.rights, seen.situation),
        "lines": dict(Line.choices),
    }
    return page(request, "backoffice/customer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.SEARCH)
def operate(request: StaffRequest, customer_id: int, name: str) -> HttpResponse:
    """Ask for the reason, then do it. Whether it may be done now is the action's to say."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise NotFound
    require(request, operation.right)
    found = queries.customer_of(request.staff, customer_id)
    form = operation.form(_posted(request), customer=found, hint=operation.hint)
    context = {
        "seen": queries.customer_page(found, request.rights),
        "operation": operation,
        "form": form,
        "closed": _closed(operation, serving.get(found.institution)),
    }
    if request.method == "POST":
        if form.is_valid():
            try:
                actor = actor_of(request, institution=found.institution)
                result = operation.run(found, actor=actor, **form.given())
            except CentreError as error:
                rendering.at_fields(form, error)
                context |= rendering.refusal(error)
            else:
                if operation.result:
                    return page(request, operation.result, context | _handed(found, result))
                messages.success(request, str(operation.done), extra_tags="ok")
                return redirect("staff-customer", customer_id=found.pk)
        else:
            context["problems"] = form.problems
    return page(request, "backoffice/operate.html", context, status=422 if "problems" in context else 200)


def _closed(operation: Operation, house: Institution) -> str:
    """When the operation's counter opens, where it is closed now: said before anything is filled in."""
    hours = operation.hours(house)
    if hours is None or rules.is_open(house, hours, now=clock.now()):
        return ""
    open_ = {"opens": f"{hours.opens:%H:%M}", "closes": f"{hours.closes:%H:%M}"}
    return _("It can be done on business days from %(opens)s to %(closes)s, on Taipei's clock.") % open_


def _posted(request: StaffRequest) -> Any:
    """An empty form that was sent is still a form that was sent."""
    return request.POST if request.method == "POST" else None


def _handed(customer: Customer, result: object) -> dict[str, Any]:
    """What a paper for the customer shows: masked, for papers get lost."""
    return {
        "result": result,
        "house": serving.get(customer.institution),
        "masked_name": mask_name(customer.name),
        "masked_identity": mask_identity(customer.national_id),
    }
