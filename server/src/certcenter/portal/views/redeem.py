"""密碼補發 after the mail or the certificate: the code, the initial and the new password, the end (SPEC B8, B9, manual M2)."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from certcenter.core import clock
from certcenter.core.errors import CentreError
from certcenter.identity import queries as people
from certcenter.identity import visitor
from certcenter.institutions.vocabulary import CodePurpose
from certcenter.otp import queries as codes
from certcenter.otp.models import Purpose
from certcenter.passwords import store
from certcenter.portal import render as rendering
from certcenter.portal.forms import CodeForm, NewPasswordForm
from certcenter.portal.site import InstitutionRequest
from certcenter.portal.views.recovery import (
    ANCHORS,
    SEEN,
    centre_page,
    flow_of,
    frame,
    run_page,
    token_of,
    visitor_of,
)
from certcenter.recovery import reissue as actions
from certcenter.recovery.errors import FlowGone
from certcenter.recovery.lifecycle import FlowKind, FlowState
from certcenter.recovery.models import Flow


@require_http_methods(SEEN)
@centre_page
def verify(request: InstitutionRequest) -> HttpResponse:
    """Step 3, 帳戶驗證及設定: 取得暫時通行碼, 驗證通行碼; the right code shows the initial password at once."""
    flow = flow_of(request)
    if flow.state == FlowState.VERIFIED:
        return redirect("reissue-new")
    if flow.kind == FlowKind.CERTIFICATE and flow.state == FlowState.PROVEN:
        return redirect("reissue-account")
    if flow.state not in (FlowState.PROVEN, FlowState.SENT):
        raise FlowGone
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            return _verified(request, flow, context)
        except CentreError as error:
            if isinstance(error, FlowGone):
                raise
            context |= rendering.refusal(error, anchors=ANCHORS)
    return _verify_page(request, flow_of(request), context)


def _verified(request: InstitutionRequest, flow: Flow, context: dict[str, Any]) -> HttpResponse:
    if "send" in request.POST:
        actions.send(
            request.institution,
            token=token_of(request),
            account_id=flow.account_id,
            contact_id=flow.contact_id,
            actor=visitor_of(request),
        )
        return HttpResponseRedirect(reverse("reissue-verify") + "#code")
    form = CodeForm(request.POST)
    context["code_form"] = form
    if not form.is_valid():
        context["problems"] = form.problems
        return _verify_page(request, flow, context)
    try:
        done = actions.check(
            request.institution,
            token=token_of(request),
            challenge_id=form.cleaned_data["challenge"],
            code=form.cleaned_data["code"],
            actor=visitor_of(request),
        )
    except CentreError as error:
        form.add_error("code", error.detail)
        raise
    shown = NewPasswordForm(institution=request.institution, shown=done.initial)
    return _new_page(request, flow, shown, {})


def _verify_page(request: InstitutionRequest, flow: Flow, context: dict[str, Any]) -> HttpResponse:
    customer = flow.customer
    assert customer is not None, "a run that waits for a code has its customer"
    waiting = codes.current(customer, purpose=Purpose.REISSUE, session=str(flow.pk))
    contact = people.live_contacts(customer).filter(pk=flow.contact_id).first() if flow.contact_id else None
    chosen = next((each for each in people.accounts(customer) if each.id == flow.account_id), None)
    rule, now = request.institution.codes.rule(CodePurpose.REISSUE), clock.now()
    context |= frame(request) | {
        "with_certificate": flow.kind == FlowKind.CERTIFICATE,
        "code_form": context.get("code_form")
        or CodeForm(initial={"challenge": waiting.challenge_id if waiting else None}),
        "sent": waiting,
        "goes_to": people.mask_contact(contact.channel, contact.value) if contact else "",
        "account": chosen,
        "digits": rule.digits,
        "minutes": rule.minutes,
        "expires_in": max(0, int((waiting.expires_at - now).total_seconds())) if waiting else 0,
        "resend_in": max(0, int((waiting.resend_at - now).total_seconds())) if waiting else 0,
    }
    return run_page(request, "verify", context, script="verify", status=422 if "problems" in context else 200)


@sensitive_post_parameters("initial_password", "password", "repeated")
@require_http_methods(SEEN)
@centre_page
def new(request: InstitutionRequest) -> HttpResponse:
    """The new password twice, 取消 or 送出. After a reload the initial password is typed from where it was noted."""
    flow = flow_of(request)
    if flow.state == FlowState.USED:
        return redirect("reissue-done")
    if flow.state != FlowState.VERIFIED:
        raise FlowGone
    if request.method != "POST":
        return _new_page(request, flow, NewPasswordForm(institution=request.institution), {})
    if "cancel" in request.POST:
        actions.cancel(request.institution, token=token_of(request), actor=visitor_of(request))
        response = redirect("passwords")
        response.delete_cookie(visitor.flow_cookie())
        return response
    form = NewPasswordForm(request.POST, institution=request.institution)
    if not form.is_valid():
        return _new_page(request, flow, form, {"problems": form.problems}, status=422)
    try:
        actions.redeem(
            request.institution,
            token=token_of(request),
            initial=form.cleaned_data["initial_password"],
            password=form.cleaned_data["password"],
            repeated=form.cleaned_data["repeated"],
            actor=visitor_of(request),
        )
    except FlowGone:
        raise
    except CentreError as error:
        rendering.at_fields(form, error)
        problem = rendering.refusal(error, anchors=ANCHORS)
        return _new_page(request, flow, form, problem, status=error.status)
    return redirect("reissue-done")


def _new_page(
    request: InstitutionRequest,
    flow: Flow,
    form: NewPasswordForm,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    rule = request.institution.passwords.login
    context |= frame(request) | {
        "form": form,
        "with_certificate": flow.kind == FlowKind.CERTIFICATE,
        "rule": rule,
        "voice_sync": request.institution.passwords.voice_sync,
    }
    return run_page(request, "new", context, status=status)


@require_safe
@centre_page
def done(request: InstitutionRequest) -> HttpResponse:
    """Step 4, 修改成功: no login follows by itself."""
    flow = flow_of(request)
    if flow.state != FlowState.USED or flow.kind not in (FlowKind.CERTIFICATE, FlowKind.LINK):
        raise FlowGone
    assert flow.customer is not None, "a redeemed run has its customer"
    trading = next((each for each in request.institution.links if each.key == "trading"), None)
    context = frame(request) | {
        "unified": store.is_unified(flow.customer),
        "with_certificate": flow.kind == FlowKind.CERTIFICATE,
        "voice_sync": request.institution.passwords.voice_sync,
        "trading": trading,
    }
    return run_page(request, "done", context)
