"""What the status services ask of whoever keeps the certificates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from certcenter.ca.api import Reason
from certcenter.ca.publication import Publication


@dataclass(frozen=True, slots=True)
class Good:
    """Issued here and not revoked."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """Revoked, or suspended where the reason is certificateHold. `at` carries a time zone."""

    at: datetime
    reason: Reason


CertificateStatus = Good | Revoked


class RevokedEntry(NamedTuple):
    """One line of a CRL. `at` in UTC is encoded fastest; `reason` is a `Reason` or its number."""

    serial: int
    at: datetime
    reason: int


class StatusUnavailableError(Exception):
    """The source cannot answer just now; clients are told to try later."""


class StatusSource(Protocol):
    """Reads only. Any method may raise `StatusUnavailableError`."""

    def ca(self, name: str) -> Publication | None:
        """What this CA publishes, or None where there is no such CA. The same object while nothing changed."""
        ...

    def lookup(self, ca: str, serials: Sequence[int]) -> Mapping[int, CertificateStatus]:
        """The status of these serials now; one that this CA never issued is left out."""
        ...

    def revoked(self, ca: str, shard: int) -> Iterable[RevokedEntry]:
        """The revoked and suspended certificates whose serial modulo the CA's shards is `shard`.

        Streamed, in any order. A certificate may leave one CRL after its end (RFC 5280 §3.3).
        """
        ...
