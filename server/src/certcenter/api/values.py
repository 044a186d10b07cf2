"""The small types of request and answer: bytes as base64url, bounded texts. Unknown members are refused."""

import base64
import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import PydanticCustomError, core_schema

#: Whole quartets, then a rest whose unused bits are zero: one spelling for each value (RFC 4648 §3.5, §5).
_BASE64URL: Final = r"^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$"
_CANONICAL = re.compile(_BASE64URL)

MAX_CSR = 4096
MAX_SIGNATURE = 8192
MAX_STRUCTURE = 2048
MAX_PUBLIC_KEY = 1024


class Input(BaseModel):
    """The body of a request. A member that no operation knows is an error: it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Output(BaseModel):
    """The body of an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def encode(value: bytes) -> str:
    """Return bytes as base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(value: str) -> bytes:
    """Return the bytes of a canonical base64url text. Raises ValueError for any other."""
    if not _CANONICAL.fullmatch(value) or value.endswith("\n"):
        raise ValueError("not canonical base64url")
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def _characters(count: int) -> int:
    return (count * 4 + 2) // 3


@dataclass(frozen=True, kw_only=True)
class Base64url:
    """Annotates bytes between two lengths that travel as base64url without padding."""

    least: int = 1
    most: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Read a text, or bytes where our own code builds an answer; write a text."""
        return core_schema.no_info_plain_validator_function(
            self._read,
            serialization=core_schema.plain_serializer_function_ser_schema(
                encode, return_schema=core_schema.str_schema()
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the text: RFC 4648 §5, canonical, bounded."""
        return {
            "type": "string",
            "pattern": _BASE64URL,
            "minLength": _characters(self.least),
            "maxLength": _characters(self.most),
        }

    def _read(self, value: object) -> bytes:
        if isinstance(value, bytes):
            return value
        if isinstance(value, str) and _characters(self.least) <= len(value) <= _characters(self.most):
            try:
                return decode(value)
            except ValueError:
                pass
        raise PydanticCustomError("base64url", "not base64url of the expected length")


def line(most: int, *, least: int = 1) -> StringConstraints:
    """Return the constraints of a text of one line without control characters."""
    return StringConstraints(min_length=least, max_length=most, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")


def form(pattern: str, most: int) -> StringConstraints:
    """Return the constraints of a text of one form."""
    return StringConstraints(pattern=pattern, max_length=most)


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Serial = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,40}$")]
Whole = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
