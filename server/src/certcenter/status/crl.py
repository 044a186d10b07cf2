"""CRLs, encoded here because the usual builder is quadratic (RFC 5280 §5; SPEC D3; PERFORMANCE).

Entries are streamed from rows into DER, a million within about a second.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice

from certcenter.ca import der
from certcenter.ca.api import Reason
from certcenter.ca.keys import SigningKey
from certcenter.status.interfaces import RevokedEntry

_VERSION_2 = der.integer(1)
_CHUNK = 8192
_DIGITS = tuple(b"%02d" % number for number in range(100))
_UTC_TIME_YEARS = range(1950, 2050)


@dataclass(frozen=True, slots=True)
class CrlIssuer:
    """Who signs: DER Name, key identifier, key."""

    name: bytes
    key_id: bytes
    key: SigningKey


def encode_crl(
    entries: Iterable[RevokedEntry],
    *,
    issuer: CrlIssuer,
    number: int,
    this_update: datetime,
    next_update: datetime,
    distribution_point: str | None,
) -> bytes:
    """A signed CertificateList (DER).

    `distribution_point` is the URL in the certificates' own extension: the CRL then covers those certificates only
    (RFC 5280 §5.2.5) and user certificates only. `number` must grow from one CRL to the next (§5.2.3).

    Raises:
        ValueError: an entry whose serial is not positive or whose reason is not one of `Reason`.

    """
    revoked = bytearray()
    for chunk in _chunks(entries):
        revoked += chunk
    before = b"".join(
        (_VERSION_2, issuer.key.algorithm, issuer.name, der.time(this_update), der.time(next_update))
    )
    # RFC 5280 §5.1.2.6: without a single entry the list is absent, not empty.
    list_header = der.header(der.SEQUENCE, len(revoked)) if revoked else b""
    after = der.tlv(der.context(0), der.sequence(*_extensions(issuer, number, distribution_point)))
    length = len(before) + len(list_header) + len(revoked) + len(after)
    tbs = b"".join((der.header(der.SEQUENCE, length), before, list_header, revoked, after))
    del revoked
    return der.sequence(tbs, issuer.key.algorithm, der.bit_string(issuer.key.sign(tbs)))


def _extensions(issuer: CrlIssuer, number: int, distribution_point: str | None) -> Iterator[bytes]:
    key_id = der.tlv(der.context(0, constructed=False), issuer.key_id)
    yield _extension("2.5.29.35", der.sequence(key_id))
    yield _extension("2.5.29.20", der.integer(number))
    if distribution_point is not None:
        uri = der.tlv(der.context(6, constructed=False), distribution_point.encode("ascii"))
        point = der.tlv(der.context(0), der.tlv(der.context(0), uri))
        only_user_certificates = der.tlv(der.context(1, constructed=False), b"\xff")
        yield _extension("2.5.29.28", der.sequence(point, only_user_certificates), critical=True)


def _extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(oid), der.TRUE if critical else b"", der.tlv(der.OCTET_STRING, value))


def _chunks(entries: Iterable[RevokedEntry]) -> Iterator[bytes]:
    """Entries in DER, thousands at a time: one join for each chunk, not one object for each row at the end."""
    rows = iter(entries)
    while some := list(islice(rows, _CHUNK)):
        yield b"".join([_entry(serial, at, reason) for serial, at, reason in some])


def _entry(serial: int, at: datetime, reason: int) -> bytes:
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    if serial <= 0 or at.year not in _UTC_TIME_YEARS:
        return _rare_entry(serial, at, reason)
    octets = (serial.bit_length() >> 3) + 1
    head, tail = _frame(octets, reason)
    d = _DIGITS
    return b"%b%b\x17\x0d%b%b%b%b%b%bZ%b" % (
        head, serial.to_bytes(octets, "big"),
        d[at.year % 100], d[at.month], d[at.day], d[at.hour], d[at.minute], d[at.second], tail,
    )  # fmt: skip


@cache
def _frame(octets: int, reason: int) -> tuple[bytes, bytes]:
    """What stands around serial and time in an entry: it depends on the serial's length and the reason only."""
    tail = _reason_extension(reason)
    integer_header = der.header(der.INTEGER, octets)
    utc_time = 15
    return der.header(
        der.SEQUENCE, len(integer_header) + octets + utc_time + len(tail)
    ) + integer_header, tail


def _reason_extension(reason: int) -> bytes:
    """RFC 5280 §5.3.1: "unspecified" is said by saying nothing."""
    reason = Reason(reason)
    if reason is Reason.UNSPECIFIED:
        return b""
    return der.sequence(_extension("2.5.29.21", der.tlv(der.ENUMERATED, bytes((reason,)))))


def _rare_entry(serial: int, at: datetime, reason: int) -> bytes:
    if serial <= 0:
        raise ValueError(f"serial {serial} is not positive")
    return der.sequence(der.integer(serial), der.time(at), _reason_extension(reason))
