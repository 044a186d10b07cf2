"""What the centre asks of a certificate authority, whichever one it is (SPEC D1, D2).

Issuing has two steps, so that what will be signed is stored before it is signed (SPEC E8):
`prepare` chooses the serial and builds the exact to-be-signed bytes, `issue` signs them.
A backend answers row by row, in the order of the rows; one bad row is `Refused` alone and never an exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol, runtime_checkable


class Reason(IntEnum):
    """CRLReason, RFC 5280 §5.3.1. removeFromCRL (8) belongs to delta CRLs, which this centre does not issue."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


@dataclass(frozen=True, slots=True)
class SubjectName:
    """C, O, OU (may be absent) and CN of a certificate's subject, in this order."""

    country: str
    organization: str
    organizational_unit: str | None
    common_name: str


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """One certificate wanted.

    `reference` is the caller's own name for the row and comes back in every answer; `spki` is a DER
    SubjectPublicKeyInfo; both times carry a time zone and are cut to whole seconds; `profile` names one of the
    CA's certificate profiles.
    """

    reference: str
    spki: bytes
    subject: SubjectName
    not_before: datetime
    not_after: datetime
    profile: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """The exact TBSCertificate (DER) that will be signed, to be stored before `issue` is called."""

    reference: str
    serial: int
    tbs: bytes
    issuer_key_id: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate (DER) and its chain: the issuing CA first, then the root."""

    reference: str
    serial: int
    certificate: bytes
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that will never be issued as it stands. `code` is one of `errors.Refusal`; `detail` is for the log."""

    reference: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Pending:
    """An asynchronous CA has taken the row; ask again with `collect` after `retry_after`."""

    reference: str
    retry_after: timedelta


class CertificateAuthority(Protocol):
    """What every backend can do. The contract tests in `server/tests/ca/contract.py` hold for each of them."""

    @property
    def name(self) -> str:
        """The CA's name in policy files and URLs."""
        ...

    def prepare(self, requests: Sequence[IssueRequest]) -> Sequence[Prepared | Refused]:
        """Choose serials and build what will be signed, one answer for each request, in order."""
        ...

    def issue(self, prepared: Sequence[Prepared]) -> Sequence[Issued | Pending | Refused]:
        """Sign (or submit) what was prepared. The same `Prepared` gives the same certificate, after a crash too."""
        ...

    def chain(self) -> tuple[bytes, ...]:
        """The CA certificates (DER): the issuing CA first, then the root."""
        ...

    def revoke(self, serial: int, *, reason: Reason, at: datetime) -> None:
        """Tell the CA that a certificate is revoked; repeating it changes nothing."""
        ...


@runtime_checkable
class Collects(Protocol):
    """A capability of asynchronous CAs: fetch what was pending."""

    def collect(self, references: Sequence[str]) -> Sequence[Issued | Pending | Refused]:
        """One answer for each reference, in order; an unknown one is `Refused`."""
        ...
