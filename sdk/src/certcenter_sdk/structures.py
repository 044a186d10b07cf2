"""What orders and proofs have in common: string-valued JSON objects in one canonical form (RFC 8785).

The bytes are what gets signed, so there is exactly one serialisation for a structure, and
parsing accepts that one alone: what was shown, what was signed and what was verified can't drift apart.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Self

from certcenter_sdk.errors import StructureRefused

MAX_BYTES = 4096
"""No order or proof comes near this size; larger input is refused unread."""

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", re.ASCII)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(rf"(https?)://({_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]{{2,45}}\])(?::([1-9][0-9]{{0,4}}))?")
_NONCE = re.compile(r"[A-Za-z0-9_-]{22,86}")
_DEFAULT_PORTS = {"https": "443", "http": "80"}
_LARGEST_PORT = 65535
_NONCE_BYTES = range(16, 65)
_quoted = json.JSONEncoder(ensure_ascii=False).encode


def canonical_json(values: Mapping[str, str]) -> bytes:
    """The RFC 8785 serialisation of an object whose values are all strings.

    Raises:
        StructureRefused: `not-unicode` where a string holds a lone surrogate (RFC 8785 §3.2.2.2).
    """
    ordered = {key: values[key] for key in sorted(values, key=_utf16_units)}
    return _utf8(json.dumps(ordered, ensure_ascii=False, separators=(",", ":")))


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise StructureRefused("not-unicode", "a string holds a lone surrogate") from None


def _utf16_units(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")  # RFC 8785 §3.2.3


def parse_strings(data: bytes) -> dict[str, str]:
    """Read a JSON object whose values are all strings; no duplicate keys.

    Raises:
        StructureRefused: `too-large`, `malformed`, `duplicate-key`, `not-a-string`.
    """
    if len(data) > MAX_BYTES:
        raise StructureRefused("too-large", f"more than {MAX_BYTES} bytes")
    try:
        values = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise StructureRefused("malformed", "not a JSON object in UTF-8") from None
    if not isinstance(values, dict):
        raise StructureRefused("malformed", "not a JSON object")
    for key, value in values.items():
        if not isinstance(value, str):
            raise StructureRefused("not-a-string", f"the value of {key!r} is not a string", key)
    return values


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise StructureRefused("duplicate-key", f"{key!r} stands there twice", key)
        values[key] = value
    return values


class Structure:
    """Base of the frozen dataclasses `Order` and `Proof`: canonical bytes and their strict reading."""

    TYPE: ClassVar[str]

    def canonical(self) -> bytes:
        """The bytes that are shown, signed and kept."""
        members = [
            member if name == "type" else f"{member}{_quoted(str(getattr(self, name)))}"
            for name, member in self._layout()
        ]
        return _utf8(f"{{{','.join(members)}}}")

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read canonical bytes; anything that `canonical` would not write is refused.

        Raises:
            StructureRefused: `too-large`, `malformed`, `duplicate-key`, `not-a-string`, `missing-key`,
                `unexpected-key`, `wrong-type`, `invalid` (a field's form), `not-canonical`.
        """
        values = parse_strings(data)
        expected = {"type", *cls._names()}
        for key in sorted(expected - values.keys()):
            raise StructureRefused("missing-key", f"{key!r} is missing", key)
        for key in sorted(values.keys() - expected):
            raise StructureRefused("unexpected-key", f"{key!r} does not belong here", key)
        if values.pop("type") != cls.TYPE:
            raise StructureRefused("wrong-type", f"the type is not {cls.TYPE}", "type")
        structure = cls(**values)
        if structure.canonical() != data:
            raise StructureRefused("not-canonical", "the bytes are not in RFC 8785 form")
        return structure

    @classmethod
    @cache
    def _layout(cls) -> tuple[tuple[str, str], ...]:
        """The members in their canonical order: name, and what stands before its value; `type` with its value.

        Orders are signed by the thousand: what is the same for all is written once. `canonical_json` says the same.
        """
        names = sorted(("type", *cls._names()), key=_utf16_units)
        starts = ((name, f"{_quoted(name)}:") for name in names)
        return tuple(
            (name, f"{start}{_quoted(cls.TYPE)}" if name == "type" else start) for name, start in starts
        )

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return tuple(item.name for item in fields(cls))  # type: ignore[arg-type]  # subclasses are dataclasses


def require(condition: object, field: str, detail: str) -> None:
    """Refuse a field with the code `invalid`.

    Raises:
        StructureRefused: if `condition` is false.
    """
    if not condition:
        raise StructureRefused("invalid", detail, field)


def check_institution(value: str) -> None:
    """A slug that can stand as a DNS label."""
    require(_SLUG.fullmatch(value), "institution", "not a slug of small letters, digits and hyphens")


def check_origin(value: str) -> None:
    """An origin as a browser serialises it (RFC 6454 §6.2): https; http for loopback alone, where demos live."""
    match = _ORIGIN.fullmatch(value)
    require(match, "origin", "not an origin such as https://host or https://host:port")
    assert match is not None
    scheme, host, port = match.groups()
    require(scheme == "https" or _is_loopback(host), "origin", "http is for loopback hosts alone")
    require(port is None or int(port) <= _LARGEST_PORT, "origin", "the port is above 65535")
    require(port != _DEFAULT_PORTS[scheme], "origin", "the default port is left out")


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "[::1]"} or host.endswith(".localhost")


def check_time(value: str) -> None:
    """`YYYY-MM-DDTHH:MM:SS.sssZ`, a moment that exists."""
    require(_TIME.fullmatch(value), "time", "not of the form YYYY-MM-DDTHH:MM:SS.sssZ")
    try:
        parse_time(value)
    except ValueError:
        raise StructureRefused("invalid", "no such date or time", "time") from None


def parse_time(value: str) -> datetime:
    """The moment, aware, in UTC.

    Raises:
        ValueError: no such date or time.
    """
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """An aware moment as the structures write it: UTC, milliseconds cut off, not rounded.

    Raises:
        ValueError: the moment is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("an order's time is an aware datetime")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def check_nonce(value: str) -> None:
    """base64url without padding (RFC 4648 §5), 16 to 64 bytes, one spelling only."""
    require(_NONCE.fullmatch(value), "nonce", "not base64url of 16 to 64 bytes")
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        raise StructureRefused("invalid", "not base64url", "nonce") from None
    require(len(raw) in _NONCE_BYTES, "nonce", "not 16 to 64 bytes")
    spelt = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    require(spelt == value, "nonce", "unused bits of base64url are not zero")
