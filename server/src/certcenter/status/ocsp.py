"""An OCSP responder (RFC 6960, RFC 5019, nonces by RFC 9654): bytes in, bytes out, never an exception for bad input."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from certcenter.ca import der
from certcenter.ca.keys import SigningKey, key_bits, key_id
from certcenter.ca.publication import Publication
from certcenter.status.interfaces import CertificateStatus, Good

MAX_REQUEST = 8192
MAX_CERT_IDS = 64
_MAX_NONCE = 128  # RFC 9654 §2.1: none, or longer than 128 octets, is malformed
_MAX_SERIAL_OCTETS = 21

_BASIC = der.oid("1.3.6.1.5.5.7.48.1.1")
_NONCE = der.oid("1.3.6.1.5.5.7.48.1.2")
_SHA1, _SHA256 = der.oid("1.3.14.3.2.26"), der.oid("2.16.840.1.101.3.4.2.1")
_NULL = der.tlv(der.NULL)
_GOOD, _UNKNOWN = der.tlv(der.context(0, constructed=False)), der.tlv(der.context(2, constructed=False))

Lookup = Callable[[Sequence[int]], Mapping[int, CertificateStatus]]


class ResponseStatus(IntEnum):
    """OCSPResponseStatus, RFC 6960 §4.2.1."""

    SUCCESSFUL = 0
    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    UNAUTHORIZED = 6


@dataclass(frozen=True, slots=True)
class CertId:
    """Whose status is asked. `encoded` goes into the answer as it came."""

    encoded: bytes
    hash_algorithm: bytes
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """A request taken apart; a signature on it is read past, since nobody needs permission to ask."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None


@dataclass(frozen=True, slots=True)
class OcspAnswer:
    """An OCSPResponse (DER). `this_update` and `next_update` are set where it may be cached."""

    encoded: bytes
    status: ResponseStatus
    this_update: datetime | None = None
    next_update: datetime | None = None

    @property
    def cacheable(self) -> bool:
        """Signed, and the same for everybody who asks."""
        return self.next_update is not None


def error_answer(status: ResponseStatus) -> OcspAnswer:
    """An answer without a response, unsigned (RFC 6960 §2.3)."""
    return OcspAnswer(der.sequence(der.tlv(der.ENUMERATED, bytes((status,)))), status)


def parse_request(data: bytes) -> OcspRequest:
    """Take an OCSPRequest apart, strictly.

    Raises:
        DerError: not strict DER, too large, too many questions, an unknown version, an unknown critical extension,
            or a nonce of a length that RFC 9654 refuses.

    """
    if len(data) > MAX_REQUEST:
        raise der.DerError("request too large")
    position, end = der.enter(data, 0, der.SEQUENCE)
    der.expect_end(end, len(data))
    position, stop = der.enter(data, position, der.SEQUENCE, end)
    _skip_optional(data, stop, end, der.context(0))  # optionalSignature
    if der.peek(data, position) == der.context(0) and position < stop:
        raise der.DerError("version 1 is the only one, and the default is not encoded")
    if der.peek(data, position) == der.context(1) and position < stop:  # requestorName
        _, position = der.enter(data, position, der.context(1), stop)
    position, list_end = der.enter(data, position, der.SEQUENCE, stop)
    cert_ids = []
    while position < list_end:
        cert_id, position = _read_request(data, position, list_end)
        cert_ids.append(cert_id)
        if len(cert_ids) > MAX_CERT_IDS:
            raise der.DerError("too many questions in one request")
    if not cert_ids:
        raise der.DerError("no question")
    return OcspRequest(tuple(cert_ids), _read_nonce(data, list_end, stop))


def _skip_optional(data: bytes, position: int, end: int, tag: int) -> None:
    if position < end:
        _, position = der.enter(data, position, tag, end)
    der.expect_end(position, end)


def _read_request(data: bytes, position: int, end: int) -> tuple[CertId, int]:
    position, stop = der.enter(data, position, der.SEQUENCE, end)
    cert_id, position = _read_cert_id(data, position, stop)
    if position < stop:
        start, position = der.enter(data, position, der.context(0), stop)
        _read_extensions(data, start, position)
        der.expect_end(position, stop)
    return cert_id, stop


def _read_cert_id(data: bytes, position: int, end: int) -> tuple[CertId, int]:
    start, stop = der.enter(data, position, der.SEQUENCE, end)
    algorithm_start, algorithm_stop = der.enter(data, start, der.SEQUENCE, stop)
    _, oid_stop = der.enter(data, algorithm_start, der.OID, algorithm_stop)
    if data[oid_stop:algorithm_stop] not in (b"", _NULL):
        raise der.DerError("hash algorithm with parameters")
    name_start, name_stop = der.enter(data, algorithm_stop, der.OCTET_STRING, stop)
    key_start, key_stop = der.enter(data, name_stop, der.OCTET_STRING, stop)
    serial, after = der.read_integer(data, key_stop, stop)
    der.expect_end(after, stop)
    if after - key_stop > _MAX_SERIAL_OCTETS + 2:
        raise der.DerError("serial too long")
    cert_id = CertId(
        encoded=data[position:stop],
        hash_algorithm=data[algorithm_start:oid_stop],
        issuer_name_hash=data[name_start:name_stop],
        issuer_key_hash=data[key_start:key_stop],
        serial=serial,
    )
    return cert_id, stop


