"""DER, as little as is needed (X.690): definite, minimal lengths; single-byte tags.

Reading raises `ValueError` and nothing else; callers name what was wrong in their own codes.
"""

from collections.abc import Iterator
from typing import NamedTuple

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
SEQUENCE, SET = 0x30, 0x31
CONTEXT_0, CONTEXT_1, CONTEXT_0_PRIMITIVE = 0xA0, 0xA1, 0x80

_LONG_FORM = 0x80
_MOST_LENGTH_OCTETS = 4
_MULTI_BYTE_TAG = 0x1F


class Element(NamedTuple):
    """One tag-length-value: where it starts, where its contents start and end, in `data`."""

    data: bytes
    start: int
    tag: int
    content: int
    end: int

    @property
    def body(self) -> bytes:
        """The contents octets."""
        return self.data[self.content : self.end]

    @property
    def encoding(self) -> bytes:
        """Tag, length and contents."""
        return self.data[self.start : self.end]

    @property
    def first(self) -> "Element":
        """The first of what is inside.

        Raises:
            ValueError: nothing is.
        """
        if self.content == self.end:
            raise ValueError("an element is empty")
        return read(self.data, self.content, self.end)

    def children(self) -> Iterator["Element"]:
        """What is inside, in order.

        Raises:
            ValueError: the contents are not a series of DER elements.
        """
        offset = self.content
        while offset < self.end:
            child = read(self.data, offset, self.end)
            yield child
            offset = child.end


def read(data: bytes, offset: int = 0, limit: int | None = None) -> Element:
    """The element that starts at `offset` and ends at or before `limit`.

    Raises:
        ValueError: cut short, an indefinite or non-minimal length, a multi-byte tag.
    """
    limit = len(data) if limit is None else limit
    if offset + 2 > limit:
        raise ValueError("an element is cut short")
    tag, length, content = data[offset], data[offset + 1], offset + 2
    if tag & _MULTI_BYTE_TAG == _MULTI_BYTE_TAG:
        raise ValueError("a tag of several bytes")
    if length >= _LONG_FORM:
        octets = length - _LONG_FORM
        if not 1 <= octets <= _MOST_LENGTH_OCTETS:
            raise ValueError("an indefinite or absurd length")
        length = int.from_bytes(data[content : content + octets])
        content += octets
        if length < _LONG_FORM or length >> (8 * (octets - 1)) == 0:
            raise ValueError("a length that is not minimal")
    if content + length > limit:
        raise ValueError("an element is longer than what holds it")
    return Element(data, offset, tag, content, content + length)


def read_whole(data: bytes, tag: int) -> Element:
    """The one element that `data` consists of.

    Raises:
        ValueError: another tag, or trailing bytes.
    """
    element = read(data)
    if element.tag != tag:
        raise ValueError(f"tag {element.tag:#04x} where {tag:#04x} belongs")
    if element.end != len(data):
        raise ValueError("trailing bytes")
    return element


def encode(tag: int, *parts: bytes) -> bytes:
    """An element with these contents."""
    body = b"".join(parts)
    return bytes([tag]) + encode_length(len(body)) + body


def encode_length(length: int) -> bytes:
    """The minimal definite form (X.690 §10.1)."""
    if length < _LONG_FORM:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([_LONG_FORM | len(octets)]) + octets


def oid(dotted: str) -> bytes:
    """An object identifier, tag and length included."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    body = bytearray()
    for arc in (40 * first + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        body.extend(reversed(septets))
    return encode(OID, bytes(body))
