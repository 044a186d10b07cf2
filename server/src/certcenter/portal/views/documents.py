"""公告, 操作說明, 常見問題: open to everybody, since one may need them in order to sign in."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from certcenter.portal import documents
from certcenter.portal import render as rendering
from certcenter.portal.access import institution_page
from certcenter.portal.site import InstitutionRequest


def _page(request: InstitutionRequest, kind: str, shown: list[documents.Shown]) -> HttpResponse:
    frame = "portal/customer.html" if request.customer is not None else "portal/visitor.html"
    return rendering.page(
        request, "portal/documents.html", {"frame": frame, "kind": kind, "documents": shown}
    )


@require_safe
@institution_page
def announcements(request: InstitutionRequest) -> HttpResponse:
    """Announcements, newest first."""
    return _page(request, "announcements", documents.announcements(request.institution.slug))


@require_safe
@institution_page
def instructions(request: InstitutionRequest) -> HttpResponse:
    """How each function is used."""
    return _page(request, "instructions", documents.instructions(request.institution.slug))


@require_safe
@institution_page
def faq(request: InstitutionRequest) -> HttpResponse:
    """Questions and answers."""
    return _page(request, "faq", documents.questions(request.institution.slug))
