"""The password centre for people who can't log in: 密碼解鎖 and 密碼補發 (SPEC B3, B8, B9, manual M2)."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from certcenter.core.errors import NotFound
from certcenter.institutions.vocabulary import KeyPlace
from certcenter.portal import render as rendering
from certcenter.portal.access import institution_page
from certcenter.portal.forms import WhoForm
from certcenter.portal.site import InstitutionRequest
from certcenter.portal.templatetags.portal import say


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
