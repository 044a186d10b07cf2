"""OCSP, CRLs and CA certificates over plain HTTP (SPEC D3): a WSGI callable without Django's request cycle.

| path | answers |
|---|---|
| `GET`, `POST /ocsp/<ca>[/<base64>]` | OCSP (RFC 6960 appendix A; RFC 5019 §5 for caching) |
| `GET /crl/<ca>/<shard>.crl`, `/crl/<ca>/root.crl` | CRL (RFC 5280 §5) |
| `GET /ca/<ca>/issuing.crt`, `/ca/<ca>/root.crt` | CA certificate, DER (RFC 2585 §4) |
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO

from certcenter.ca.der import DerError
from certcenter.ca.publication import Publication
from certcenter.core import clock
from certcenter.status.crl import CrlIssuer, encode_crl
from certcenter.status.interfaces import StatusSource, StatusUnavailableError
from certcenter.status.ocsp import (
    MAX_REQUEST,
    OcspAnswer,
    OcspResponder,
    ResponseStatus,
    decode_get,
    error_answer,
)

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_log = logging.getLogger(__name__)
_OCSP, _CRL, _CERTIFICATE = "application/ocsp-response", "application/pkix-crl", "application/pkix-cert"
_CA_MAX_AGE = timedelta(days=1)
_CONTENT_LENGTH = re.compile(r"[0-9]{1,9}")
_SHARD = re.compile(r"0|[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class Lives:
    """How long answers hold. A CRL is made anew after `crl_refresh`, long before its nextUpdate."""

    ocsp: timedelta = timedelta(minutes=10)
    crl: timedelta = timedelta(hours=24)
    crl_refresh: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer before it is written."""

    status: str
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _KeptCrl:
    encoded: bytes
    made_at: datetime
    publication: Publication


