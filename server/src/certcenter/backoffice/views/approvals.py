"""Four eyes: what waits, and one request to be compared with the papers and decided (SPEC D5)."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from certcenter.backoffice import approvals
from certcenter.backoffice.access import StaffRequest, actor_of, staff_page
from certcenter.backoffice.pages import page
from certcenter.backoffice.roles import Right
from certcenter.core import clock
from certcenter.core.errors import CentreError
from certcenter.core.masks import mask_identity, mask_name
from certcenter.identity import approvals as four_eyes
from certcenter.identity.models import Approval, ApprovalKind, ApprovalState, Staff
from certcenter.institutions import serving
from certcenter.passwords.initial import Initial
from certcenter.portal import render as rendering


@require_safe
@staff_page(Right.APPROVE)
def waiting(request: StaffRequest) -> HttpResponse:
    """List what waits, the eldest first."""
    lines = [
        {
            "approval": each,
            "matter": approvals.MATTERS[ApprovalKind(each.kind)],
            "name": mask_name(each.customer.name),
            "own": each.asked_by == approvals.name_of(request.staff),
        }
        for each in approvals.waiting(request.staff)
    ]
    return page(request, "backoffice/approvals.html", {"lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(Right.APPROVE)
def decide(request: StaffRequest, approval_id: UUID) -> HttpResponse:
    """Show one request; approve or decline a colleague's, withdraw one's own."""
    approval = approvals.of_staff(request.staff, approval_id)
    context = {}
    if request.method == "POST":
        try:
            return _decided(request, approval)
        except CentreError as error:
            context = rendering.refusal(error)
            approval.refresh_from_db()
    own = approval.asked_by == approvals.name_of(request.staff)
    live = approval.expires_at > clock.now()
    context |= {
        "approval": approval,
        "matter": approvals.MATTERS[ApprovalKind(approval.kind)],
        "lines": approvals.MATTERS[ApprovalKind(approval.kind)].lines(approval),
        "own": own,
        "open": live and approval.state == ApprovalState.OPEN,
        "usable": live and own and approval.state == ApprovalState.APPROVED,
        "asker": _name(approval.asked_by),
        "decider": _name(approval.decided_by),
    }
    return page(request, "backoffice/approval.html", context, status=422 if "problems" in context else 200)


def _decided(request: StaffRequest, approval: Approval) -> HttpResponse:
    actor = actor_of(request, institution=approval.customer.institution)
    if "print" in request.POST:
        return _slip(request, approval, approvals.print_slip(approval, by=request.staff, actor=actor))
    if "approve" in request.POST:
        approvals.approve(approval, by=request.staff, actor=actor)
        messages.success(request, _("Approved."), extra_tags="ok")
    else:
        note = request.POST.get("note", "").strip()[:300]
        four_eyes.decline(approval, note=note, by=approvals.name_of(request.staff), actor=actor)
        messages.success(request, _("The request is closed; nothing was changed."), extra_tags="ok")
    return redirect("staff-approvals")


def _slip(request: StaffRequest, approval: Approval, initial: Initial) -> HttpResponse:
    """The paper, in the answer to the one request that made it: loaded again, it is gone."""
    customer = approval.customer
    context = {
        "house": serving.get(customer.institution),
        "customer_id": customer.pk,
        "masked_name": mask_name(customer.name),
        "masked_identity": mask_identity(customer.national_id),
        "user": initial.user,
        "secret": initial.secret,
        "issued_at": clock.now(),
        "usable_until": initial.usable_until,
    }
    return page(request, "backoffice/password_slip.html", context)


def _name(of: str) -> str:
    kind, _separator, number = of.partition(":")
    staff = Staff.objects.filter(pk=int(number)).first() if kind == "staff" else None
    return staff.name if staff else ""
