"""Proof by certificate: a key shows that it is there, for one purpose and one nonce (SPEC E6, A4, A9)."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from certcenter_sdk.structures import (
    Structure,
    check_institution,
    check_nonce,
    check_origin,
    check_time,
    parse_time,
    require,
)

_SUBJECT = re.compile(r"[0-9a-f]{64}")


class Purpose(StrEnum):
    """What a proof is good for; good for nothing else."""

    RENEW = "renew"
    UNLOCK = "unlock"
    REISSUE = "reissue"
    REPAIR = "repair"
    SHARE = "share"
    PHONE = "phone"
    WITHDRAWAL = "withdrawal"


_PURPOSES = frozenset(purpose.value for purpose in Purpose)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof(Structure):
    """One proof, valid by construction. `subject` is the hex SHA-256 of the SPKI that it is about.

    Raises:
        StructureRefused: `invalid` with the `field` at fault.
    """

    TYPE: ClassVar[str] = "certcenter.proof.v1"

    institution: str
    origin: str
    purpose: str
    subject: str
    nonce: str
    time: str

    def __post_init__(self) -> None:
        """Check every field's form."""
        check_institution(self.institution)
        check_origin(self.origin)
        require(self.purpose in _PURPOSES, "purpose", "not a known purpose")
        require(_SUBJECT.fullmatch(self.subject), "subject", "not 64 small hex digits")
        check_nonce(self.nonce)
        check_time(self.time)

    @property
    def moment(self) -> datetime:
        """When the proof was made, by the signer's clock (aware, UTC)."""
        return parse_time(self.time)
