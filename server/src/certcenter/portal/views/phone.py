"""憑證上傳手機: the computer's page and the phone's (SPEC A12, manual M3 §5); their scripts do the rest."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from certcenter.certificates import queries
from certcenter.core.errors import NotFound
from certcenter.institutions.vocabulary import Function, KeyPlace
from certcenter.portal import icon_png, keys, menu
from certcenter.portal import render as rendering
from certcenter.portal.access import customer_page, institution_page
from certcenter.portal.middleware import SecurityHeaders
from certcenter.portal.site import CustomerRequest, InstitutionRequest

_HOUR = 3600


@require_safe
@customer_page
def upload(request: CustomerRequest) -> HttpResponse:
    """The computer's half: read the phone's code, compare, type the certificate password, send."""
    menu.require(request.institution, Function.PHONE_UPLOAD)
    context = {
        "in_browser": request.institution.key.place is KeyPlace.BROWSER,
        "phone_address": request.build_absolute_uri(reverse("phone")),
        "minutes": request.institution.phone.minutes,
    }
    if not context["in_browser"]:
        return rendering.page(request, "portal/phone_upload.html", context)
    data = keys.page_data(request, overviewUrl=reverse("overview"), phoneAddress=context["phone_address"])
    response = rendering.page(request, "portal/phone_upload.html", context, script="phone-upload", data=data)
    setattr(response, SecurityHeaders.CAMERA, True)
    return response


@require_safe
@customer_page
def phone(request: CustomerRequest) -> HttpResponse:
    """The phone's half: show the code, take what was sent, type the certificate password, keep the key here."""
    menu.require(request.institution, Function.PHONE_UPLOAD)
    institution, seen = request.institution, queries.overview(request.customer)
    security = institution.security
    context: dict[str, Any] = {
        "minutes": institution.phone.minutes,
        "modes": [mode.value for mode in security.choices],
        "mode": security.default.value if security.default else "",
        "may_sign": menu.has_page(institution, Function.SIGN_ORDER),
        "word": institution.statuses.word(seen.status),
        "colour": institution.branding.light.colour,
    }
    data = keys.page_data(request, overview=seen)
    return rendering.page(request, "portal/phone.html", context, script="phone", data=data)


@require_safe
@institution_page
def manifest(request: InstitutionRequest) -> HttpResponse:
    """What lets a phone put the page beside its apps (W3C, Web Application Manifest)."""
    menu.require(request.institution, Function.PHONE_UPLOAD)
    branding, language = request.institution.branding, get_language() or "zh-hant"
    icons = [
        {
            "src": reverse("phone-icon", kwargs={"size": size}),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in (192, 512)
    ]
    answer = JsonResponse(
        {
            "id": reverse("phone"),
            "name": f"{branding.name.get(language)} {gettext('Certificate on the phone')}",
            "short_name": branding.short_name.get(language),
            "lang": "zh-Hant" if language.startswith("zh") else "en",
            "start_url": reverse("phone"),
            "scope": "/",
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": branding.light.colour,
            "icons": icons,
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )
    answer["Cache-Control"] = f"private, max-age={_HOUR}"
    return answer


@require_safe
@institution_page
def icon(request: InstitutionRequest, size: int) -> HttpResponse:
    """The institution's mark as a picture for the phone's home screen."""
    if size not in icon_png.SIZES:
        raise NotFound
    response = HttpResponse(
        icon_png.drawn(request.institution.branding.light.colour, size), content_type="image/png"
    )
    response["Cache-Control"] = f"public, max-age={24 * _HOUR}"
    return response
