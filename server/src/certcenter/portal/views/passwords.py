"""密碼中心: the three doors, change, unify, the voice table (SPEC B4–B7; manual M2)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from certcenter.certificates.actions import SignedProof
from certcenter.certificates.proving import by_certificate
from certcenter.core.errors import CentreError, Conflict, NotFound
from certcenter.core.masks import mask_account
from certcenter.identity.models import Account, Line
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import KeyPlace
from certcenter.passwords import change, queries, store, voice
from certcenter.passwords.models import CredentialKind
from certcenter.passwords.queries import ExpiryState, PasswordLine
from certcenter.portal import keys
from certcenter.portal import render as rendering
from certcenter.portal.access import due_password_page, institution_page
from certcenter.portal.password_forms import ChangeForm, UnifyForm
from certcenter.portal.password_notes import notes
from certcenter.portal.site import CustomerRequest, InstitutionRequest, actor_of
from certcenter.proof.errors import ProofRefused
from certcenter.proof.verify import Proven
from certcenter_sdk.octets import decode_bytes
from certcenter_sdk.proofs import Purpose

#: URL names of the three doors, in M2's order.
DOORS = ("password-change", "password-reissue", "password-unlock")
_ANCHORS = {"proof-refused": "id_change_withdrawal", "nonce-refused": "id_change_withdrawal"}
_SECRETS = ("old", "new", "confirm", "withdrawal_old", "withdrawal_new", "withdrawal_confirm")


@require_safe
@institution_page
def centre(request: InstitutionRequest) -> HttpResponse:
    """The three doors 密碼修改, 密碼補發, 密碼解鎖."""
    _require_centre(request)
    doors = {name.removeprefix("password-"): reverse(name) for name in DOORS}
    return rendering.page(request, "portal/passwords.html", {"doors": doors, **notes(request.institution)})


@require_safe
@institution_page
def voice_table(request: InstitutionRequest) -> HttpResponse:
    """轉換規則對照表, to read and to print."""
    _require_centre(request)
    if not request.institution.passwords.voice_sync:
        raise NotFound
    context = {
        "keys": [(digit, letters) for digit, letters in voice.KEYPAD.items()],
        **notes(request.institution),
    }
    return rendering.page(request, "portal/voice_table.html", context)


@sensitive_post_parameters(*_SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@due_password_page
def change_password(request: CustomerRequest) -> HttpResponse:
    """歸戶: the form; 不歸戶: the table of all accounts."""
    _require_centre(request)
    if store.is_unified(request.customer):
        return _change_page(request, account=None)
    context = {
        "rows": [
            _shown(each, request.institution)
            for each in queries.table(request.customer, session=request.session.binding)
        ],
        "must_change": request.session.scope.must_change,
        **notes(request.institution),
    }
    return rendering.page(request, "portal/password_table.html", context)


@sensitive_post_parameters(*_SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@due_password_page
def change_account(request: CustomerRequest, account_id: UUID) -> HttpResponse:
    """One account of a customer whose accounts have their own passwords."""
    _require_centre(request)
    account = Account.objects.filter(customer=request.customer, pk=account_id).first()
    if account is None:
        raise NotFound
    if store.is_unified(request.customer):
        return redirect("password-change")
    return _change_page(request, account=account)


@sensitive_post_parameters(*_SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
@due_password_page
def unify(request: CustomerRequest) -> HttpResponse:
    """密碼歸戶設定: names the lines that it joins, and warns that only the branch can separate them again."""
    _require_centre(request)
    if store.is_unified(request.customer):
        return redirect("password-change")
    form = UnifyForm(request.POST or None, policy=request.institution.passwords)
    lines = dict(Line.choices)
    context: dict[str, Any] = {
        "form": form,
        "lines": [lines[line] for line in queries.lines_of(request.customer)],
        **notes(request.institution),
    }
    if request.method == "POST":
        if form.is_valid():
            try:
                return _unified(request, form)
            except Conflict:
                return redirect("password-change")
            except CentreError as error:
                context |= _refusal(form, error)
        else:
            context["problems"] = form.problems
    return rendering.page(
        request, "portal/password_unify.html", context, script="password", status=_status(context)
    )


@require_safe
@institution_page
def changed(request: InstitutionRequest) -> HttpResponse:
    """變更成功, with the way to trading where the policy has one."""
    _require_centre(request)
    trading = next((link for link in request.institution.links if link.key == "trading"), None)
    context = {
        "trading": trading,
        "voice": "voice" in request.GET,
        "unified": "unified" in request.GET,
        "signed_in": request.customer is not None,
        **notes(request.institution),
    }
    return rendering.page(request, "portal/password_changed.html", context)


def _unified(request: CustomerRequest, form: UnifyForm) -> HttpResponse:
    data = form.cleaned_data
    change.unify(request.customer, old=data["old"], new=data["new"], actor=actor_of(request))
    request.session.flush()
    voice_too = "&voice" if request.institution.passwords.voice_sync else ""
    return redirect(f"{reverse('password-changed')}?unified{voice_too}")


def _change_page(request: CustomerRequest, *, account: Account | None) -> HttpResponse:
    """The one form of manual M2 for the login password and, with a futures account, the withdrawal password."""
    futures = _futures(request, account)
    form = ChangeForm(request.POST or None, policy=request.institution.passwords, futures=futures)
    context: dict[str, Any] = {
        "form": form,
        "account": mask_account(account.display) if account else "",
        "line": dict(Line.choices)[account.line] if account else "",
        "has_withdrawal": bool(futures),
        "withdrawal_elsewhere": not futures and bool(_own_futures(request, account)),
        "must_change": request.session.scope.must_change,
        **notes(request.institution),
    }
    if request.method == "POST":
        if form.is_valid():
            try:
                return _changed(request, form, account)
            except CentreError as error:
                context |= _refusal(form, error)
        else:
            context["problems"] = form.problems
    data = keys.page_data(request) if futures else {}
    return rendering.page(
        request, "portal/password_change.html", context, script="password", data=data, status=_status(context)
    )


def _changed(request: CustomerRequest, form: ChangeForm, account: Account | None) -> HttpResponse:
    data = form.cleaned_data
    network = withdrawal = None
    if data["change_network"]:
        network = change.LoginChange(
            old=data["old"], new=data["new"], sync_voice=data.get("sync_voice", False)
        )
    if data["change_withdrawal"]:
        withdrawal = change.WithdrawalChange(
            account=UUID(data["futures"]),
            old=data["withdrawal_old"],
            new=data["withdrawal_new"],
            proven=_proven(request, data["structure"], data["signature"]),
        )
    change.change(
        request.customer,
        scope=request.session.scope,
        account=account.pk if account else None,
        network=network,
        withdrawal=withdrawal,
        actor=actor_of(request),
    )
    request.session.step_up()
    if account is not None:
        messages.success(request, _("The password was changed."))
        return redirect("password-change")
    voice_too = "?voice" if network is not None and network.sync_voice else ""
    return redirect(f"{reverse('password-changed')}{voice_too}")


def _proven(request: CustomerRequest, structure: str, signature: str) -> Proven:
    """Check what the page's script has signed, of the purpose `withdrawal`. Raises ProofRefused."""
    origin = f"{settings.CONFIG.scheme}://{request.get_host()}"
    try:
        proof = SignedProof(
            structure=decode_bytes(structure), signature=decode_bytes(signature), origin=origin
        )
    except ValueError:
        raise ProofRefused(reason="malformed") from None
    return by_certificate(
        request.customer, purpose=Purpose.WITHDRAWAL, proof=proof, session=request.session.binding
    )


