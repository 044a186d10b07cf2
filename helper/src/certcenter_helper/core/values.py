"""What commands take and return: frozen data, ready to be shown. Times are aware, UTC; shells show Asia/Taipei."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID


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


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One institution as this computer knows it."""

    slug: str
    url: str
    name: str = ""
    centre_name: str = ""
    profile: str = ""
    test_environment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """A session has begun."""

    name: str
    """Masked."""
    identity: str
    """Masked."""
    expires_at: datetime
    must_change: bool
    new_device: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One block of a text: `heading`, `paragraph`, `list`, `steps` or `note`."""

    kind: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A consent, an announcement, an instruction, a question with its answer."""

    key: str
    version: int
    title: str
    paragraphs: tuple[Paragraph, ...]
    published_at: datetime | None = None
    sha256: str = ""


class Proof(StrEnum):
    """One thing that a person does to be let through, in the order of `Procedure.proofs`."""

    CONSENT = "consent"
    BIRTH_DATE = "birth-date"
    ACCOUNT = "account"
    CODE = "code"
    SLIP = "slip"
    OLD_KEY = "old-key"
    OLD_KEY_IF_HERE = "old-key-if-here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a code can go."""

    id: UUID
    channel: str
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A trading account; `number` in full as orders name it."""

    id: UUID
    line: str
    masked: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCode:
    """A verification code is on its way (SPEC D4)."""

    challenge: str
    identification: str
    masked: str
    digits: int
    tries_left: int
    expires_at: datetime
    """By this computer's clock, as `resend_at`."""
    resend_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordRule:
    """Letters and digits within a length; the sentence says so in the customer's language."""

    min_length: int
    max_length: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtained:
    """A certificate was made and installed here.

    Attributes:
        offer_backup: ask 備份/取消 now.
        advice: what the manual advises afterwards (back up, upload to the phone again).
    """

    panel: ClientPanel
    offer_backup: bool
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A certificate was revoked."""

    serial: str
    left: int
    """Online revocations left this year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRules:
    """How a PFX is written here (SPEC A6), to be shown before."""

    file_name: str
    name_changeable: bool
    new_password: bool
    """A new password, typed twice; else the existing one, once."""
    rule: PasswordRule
    compatible_allowed: bool
    folder: Path
    """Where the chooser opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A PFX was written and read back."""

    path: Path
    sha256: str
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What a PFX holds and whether it can be imported: nothing is written yet."""

    serial: str
    subject: str
    not_after: datetime
    notes: tuple[str, ...] = ()
    """What could not be known (offline), or will be replaced."""


class RepairOutcome(StrEnum):
    """How a repair ended."""

    NOTHING = "nothing"
    """All was well already."""
    REPAIRED = "repaired"
    """The certificate works; the centre knows."""
    KEY_MISSING = "key-missing"
    """The key is not on this computer: revoke and apply, or repair on the one that applied."""
    NOT_ISSUED = "not-issued"
    """The centre has not made it yet; come back."""
    NOT_SENT = "not-sent"
    """The application never reached the centre; its key stays, for the next one."""
    CLEANED = "cleaned"
    """Remains of an application that the centre has ended were put aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What a repair found and did, in plain sentences."""

    outcome: RepairOutcome
    sentences: tuple[str, ...]
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRow:
    """One certificate in 憑證資料檢核 (SPEC A8) with the one thing to do about it."""

    panel: ClientPanel
    do: Action | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """憑證資料檢核: valid → export, none → import, invalid → remove."""

    sentence: str
    rows: tuple[DataRow, ...]
    do: Action | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A certificate was put aside, with its backup."""

    backup: Path


class CheckResult(StrEnum):
    """How a row of the environment check ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Could not be checked (offline, say)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One row of the environment check: 設定調整項目, 目的, 建議設定, 您目前的設定, 操作 (SPEC A13)."""

    key: str
    item: str
    purpose: str
    recommended: str
    current: str
    result: CheckResult
    advice: str = ""
    fixable: bool = False
    """變更設定 can mend it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentReport:
    """目前您的電腦環境狀態, then the table."""

    machine: tuple[Fact, ...]
    rows: tuple[CheckRow, ...]

    @property
    def passed(self) -> bool:
        """Nothing failed."""
        return all(row.result is not CheckResult.FAILED for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What a fix did: the row anew, and what must be restarted for it (may be empty)."""

    row: CheckRow
    restart: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFields:
    """What a customer orders; the centre adds nonce and time."""

    account: str
    side: str
    symbol: str
    quantity: str
    price: str
    currency: str = "TWD"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOrder:
    """An order that was signed and that the centre has accepted."""

    order: bytes
    signature: bytes
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a signature over an order says."""

    signer: str
    serial: str
    fields: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneUpload:
    """An upload that waits for a look at both screens (SPEC A12)."""

    matching_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """How an upload ended."""

    collected: bool
    sentence: str
