"""Rendering a page together with its script's texts and data, and refusals as an error summary."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import get_language

from certcenter.core.errors import CentreError, Invalid
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
    return {"problems": [(anchors.get(error.code, ""), error.detail)], "problems_advice": advice}
