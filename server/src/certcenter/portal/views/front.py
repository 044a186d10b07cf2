"""The pages before login: the list of institutions, and each institution's 憑證中心 front page."""

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from certcenter.content import downloads
from certcenter.core.errors import NotFound
from certcenter.institutions.policy import Institution
from certcenter.institutions.serving import served
from certcenter.institutions.vocabulary import KeyPlace, OnlineRevocation, Proof
from certcenter.portal import documents
from certcenter.portal import render as rendering
from certcenter.portal.access import institution_page
from certcenter.portal.site import InstitutionRequest

NEWS_SHOWN = 3


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Answers as soon as requests are served."""
    return HttpResponse("ok\n", content_type="text/plain")


def _address(request: HttpRequest, institution: Institution) -> str:
    """The institution's own origin: the configured scheme and host, on the port that this request came to."""
    _, _, port = request.get_host().partition(":")
    return f"{settings.CONFIG.scheme}://{institution.host}{':' + port if port else ''}/"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The institutions of this centre."""
    houses = [
        {
            "name": institution.branding.name,
            "centre": institution.branding.centre_name,
            "is_test": institution.branding.test_environment,
            "url": _address(request, institution),
        }
        for institution in served().all()
    ]
    return render(request, "portal/index.html", {"houses": houses})


@require_safe
@institution_page
def front(request: InstitutionRequest) -> HttpResponse:
    """The institution's certificate centre: what it is for, where to enter, where the key lives here."""
    institution = request.institution
    return rendering.page(
        request,
        "portal/front.html",
        {
            "in_browser": institution.key.place is KeyPlace.BROWSER,
            "with_helper": institution.with_helper,
            "with_slip": Proof.SLIP in institution.application.proofs,
            "by_staff": institution.revocation.online is OnlineRevocation.STAFF_ONLY,
            "downloads": downloads.offered().items(),
            "news": documents.announcements(institution.slug)[:NEWS_SHOWN],
        },
    )


@require_safe
@institution_page
def download(request: InstitutionRequest, name: str) -> HttpResponse:  # noqa: ARG001 - a view
    """One of the helper's files. Its name says nothing about where it lies: only the manifest's names are found."""
    found = downloads.find(name)
    if found is None:
        raise NotFound
    response = FileResponse(found.path.open("rb"), as_attachment=True, filename=found.file)
    response["Content-Type"] = "application/octet-stream"
    response["ETag"] = f'"{found.sha256}"'
    response["Cache-Control"] = "public, max-age=300"
    return response  # type: ignore[return-value]  # streamed: the decorators pass on whatever answers
