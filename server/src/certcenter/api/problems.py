"""Errors as `application/problem+json` (RFC 9457), in the customer's language (SPEC E10)."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, ConfigDict, Field

from certcenter.api import errors
from certcenter.core.errors import Busy, CentreError, Forbidden, Invalid, NotFound, NotNow, TooMany
from certcenter.core.ids import reference_number
from certcenter.core.logs import reference

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)


class Problem(BaseModel):
    """What went wrong, for programs (`code`, `params`) and for people (`title`, `detail`, `advice`, `kept`)."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    type: Annotated[str, Field(pattern=r"^urn:certcenter:problem:[a-z0-9-]+$")]
    """Names the kind of problem: `urn:certcenter:problem:` and the code."""
    title: str
    """The kind of problem in a few words."""
    status: Annotated[int, Field(ge=400, le=599)]
    """The HTTP status again."""
    code: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    """Stable; what a program decides by."""
    detail: str
    """What happened, as a sentence for the customer."""
    advice: str
    """What to do now; may be empty."""
    kept: str
    """What was not lost; may be empty."""
    reference: str
    """Reference number; names this request in our logs."""
    params: dict[str, str | int | bool]
    """The figures in `detail`, such as `tries_left`."""
    fields: dict[str, str]
    """What is wrong with each input, by its path in the request."""


def answer(error: CentreError) -> HttpResponse:
    """Return the problem document of `error` in the active language."""
    params = {name: value for name, value in error.params.items() if isinstance(value, str | int)}
    problem = Problem(
        type=f"urn:certcenter:problem:{error.code}",
        title=_title(error),
        status=error.status,
        code=error.code,
        detail=error.detail,
        advice=error.advice,
        kept=error.reassurance,
        reference=reference.get() or reference_number(),
        params=params,
        fields={name: str(text) for name, text in getattr(error, "fields", {}).items()},
    )
    response = JsonResponse(
        problem.model_dump(),
        status=error.status,
        content_type=MEDIA_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )
    for name, value in _headers(error).items():
        response[name] = value
    # A problem is an answer, not a fault: what is worth a line has written its own (`of`, audit, counters).
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - else Django writes one for each
    return response


def of(exception: Exception) -> CentreError:
    """Return what the customer may be told of `exception`; an unknown one is logged and becomes InternalFault."""
    found: CentreError | None = None
    match exception:
        case CentreError():
            found = exception
        case ValidationError():
            found = Invalid(explained(exception.errors))
        case Http404():
            found = NotFound()
        case HttpError():
            found = _of_http_error(exception)
    if found is None:
        _log.error("unexpected %s", type(exception).__name__, exc_info=exception)
    return found or errors.InternalFault()


def handle(request: HttpRequest, exception: Exception | type[Exception]) -> HttpResponse:  # noqa: ARG001 - ninja's signature
    """Answer any exception of an operation: the one handler of the API."""
    return answer(of(exception if isinstance(exception, Exception) else exception()))


def explained(found: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return pydantic's findings as one sentence a field, in the active language."""
    return {_path(finding["loc"]): _sentence(finding) for finding in found}


def _of_http_error(error: HttpError) -> CentreError | None:
    """Ninja's own refusals: unreadable JSON, nobody authenticated."""
    known: dict[int, CentreError] = {
        HTTPStatus.BAD_REQUEST: errors.MalformedBody(),
        HTTPStatus.UNAUTHORIZED: errors.SignInNeeded(),
        HTTPStatus.FORBIDDEN: Forbidden(),
        HTTPStatus.TOO_MANY_REQUESTS: TooMany(),
    }
    return known.get(error.status_code)


def _headers(error: CentreError) -> dict[str, str]:
    """Retry-After for what passes by itself (RFC 9110 §10.2.3), WWW-Authenticate for 401 (§11.6.1)."""
    retry_after = error.params.get("retry_after", error.params.get("seconds"))
    if retry_after is None and isinstance(error, Busy):
        retry_after = error.AFTER
    headers = {} if retry_after is None else {"Retry-After": str(max(1, int(retry_after)))}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="certcenter"'
    return headers


def _title(error: CentreError) -> str:
    if isinstance(error, NotNow):
        return str(_NOT_NOW)
    return str(_TITLES.get(HTTPStatus(error.status), _OTHER_TITLE))


_NOT_NOW = gettext_lazy("That is not possible now")
_OTHER_TITLE = gettext_lazy("That did not work")
_TITLES = {
    HTTPStatus.BAD_REQUEST: gettext_lazy("The request can't be read"),
    HTTPStatus.UNAUTHORIZED: gettext_lazy("Not logged in"),
    HTTPStatus.FORBIDDEN: gettext_lazy("That is not possible"),
    HTTPStatus.NOT_FOUND: gettext_lazy("There is nothing here"),
    HTTPStatus.METHOD_NOT_ALLOWED: gettext_lazy("Wrong method"),
    HTTPStatus.CONFLICT: gettext_lazy("Something has changed meanwhile"),
    HTTPStatus.GONE: gettext_lazy("No longer here"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: gettext_lazy("Too large"),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: gettext_lazy("Wrong type of content"),
    HTTPStatus.UNPROCESSABLE_ENTITY: gettext_lazy("Please check your input"),
    HTTPStatus.LOCKED: gettext_lazy("Locked"),
    HTTPStatus.TOO_MANY_REQUESTS: gettext_lazy("That is enough for now"),
    HTTPStatus.INTERNAL_SERVER_ERROR: gettext_lazy("The centre made a mistake"),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_lazy("The centre is busy"),
}


def _path(location: Sequence[str | int]) -> str:
    """`("body", "payload", "consent", "version")` → `consent.version`; parameters keep their own name."""
    source, *rest = location
    if source == "body":
        rest = rest[1:]
    return ".".join(str(part) for part in rest) or "body"


def _sentence(finding: Mapping[str, Any]) -> str:
    context = finding.get("ctx", {})
    sentences = {
        "missing": _("This is required."),
        "extra_forbidden": _("This is not known here."),
        "string_type": _("This must be text."),
        "string_unicode": _("This is no valid text."),
        "string_pattern_mismatch": _("This is not of the expected form."),
        "string_too_short": _("This needs at least %(min_length)s characters."),
        "string_too_long": _("This may have at most %(max_length)s characters."),
        "int_type": _("This must be a whole number."),
        "int_parsing": _("This must be a whole number."),
        "greater_than_equal": _("This must be at least %(ge)s."),
        "less_than_equal": _("This must be at most %(le)s."),
        "enum": _("This must be one of: %(expected)s."),
        "literal_error": _("This must be one of: %(expected)s."),
        "uuid_parsing": _("This must be a UUID."),
        "uuid_type": _("This must be a UUID."),
        "base64url": _("This must be bytes in base64url without padding."),
        "model_attributes_type": _("This must be a JSON object."),
        "model_type": _("This must be a JSON object."),
    }
    sentence = sentences.get(finding["type"])
    return sentence % context if sentence else _("This is not of the expected form.")