class StatusApp:
    """The WSGI callable. Thread-safe; a CRL is made by one thread while the others wait for it."""

    def __init__(
        self,
        source: StatusSource,
        *,
        lives: Lives | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._source = source
        self._lives = lives or Lives()
        self._now = now
        self._responders: dict[str, tuple[Publication, OcspResponder]] = {}
        self._crls: dict[tuple[str, int], _KeptCrl] = {}
        self._crl_locks: dict[tuple[str, int], Lock] = {}
        self._lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answer(environ)
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            ("X-Content-Type-Options", "nosniff"),
            *answer.headers,
        ]
        start_response(answer.status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _answer(self, environ: "WSGIEnvironment") -> Answer:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        service, _, rest = path.removeprefix("/").partition("/")
        name, _, rest = rest.partition("/")
        if service not in {"ocsp", "crl", "ca"}:
            return _not_found()
        allowed = ("GET", "HEAD", "POST") if service == "ocsp" else ("GET", "HEAD")
        if method not in allowed:
            return _plain("405 Method Not Allowed", ("Allow", ", ".join(allowed)))
        return self._ocsp(environ, name, rest) if service == "ocsp" else self._file(service, name, rest)

    def _file(self, service: str, name: str, file: str) -> Answer:
        try:
            publication = self._source.ca(name)
            if publication is None:
                return _not_found()
            return self._crl(publication, file) if service == "crl" else _certificate(publication, file)
        except StatusUnavailableError:
            return _plain("503 Service Unavailable", ("Retry-After", "10"))
        except Exception:  # noqa: BLE001 - relying parties come again; the operator reads the log
            _log.exception("%s of CA %s failed", file, name)
            return _plain("503 Service Unavailable", ("Retry-After", "60"))

    def _ocsp(self, environ: "WSGIEnvironment", name: str, rest: str) -> Answer:
        get = environ["REQUEST_METHOD"] != "POST"
        try:
            publication = self._source.ca(name)
            if publication is None:
                return _not_found()
            data = decode_get(rest) if get else _body(environ)
            answer = self._responder(name, publication).answer(
                data,
                lookup=lambda serials: self._source.lookup(name, serials),
                now=self._now(),
                life=self._lives.ocsp,
            )
        except DerError:
            answer = error_answer(ResponseStatus.MALFORMED_REQUEST)
        except StatusUnavailableError:
            answer = error_answer(ResponseStatus.TRY_LATER)
        except Exception:  # noqa: BLE001 - OCSP has an answer of its own for this (RFC 6960 §2.3)
            _log.exception("OCSP request for CA %s failed", name)
            answer = error_answer(ResponseStatus.INTERNAL_ERROR)
        headers = _ocsp_caching(answer, now=self._now()) if get else (("Cache-Control", "no-store"),)
        return Answer("200 OK", _OCSP, answer.encoded, headers)

    def _responder(self, name: str, publication: Publication) -> OcspResponder:
        kept = self._responders.get(name)
        if kept is None or kept[0] is not publication:
            kept = (publication, OcspResponder(publication))
            self._responders[name] = kept
        return kept[1]

    def _crl(self, publication: Publication, file: str) -> Answer:
        stem, dot, extension = file.rpartition(".")
        if dot != "." or extension != "crl":
            return _not_found()
        if stem == "root":
            return _cached(_CRL, publication.root_crl, max_age=_CA_MAX_AGE)
        if not _SHARD.fullmatch(stem) or int(stem) >= publication.config.shards:
            return _not_found()
        kept = self._current_crl(publication, int(stem))
        age = self._now() - kept.made_at
        headers = (("Last-Modified", format_datetime(kept.made_at, usegmt=True)),)
        return _cached(
            _CRL, kept.encoded, max_age=max(self._lives.crl_refresh - age, timedelta()), headers=headers
        )

    def _current_crl(self, publication: Publication, shard: int) -> _KeptCrl:
        key = (publication.config.name, shard)
        with self._lock:
            lock = self._crl_locks.setdefault(key, Lock())
        with lock:
            now, kept = self._now(), self._crls.get(key)
            fresh = kept is not None and timedelta() <= now - kept.made_at < self._lives.crl_refresh
            if kept is None or not fresh or kept.publication is not publication:
                kept = self._make_crl(publication, shard, now=now)
                self._crls[key] = kept
            return kept

    def _make_crl(self, publication: Publication, shard: int, *, now: datetime) -> _KeptCrl:
        encoded = encode_crl(
            self._source.revoked(publication.config.name, shard),
            issuer=CrlIssuer(publication.issuing_name, publication.issuing_key_id, publication.crl_key),
            number=_microseconds(now),
            this_update=now,
            next_update=now + self._lives.crl,
            distribution_point=publication.config.crl_url(shard),
        )
        return _KeptCrl(encoded, now, publication)


def _microseconds(moment: datetime) -> int:
    """A CRL number that grows without anybody having to store it, on several nodes too (RFC 5280 §5.2.3)."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _body(environ: "WSGIEnvironment") -> bytes:
    """The request's body, read no further than an OCSP request can be long.

    Raises:
        DerError: longer than that, or a Content-Length that is no number.

    """
    declared = environ.get("CONTENT_LENGTH") or ""
    stream: BinaryIO | Any = environ["wsgi.input"]
    if not declared:  # chunked, where the server says that it ends the stream by itself
        return bytes(stream.read(MAX_REQUEST + 1)) if environ.get("wsgi.input_terminated") else b""
    if not _CONTENT_LENGTH.fullmatch(declared) or int(declared) > MAX_REQUEST:
        raise DerError("request too large")
    return bytes(stream.read(int(declared)))


def _ocsp_caching(answer: OcspAnswer, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """RFC 5019 §5: cacheable until nextUpdate, unless it answers a nonce or an error."""
    if answer.this_update is None or answer.next_update is None:
        return (("Cache-Control", "no-store"),)
    seconds = max(0, int((answer.next_update - now).total_seconds()))
    return (
        ("Last-Modified", format_datetime(answer.this_update, usegmt=True)),
        ("Expires", format_datetime(answer.next_update, usegmt=True)),
        ("ETag", f'"{hashlib.sha256(answer.encoded).hexdigest()}"'),
        ("Cache-Control", f"max-age={seconds}, public, no-transform, must-revalidate"),
    )


def _certificate(publication: Publication, file: str) -> Answer:
    certificates = {"root.crt": publication.root_certificate, "issuing.crt": publication.issuing_certificate}
    encoded = certificates.get(file)
    return _not_found() if encoded is None else _cached(_CERTIFICATE, encoded, max_age=_CA_MAX_AGE)


def _cached(
    content_type: str, body: bytes, *, max_age: timedelta, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    caching = (
        "Cache-Control",
        f"max-age={int(max_age.total_seconds())}, public, no-transform, must-revalidate",
    )
    return Answer("200 OK", content_type, body, (*headers, caching))


def _not_found() -> Answer:
    return _plain("404 Not Found")


def _plain(status: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", f"{status}\n".encode(), headers)
