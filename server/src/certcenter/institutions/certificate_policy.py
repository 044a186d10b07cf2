"""The rows of the policy table that govern a certificate's life."""

import re
import string
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from certcenter.core.texts import Text
from certcenter.institutions.base import (
    AuthorityName,
    Count,
    DistinguishedValue,
    PasswordRule,
    PolicyModel,
    ServiceHours,
    Slug,
    known_placeholders,
)
from certcenter.institutions.vocabulary import (
    AfterRenewal,
    Calendar,
    CAOwnership,
    ClientStatus,
    ExportPassword,
    Function,
    HostStatus,
    HowMany,
    KeyPlace,
    KeyType,
    OnlineRevocation,
    Proof,
    RenewalBase,
    RepairMode,
    SecurityMode,
    SequenceOwner,
    SerialForm,
    ValidityEnd,
    WindowUnit,
)

Proofs = Annotated[tuple[Proof, ...], Field(min_length=1)]


def placeholders(template: str) -> frozenset[str]:
    """The names in braces in `template`. Raises ValueError if its braces don't match."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def _only(template: str, allowed: set[str]) -> str:
    unknown = placeholders(template) - allowed
    if unknown:
        raise ValueError(f"unknown placeholder {{{min(unknown)}}}; known are {', '.join(sorted(allowed))}")
    return template


class KeyPolicy(PolicyModel):
    """Where the key lives and what it may be."""

    place: KeyPlace
    types: Annotated[tuple[KeyType, ...], Field(min_length=1)]
    """Accepted key types; the first is what the device makes unless told otherwise."""
    pbkdf2_iterations: Annotated[int, Field(ge=600_000)] = 600_000
    """For keys at rest."""
    folder: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")] | None = None
    """Name of the folder in the home directory (`pfx-directory`)."""
    password: PasswordRule | None = None
    """The certificate password; a token has a PIN instead."""

    @property
    def default_type(self) -> KeyType:
        """The key type that a device makes unless told otherwise."""
        return self.types[0]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.place is KeyPlace.PFX_DIRECTORY) != (self.folder is not None):
            raise ValueError("folder belongs to place = 'pfx-directory', and only there")
        if (self.place is KeyPlace.TOKEN) != (self.password is None):
            raise ValueError("a software key needs a password rule, a token has none")
        return self


class ChoiceLabel(PolicyModel):
    """How a choice is called here, and what it means."""

    label: Text
    explained: Text


class SecurityPolicy(PolicyModel):
    """The security setting (SPEC A11); a token always asks for its PIN and has no choices."""

    choices: tuple[SecurityMode, ...] = ()
    default: SecurityMode | None = None
    asked_at: tuple[Function, ...] = ()
    """Where the setting is also asked, besides its own page."""
    labels: dict[SecurityMode, ChoiceLabel] = {}
    """The choices in words."""
    note: Text | None = None
    """From when a changed setting holds."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.choices and self.default not in self.choices:
            raise ValueError("default must be one of choices")
        if missing := [mode.value for mode in self.choices if mode not in self.labels]:
            raise ValueError(f"labels lacks {', '.join(missing)}")
        if not self.choices and (self.default is not None or self.asked_at):
            raise ValueError("without choices there is no default and nothing to ask")
        return self


class ApplicationPolicy(PolicyModel):
    """What it takes to apply."""

    proofs: Proofs
    how_many: HowMany
    birth_calendar: Calendar = Calendar.ROC
    offer_backup: bool = True
    """備份/取消 after the certificate is installed."""
    progress_seconds: tuple[Count, Count] = (5, 20)
    """What 「下載憑證需 5~20 秒，請稍候」 promises."""
    done: Text
    """Said when an applied or renewed certificate is installed."""
    advice: tuple[Text, ...] = ()
    """What the customer should do next, after applying and renewing."""
    unreachable: Text
    """Said to a customer who has no contact on file or cannot give the proof: which way to the branch."""


