"""Reading the body: one JSON object whose members are each named once."""

import json
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser


class OneObject(Parser):
    """Refuses what two readers could read differently (RFC 8259 §4): a member named twice, NaN, another encoding."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return the object. Raises ValueError; ninja makes 400 of it."""
        value = json.loads(
            request.body.decode("utf-8"), object_pairs_hook=_unambiguous, parse_constant=_refuse_constant
        )
        if not isinstance(value, dict):
            raise ValueError("not an object")  # noqa: TRY004 - a body, not an argument
        return value


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is named twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