def _futures(request: CustomerRequest, account: Account | None) -> list[tuple[Account, str, bool]]:
    """The accounts whose withdrawal password this page can change: the key must be this browser's to sign."""
    if request.institution.key.place is not KeyPlace.BROWSER or request.session.scope.must_change:
        return []
    return [
        (each, mask_account(each.display), queries.has_withdrawal_password(request.customer, each.pk))
        for each in _own_futures(request, account)
    ]


def _own_futures(request: CustomerRequest, account: Account | None) -> list[Account]:
    found = queries.futures_accounts(request.customer)
    return found if account is None else [each for each in found if each.pk == account.pk]


def _shown(each: PasswordLine, house: Institution) -> dict[str, Any]:
    """One line of the table in words."""
    lines, states = dict(Line.choices), _state_words()
    return {
        "kind": _kind_words()[each.kind],
        "line": lines[each.line] if each.line else "",
        "branch": house.branch_name(each.branch) if each.branch else None,
        "masked": each.masked,
        "account": each.account if each.kind is not CredentialKind.VOICE else None,
        "same": each.same,
        "changed_at": each.changed_at,
        "expires_at": each.expires_at,
        "state": states.get(each.state, ""),
        "bad": each.state in (ExpiryState.EXPIRED, ExpiryState.MUST_CHANGE),
    }


def _kind_words() -> dict[CredentialKind, str]:
    """密碼別 as manual M2 has it."""
    return {
        CredentialKind.NETWORK: _("Network"),
        CredentialKind.WITHDRAWAL: _("Withdrawal"),
        CredentialKind.VOICE: _("Voice"),
    }


def _state_words() -> dict[ExpiryState, str]:
    return {
        ExpiryState.SOON: _("Expires soon"),
        ExpiryState.EXPIRED: _("Expired"),
        ExpiryState.MUST_CHANGE: _("Must be changed"),
        ExpiryState.UNSET: _("Not set"),
    }


def _refusal(form: UnifyForm, error: CentreError) -> dict[str, Any]:
    """Say a refusal at its fields and in the summary."""
    rendering.at_fields(form, error)
    return rendering.refusal(error, anchors=_ANCHORS)


def _status(context: dict[str, Any]) -> int:
    return 422 if "problems" in context else 200


def _require_centre(request: InstitutionRequest) -> None:
    """Raise NotFound where the policy has no password centre."""
    if not request.institution.passwords.centre:
        raise NotFound