class RenewalWindow(PolicyModel):
    """When a certificate may be renewed, measured from its end."""

    unit: WindowUnit
    before: Annotated[int, Field(ge=1, le=8784)]
    after: Annotated[int, Field(ge=0, le=8784)] = 0

    def describe(self) -> Text:
        """The window in words: 到期前30天起至到期日止."""
        zh, en = self._amount(self.before)
        if self.after == 0:
            return Text(zh=f"到期前{zh}起至到期日止", en=f"from {en} before the end to the end")
        zh_after, en_after = self._amount(self.after)
        return Text(zh=f"到期前{zh}至到期後{zh_after}", en=f"from {en} before to {en_after} after the end")

    def _amount(self, number: int) -> tuple[str, str]:
        unit = self.unit
        if unit is WindowUnit.HOURS and number % 24 == 0:
            number, unit = number // 24, WindowUnit.DAYS
        zh, en = {
            WindowUnit.HOURS: ("小時", "hour"),
            WindowUnit.DAYS: ("天", "day"),
            WindowUnit.MONTHS: ("個月", "month"),
        }[unit]
        return f"{number}{zh}", f"{number} {en}" + ("" if number == 1 else "s")


class RenewalPolicy(PolicyModel):
    """What it takes to renew, when, and what follows."""

    proofs: Proofs
    window: RenewalWindow
    after: AfterRenewal
    notes: tuple[Text, ...] = ()
    """When and how one renews; may hold {window}."""
    too_late: Text
    """Said when the window is over."""

    @field_validator("notes")
    @classmethod
    def _known(cls, notes: tuple[Text, ...]) -> tuple[Text, ...]:
        return known_placeholders(notes, {"window"})

    def notes_text(self) -> tuple[Text, ...]:
        """`notes` with this policy's window in them."""
        window = self.window.describe()
        return tuple(
            Text(zh=note.zh.format(window=window.zh), en=note.en.format(window=window.en))
            for note in self.notes
        )


class ValidityPolicy(PolicyModel):
    """How long a certificate lives (SPEC D1)."""

    years: Annotated[int, Field(ge=1, le=5)] = 1
    end: ValidityEnd
    renewed_from: RenewalBase
    backdate_minutes: Annotated[int, Field(ge=0, le=60)] = 5
    """notBefore lies this long before the issue, for devices whose clock is late."""
    expiring_days: Annotated[int, Field(ge=1, le=366)] = 30
    """From how many days before the end the status is 即將到期."""

    def describe(self) -> Text:
        """The length of a certificate's life in words: 1年."""
        return Text(zh=f"{self.years}年", en=f"{self.years} year" + ("" if self.years == 1 else "s"))


class SubjectPolicy(PolicyModel):
    """The subject's distinguished name: C=TW, O, OU…, CN."""

    common_name: str
    """Template of `{id}` and `{sequence}`."""
    sequence_digits: Annotated[int, Field(ge=1, le=12)] = 6
    sequence_owner: SequenceOwner = SequenceOwner.CERTIFICATE
    organization: DistinguishedValue
    units: tuple[DistinguishedValue, ...] = ()

    @field_validator("common_name")
    @classmethod
    def _known(cls, template: str) -> str:
        _only(template, {"id", "sequence"})
        if "id" not in placeholders(template):
            raise ValueError("the subject must hold {id}")
        return template


class RevocationPolicy(PolicyModel):
    """What a customer may stop online (SPEC A5)."""

    online: OnlineRevocation
    proofs: tuple[Proof, ...] = ()
    yearly_limit: Annotated[int, Field(ge=1, le=366)] | None = None
    """Own online revocations a calendar year in Taipei."""
    notice: Text
    """Stands beside the button; may hold {limit}."""
    used_up: Text
    """Where to go when the year's number is used up; may hold {limit}."""

    @field_validator("notice", "used_up")
    @classmethod
    def _known(cls, text: Text) -> Text:
        _only(text.zh, {"limit"})
        _only(text.en, {"limit"})
        return text

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.online is OnlineRevocation.STAFF_ONLY) == bool(self.proofs):
            raise ValueError("proofs are needed online, and only there")
        if self.online is OnlineRevocation.REVOKE and self.yearly_limit is None:
            raise ValueError("online revocation needs a yearly_limit")
        return self

    def notice_text(self) -> Text:
        """`notice` with this policy's limit in it."""
        return self.notice.format(limit=self.yearly_limit)

    def used_up_text(self) -> Text:
        """`used_up` with this policy's limit in it."""
        return self.used_up.format(limit=self.yearly_limit)


