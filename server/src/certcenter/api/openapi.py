"""The OpenAPI document: what ninja finds in the operations, with the problems that each of them may answer."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from ninja import NinjaAPI

from certcenter.api import errors, problems
from certcenter.api.problems import Problem
from certcenter.core.errors import Busy, CentreError, Invalid
from certcenter.passwords.errors import PasswordMustChange

#: What any operation may answer, and what one with a body or with a session may answer besides.
_ALWAYS: Final = (errors.NoSuchInstitution, errors.InternalFault, Busy)
_WITH_INPUT: Final = (Invalid,)
_WITH_BODY: Final = (
    errors.MalformedBody,
    errors.UnreadableBody,
    errors.BodyTooLarge,
    errors.WrongMediaType,
)
_CODES: Final = "x-problem-codes"
_OPEN: Final = "x-open"

_DESCRIPTION: Final = """\
The whole life of a customer's certificate, for the page and for programs.

Bytes travel as base64url without padding (RFC 4648 §5). A member that no operation knows is refused. Errors are
`application/problem+json` (RFC 9457): decide by `code`, show `detail` and `advice`, keep `reference`. Send
`Accept-Language` (`zh-Hant` or `en`) to choose the language of texts. POST applications takes `Idempotency-Key`.
"""


def operation(
    status: int,
    answer: Any,
    /,
    *refusals: type[CentreError],
    is_open: bool = False,
    also: Mapping[int, Any] | None = None,
) -> dict[str, Any]:
    """Return ninja's arguments for an operation that answers `answer` with `status`, or `also`, or one of `refusals`."""
    return {
        "response": {
            status: answer,
            **(also or {}),
            **{int(refusal.status): Problem for refusal in refusals},
        },
        "openapi_extra": {_CODES: _by_status(refusals), _OPEN: is_open},
        "exclude_none": False,
    }


def schema(api: NinjaAPI, *, prefix: str, parameters: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """Return the document of one mount; `parameters` are those of its path prefix."""
    document: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=prefix))
    document["info"]["description"] = _DESCRIPTION
    schemas = document["components"]["schemas"]
    schemas.setdefault("Problem", Problem.model_json_schema(ref_template="#/components/schemas/{model}"))
    for path in document["paths"].values():
        for method, details in path.items():
            _describe(method, details)
            details["parameters"] = [*parameters, *details["parameters"]]
    return document


def _describe(method: str, details: dict[str, Any]) -> None:
    """Give an operation every problem that it may answer, as application/problem+json with the codes in words."""
    codes: dict[int, list[str]] = {
        int(status): list(each) for status, each in details.pop(_CODES, {}).items()
    }
    is_open = details.pop(_OPEN, False)
    common: list[type[CentreError]] = [*_ALWAYS]
    if details.get("requestBody") or details["parameters"]:
        common += _WITH_INPUT
    if details.get("requestBody"):
        common += _WITH_BODY
    if method != "get":
        common.append(errors.CsrfFailed)
    if not is_open:
        common += [errors.SignInNeeded, PasswordMustChange]
    for status, names in _by_status(common).items():
        codes[status] = [*codes.get(status, []), *names]
    details["responses"] = {
        **{
            str(status): answer
            for status, answer in details["responses"].items()
            if int(status) < HTTPStatus.BAD_REQUEST
        },
        **{str(status): _problem(status, names) for status, names in sorted(codes.items())},
    }


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: "
        + ", ".join(f"`{code}`" for code in sorted(set(codes))),
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        described["headers"] = {
            "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds, where known."}
        }
    return described


def _by_status(refusals: Iterable[type[CentreError]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for refusal in refusals:
        found.setdefault(int(refusal.status), []).append(refusal.code)
    return found
