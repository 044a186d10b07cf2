"""What the centre answers, read with care: typed values, and problems as exceptions (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, TypeVar

import httpx

from certcenter_sdk.octets import decode_bytes, encode_bytes

__all__ = ["Answer", "ApiProblem", "encode_bytes", "read_answer", "unexpected"]

Kind = TypeVar("Kind", str, int, bool)


class ApiProblem(Exception):
    """The centre said no, and why.

    Attributes:
        status: HTTP status.
        code: stable, for programs; `unexpected-answer` where the answer was not the centre's.
        title: one sentence in the customer's language.
        detail: more of it; may be empty.
        reference: what the customer tells the help desk; may be empty.
        fields: per input field at fault, what is wrong with it.
        advice: what to do next; may be empty.
        kept: what of the work so far is safe; may be empty.
        params: the figures in `title` and `detail`, such as `tries_left`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        *,
        detail: str = "",
        reference: str = "",
        fields: Mapping[str, Any] | None = None,
        advice: str = "",
        kept: str = "",
        params: Mapping[str, str | int | bool] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.reference = reference
        self.fields = dict(fields or {})
        self.advice = advice
        self.kept = kept
        self.params = dict(params or {})


class Answer:
    """A JSON object of the centre; whatever is missing or of another type is an `ApiProblem`, not a KeyError."""

    def __init__(self, values: Mapping[str, Any], status: int = 200) -> None:
        self.values = values
        self.status = status

    def text(self, key: str) -> str:
        """A string."""
        return self._typed(key, str)

    def number(self, key: str) -> int:
        """An integer."""
        return self._typed(key, int)

    def octets(self, key: str) -> bytes:
        """Bytes, carried as base64url without padding."""
        try:
            return decode_bytes(self.text(key))
        except ValueError:
            raise unexpected(self.status, f"{key!r} is not base64url") from None

    def _typed(self, key: str, kind: type[Kind]) -> Kind:
        value = self.values.get(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise unexpected(self.status, f"{key!r} is missing or not a {kind.__name__}")
        return value


def unexpected(status: int, detail: str) -> ApiProblem:
    """An answer that the centre would not give: a proxy's page, another version, a broken line."""
    return ApiProblem(status, "unexpected-answer", "The answer is not one of the centre's.", detail=detail)


def read_answer(response: httpx.Response) -> Answer:
    """The JSON object of a successful response.

    Raises:
        ApiProblem: for every other response.
    """
    if not response.is_success:
        raise _problem(response)
    if not response.content:
        return Answer({}, response.status_code)
    values = _object(response)
    if values is None:
        raise unexpected(response.status_code, "not a JSON object")
    return Answer(values, response.status_code)


def _object(response: httpx.Response) -> Mapping[str, Any] | None:
    try:
        values = response.json()
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _problem(response: httpx.Response) -> ApiProblem:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    values = _object(response) if media_type == "application/problem+json" else None
    if values is None or not isinstance(values.get("code"), str):
        return unexpected(
            response.status_code, f"HTTP status {response.status_code} without a problem document"
        )
    texts = {key: str(values.get(key) or "") for key in ("title", "detail", "reference", "advice", "kept")}
    fields = values.get("fields")
    named = fields if isinstance(fields, dict) else {}
    given = values.get("params")
    params = {
        name: each
        for name, each in (given if isinstance(given, dict) else {}).items()
        if isinstance(each, str | int)
    }
    return ApiProblem(response.status_code, values["code"], fields=named, params=params, **texts)
