"""The way to a certificate and to its revocation: consent → verification code → what it was for (SPEC A3–A5, manual M1)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certcenter.certificates import errors, policy, procedures, queries, revoking
from certcenter.certificates.lifecycle import ProcedureKind, ProcedureState
from certcenter.certificates.models import Procedure
from certcenter.core import clock
from certcenter.core.errors import CentreError
from certcenter.identity import branches
from certcenter.identity import queries as people
from certcenter.identity.models import Channel, CustomerKind
from certcenter.institutions.vocabulary import CodePurpose, Function
from certcenter.otp import queries as codes
from certcenter.otp.models import Purpose
from certcenter.portal import documents, keys, menu
from certcenter.portal import render as rendering
from certcenter.portal.access import customer_page
from certcenter.portal.accounts import accounts
from certcenter.portal.forms import CodeForm, ConsentForm, SendForm
from certcenter.portal.site import CustomerRequest, actor_of

#: What each kind of procedure is called in the steps and where its pages lie.
_ANCHORS = {
    "birth-date-wrong": "id_birth_date",
    "birth-date-malformed": "id_birth_date",
    "code-wrong": "id_code",
    "code-expired": "id_code",
    "code-malformed": "id_code",
    "code-used-up": "send",
    "code-wait": "send",
    "code-sends-used-up": "send",
    "codes-stopped": "send",
    "contact-unknown": "id_contact_0",
}


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def begin(request: CustomerRequest, kind: str) -> HttpResponse:
    """Step one: the consent text, the date of birth, 「我已閱讀並同意，下一步」."""
    wanted, customer = ProcedureKind(kind), request.customer
    menu.require(request.institution, Function(kind))
    policy.require_allowed(wanted, queries.situation(customer))
    consent = documents.consent(
        request.institution.slug, policy.consent_kind(wanted), queries.consent_values(request.customer)
    )
    initial = {"version": consent.version, "sha256": consent.sha256}
    form = ConsentForm(request.POST or None, initial=initial)
    context: dict[str, Any] = {"form": form, "consent": consent, **_frame(request, wanted)}
    if request.method == "POST":
        if form.is_valid():
            try:
                return _agree(request, wanted, form, context)
            except CentreError as error:
                if isinstance(error, errors.BirthDateEnded | errors.ProcedureGone):
                    raise
                context |= rendering.refusal(error, anchors=_ANCHORS)
                form.add_error("birth_date", error.detail) if error.code in _ANCHORS else None
        else:
            context["problems"] = form.problems
    context["procedure"] = context.get("procedure") or request.POST.get("procedure", "")
    return rendering.page(
        request, "portal/consent.html", context, status=422 if "problems" in context else 200
    )


def _agree(
    request: CustomerRequest, kind: ProcedureKind, form: ConsentForm, context: dict[str, Any]
) -> HttpResponse:
    """Start the procedure, or go on with the one whose first date was wrong, and give the date."""
    customer, actor = request.customer, actor_of(request)
    procedure_id: UUID | None = form.cleaned_data["procedure"]
    if procedure_id is None:
        started = procedures.start(
            customer,
            kind=kind,
            consent_version=form.cleaned_data["version"],
            consent_sha256=form.cleaned_data["sha256"],
            actor=actor,
        )
        procedure_id = started.pk
    context["procedure"] = procedure_id
    procedures.give_birth_date(procedure_id, form.cleaned_data["birth_date"], customer=customer, actor=actor)
    return redirect("verify", kind=kind.value, procedure_id=procedure_id)


@require_http_methods(["GET", "HEAD", "POST"])
@customer_page
def verify(request: CustomerRequest, kind: str, procedure_id: UUID) -> HttpResponse:
    """Step two: choose account and channel, send the code, enter it (「驗證OTP」)."""
    procedure = _procedure(request, kind, procedure_id)
    if moved := _elsewhere(procedure):
        return moved
    context: dict[str, Any] = _frame(request, ProcedureKind(kind))
    if procedure.state == ProcedureState.PROVEN:
        return rendering.page(request, "portal/revoke_proven.html", context | {"procedure": procedure})
    try:
        if request.method == "POST":
            return (
                _send(request, procedure, context)
                if "send" in request.POST
                else _check(request, procedure, context)
            )
    except CentreError as error:
        if isinstance(error, errors.ProcedureGone):
            raise
        context |= rendering.refusal(error, anchors=_ANCHORS)
    return _verify_page(request, procedure, context)


def _verify_page(request: CustomerRequest, procedure: Procedure, context: dict[str, Any]) -> HttpResponse:
    customer, purpose = request.customer, Purpose(procedure.kind)
    contacts = people.contacts(customer)
    sent = codes.current(customer, purpose=purpose, session=actor_of(request).session)
    rule = request.institution.codes.rule(CodePurpose(purpose))
    now = clock.now()
    context |= {
        "send_form": context.get("send_form")
        or SendForm(
            accounts=accounts(customer),
            contacts=contacts,
            initial={"contact": str(contacts[0].id) if contacts else None, **context.get("chosen", {})},
        ),
        "code_form": context.get("code_form")
        or CodeForm(initial={"challenge": sent.challenge_id if sent else None}),
        "contacts": [
            {"id": each.id, "masked": each.masked, "is_phone": each.channel == Channel.SMS}
            for each in contacts
        ],
        "unreachable": request.institution.application.unreachable,
        "branches": "" if contacts else branches.words(customer),
        "sent": sent,
        "digits": rule.digits,
        "minutes": rule.minutes,
        "resend_words": _duration(rule.resend_seconds),
        "expires_in": max(0, int((sent.expires_at - now).total_seconds())) if sent else 0,
        "resend_in": max(0, int((sent.resend_at - now).total_seconds())) if sent else 0,
    }
    status = 422 if "problems" in context else 200
    return rendering.page(request, "portal/verify.html", context, script="verify", status=status)


def _send(request: CustomerRequest, procedure: Procedure, context: dict[str, Any]) -> HttpResponse:
    customer = request.customer
    form = SendForm(request.POST, accounts=accounts(customer), contacts=people.contacts(customer))
    context["send_form"] = form
    if not form.is_valid():
        context["problems"] = form.problems
        return _verify_page(request, procedure, context)
    procedures.send_code(
        procedure.pk,
        contact_id=form.cleaned_data["contact"],
        account_id=form.cleaned_data["account"],
        customer=customer,
        actor=actor_of(request),
    )
    return HttpResponseRedirect(_address("verify", procedure) + "#code")


def _check(request: CustomerRequest, procedure: Procedure, context: dict[str, Any]) -> HttpResponse:
    form = CodeForm(request.POST)
    context["code_form"] = form
    if not form.is_valid():
        context["problems"] = form.problems
        return _verify_page(request, procedure, context)
    try:
        procedures.check_code(
            procedure.pk,
            challenge_id=form.cleaned_data["challenge"],
            code=form.cleaned_data["code"],
            customer=request.customer,
            actor=actor_of(request),
        )
    except CentreError as error:
        form.add_error("code", error.detail)
        raise
    request.session.step_up()
    if procedure.kind == ProcedureKind.REVOKE:
        return _revoke(request, procedure)
    return HttpResponseRedirect(_address("obtain", procedure))


def _revoke(request: CustomerRequest, procedure: Procedure) -> HttpResponse:
    """「開始驗證，憑證註銷」: the right code revokes."""
    revoking.revoke(request.customer, procedure_id=procedure.pk, actor=actor_of(request))
    return redirect("revoked")


@require_safe
@customer_page
def obtain(request: CustomerRequest, kind: str, procedure_id: UUID) -> HttpResponse:
    """Step three to five: password and security setting, the key, the certificate, the backup; by the page's script."""
    procedure = _procedure(request, kind, procedure_id)
    if procedure.state in (ProcedureState.CONSENTED, ProcedureState.IDENTIFIED):
        return redirect("verify", kind=kind, procedure_id=procedure_id)
    seen = queries.overview(request.customer)
    if procedure.state == ProcedureState.USED:
        # Back button or a reload: what is under way goes on where keys are matched, what is done is done.
        return redirect("repair" if seen.application else "overview")
    context = _frame(request, ProcedureKind(kind)) | {
        "seconds": request.institution.application.progress_seconds,
        "offer_backup": request.institution.application.offer_backup,
        "offer_phone": menu.has_page(request.institution, Function.PHONE_UPLOAD),
        "modes": [mode.value for mode in request.institution.security.choices],
        "mode": request.institution.security.default.value if request.institution.security.default else "",
        "rule": request.institution.key.password.describe() if request.institution.key.password else None,
    }
    data = keys.page_data(
        request, overview=seen, procedure=str(procedure.pk), kind=kind, overviewUrl=reverse("overview")
    )
    return rendering.page(request, "portal/obtain.html", context, script="obtain", data=data)