class ExportPolicy(PolicyModel):
    """PFX files (SPEC A6, E11)."""

    allowed: bool
    file_name: str = "{id}.pfx"
    """Template of `{id}`, `{masked_id}`, `{broker}`, `{end_date}`."""
    name_changeable: bool = False
    password: ExportPassword = ExportPassword.NEW_TWICE
    compatible_allowed: bool = False
    """3DES and SHA-1 for old Windows, with a warning."""
    copies_file: bool = False
    """The PFX at rest is copied after a check instead of a new one being made."""
    notes: tuple[Text, ...] = ()
    """《重要說明》."""
    done: Text
    """Said when the file lies where the customer wanted it; may hold {folder}."""

    @field_validator("file_name")
    @classmethod
    def _known(cls, template: str) -> str:
        if not template.endswith(".pfx") or re.search(r'[\\/:*?"<>|]', template):
            raise ValueError('a file name ends in .pfx and holds none of \\ / : * ? " < > |')
        return _only(template, {"id", "masked_id", "broker", "end_date"})


class RepairPolicy(PolicyModel):
    """How a failed download is mended (SPEC A9)."""

    mode: RepairMode
    hours: ServiceHours | None = None
    """When staff may open it; an opening ends when these hours do."""
    note: Text
    """What the customer is told about it."""
    done: Text
    """Said when the certificate was fetched."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.mode is RepairMode.OPENED_BY_STAFF) != (self.hours is not None):
            raise ValueError("hours belong to mode = 'opened-by-staff', and only there")
        return self


class FeePolicy(PolicyModel):
    """The yearly fee (SPEC C3); amount 0: none."""

    yearly_amount: Annotated[int, Field(ge=0)] = 0
    """New Taiwan dollars."""
    grace_hours: Annotated[int, Field(ge=0, le=168)] = 24
    """How long after the end an order paid before it keeps the right to renew."""

    @property
    def charged(self) -> bool:
        """Whether there is a fee at all."""
        return self.yearly_amount > 0


class StatusWord(PolicyModel):
    """How one status is called here, and what to do about it."""

    word: Text
    advice: Text
    code: Annotated[int, Field(ge=0, le=99)] | None = None
    """The number shown as 代碼 0."""

    def label(self) -> Text:
        """The word as pages show it: 代碼 0 (有效憑證)."""
        if self.code is None:
            return self.word
        return Text(zh=f"代碼 {self.code} ({self.word.zh})", en=f"Code {self.code} ({self.word.en})")


class HostWords(PolicyModel):
    """A word for each `HostStatus`."""

    none: StatusWord
    awaiting: StatusWord
    valid: StatusWord
    expiring: StatusWord
    expired: StatusWord
    suspended: StatusWord
    revoked: StatusWord


class ClientWords(PolicyModel):
    """A word for each `ClientStatus`."""

    none: StatusWord
    exportable: StatusWord
    absent: StatusWord
    mismatch: StatusWord
    invalid: StatusWord
    key_only: StatusWord


class StatusPolicy(PolicyModel):
    """Words, codes and advice of all statuses (SPEC A2), and how serials are shown."""

    host: HostWords
    client: ClientWords
    serial_forms: Annotated[tuple[SerialForm, ...], Field(min_length=1)] = (SerialForm.HEX,)

    def word(self, status: HostStatus | ClientStatus) -> StatusWord:
        """The word, advice and code of `status`."""
        word: StatusWord = getattr(self.host if isinstance(status, HostStatus) else self.client, status.value)
        return word


class CAPolicy(PolicyModel):
    """Which certificate authority issues, and under which name (SPEC D1, D2)."""

    name: Slug
    """The authority's name in the centre; institutions that share one give the same."""
    ownership: CAOwnership
    backend: Literal["embedded"] = "embedded"
    key_type: KeyType = KeyType.P256
    organization: DistinguishedValue
    root_name: AuthorityName
    """Common names of the authority's certificates; customers read the issuing one's as who issued theirs."""
    issuing_name: AuthorityName
    policy_oid: Annotated[str, StringConstraints(pattern=r"^[0-2](\.(0|[1-9][0-9]*)){2,}$")]
    """In certificatePolicies, under the institution's own arc."""
    root_years: Annotated[int, Field(ge=1, le=40)] = 20
    issuing_years: Annotated[int, Field(ge=1, le=40)] = 10
    crl_shards: Annotated[int, Field(ge=1, le=4096)] = 16

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.issuing_years > self.root_years:
            raise ValueError("the issuing CA may not outlive the root")
        return self
