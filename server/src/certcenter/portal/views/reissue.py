"""密碼補發: the pages of both ways, four steps each (SPEC B8, B9, manual M2).

Who may go on is the holder of the run's cookie; nobody is logged in, and whoever is logged in beside is not touched.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError
from certcenter.identity import queries as people
from certcenter.identity import visitor
from certcenter.identity.models import Channel, Line
from certcenter.institutions.vocabulary import CodePurpose
from certcenter.otp import queries as codes
from certcenter.otp.models import Purpose
from certcenter.passwords import store
from certcenter.portal import render as rendering
from certcenter.portal.access import institution_page
from certcenter.portal.accounts import accounts as accounts_of
from certcenter.portal.forms import CodeForm, LinkForm, NewPasswordForm
from certcenter.portal.site import InstitutionRequest
from certcenter.portal.views.recovery import frame, require_centre, who_form
from certcenter.recovery import flows, links, requests
from certcenter.recovery import reissue as actions
from certcenter.recovery.errors import FlowGone
from certcenter.recovery.lifecycle import FlowKind, FlowState
from certcenter.recovery.models import Flow

_SEEN = ["GET", "HEAD", "POST"]
_ANCHORS = {
    "birth_date": "id_birth_date",
    "account": "id_account",
    "link-birth-date-wrong": "id_birth_date",
    "contact-unknown": "id_contact_0",
    "code-wait": "send",
    "code-sends-used-up": "send",
    "codes-stopped": "send",
    "initial-password-wrong": "id_initial_password",
    **dict.fromkeys(("code-wrong", "code-expired", "code-malformed", "code-used-up"), "id_code"),
}
#: The lines that manual M2 shows, whoever has accounts of which.
_LINES = (Line.SECURITIES, Line.FUTURES, Line.SUB_BROKERAGE, Line.WEALTH)

View = Callable[[InstitutionRequest], HttpResponse]


def _centre_page(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """A page of the password centre; one whose run has ended leads to the first."""

    @wraps(view)
    def wrapped(request: InstitutionRequest) -> HttpResponse:
        require_centre(request)
        try:
            return view(request)
        except FlowGone as gone:
            context = frame(request) | {"form": who_form(request, fresh=True)} | rendering.refusal(gone)
            return _page(request, "who", context, script="reissue", status=gone.status)

    return institution_page(wrapped)


@require_http_methods(_SEEN)
@_centre_page
def who(request: InstitutionRequest) -> HttpResponse:
    """Step 1, 輸入資料. The script looks for a certificate here first; a form that is sent is the way without one."""
    form = who_form(request)
    context = frame(request) | {"form": form}
    if request.method != "POST":
        return _page(request, "who", context, script="reissue")
    if not form.is_valid():
        context["problems"] = form.problems
        return _page(request, "who", context, script="reissue", status=422)
    try:
        token, _shown = requests.begin(request.institution, **form.cleaned_data, actor=_visitor(request))
    except CentreError as error:
        _at_fields(form, error)
        context |= rendering.refusal(error, anchors=_ANCHORS)
        return _page(request, "who", context, script="reissue", status=error.status)
    return _holding(redirect("reissue-account"), token)


@require_http_methods(_SEEN)
@_centre_page
def account(request: InstitutionRequest) -> HttpResponse:
    """Step 2, 確認帳務資料: line and account; with a certificate also where the code goes."""
    flow = _flow(request)
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
                token=_token(request),
                account_id=_uuid(request.POST.get("account")),
                actor=_visitor(request),
            )
        except CentreError as error:
            context |= rendering.refusal(error, anchors=_ANCHORS)
            return _page(request, "account", context, script="reissue-account", status=error.status)
        return redirect("reissue-sent")
    return _page(request, "account", context, script="reissue-account")


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
                token=_token(request),
                account_id=_uuid(request.POST.get("account")),
                contact_id=_uuid(request.POST.get("contact")),
                actor=_visitor(request),
            )
        except CentreError as error:
            if isinstance(error, FlowGone):
                raise
            context |= rendering.refusal(error, anchors=_ANCHORS)
            return _page(request, "account", context, script="reissue-account", status=error.status)
        return redirect("reissue-verify")
    return _page(request, "account", context, script="reissue-account")


@require_safe
@_centre_page
def sent(request: InstitutionRequest) -> HttpResponse:
    """The same end for everybody: 若資料正確，信件已寄出."""
    context = frame(request) | {"hours": request.institution.passwords.link_hours}
    return _page(request, "sent", context)


@require_http_methods(_SEEN)
@_centre_page
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
                    actor=_visitor(request),
                )
                return _holding(redirect("reissue-verify"), token)
            except CentreError as error:
                _at_fields(form, error)
                context |= rendering.refusal(error, anchors=_ANCHORS)
                status = error.status
        else:
            context["problems"], status = form.problems, 422
    return _page(request, "link", context, script="reissue-link", status=status)


@require_http_methods(_SEEN)
@_centre_page
def verify(request: InstitutionRequest) -> HttpResponse:
    """Step 3, 帳戶驗證及設定: 取得暫時通行碼, 驗證通行碼; the right code shows the initial password at once."""
    flow = _flow(request)
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
            context |= rendering.refusal(error, anchors=_ANCHORS)
    return _verify_page(request, _flow(request), context)


def _verified(request: InstitutionRequest, flow: Flow, context: dict[str, Any]) -> HttpResponse:
    if "send" in request.POST:
        actions.send(
            request.institution,
            token=_token(request),
            account_id=flow.account_id,
            contact_id=flow.contact_id,
            actor=_visitor(request),
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
            token=_token(request),
            challenge_id=form.cleaned_data["challenge"],
            code=form.cleaned_data["code"],
            actor=_visitor(request),
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
        "contact": people.mask_contact(contact.channel, contact.value) if contact else "",
        "account": chosen,
        "digits": rule.digits,
        "minutes": rule.minutes,
        "expires_in": max(0, int((waiting.expires_at - now).total_seconds())) if waiting else 0,
        "resend_in": max(0, int((waiting.resend_at - now).total_seconds())) if waiting else 0,
    }
    return _page(request, "verify", context, script="verify", status=422 if "problems" in context else 200)


@sensitive_post_parameters("initial_password", "password", "repeated")
@require_http_methods(_SEEN)
@_centre_page
def new(request: InstitutionRequest) -> HttpResponse:
    """The new password twice, 取消 or 送出. After a reload the initial password is typed from where it was noted."""
    flow = _flow(request)
    if flow.state == FlowState.USED:
        return redirect("reissue-done")
    if flow.state != FlowState.VERIFIED:
        raise FlowGone
    if request.method != "POST":
        return _new_page(request, flow, NewPasswordForm(institution=request.institution), {})
    if "cancel" in request.POST:
        actions.cancel(request.institution, token=_token(request), actor=_visitor(request))
        response = redirect("passwords")
        response.delete_cookie(visitor.flow_cookie())
        return response
    form = NewPasswordForm(request.POST, institution=request.institution)
    if not form.is_valid():
        return _new_page(request, flow, form, {"problems": form.problems}, status=422)
    try:
        actions.redeem(
            request.institution,
            token=_token(request),
            initial=form.cleaned_data["initial_password"],
            password=form.cleaned_data["password"],
            repeated=form.cleaned_data["repeated"],
            actor=_visitor(request),
        )
    except FlowGone:
        raise
    except CentreError as error:
        _at_fields(form, error)
        problem = rendering.refusal(error, anchors=_ANCHORS)
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
    return _page(request, "new", context, status=status)


@require_safe
@_centre_page
def done(request: InstitutionRequest) -> HttpResponse:
    """Step 4, 修改成功: no login follows by itself."""
    flow = _flow(request)
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
    return _page(request, "done", context)


@require_safe
@_centre_page
def help_(request: InstitutionRequest) -> HttpResponse:
    """資料不正確: what to do."""
    return _page(request, "help", frame(request))


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


def _page(
    request: InstitutionRequest,
    name: str,
    context: dict[str, Any],
    *,
    script: str = "plain",
    status: int = 200,
) -> HttpResponse:
    context |= {"per_day": request.institution.passwords.reissues_a_day}
    data = {"accountUrl": reverse("reissue-account")}
    return rendering.page(
        request, f"portal/recovery/{name}.html", context, script=script, data=data, status=status
    )


def _visitor(request: InstitutionRequest) -> Actor:
    """Nobody in particular, whoever may be logged in at this browser."""
    return visitor.actor_of(request, institution=request.institution.slug, customer=None, session="")


def _token(request: InstitutionRequest) -> str:
    return request.COOKIES.get(visitor.flow_cookie(), "")


def _flow(request: InstitutionRequest) -> Flow:
    return flows.find(request.institution.slug, _token(request))


def _holding(response: HttpResponseRedirect, token: str) -> HttpResponseRedirect:
    visitor.keep_flow(response, token, seconds=int(flows.LIFETIME.total_seconds()))
    return response


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _at_fields(form: Any, error: CentreError) -> None:
    """Say at the fields what an action found wrong with them."""
    for name, words in getattr(error, "fields", {}).items():
        if name in form.fields:
            form.add_error(name, str(words))
