"""Signing in and out, staying signed in, and the language."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certcenter.core import clock
from certcenter.core.errors import Busy, CentreError
from certcenter.identity import sessions
from certcenter.identity.visitor import device_cookie
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import Captcha
from certcenter.passwords import captcha, users
from certcenter.passwords.login import ComparedTooLate, sign_in
from certcenter.portal import again
from certcenter.portal import render as rendering
from certcenter.portal.access import due_password_page, institution_page
from certcenter.portal.forms import LoginForm
from certcenter.portal.password_notes import notes
from certcenter.portal.site import CustomerRequest, InstitutionRequest, actor_of

YEAR = 31_536_000
#: Which field a refusal is about.
_ANCHORS = {"login-refused": "id_identity", "captcha-refused": "captcha"}


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the chosen language in a cookie and return to the page."""
    response = HttpResponseRedirect(_local(request, request.POST.get("next", ""), otherwise="/"))
    chosen = request.POST.get("language", "")
    if check_for_language(chosen) and chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@institution_page
def login(request: InstitutionRequest) -> HttpResponse:
    """ID, password and captcha. One answer for everything that is wrong with them (SPEC E4)."""
    target = request.POST.get("next") or request.GET.get("next", "")
    if request.customer is not None and request.method != "POST":
        return redirect(_local(request, target, otherwise=reverse("overview")))
    typed = again.typed(request)
    if typed is None:
        return redirect("login")
    form = LoginForm(typed or None, institution=request.institution)
    context = {
        "form": form,
        "next": target,
        "kind": request.institution.page_captcha.value,
        "ended": "ended" in request.GET,
    }
    if request.institution.passwords.centre and target.startswith(reverse("passwords")):
        context |= {"to_passwords": True} | notes(request.institution)
    if request.method == "POST":
        if form.is_valid():
            try:
                return _signed_in(request, form, typed, target)
            except ComparedTooLate as error:
                context |= rendering.refusal(error, anchors=_ANCHORS)
            except Busy as busy:
                return again.page(request, busy, typed, target)
            except CentreError as error:
                context |= rendering.refusal(error, anchors=_ANCHORS)
        else:
            context["problems"] = form.problems
    status = 422 if "problems" in context else 200
    context |= _challenge(request.institution)
    response = rendering.page(request, "portal/login.html", context, script="login", status=status)
    response.without_trusted_types = True  # type: ignore[attr-defined] # the captcha's widget builds its parts from strings
    return response


def _signed_in(
    request: InstitutionRequest, form: LoginForm, typed: Mapping[str, str], target: str
) -> HttpResponse:
    clean = form.cleaned_data
    shown: dict[str, Any] = {
        "identity": clean["identity"],
        "password": clean["password"],
        "captcha": _captcha_answer(request.institution, typed),
        "asked": request.institution.page_captcha,
        "device_token": request.COOKIES.get(device_cookie()),
        "actor": actor_of(request),
    }
    if users.has_users(request.institution):
        done = users.sign_in(request.institution, user_code=clean["user_code"], **shown)
    else:
        done = sign_in(request.institution, **shown)
    request.session.sign_in(done.customer, done.scope)
    response = HttpResponseRedirect(_local(request, target, otherwise=reverse("overview")))
    response.set_cookie(
        device_cookie(),
        done.device_token,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _challenge(institution: Institution) -> dict[str, Any]:
    """What the login page needs to ask the captcha."""
    fresh = captcha.new_challenge(institution, asked=institution.page_captcha)
    if fresh.kind is Captcha.IMAGE:
        return {"picture": base64.b64encode(fresh.png).decode(), "token": fresh.token}
    return {"work": json.dumps(fresh.work)} if fresh.work else {}


def _captcha_answer(institution: Institution, typed: Mapping[str, str]) -> str:
    """The answer as `passwords.captcha` takes it."""
    answer = typed.get("captcha", "")
    if institution.page_captcha is Captcha.IMAGE:
        return f"image:{typed.get('captcha-token', '')}:{answer}"
    return answer


@require_safe
@institution_page
def captcha_sound(request: InstitutionRequest) -> HttpResponse:
    """The letters of the login page's picture, spoken."""
    return HttpResponse(
        captcha.sound(request.institution, request.GET.get("token", "")), content_type="audio/wav"
    )


@require_POST
@due_password_page
def logout(request: CustomerRequest) -> HttpResponse:
    """End the session; what the page keeps for it is deleted by its script (`signed-out` page)."""
    sessions.close(request.session.binding, customer=request.customer, actor=actor_of(request))
    request.session.flush()
    return redirect("signed-out")


@require_POST
@due_password_page
def extend(request: CustomerRequest) -> HttpResponse:
    """Move the idle end because the person asked for it; the session's own rule did it on the way here."""
    ends = request.session.idle_ends_at
    return JsonResponse({"ends_in": int((ends - clock.now()).total_seconds()) if ends else 0})


@require_safe
@institution_page
def signed_out(request: InstitutionRequest) -> HttpResponse:
    """What a customer sees after signing out, or after the idle time."""
    return rendering.page(
        request, "portal/signed_out.html", {"idle": "idle" in request.GET}, script="signed-out"
    )


def _local(request: HttpRequest, address: str, *, otherwise: str) -> str:
    """The address if it leads to this very host, so that nobody is sent elsewhere after login."""
    allowed = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if allowed and address.startswith("/") else otherwise
