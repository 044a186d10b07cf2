"""Rendering a page together with its script's texts and data, and refusals as an error summary."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from certcenter.core.errors import CentreError, Invalid, NotNow
from certcenter.portal.site import of
from certcenter.portal.texts import script_texts


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    script: str = "plain",
    data: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `template` with the page script `script`; `data` reaches it in a JSON block (no inline script)."""
    institution = of(request).institution
    script_data = {
        "api": "/api/v1",
        "csrf": get_token(request),
        "institution": institution.slug if institution else "",
        "reference": of(request).reference,
        "language": "zh-Hant" if (get_language() or "").startswith("zh") else "en",
        "texts": script_texts(script),
        "data": dict(data or {}),
    }
    return render(
        request,
        template,
        {**(context or {}), "script_name": script, "script_data": script_data},
        status=status,
    )


def at_fields(form: BaseForm, error: CentreError) -> None:
    """Say at a form's fields what an action found wrong with them."""
    for name, words in getattr(error, "fields", {}).items():
        if name in form.fields:
            form.add_error(name, str(words))


def refusal(error: CentreError, *, anchors: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The context of an error summary (parts/errors.html); `anchors` maps a field or a code to its input's id."""
    anchors = anchors or {}
    if isinstance(error, Invalid) and error.fields:
        problems = [(anchors.get(name, f"id_{name}"), str(words)) for name, words in error.fields.items()]
        return {"problems": problems}
    advice = " ".join(text for text in (error.advice, error.reassurance) if text)
    found = {"problems": [(anchors.get(error.code, ""), error.detail)], "problems_advice": advice}
    # "Please check what you have entered" is no help where nothing that was entered is wrong.
    return found if error.status in _ENTERED else found | {"problems_title": title_of(error)}


def title_of(error: CentreError) -> str:
    """A refusal in a few words, as a heading."""
    if isinstance(error, NotNow):
        return _("That is not possible now")
    titles = {
        HTTPStatus.NOT_FOUND: _("There is no such page"),
        HTTPStatus.FORBIDDEN: _("That is not possible"),
        HTTPStatus.CONFLICT: _("Something has changed meanwhile"),
        HTTPStatus.TOO_MANY_REQUESTS: _("That is enough for now"),
        HTTPStatus.SERVICE_UNAVAILABLE: _("The centre is busy"),
    }
    return titles.get(HTTPStatus(error.status), _("That did not work"))


#: Refusals of what was typed.
_ENTERED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY)
