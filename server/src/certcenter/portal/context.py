"""What every page shows: whose house it is, who is signed in, the menu, the way to reach a person."""

from importlib.metadata import version
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, gettext

from certcenter.core import clock
from certcenter.core.masks import mask_identity, mask_name
from certcenter.institutions.policy import Institution
from certcenter.portal import menu
from certcenter.portal.site import PageRequest, of

VERSION = version("certcenter")


def page(request: HttpRequest) -> dict[str, Any]:
    """The context that all templates of the portal share (a Django context processor)."""
    seen = of(request)
    institution = getattr(seen, "institution", None)
    context: dict[str, Any] = {"version": VERSION, "reference": getattr(seen, "reference", ""), "home": "/"}
    if institution is None:
        return {
            **context,
            "house_name": "Certcenter",
            "centre_name": gettext("Electronic certificate centre"),
        }
    context |= _house(institution)
    if getattr(seen, "customer", None) is not None:
        context |= _customer(seen, institution)
    return context


def _house(institution: Institution) -> dict[str, Any]:
    language = get_language() or "zh-hant"
    return {
        "institution": institution,
        "house_name": institution.branding.name.get(language),
        "centre_name": institution.branding.centre_name.get(language),
        "is_test": institution.branding.test_environment,
        "contact": institution.contact,
        "links": institution.links,
    }


def _page_name(request: PageRequest) -> str:
    """The page as the menu knows it: a procedure's later steps belong to its first."""
    match = request.resolver_match
    if match is None:
        return ""
    return str(match.kwargs.get("kind") or match.url_name or "")


def _customer(request: PageRequest, institution: Institution) -> dict[str, Any]:
    assert request.customer is not None
    entries = menu.entries(institution, current=_page_name(request))
    ends = request.session.idle_ends_at
    return {
        "customer_name": mask_name(request.customer.name),
        "customer_masked_id": mask_identity(request.customer.national_id),
        "menu": entries,
        "menu_heading": institution.menu.heading,
        "menu_current": next((entry.label for entry in entries if entry.current), ""),
        "home": reverse("overview"),
        "session_ends_in": int((ends - clock.now()).total_seconds()) if ends else 0,
        "session_warning": institution.session.warning_seconds,
    }
