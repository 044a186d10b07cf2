"""The one status of a certificate on this computer (SPEC A2), and what makes sense for it (A1). Pure.

The same rules as the page's (browser/src/page/status.ts), plus a file that was changed behind the store's back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from certcenter_helper.core.values import Action, ClientStatus, HostStatus, Tone


class Standing(StrEnum):
    """How far a key on this computer has come."""

    PENDING = "pending"
    INSTALLED = "installed"
    REPLACED = "replaced"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What of a certificate on this computer its status depends on; `id` is the SPKI's SHA-256."""

    id: str
    standing: Standing
    not_after: datetime | None = None
    confirmed: bool = True
    """The centre was told that it is installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """What of the centre's certificate it depends on."""

    spki: str
    status: HostStatus


_LIVE: Final = frozenset({HostStatus.VALID, HostStatus.EXPIRING})
_DEAD: Final = frozenset({HostStatus.REVOKED, HostStatus.SUSPENDED, HostStatus.EXPIRED})

HOST_TONES: Final = {
    HostStatus.NONE: Tone.IDLE,
    HostStatus.AWAITING: Tone.WARN,
    HostStatus.VALID: Tone.GOOD,
    HostStatus.EXPIRING: Tone.WARN,
    HostStatus.EXPIRED: Tone.BAD,
    HostStatus.SUSPENDED: Tone.BAD,
    HostStatus.REVOKED: Tone.BAD,
    HostStatus.UNKNOWN: Tone.IDLE,
}
CLIENT_TONES: Final = {
    ClientStatus.NONE: Tone.IDLE,
    ClientStatus.EXPORTABLE: Tone.GOOD,
    ClientStatus.ABSENT: Tone.WARN,
    ClientStatus.MISMATCH: Tone.BAD,
    ClientStatus.INVALID: Tone.BAD,
    ClientStatus.KEY_ONLY: Tone.WARN,
    ClientStatus.DAMAGED: Tone.BAD,
}


def client_status(here: Here | None, there: There | None, *, now: datetime, asked: bool) -> ClientStatus:
    """The status of one certificate here, or of the computer where it holds none.

    `asked` is False offline: then only what the computer knows by itself counts.
    """
    if here is None:
        return ClientStatus.ABSENT if there is not None and there.status in _LIVE else ClientStatus.NONE
    alone = _alone(here, now)
    if alone is not None or not asked:
        return alone or ClientStatus.EXPORTABLE
    if there is None:
        return ClientStatus.INVALID
    if here.id != there.spki:
        return ClientStatus.MISMATCH
    if there.status is HostStatus.AWAITING:  # installed, but the centre has not heard of it: repair tells it
        return ClientStatus.KEY_ONLY
    return ClientStatus.INVALID if there.status in _DEAD else ClientStatus.EXPORTABLE


def _alone(here: Here, now: datetime) -> ClientStatus | None:
    """What the computer knows without asking; None: all is well as far as it can see."""
    if here.standing is Standing.DAMAGED:
        return ClientStatus.DAMAGED
    if here.standing is Standing.PENDING:
        return ClientStatus.KEY_ONLY
    if here.standing is Standing.REPLACED:
        return ClientStatus.INVALID
    if here.not_after is not None and here.not_after < now:
        return ClientStatus.INVALID
    return None


H = TypeVar("H", bound=Here)


def ordered(entries: Sequence[H], there: There | None) -> list[H]:
    """As the pager shows them: the one that equals the centre's first, then waiting ones, then the rest."""

    def rank(entry: Here) -> int:
        if there is not None and entry.id == there.spki:
            return 0
        return {Standing.PENDING: 1, Standing.INSTALLED: 2, Standing.DAMAGED: 3, Standing.REPLACED: 4}[
            entry.standing
        ]

    return sorted(entries, key=rank)


_FOR_STATUS: Final = {
    ClientStatus.NONE: (Action.IMPORT,),
    ClientStatus.ABSENT: (Action.IMPORT,),
    ClientStatus.EXPORTABLE: (Action.EXPORT, Action.SIGN, Action.SECURITY, Action.PFX_PASSWORD, Action.PHONE),
    ClientStatus.MISMATCH: (Action.IMPORT, Action.REMOVE),
    ClientStatus.INVALID: (Action.REMOVE,),
    ClientStatus.KEY_ONLY: (Action.DOWNLOAD,),
    ClientStatus.DAMAGED: (Action.DOWNLOAD, Action.IMPORT),
}


def client_actions(status: ClientStatus, *, asked: bool, redownload: bool) -> tuple[Action, ...]:
    """What makes sense for one panel. Offline, what needs the centre is left out; where only staff open the download,
    `redownload` says that they have.
    """
    found = list(_FOR_STATUS[status])
    if not asked:
        found = [each for each in found if each not in {Action.SIGN, Action.PHONE, Action.DOWNLOAD}]
    if redownload and status in {ClientStatus.KEY_ONLY, ClientStatus.MISMATCH, ClientStatus.ABSENT}:
        found = [Action.REDOWNLOAD, *(each for each in found if each is not Action.DOWNLOAD)]
    return tuple(found)
