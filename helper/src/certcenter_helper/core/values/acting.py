"""What is given to commands, and how they end (SPEC A3 to A12, A15)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from certcenter_helper.core.values.standing import Action, ClientPanel, Fact


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
    facts: tuple[Fact, ...]
    """The same, as this institution writes it."""
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
