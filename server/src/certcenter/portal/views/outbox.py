"""The demo's outbox: what would have been sent, for people as a page and for programs as JSON. A production centre has none."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from certcenter.core.errors import NotFound
from certcenter.institutions.serving import served
from certcenter.notifications.models import DemoMessage

P = ParamSpec("P")

ON_A_PAGE = 30
IN_AN_ANSWER = 100
_HIGHEST = 2**63 - 1


def demo_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page that exists in the demo alone."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if settings.CONFIG.mode != "demo":
            raise NotFound
        return view(request, *args, **kwargs)

    return wrapped


@require_safe
@demo_only
def outbox(request: HttpRequest) -> HttpResponse:
    """Messages as they would look, newest first; the page's script looks for new ones."""
    messages, more = _messages(request, limit=ON_A_PAGE)
    filters = {name: request.GET[name] for name in ("institution", "address") if request.GET.get(name)}
    names = {each.slug: each.branding.name for each in served().all()}
    context = {
        "rows": [
            {"message": each, "sender": names.get(each.institution, each.institution)} for each in messages
        ],
        "newest": messages[0].pk if messages else 0,
        "older": urlencode({**filters, "before": str(messages[-1].pk)}) if more else "",
        "first_page": "before" not in request.GET,
        "houses": names.items(),
        "filters": filters,
    }
    return render(request, "portal/outbox.html", context)


@require_safe
@demo_only
def outbox_json(request: HttpRequest) -> HttpResponse:
    """The same for programs: `?institution=&address=&after=&before=`, newest first, at most 100; `more` says what was left off."""
    messages, more = _messages(request, limit=IN_AN_ANSWER)
    return JsonResponse({"messages": [_as_json(each) for each in messages], "more": more})


@require_safe
@demo_only
def outbox_mail(request: HttpRequest, number: int) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """A signed mail as it would travel, for a mail program or `openssl cms -verify` to read."""
    found = DemoMessage.objects.filter(pk=min(number, _HIGHEST), mail__isnull=False).first()
    if found is None or found.mail is None:
        raise NotFound
    return HttpResponse(
        bytes(found.mail),
        content_type="message/rfc822",
        headers={"Content-Disposition": f'attachment; filename="message-{found.pk}.eml"'},
    )


def _messages(request: HttpRequest, *, limit: int) -> tuple[list[DemoMessage], bool]:
    """The newest messages that the query asks for, by keyset, and whether there are more."""
    rows = DemoMessage.objects.order_by("-pk")
    for name in ("institution", "address"):
        if value := request.GET.get(name, "").replace("\0", "").strip():  # PostgreSQL compares no NUL
            rows = rows.filter(**{name: value})
    if after := _number(request, "after"):
        rows = rows.filter(pk__gt=after)
    if before := _number(request, "before"):
        rows = rows.filter(pk__lt=before)
    found = list(rows[: limit + 1])
    return found[:limit], len(found) > limit


def _number(request: HttpRequest, name: str) -> int:
    """A message's number, 0 for none and for rubbish."""
    text = request.GET.get(name, "")
    return min(int(text), _HIGHEST) if text.isascii() and text.isdigit() and len(text) < 20 else 0  # noqa: PLR2004 - 64 bits


def _as_json(message: DemoMessage) -> dict[str, Any]:
    return {
        "id": message.pk,
        "institution": message.institution,
        "channel": message.channel,
        "address": message.address,
        "subject": message.subject,
        "text": message.text,
        "time": message.created_at.isoformat(),
        "signed_by": message.signed_by,
    }
