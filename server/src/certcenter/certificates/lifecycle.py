"""The life of an application and of a certificate: states and the transitions between them (SPEC A2–A9, E8). Pure.

docs/issuance-cycle.md draws both tables; server/tests/certificates/test_lifecycle.py tries every state × action pair.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ProcedureKind(StrEnum):
    """What a customer is about to do with the certificate and must prove first."""

    APPLY = "apply"
    RENEW = "renew"
    REVOKE = "revoke"


class ProcedureState(StrEnum):
    """How far the proof of identity has come (SPEC A3: consent, then the profile's proof)."""

    CONSENTED = "consented"
    IDENTIFIED = "identified"
    PROVEN = "proven"
    USED = "used"
    ENDED = "ended"


class ApplicationState(StrEnum):
    """Where a certificate request stands in the issuing cycle (docs/issuance-cycle.md)."""

    ACCEPTED = "accepted"
    PREPARED = "prepared"
    SUBMITTED = "submitted"
    ISSUED = "issued"
    INSTALLED = "installed"
    REFUSED = "refused"
    ENDED = "ended"


class CertificateState(StrEnum):
    """What the centre says of a certificate; expiry is a date, not a state, until a successor takes its place."""

    ISSUED = "issued"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    LAPSED = "lapsed"


class Step(StrEnum):
    """What can be done to an application or a certificate."""

    PREPARE = "prepare"
    SUBMIT_OUTSIDE = "submit-outside"
    STORE = "store"
    VOID = "void"
    REFUSE = "refuse"
    ACKNOWLEDGE = "acknowledge"
    END = "end"
    SUPERSEDE = "supersede"
    REVOKE = "revoke"
    SUSPEND = "suspend"
    RESUME = "resume"
    LAPSE = "lapse"


_A, _C, _S = ApplicationState, CertificateState, Step

#: Application: state × step → next state. A pair that is not here is forbidden.
APPLICATION: Final = MappingProxyType(
    {
        (_A.ACCEPTED, _S.PREPARE): _A.PREPARED,
        (_A.ACCEPTED, _S.REFUSE): _A.REFUSED,
        (_A.ACCEPTED, _S.END): _A.ENDED,
        (_A.PREPARED, _S.STORE): _A.ISSUED,
        (_A.PREPARED, _S.SUBMIT_OUTSIDE): _A.SUBMITTED,
        (_A.PREPARED, _S.VOID): _A.ACCEPTED,
        (_A.PREPARED, _S.REFUSE): _A.REFUSED,
        (_A.PREPARED, _S.END): _A.ENDED,
        (_A.SUBMITTED, _S.STORE): _A.ISSUED,
        (_A.SUBMITTED, _S.REFUSE): _A.REFUSED,
        (_A.ISSUED, _S.ACKNOWLEDGE): _A.INSTALLED,
        (_A.ISSUED, _S.END): _A.ENDED,
    }
)

#: Certificate: state × step → next state.
CERTIFICATE: Final = MappingProxyType(
    {
        (_C.ISSUED, _S.ACKNOWLEDGE): _C.ACTIVE,
        (_C.ISSUED, _S.REVOKE): _C.REVOKED,
        (_C.ISSUED, _S.LAPSE): _C.LAPSED,
        (_C.ACTIVE, _S.SUPERSEDE): _C.SUPERSEDED,
        (_C.ACTIVE, _S.REVOKE): _C.REVOKED,
        (_C.ACTIVE, _S.SUSPEND): _C.SUSPENDED,
        (_C.ACTIVE, _S.LAPSE): _C.LAPSED,
        (_C.SUSPENDED, _S.RESUME): _C.ACTIVE,
        (_C.SUSPENDED, _S.REVOKE): _C.REVOKED,
        (_C.SUSPENDED, _S.LAPSE): _C.LAPSED,
    }
)

#: An application that still goes somewhere; at most one a holder (partial unique index, SPEC E8).
OPEN: Final = (_A.ACCEPTED, _A.PREPARED, _A.SUBMITTED, _A.ISSUED)
#: An application that the worker still has to do with.
UNDER_WAY: Final = (_A.ACCEPTED, _A.PREPARED, _A.SUBMITTED)
#: An application whose certificate the device may have.
FETCHABLE: Final = (_A.ISSUED, _A.INSTALLED)
#: A certificate that occupies its holder's one place.
LIVE: Final = (_C.ACTIVE, _C.SUSPENDED)
#: What a relying party must be told is revoked (RFC 5280 §5.3.1: a suspended one is on hold).
NOT_GOOD: Final = (_C.REVOKED, _C.SUPERSEDED, _C.SUSPENDED)


def sources(step: Step, table: MappingProxyType) -> tuple[str, ...]:  # type: ignore[type-arg]
    """Return the states from which `step` may be taken, for the WHERE clause of a conditional statement."""
    return tuple(state for state, known in table if known is step)
