"""Files that are the same for everybody: static files, the institution's colours and its mark."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from certcenter.core.errors import NotFound
from certcenter.portal import assets
from certcenter.portal.site import of

YEAR = 31_536_000


@require_safe
def static_file(request: HttpRequest, name: str) -> HttpResponse:
    """One file of the catalogue; kept for a year where its address names its content."""
    if name not in assets.catalogue():
        raise NotFound
    found = assets.asset(name)
    etag = f'"{found.version}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    elif found.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(found.packed, content_type=found.type)
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(found.body, content_type=found.type)
    # Vite's files carry their hash in the name, all others in ?v=.
    named = name.startswith(assets.BUILD) or request.GET.get("v") == found.version
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable" if named else "public, no-cache"
    response["ETag"] = etag
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


@require_safe
def theme(request: HttpRequest) -> HttpResponse:
    """The institution's accent as custom properties: a style sheet, since the policy forbids inline styles."""
    page = of(request)
    text = render_to_string(
        "portal/theme.css", {"branding": page.institution.branding if page.institution else None}
    )
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=3600"
    return response


@require_safe
def mark(request: HttpRequest) -> HttpResponse:
    """The institution's mark as the tab's icon."""
    page = of(request)
    branding = page.institution.branding if page.institution else None
    response = HttpResponse(
        render_to_string("portal/mark.svg", {"branding": branding}), content_type="image/svg+xml"
    )
    response["Cache-Control"] = "public, max-age=3600"
    return response
