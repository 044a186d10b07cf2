"""The password centre for people who can't log in: 密碼解鎖 and 密碼補發 (SPEC B3, B8, B9, manual M2)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from certcenter.core.actor import Actor
from certcenter.core.errors import NotFound
from certcenter.identity import visitor
from certcenter.institutions.vocabulary import KeyPlace
from certcenter.portal import render as rendering
from certcenter.portal.access import institution_page
from certcenter.portal.forms import WhoForm
from certcenter.portal.site import InstitutionRequest
from certcenter.portal.templatetags.portal import say
from certcenter.recovery import flows
from certcenter.recovery.errors import FlowGone
from certcenter.recovery.models import Flow

#: Methods of a page with a form.
SEEN = ["GET", "HEAD", "POST"]
#: Which field a refusal is about.
ANCHORS = {
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

View = Callable[[InstitutionRequest], HttpResponse]


@require_safe
@institution_page
def unlock(request: InstitutionRequest) -> HttpResponse:
    """密碼解鎖: the page's script lets the device prove its certificate (SPEC B3)."""
    require_centre(request)
    return rendering.page(
        request, "portal/recovery/unlock.html", frame(request) | {"form": who_form(request)}, script="unlock"
    )


def require_centre(request: InstitutionRequest) -> None:
    """Raise NotFound where the institution has no password centre."""
    if not request.institution.passwords.centre:
        raise NotFound


def frame(request: InstitutionRequest) -> dict[str, Any]:
    """What the pages of this file share."""
    institution = request.institution
    return {
        "lock": institution.lock,
        "branch_words": say(institution.contact.branch),
        "in_browser": institution.key.place is KeyPlace.BROWSER,
    }


def who_form(request: InstitutionRequest, *, fresh: bool = False) -> WhoForm:
    """ID and birth date, as they were typed or empty."""
    return WhoForm(None if fresh else request.POST or None, institution=request.institution)


def centre_page(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """A page of the password centre; one whose run has ended leads to the first."""

    @wraps(view)
    def wrapped(request: InstitutionRequest) -> HttpResponse:
        require_centre(request)
        try:
            return view(request)
        except FlowGone as gone:
            context = frame(request) | {"form": who_form(request, fresh=True)} | rendering.refusal(gone)
            return run_page(request, "who", context, script="reissue", status=gone.status)

    return institution_page(wrapped)


def run_page(
    request: InstitutionRequest,
    name: str,
    context: dict[str, Any],
    *,
    script: str = "plain",
    status: int = 200,
) -> HttpResponse:
    """Render a page of a run."""
    context |= {"per_day": request.institution.passwords.reissues_a_day}
    data = {"accountUrl": reverse("reissue-account")}
    return rendering.page(
        request, f"portal/recovery/{name}.html", context, script=script, data=data, status=status
    )


def visitor_of(request: InstitutionRequest) -> Actor:
    """Nobody in particular, whoever may be logged in at this browser."""
    return visitor.actor_of(request, institution=request.institution.slug, customer=None, session="")


def token_of(request: InstitutionRequest) -> str:
    """Return the token of the run that this browser holds."""
    return request.COOKIES.get(visitor.flow_cookie(), "")


def flow_of(request: InstitutionRequest) -> Flow:
    """Return the run that this browser holds. Raises FlowGone."""
    return flows.find(request.institution.slug, token_of(request))


def holding(response: HttpResponseRedirect, token: str) -> HttpResponseRedirect:
    """Let the browser hold the run, as long as that lives."""
    visitor.keep_flow(response, token, seconds=int(flows.LIFETIME.total_seconds()))
    return response
