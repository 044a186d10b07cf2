"""What a list of certificates shows, read from their DER (RFC 5280 §4.1) without loading a cryptographic library.

For looking alone: nothing here was verified, and whoever signs, verifies or installs reads the certificate itself.
"""

import hashlib
from datetime import datetime
from typing import NamedTuple

from certcenter_sdk import der

_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_PIVOT = 50
_TIME_LENGTH = len("20500101000000Z")


class Glance(NamedTuple):
    """A certificate's serial number, validity (aware, UTC) and key's name (lower-case hex SHA-256 of its SPKI)."""

    serial: int
    not_before: datetime
    not_after: datetime
    spki_sha256: str


def at(certificate: bytes) -> Glance:
    """Look at a certificate.

    Raises:
        ValueError: it is none.
    """
    signed = der.read_whole(certificate, der.SEQUENCE).first
    fields = list(signed.children())
    if fields and fields[0].tag == der.CONTEXT_0:  # the version; its default is 1
        fields = fields[1:]
    tags = [each.tag for each in fields[:6]]
    if tags != [der.INTEGER, *[der.SEQUENCE] * 5]:
        raise ValueError("not a certificate")
    serial, _algorithm, _issuer, validity, _subject, spki = fields[:6]
    begin, end = (_moment(each) for each in validity.children())
    return Glance(
        int.from_bytes(serial.body, signed=True), begin, end, hashlib.sha256(spki.encoding).hexdigest()
    )


def _moment(element: der.Element) -> datetime:
    """A Time (RFC 5280 §4.1.2.5): both forms with seconds and in UTC."""
    text = element.body.decode("ascii")
    if element.tag == _UTC_TIME:
        text = f"{19 if int(text[:2]) >= _PIVOT else 20}{text}"
    elif element.tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    if len(text) != _TIME_LENGTH or not (text[:-1].isdigit() and text.endswith("Z")):
        raise ValueError("not a time with seconds, in UTC")
    return datetime.fromisoformat(f"{text[:8]}T{text[8:]}")