def _read_nonce(data: bytes, position: int, end: int) -> bytes | None:
    if position == end:
        return None
    start, stop = der.enter(data, position, der.context(2), end)
    der.expect_end(stop, end)
    value = _read_extensions(data, start, stop)
    if value is None:
        return None
    start, stop = der.enter(value, 0, der.OCTET_STRING)
    der.expect_end(stop, len(value))
    if not 0 < stop - start <= _MAX_NONCE:
        raise der.DerError("nonce of a length that is refused")
    return value


def _read_extensions(data: bytes, position: int, end: int) -> bytes | None:
    """Read past extensions and return the value of a nonce.

    Raises:
        DerError: an extension twice, or a critical one that is unknown.

    """
    position, stop = der.enter(data, position, der.SEQUENCE, end)
    der.expect_end(stop, end)
    found: dict[bytes, bytes] = {}
    while position < stop:
        start, position = der.enter(data, position, der.SEQUENCE, stop)
        _, oid_stop = der.enter(data, start, der.OID, position)
        oid = data[start:oid_stop]
        critical = data[oid_stop : oid_stop + len(der.TRUE)] == der.TRUE
        value_start, value_stop = der.enter(
            data, oid_stop + len(der.TRUE) * critical, der.OCTET_STRING, position
        )
        der.expect_end(value_stop, position)
        if oid in found or (critical and oid != _NONCE):
            raise der.DerError("an extension twice, or an unknown critical one")
        found[oid] = data[value_start:value_stop]
    return found.get(_NONCE)


def decode_get(path: str) -> bytes:
    """The request in the last part of a GET's path: base64, after URL decoding (RFC 6960 appendix A.1).

    `//` inside it is base64 like any other, and missing padding is forgiven.

    Raises:
        DerError: not base64, or too large.

    """
    if len(path) > MAX_REQUEST * 4 // 3 + 4:
        raise der.DerError("request too large")
    try:
        text = path.encode("ascii").rstrip(b"=")
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise der.DerError("not base64") from error


class OcspResponder:
    """Answers for one issuing CA, signed by its delegated responder."""

    def __init__(self, publication: Publication) -> None:
        self._key: SigningKey = publication.responder_key
        self._certificates = der.tlv(der.context(0), der.sequence(publication.responder_certificate))
        # byKey, shorter than the name (RFC 5019 §2.2.1)
        key_hash = der.tlv(der.OCTET_STRING, key_id(publication.responder_key.public_key))
        self._responder_id = der.tlv(der.context(2), key_hash)
        bits = key_bits(publication.issuing_spki)
        self._issuer_hashes = {
            oid: (_digest(name, publication.issuing_name), _digest(name, bits))
            for oid, name in ((_SHA1, "sha1"), (_SHA256, "sha256"))
        }

    def answer(self, data: bytes, *, lookup: Lookup, now: datetime, life: timedelta) -> OcspAnswer:
        """Answer an encoded request; whatever is wrong with it is said in the answer.

        `life` is the time from thisUpdate to nextUpdate. An answer to other CAs' certificates alone is
        "unauthorized" (RFC 5019 §2.2.3); among ours they are "unknown", as are serials that were never issued.
        """
        try:
            request = parse_request(data)
        except der.DerError:
            return error_answer(ResponseStatus.MALFORMED_REQUEST)
        ours = [cert_id.serial for cert_id in request.cert_ids if self._is_ours(cert_id)]
        if not ours:
            return error_answer(ResponseStatus.UNAUTHORIZED)
        return self._sign(request, lookup(ours), now=now.astimezone(UTC).replace(microsecond=0), life=life)

    def _is_ours(self, cert_id: CertId) -> bool:
        hashes = self._issuer_hashes.get(cert_id.hash_algorithm)
        return hashes == (cert_id.issuer_name_hash, cert_id.issuer_key_hash)

    def _sign(
        self, request: OcspRequest, found: Mapping[int, CertificateStatus], *, now: datetime, life: timedelta
    ) -> OcspAnswer:
        produced_at, next_update = der.generalized_time(now), now + life
        times = produced_at + der.tlv(der.context(0), der.generalized_time(next_update))
        answers = (
            der.sequence(
                cert_id.encoded,
                _cert_status(found.get(cert_id.serial) if self._is_ours(cert_id) else None),
                times,
            )
            for cert_id in request.cert_ids
        )
        nonce = b""
        if request.nonce is not None:
            extension = der.sequence(_NONCE, der.tlv(der.OCTET_STRING, request.nonce))
            nonce = der.tlv(der.context(1), der.sequence(extension))
        tbs = der.sequence(self._responder_id, produced_at, der.sequence(*answers), nonce)
        basic = der.sequence(
            tbs, self._key.algorithm, der.bit_string(self._key.sign(tbs)), self._certificates
        )
        encoded = der.sequence(
            der.tlv(der.ENUMERATED, bytes((ResponseStatus.SUCCESSFUL,))),
            der.tlv(der.context(0), der.sequence(_BASIC, der.tlv(der.OCTET_STRING, basic))),
        )
        if request.nonce is not None:
            return OcspAnswer(encoded, ResponseStatus.SUCCESSFUL)
        return OcspAnswer(encoded, ResponseStatus.SUCCESSFUL, now, next_update)


def _cert_status(status: CertificateStatus | None) -> bytes:
    if status is None:
        return _UNKNOWN
    if isinstance(status, Good):
        return _GOOD
    reason = (
        der.tlv(der.context(0), der.tlv(der.ENUMERATED, bytes((status.reason,)))) if status.reason else b""
    )
    return der.tlv(der.context(1), der.generalized_time(status.at), reason)


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()  # identifiers (RFC 6960 §4.1.1)
