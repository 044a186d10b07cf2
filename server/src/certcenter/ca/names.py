"""Distinguished names: encoding, reading back, and what may stand in them (RFC 5280 §4.1.2.4, appendix A.1)."""

import re
import unicodedata
from functools import lru_cache

from certcenter.ca import der
from certcenter.ca.api import SubjectName
from certcenter.ca.errors import Refusal, RequestRefusedError

UPPER_BOUND = 64  # ub-common-name, ub-organization-name, ub-organizational-unit-name
COUNTRY, ORGANIZATION, ORGANIZATIONAL_UNIT, COMMON_NAME = (
    b"\x06\x03\x55\x04\x06", b"\x06\x03\x55\x04\x0a", b"\x06\x03\x55\x04\x0b", b"\x06\x03\x55\x04\x03",
)  # fmt: skip
_COUNTRY_FORM = re.compile(r"[A-Z]{2}")
_OID_LENGTH = len(COUNTRY)


def check_name(name: SubjectName) -> None:
    """See that a name can stand in a certificate and cannot mislead its reader.

    Raises:
        RequestRefusedError: an empty or over-long part, a control, format, private or unassigned character,
            space at an end, a text not in normal form C, or a country that is not two capitals.

    """
    if not _COUNTRY_FORM.fullmatch(name.country):
        raise RequestRefusedError(Refusal.SUBJECT, f"country {name.country!r}")
    _check_text(name.organization)
    if name.organizational_unit is not None:
        _check_text(name.organizational_unit)
    _check_text(name.common_name)


def _check_text(text: str) -> None:
    if text.isascii() and text.isprintable() and 0 < len(text) <= UPPER_BOUND and text.strip() == text:
        return
    wrong = (
        not 0 < len(text) <= UPPER_BOUND
        or text.strip() != text
        or not unicodedata.is_normalized("NFC", text)
        or any(unicodedata.category(character)[0] == "C" for character in text)
    )
    if wrong:
        raise RequestRefusedError(Refusal.SUBJECT, f"text {text!r}")


def encode_name(name: SubjectName) -> bytes:
    """The DER Name: C as PrintableString, O, OU and CN as UTF8String, one attribute in each RDN."""
    return der.tlv(
        der.SEQUENCE,
        _surroundings(name.country, name.organization, name.organizational_unit),
        _rdn(COMMON_NAME, der.UTF8_STRING, name.common_name),
    )


@lru_cache(maxsize=1024)
def _surroundings(country: str, organization: str, unit: str | None) -> bytes:
    """What is the same for all customers of an institution: everything but the common name."""
    return b"".join((
        _rdn(COUNTRY, der.PRINTABLE_STRING, country),
        _rdn(ORGANIZATION, der.UTF8_STRING, organization),
        b"" if unit is None else _rdn(ORGANIZATIONAL_UNIT, der.UTF8_STRING, unit),
    ))  # fmt: skip


def _rdn(attribute: bytes, tag: int, text: str) -> bytes:
    return der.tlv(der.SET, der.sequence(attribute, der.tlv(tag, text.encode("utf-8"))))


def decode_name(encoded: bytes) -> SubjectName:
    """Read a Name of exactly the form that `encode_name` writes.

    Raises:
        DerError: any other form.

    """
    position, end = der.enter(encoded, 0, der.SEQUENCE)
    der.expect_end(end, len(encoded))
    country, position = _read_rdn(encoded, position, end, COUNTRY, der.PRINTABLE_STRING)
    organization, position = _read_rdn(encoded, position, end, ORGANIZATION, der.UTF8_STRING)
    unit = None
    if _attribute_at(encoded, position, end) == ORGANIZATIONAL_UNIT:
        unit, position = _read_rdn(encoded, position, end, ORGANIZATIONAL_UNIT, der.UTF8_STRING)
    common_name, position = _read_rdn(encoded, position, end, COMMON_NAME, der.UTF8_STRING)
    der.expect_end(position, end)
    return SubjectName(country, organization, unit, common_name)


def _attribute_at(data: bytes, position: int, end: int) -> bytes:
    start, stop = der.enter(data, position, der.SET, end)
    start, _ = der.enter(data, start, der.SEQUENCE, stop)
    return data[start : start + _OID_LENGTH]


def _read_rdn(data: bytes, position: int, end: int, attribute: bytes, tag: int) -> tuple[str, int]:
    set_start, set_stop = der.enter(data, position, der.SET, end)
    start, stop = der.enter(data, set_start, der.SEQUENCE, set_stop)
    der.expect_end(stop, set_stop)
    if data[start : start + _OID_LENGTH] != attribute:
        raise der.DerError(f"another attribute at octet {start}")
    text_start, text_stop = der.enter(data, start + _OID_LENGTH, tag, stop)
    der.expect_end(text_stop, stop)
    try:
        return data[text_start:text_stop].decode("utf-8"), set_stop
    except UnicodeDecodeError as error:
        raise der.DerError(f"not UTF-8 at octet {text_start}") from error
