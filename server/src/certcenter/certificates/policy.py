"""Questions about certificates that only need facts and the institution's policy (SPEC A1–A5). Pure: no database, no clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from certcenter.certificates import errors
from certcenter.certificates.lifecycle import (
    ApplicationState,
    CertificateState,
    ProcedureKind,
    ProcedureState,
)
from certcenter.core.errors import CentreError
from certcenter.core.taiwan import to_taipei
from certcenter.identity.models import Customer
from certcenter.institutions import rules
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import HostStatus, OnlineRevocation, Proof, RepairMode


class Action(StrEnum):
    """What an overview can offer. The first one offered is the one that the customer most likely wants."""

    APPLY = "apply"
    RENEW = "renew"
    DOWNLOAD = "download"
    #: 憑證重新下載, while staff have it open.
    REDOWNLOAD = "redownload"
    REVOKE = "revoke"


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateFacts:
    """What the rules need to know of one certificate."""

    id: int
    serial: str
    state: CertificateState
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """All facts about one holder at one moment. `current` is live, or else the newest of the past; `waiting` is issued, not installed."""

    now: datetime
    institution: Institution
    current: CertificateFacts | None
    waiting: CertificateFacts | None
    application: ApplicationState | None
    #: Counted only where somebody asks: None otherwise.
    revocations_used: int | None
    #: Of the newest certificate; 0 without one.
    last_sequence: int = 0
    #: Staff have opened the re-download; looked up where somebody shows it.
    redownload: bool = False
    #: Whose it is: told which branch can help.
    customer: Customer | None = None

    @property
    def live(self) -> bool:
        """Whether a live certificate exists that has not ended."""
        return (
            self.current is not None
            and self.current.state in (CertificateState.ACTIVE, CertificateState.SUSPENDED)
            and self.current.not_after >= self.now
        )

    @property
    def window(self) -> tuple[datetime, datetime] | None:
        """When the current certificate can be renewed, or None without one."""
        if self.current is None or self.current.state is not CertificateState.ACTIVE:
            return None
        return rules.renewal_window(self.institution, self.current.not_before, self.current.not_after)

    @property
    def in_window(self) -> bool:
        """Whether renewal is possible by date. The window's both ends belong to it."""
        return self.window is not None and self.window[0] <= self.now <= self.window[1]

    @property
    def revocations_left(self) -> int:
        """Online revocations left this calendar year (SPEC A5); 0 where there is no online revocation."""
        assert self.revocations_used is not None, "the revocations were not counted"
        return max(0, (self.institution.revocation.yearly_limit or 0) - self.revocations_used)


def host_status(situation: Situation) -> HostStatus:
    """Return the one status of the host panel (SPEC A2)."""
    current = situation.current
    if not situation.live and situation.application is not None:
        return HostStatus.AWAITING
    if current is None:
        return HostStatus.NONE
    if current.state is CertificateState.SUSPENDED:
        return HostStatus.SUSPENDED
    if current.state in (CertificateState.REVOKED, CertificateState.SUPERSEDED):
        return HostStatus.REVOKED
    if current.not_after < situation.now:
        return HostStatus.EXPIRED
    expiring = rules.is_expiring(situation.institution, current.not_after, now=situation.now)
    return HostStatus.EXPIRING if expiring else HostStatus.VALID


def actions(situation: Situation) -> tuple[Action, ...]:
    """Return what makes sense now, and only that, the likeliest first (SPEC A1)."""
    offered = []
    if situation.redownload:
        offered.append(Action.REDOWNLOAD)
    staff_open = situation.institution.repair.mode is RepairMode.OPENED_BY_STAFF
    if situation.application is ApplicationState.ISSUED and not staff_open:
        offered.append(Action.DOWNLOAD)
    for kind, action in (
        (ProcedureKind.RENEW, Action.RENEW),
        (ProcedureKind.APPLY, Action.APPLY),
        (ProcedureKind.REVOKE, Action.REVOKE),
    ):
        try:
            require_allowed(kind, situation)
        except CentreError:
            continue
        offered.append(action)
    return tuple(offered)


def require_allowed(kind: ProcedureKind, situation: Situation) -> None:
    """Raise the error that explains why `kind` is not possible now; return None when it is."""
    _CHECKS[kind](situation)
    if not proofs(situation.institution, kind) <= KNOWN_PROOFS:
        raise errors.NotAllowedNow


#: What a procedure can ask for here. An institution that wants more (a fee, a token's PIN) is not served by these steps.
KNOWN_PROOFS = frozenset(
    {
        Proof.CONSENT,
        Proof.BIRTH_DATE,
        Proof.ACCOUNT,
        Proof.CODE,
        Proof.SLIP,
        Proof.OLD_KEY,
        Proof.OLD_KEY_IF_HERE,
    }
)


def proofs(institution: Institution, kind: ProcedureKind) -> frozenset[Proof]:
    """Return what the institution's policy wants to see for `kind` (SPEC, policy table)."""
    return frozenset(
        {
            ProcedureKind.APPLY: institution.application.proofs,
            ProcedureKind.RENEW: institution.renewal.proofs,
            ProcedureKind.REVOKE: institution.revocation.proofs,
        }[kind]
    )


def begins_at(wanted: frozenset[Proof]) -> ProcedureState:
    """Return the state of a procedure that has just begun: what it does not ask for it does not wait for."""
    return ProcedureState.CONSENTED if Proof.BIRTH_DATE in wanted else identified_as(wanted)


def identified_as(wanted: frozenset[Proof]) -> ProcedureState:
    """Return the state after the birth date: the code comes next, or nothing more."""
    return ProcedureState.IDENTIFIED if Proof.CODE in wanted else ProcedureState.PROVEN


def consent_kind(kind: ProcedureKind) -> str:
    """Return which consent text a procedure needs: apply and renew share one (SPEC, terms)."""
    return "consent-revoke" if kind is ProcedureKind.REVOKE else "consent-apply"


def _may_apply(situation: Situation) -> None:
    if situation.application is not None:
        raise errors.ApplicationOpen
    if situation.live:  # one that has ended may be renewed where policy says so, but its key may be lost
        raise errors.AlreadyHasCertificate


def _may_renew(situation: Situation) -> None:
    if situation.application is not None:
        raise errors.ApplicationOpen
    if situation.current is None or situation.window is None:
        raise errors.NothingToRenew
    if not situation.in_window:
        opens, closes = situation.window
        raise errors.OutsideWindow(opens=_moment(opens), closes=_moment(closes))


def _may_revoke(situation: Situation) -> None:
    if situation.institution.revocation.online is not OnlineRevocation.REVOKE:
        raise errors.OnlineRevocationOff(situation.customer)
    if not situation.live and situation.waiting is None:
        raise errors.NothingToRevoke
    if situation.revocations_left == 0:
        raise errors.RevocationsUsedUp(
            situation.customer, limit=situation.institution.revocation.yearly_limit
        )


def _moment(value: datetime) -> str:
    return f"{to_taipei(value):%Y-%m-%d %H:%M:%S}"


_CHECKS = {
    ProcedureKind.APPLY: _may_apply,
    ProcedureKind.RENEW: _may_renew,
    ProcedureKind.REVOKE: _may_revoke,
}
