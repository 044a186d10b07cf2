"""How the certificates of a customer stand: statuses, panels, the overview (SPEC A1, A2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class Action(StrEnum):
    """What an overview can offer now; the first one offered is the likeliest (SPEC A1)."""

    APPLY = "apply"
    RENEW = "renew"
    DOWNLOAD = "download"
    """下載憑證: repair, the key waits here (SPEC A9)."""
    REDOWNLOAD = "redownload"
    """憑證重新下載, opened by staff."""
    REVOKE = "revoke"
    EXPORT = "export"
    IMPORT = "import"
    REMOVE = "remove"
    PFX_PASSWORD = "pfx-password"  # noqa: S105 - the name of an action
    SECURITY = "security"
    PHONE = "phone"
    SIGN = "sign"


class Kind(StrEnum):
    """The procedures that begin with a consent."""

    APPLY = "apply"
    RENEW = "renew"
    REVOKE = "revoke"


class HostStatus(StrEnum):
    """The centre's side (SPEC A2)."""

    NONE = "none"
    AWAITING = "awaiting"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    """Offline: nobody was asked."""


class ClientStatus(StrEnum):
    """The side of this computer (SPEC A2)."""

    NONE = "none"
    EXPORTABLE = "exportable"
    ABSENT = "absent"
    MISMATCH = "mismatch"
    INVALID = "invalid"
    KEY_ONLY = "key_only"
    DAMAGED = "damaged"
    """Its file was changed, cut or deleted behind the store's back."""


class SecurityMode(StrEnum):
    """When signing an order asks for the certificate password (SPEC A11)."""

    EVERY_ORDER = "1"
    FIRST_ORDER = "2"
    NEVER = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuritySetting:
    """One of the three settings, in the words of the institution's policy."""

    mode: SecurityMode
    label: str
    explained: str


class Tone(StrEnum):
    """How a status is to be coloured: never by colour alone, the word stands beside it."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A status as this institution calls it.

    Attributes:
        word: such as `有效憑證`.
        label: with the institution's code where it has codes: `代碼 0 (有效憑證)`.
        advice: the manual's advice beside it.
    """

    word: str
    label: str
    advice: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One row of a panel, ready to be shown."""

    name: str
    value: str
    key: str
    """Stable, for programs and tests: `serial`, `issued`, `ends`, `path`, `file`, `security`, …"""


def fact(facts: Iterable[Fact], key: str) -> str:
    """The value under that key, as it is shown; empty where there is none."""
    return next((each.value for each in facts if each.key == key), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPanel:
    """主機端: what the centre holds. `serial` is empty where there is none."""

    status: HostStatus
    word: Word
    facts: tuple[Fact, ...] = ()
    serial: str = ""
    issued_at: datetime | None = None
    not_after: datetime | None = None
    spki_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPanel:
    """客戶端: one certificate, or one waiting key, of this computer.

    Attributes:
        id: names it in commands (the SPKI's SHA-256); empty where the computer holds none.
        path: its file, where it is one that the customer may see (`pfxdir`); else its folder.
    """

    status: ClientStatus
    word: Word
    id: str = ""
    facts: tuple[Fact, ...] = ()
    serial: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    security: SecurityMode | None = None
    backed_up_at: datetime | None = None
    path: Path | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """憑證查詢 (SPEC A1).

    Attributes:
        name: the customer's, masked; empty offline before a first login.
        identity: masked.
        clients: at least one panel; the pager shows (i/n), the one equal to the centre's first.
        actions: what makes sense now for the whole, the likeliest first.
        revocations_left: of this year; None where this institution's customers don't revoke online.
        notice: the quota's warning, word for word from policy; may be empty.
        reminder: set when the certificate ends soon (SPEC A14).
        offline: nobody was asked: `host` says unknown.
        unknown: sentences that say what can't be known offline.
        window: when the certificate can be renewed.
    """

    name: str
    identity: str
    host: HostPanel
    clients: tuple[ClientPanel, ...]
    actions: tuple[Action, ...]
    revocations_left: int | None = None
    notice: str = ""
    reminder: str = ""
    offline: bool = False
    unknown: tuple[str, ...] = ()
    window: tuple[datetime, datetime] | None = None
    asked_at: datetime | None = None

    @property
    def client(self) -> ClientPanel:
        """The first page of the pager."""
        return self.clients[0]
