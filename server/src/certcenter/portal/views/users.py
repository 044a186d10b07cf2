"""A company's users: who they are, one's own password, and another's reset under four eyes (SPEC B10)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from certcenter.core import clock, gates
from certcenter.core.errors import CentreError, NotFound
from certcenter.core.gates import GateState, State
from certcenter.core.masks import mask_name
from certcenter.identity.models import Approval, ApprovalState, CompanyUser, Customer, UserRole
from certcenter.institutions.vocabulary import Function
from certcenter.passwords import resets, users
from certcenter.portal import menu
from certcenter.portal import render as rendering
from certcenter.portal.access import customer_page, due_password_page
from certcenter.portal.forms import OwnPasswordForm, ResetForm
from certcenter.portal.site import CustomerRequest, actor_of


@require_safe
@customer_page
def people(request: CustomerRequest) -> HttpResponse:
    """List the users, and what waits for a second person."""
    me = _me(request)
    menu.require(request.institution, Function.USERS)
    found = resets.users_of(request.customer)
    seen = gates.states([users.gate(each) for each in found])
    context = {
        "lines": [_line(each, state, me) for each, state in zip(found, seen, strict=True)],
        "waiting": _waiting(me) if users.may_review(me) else [],
        "administrator": me.has_role(UserRole.ADMINISTRATOR),
    }
    return rendering.page(request, "portal/users.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def reset(request: CustomerRequest, user_id: int) -> HttpResponse:
    """Ask for a new initial password for another user."""
    me = users.require_administrator(_me(request))
    target = resets.user_of(request.customer, user_id)
    form = ResetForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "target": target, "name": mask_name(target.name)}
    if request.method == "POST":
        if form.is_valid():
            try:
                resets.ask(me, target, note=form.cleaned_data["note"], actor=actor_of(request))
            except CentreError as error:
                context |= rendering.refusal(error)
            else:
                messages.success(
                    request, _("A checker or another administrator of your company has to approve it now.")
                )
                return redirect("users")
        else:
            context["problems"] = form.problems
    return rendering.page(request, "portal/user_reset.html", context, status=_status(context))


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def decide(request: CustomerRequest, approval_id: UUID) -> HttpResponse:
    """Approve, decline or withdraw a reset; who asked is shown the initial password, once."""
    me = users.require_reviewer(_me(request))
    approval = resets.of_company(request.customer, approval_id)
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _decided(request, me, approval)
        except CentreError as error:
            context = rendering.refusal(error)
            approval.refresh_from_db()
    context |= _request(approval, me, _everybody(request.customer))
    return rendering.page(request, "portal/user_request.html", context, status=_status(context))


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@due_password_page
def own_password(request: CustomerRequest) -> HttpResponse:
    """Change one's own password; after an initial one nothing else is possible (SPEC B8)."""
    me = _me(request)
    form = OwnPasswordForm(
        request.POST if request.method == "POST" else None, institution=request.institution
    )
    context: dict[str, Any] = {"form": form, "due": request.session.scope.must_change}
    if request.method == "POST":
        if form.is_valid():
            try:
                users.change(
                    me,
                    old=form.cleaned_data["old"],
                    new=form.cleaned_data["new"],
                    keep_session=request.session.binding,
                    actor=actor_of(request),
                )
            except CentreError as error:
                context |= rendering.refusal(error)
            else:
                request.session.step_up()
                messages.success(request, _("Your password is changed."))
                return redirect("overview")
        else:
            context["problems"] = form.problems
    return rendering.page(request, "portal/own_password.html", context, status=_status(context))


def _me(request: CustomerRequest) -> CompanyUser:
    """Return who acts. Raises NotFound where customers have no users."""
    me = request.session.user
    if me is None:
        raise NotFound
    return me


def _decided(request: CustomerRequest, me: CompanyUser, approval: Approval) -> HttpResponse:
    actor = actor_of(request)
    if "hand-out" in request.POST:
        initial = resets.hand_out(me, approval, actor=actor)
        return rendering.page(request, "portal/user_initial.html", {"initial": initial})
    if "approve" in request.POST:
        resets.approve(me, approval, actor=actor)
        messages.success(request, _("Approved. Who asked can show the initial password now, once."))
    else:
        resets.decline(me, approval, actor=actor)
        messages.success(request, _("The request is closed; nothing was changed."))
    return redirect("users")


def _line(user: CompanyUser, seen: GateState, me: CompanyUser) -> dict[str, Any]:
    roles = dict(UserRole.choices)
    return {
        "user": user,
        "name": mask_name(user.name),
        "roles": [roles[UserRole(role)] for role in user.roles if role in UserRole.values],
        "lock": seen.state is not State.ACTIVE,
        "own": user.pk == me.pk,
    }


def _waiting(me: CompanyUser) -> list[dict[str, Any]]:
    everybody = _everybody(me.customer)
    return [_request(each, me, everybody) for each in resets.waiting(me.customer)]


def _everybody(company: Customer) -> dict[str, CompanyUser]:
    """All users by the name that requests call them, those among them who have left since."""
    return {each.subject: each for each in CompanyUser.objects.filter(customer=company)}


def _request(approval: Approval, me: CompanyUser, everybody: dict[str, CompanyUser]) -> dict[str, Any]:
    target, asker = everybody[approval.target], everybody[approval.asked_by]
    live = approval.expires_at > clock.now()
    own = approval.asked_by == me.subject
    return {
        "approval": approval,
        "target": target,
        "name": mask_name(target.name),
        "asker": asker.code,
        "own": own,
        "left": target.disabled_at is not None,
        "mine_to_decide": live and not own and target.pk != me.pk and approval.state == ApprovalState.OPEN,
        "mine_to_withdraw": live and own and approval.state == ApprovalState.OPEN,
        "mine_to_show": live and own and approval.state == ApprovalState.APPROVED,
    }


def _status(context: dict[str, Any]) -> int:
    return 422 if "problems" in context else 200
