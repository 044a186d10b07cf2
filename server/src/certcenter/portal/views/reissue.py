"""密碼補發: the first pages of both ways (SPEC B8, B9, manual M2).

Here from 輸入資料 to the mail or the code; `redeem` has what follows the code. Who may go on is the holder of the run's cookie; nobody is logged in, and whoever
is logged in beside is not touched.
"""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from certcenter.core.errors import CentreError
from certcenter.identity import queries as people
from certcenter.identity.models import Channel, Line
from certcenter.portal import render as rendering
from certcenter.portal.accounts import accounts as accounts_of
from certcenter.portal.forms import LinkForm
from certcenter.portal.site import InstitutionRequest
from certcenter.portal.views.recovery import (
    ANCHORS,
    SEEN,
    centre_page,
    flow_of,
    frame,
    holding,
    run_page,
    token_of,
    visitor_of,
    who_form,
)
from certcenter.recovery import links, requests
from certcenter.recovery import reissue as actions
from certcenter.recovery.errors import FlowGone
from certcenter.recovery.lifecycle import FlowKind, FlowState
from certcenter.recovery.models import Flow

#: The lines that manual M2 shows, whoever has accounts of which.
_LINES = (Line.SECURITIES, Line.FUTURES, Line.SUB_BROKERAGE, Line.WEALTH)


@require_http_methods(SEEN)
@centre_page
def who(request: InstitutionRequest) -> HttpResponse:
    """Step 1, 輸入資料. The script looks for a certificate here first; a form that is sent is the way without one."""
    form = who_form(request)
    context = frame(request) | {"form": form}
    if request.method != "POST":
        return run_page(request, "who", context, script="reissue")
    if not form.is_valid():
        context["problems"] = form.problems
        return run_page(request, "who", context, script="reissue", status=422)
    try:
        token, _shown = requests.begin(request.institution, **form.cleaned_data, actor=visitor_of(request))
    except CentreError as error:
        rendering.at_fields(form, error)
        context |= rendering.refusal(error, anchors=ANCHORS)
        return run_page(request, "who", context, script="reissue", status=error.status)
    return holding(redirect("reissue-account"), token)


@require_http_methods(SEEN)
@centre_page
def account(request: InstitutionRequest) -> HttpResponse:
    """Step 2, 確認帳務資料: line and account; with a certificate also where the code goes."""
    flow = flow_of(request)
    if flow.kind == FlowKind.CERTIFICATE and flow.state in (FlowState.PROVEN, FlowState.SENT):
        return _account_with_certificate(request, flow)
    if flow.kind != FlowKind.REQUEST or flow.state != FlowState.STARTED:
        raise FlowGone
    shown = requests.shown(request.institution, flow)
    context = _account_context(request, shown.accounts) | {"phone": shown.phone, "email": shown.email}
    if request.method == "POST":
        try:
            requests.request(
                request.institution,
                token=token_of(request),
                account_id=_uuid(request.POST.get("account")),
                actor=visitor_of(request),
            )
        except CentreError as error:
            context |= rendering.refusal(error, anchors=ANCHORS)
            return run_page(request, "account", context, script="reissue-account", status=error.status)
        return redirect("reissue-sent")
    return run_page(request, "account", context, script="reissue-account")


def _account_with_certificate(request: InstitutionRequest, flow: Flow) -> HttpResponse:
    customer = flow.customer
    assert customer is not None, "a proven run has its customer"
    context = _account_context(request, accounts_of(customer)) | {
        "with_certificate": True,
        "contacts": [
            {"id": each.id, "masked": each.masked, "is_phone": each.channel == Channel.SMS}
            for each in people.contacts(customer)
        ],
        "unreachable": request.institution.application.unreachable,
    }
    if request.method == "POST":
        try:
            actions.send(
                request.institution,
                token=token_of(request),
                account_id=_uuid(request.POST.get("account")),
                contact_id=_uuid(request.POST.get("contact")),
                actor=visitor_of(request),
            )
        except CentreError as error:
            if isinstance(error, FlowGone):
                raise
            context |= rendering.refusal(error, anchors=ANCHORS)
            return run_page(request, "account", context, script="reissue-account", status=error.status)
        return redirect("reissue-verify")
    return run_page(request, "account", context, script="reissue-account")


@require_safe
@centre_page
def sent(request: InstitutionRequest) -> HttpResponse:
    """The same end for everybody: 若資料正確，信件已寄出."""
    context = frame(request) | {"hours": request.institution.passwords.link_hours}
    return run_page(request, "sent", context)


@require_http_methods(SEEN)
@centre_page
def link(request: InstitutionRequest) -> HttpResponse:
    """The page of the mailed link: its token comes from the fragment, by the script or by hand (SPEC E5)."""
    form = LinkForm(request.POST or None, institution=request.institution)
    context = frame(request) | {"form": form}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                token, _flow_row = links.open_link(
                    request.institution,
                    link_token=form.cleaned_data["token"],
                    birth_date=form.cleaned_data["birth_date"],
                    actor=visitor_of(request),
                )
                return holding(redirect("reissue-verify"), token)
            except CentreError as error:
                rendering.at_fields(form, error)
                context |= rendering.refusal(error, anchors=ANCHORS)
                status = error.status
        else:
            context["problems"], status = form.problems, 422
    return run_page(request, "link", context, script="reissue-link", status=status)


@require_safe
@centre_page
def help_(request: InstitutionRequest) -> HttpResponse:
    """資料不正確: what to do."""
    return run_page(request, "help", frame(request))


def _account_context(request: InstitutionRequest, found: Any) -> dict[str, Any]:
    labels = dict(Line.choices)
    having = {account.line for account in found}
    chosen = request.POST.get("account") or (str(found[0].id) if found else "")
    line = next((account.line for account in found if str(account.id) == chosen), None)
    shown = (*_LINES, *(line for line in Line if line in having and line not in _LINES))
    return frame(request) | {
        "lines": [
            {"value": each.value, "label": labels[each], "has": each in having, "checked": each == line}
            for each in shown
        ],
        "accounts": [
            {
                "id": str(account.id),
                "line": account.line,
                "words": f"{account.masked} ({labels[account.line]})",
                "chosen": str(account.id) == chosen,
            }
            for account in found
        ],
    }


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