@require_POST
@customer_page
def revoke_proven(request: CustomerRequest, procedure_id: UUID) -> HttpResponse:
    """Revoke with a procedure that was proven already (the answer to the right code got lost)."""
    return _revoke(request, _procedure(request, ProcedureKind.REVOKE.value, procedure_id))


@require_safe
@customer_page
def revoked(request: CustomerRequest) -> HttpResponse:
    """「您已完成憑證註銷…請重新申請憑證!!!」 and 立即申請憑證."""
    seen = queries.overview(request.customer)
    context = {"may_apply": policy.Action.APPLY in seen.actions, "left": seen.revocations_left}
    return rendering.page(request, "portal/revoked.html", context, script="plain", data={})


def _procedure(request: CustomerRequest, kind: str, procedure_id: UUID) -> Procedure:
    procedure = procedures.find(procedure_id, customer=request.customer, actor=actor_of(request))
    if procedure.kind != kind:
        raise errors.ProcedureGone
    return procedure


def _elsewhere(procedure: Procedure) -> HttpResponse | None:
    """Where a procedure that is at another step belongs (back button, second tab)."""
    if procedure.state == ProcedureState.IDENTIFIED:
        return None
    if procedure.state == ProcedureState.CONSENTED:
        return redirect(procedure.kind)
    if procedure.kind == ProcedureKind.REVOKE:
        return redirect("revoked") if procedure.state == ProcedureState.USED else None
    return HttpResponseRedirect(_address("obtain", procedure))


def _address(name: str, procedure: Procedure) -> str:
    return reverse(name, kwargs={"kind": procedure.kind, "procedure_id": procedure.pk})


def _duration(seconds: int) -> str:
    """Whole minutes where they are whole: 1分鐘, 90秒."""
    minutes, rest = divmod(seconds, 60)
    if rest:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


def _frame(request: CustomerRequest, kind: ProcedureKind) -> dict[str, Any]:
    """What the pages of one procedure share."""
    return {"kind": kind.value, "is_company": request.customer.kind == CustomerKind.COMPANY}
