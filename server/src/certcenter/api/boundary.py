"""The outermost layer of every operation: nothing but JSON comes in, nothing but an answer or a problem goes out."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.urls import URLPattern, URLResolver, re_path
from django.utils import translation

from certcenter.api import errors, problems

#: Bytes of a request's body; orders are smaller than the rest.
MAX_BODY: Final = 32 * 1024
MAX_ORDER_BODY: Final = 16 * 1024

View = Callable[..., HttpResponseBase]


def guarded(view: View) -> View:
    """Wrap an operation's view: bounds and type of the body before it, problems instead of exceptions after it."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(translation.get_language()):
            try:
                _check_body(request)
                response = view(request, *args, **kwargs)
            except Exception as exception:  # noqa: BLE001 - the last door: whatever it is becomes a problem
                response = problems.handle(request, exception)
            if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not _is_problem(response):
                response = _method_unknown(request, response)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    answered.csrf_exempt = True  # type: ignore[attr-defined]  # doors check it themselves: bearer tokens need none
    return answered


def guard(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """Wrap the views of URL patterns, in place; returns the same list."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = guarded(pattern.callback)
        else:
            guard(pattern.url_patterns)
    return patterns


@guarded
def _unknown_address(_request: HttpRequest, **_kwargs: str) -> HttpResponse:
    raise errors.NoSuchAddress


def _check_body(request: HttpRequest) -> None:
    """Read the body once, bounded. Raises BodyTooLarge, WrongMediaType, UnreadableBody."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    limit = MAX_ORDER_BODY if request.path.rstrip("/").endswith("/orders") else MAX_BODY
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise errors.UnreadableBody from None
    if announced > limit:
        raise errors.BodyTooLarge(limit=limit)
    try:
        body = request.body
    except RequestDataTooBig:
        raise errors.BodyTooLarge(limit=limit) from None
    except UnreadablePostError:
        raise errors.UnreadableBody from None
    if len(body) > limit:
        raise errors.BodyTooLarge(limit=limit)
    if body and request.content_type != "application/json":
        raise errors.WrongMediaType


def _is_problem(response: HttpResponseBase) -> bool:
    return response.headers.get("Content-Type") == problems.MEDIA_TYPE


def _method_unknown(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """Ninja's 405 is a plain text: keep its Allow (RFC 9110 §10.2.1)."""
    allow = response.headers.get("Allow", "")
    problem = problems.answer(errors.MethodUnknown(method=(request.method or "")[:20]))
    problem["Allow"] = allow
    return problem


#: Any path below the API that no operation has; the last pattern of each mount. A path may hold a line feed, which `.` is not.
elsewhere = re_path(r"^[\s\S]*\Z", _unknown_address)
#: What is meant for the API and comes by no mount (`/api`, `/api/v2/…`, `//api/…`): programs get a problem there too.
beside = re_path(r"^/*api(?![\w-])[\s\S]*\Z", _unknown_address)
