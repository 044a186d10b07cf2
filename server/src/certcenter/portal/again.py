"""A login that found no room, in the house (`passwords.admission`) or at the customer's own gate: one click sends it again, the captcha not asked anew.

Nothing was used up, so what was typed still serves. The page carries it sealed: a password never stands in a page. The
seal holds for this institution and this browser (its CSRF cookie), and for two minutes.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.http import HttpResponse
from django.middleware.csrf import get_token

from certcenter.core import clock, sealing
from certcenter.core.errors import Busy
from certcenter.core.sealing import Unsealable, Use
from certcenter.portal import render as rendering
from certcenter.portal.site import InstitutionRequest

LIFETIME: Final = timedelta(minutes=2)
_FIELD: Final = "again"
_KEPT: Final = ("identity", "user_code", "password", "captcha", "captcha-token")


def typed(request: InstitutionRequest) -> Mapping[str, str] | None:
    """Return what was typed, now or before the centre was busy; None where that is too old or not this browser's."""
    sealed = request.POST.get(_FIELD)
    if sealed is None:
        return request.POST
    try:
        held = json.loads(sealing.unseal(Use.AGAIN, sealed, owner=_owner(request)))
    except Unsealable:
        return None
    fields: dict[str, str] = held["fields"]
    return fields if datetime.fromisoformat(held["until"]) > clock.now() else None


def page(request: InstitutionRequest, busy: Busy, fields: Mapping[str, str], target: str) -> HttpResponse:
    """Return the page that says "busy" and whose one button sends the same again."""
    held = {
        "fields": {name: fields[name] for name in _KEPT if name in fields},
        "until": (clock.now() + LIFETIME).isoformat(),
    }
    sealed = sealing.seal(Use.AGAIN, json.dumps(held).encode(), owner=_owner(request))
    context = {"busy": busy, "sealed": sealed, "next": target}
    response = rendering.page(request, "portal/login_busy.html", context, status=busy.status)
    response["Retry-After"] = str(busy.AFTER)
    return response


def _owner(request: InstitutionRequest) -> str:
    get_token(request)
    return f"{request.institution.slug}:{request.META['CSRF_COOKIE']}"
