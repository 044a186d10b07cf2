"""The rows of the policy table about getting in: login, sessions, codes, passwords, locks, programs."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from certcenter.core.texts import Text
from certcenter.institutions.base import (
    BranchCode,
    Count,
    PasswordRule,
    PolicyModel,
    Slug,
    known_placeholders,
)
from certcenter.institutions.vocabulary import (
    Calendar,
    Captcha,
    Channel,
    CodeDelivery,
    CodePurpose,
    LoginMethod,
)


class LoginPolicy(PolicyModel):
    """How a customer logs in."""

    method: LoginMethod
    captcha: Captcha
    """Asked of whoever logs in, programs too unless they are registered (`api.client_credentials`)."""
    slip_dialog: bool = False
    """Asks for the password slip (送出/關閉) at the first 憑證作業."""
    new_device_notice: bool = True
    user_code: bool = False
    """Whether a customer may choose a code (使用者代號) to log in with; the ID, which others know, then opens nothing."""


class SessionPolicy(PolicyModel):
    """When a session ends (SPEC E7)."""

    idle_minutes: Annotated[int, Field(ge=1, le=120)]
    warning_seconds: Annotated[int, Field(ge=10, le=600)] = 60
    """How long before the idle end the page warns."""
    absolute_minutes: Annotated[int, Field(ge=5, le=1440)] = 480

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.warning_seconds >= self.idle_minutes * 60:
            raise ValueError("warning_seconds must be shorter than idle_minutes")
        if self.idle_minutes > self.absolute_minutes:
            raise ValueError("idle_minutes may not exceed absolute_minutes")
        return self


class CodePolicy(PolicyModel):
    """Verification codes for some purposes (SPEC D4)."""

    digits: Annotated[int, Field(ge=4, le=8)]
    minutes: Annotated[int, Field(ge=1, le=10)]
    """Life of a code; SMS codes live 10 minutes at most (NIST SP 800-63B-4)."""
    resend_seconds: Annotated[int, Field(ge=10, le=600)]
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = (Channel.SMS, Channel.EMAIL)
    delivery: CodeDelivery = CodeDelivery.CHOSEN
    identification_code: bool = True
    """Four random capitals shown on the page and first in the message."""
    notes: tuple[Text, ...] = ()
    """What stands beside the field (【注意事項】); may hold {name}, {resend} and {tries}."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.resend_seconds >= self.minutes * 60:
            raise ValueError("resend_seconds must be shorter than the code's life")
        return self

    @field_validator("notes")
    @classmethod
    def _known(cls, notes: tuple[Text, ...]) -> tuple[Text, ...]:
        return known_placeholders(notes, {"name", "resend", "tries"})

    def notes_text(self, name: Text) -> tuple[Text, ...]:
        """`notes` with this policy's numbers and the institution's `name` in them."""
        whole, rest = divmod(self.resend_seconds, 60)
        resend = {
            "zh": f"{self.resend_seconds}秒" if rest else f"{whole}分鐘",
            "en": f"{self.resend_seconds} seconds"
            if rest
            else f"{whole} minute" + ("" if whole == 1 else "s"),
        }
        return tuple(
            Text(
                zh=note.zh.format(name=name.zh, resend=resend["zh"], tries=self.tries),
                en=note.en.format(name=name.en, resend=resend["en"], tries=self.tries),
            )
            for note in self.notes
        )


class CodesPolicy(PolicyModel):
    """Rules of codes per purpose, and what holds over all purposes (SPEC E3)."""

    default: CodePolicy
    reissue: CodePolicy
    """Password centre."""
    daily_wrong_limit: Annotated[int, Field(ge=1, le=100)] = 10
    """Wrong codes of one person in a day over all purposes; then none until midnight in Taipei."""
    daily_sends: Annotated[int, Field(ge=1, le=200)] = 30
    """Codes sent to one person in a day, over all purposes."""
    hourly_sends_of_a_source: Annotated[int, Field(ge=1, le=10_000)] = 120
    """Codes that one address may have sent in an hour: whole offices share one."""
    grant_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    """How long a right code's grant can be used, once."""

    def rule(self, purpose: CodePurpose | str) -> CodePolicy:
        """The rule for codes of `purpose`."""
        return self.reissue if CodePurpose(purpose) is CodePurpose.REISSUE else self.default


class CredentialRule(PasswordRule):
    """One kind of password: its form, its history and its life (SPEC B10)."""

    history: Annotated[int, Field(ge=0, le=24)] = 1
    """How many passwords, the present one among them, may not be chosen again."""
    expiry_days: Count | None = None
    """Days until it must be changed; no value: never."""


class DecoyPolicy(PolicyModel):
    """What masks are made of that are shown to people who are not there or not the right ones (SPEC B9).

    They should look like the institution's own customers: its branches, and where most of them have their mail.
    """

    branches: Annotated[
        dict[str, Annotated[tuple[BranchCode, ...], Field(min_length=1)]], Field(min_length=1)
    ]
    """Per business line, the commonest line first; repeat a branch to make it likelier."""
    mail_domains: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+$")], ...], Field(min_length=1)
    ]


class PasswordPolicy(PolicyModel):
    """The password centre (SPEC B)."""

    centre: bool
    """Whether the profile shows the password centre."""
    captcha: Captcha = Captcha.WORK
    """Asked by the portal's login page where `login.captcha` asks for nothing: it is the password centre's login (SPEC B1, manual M2)."""
    login: CredentialRule
    withdrawal: CredentialRule
    voice: CredentialRule
    """Digits only, whatever the rule's lengths: a telephone has no letters (SPEC B4)."""
    birth_calendar: Calendar = Calendar.GREGORIAN
    initial_days: Annotated[int, Field(ge=1, le=31)] = 30
    """Within which an initial secret must be used (電子憑證交付作業要點: one month)."""
    voice_sync: bool = False
    """Whether the voice password may follow by the letter-to-digit table."""
    link_hours: Annotated[int, Field(ge=1, le=72)] = 24
    reissues_a_day: Count = 5
    """Requests of one person in a day, without a certificate; as many again with one."""
    initial_tries: Annotated[int, Field(ge=1, le=10)] = 3
    """How often the initial password of a reissue may be given wrong before the run ends."""
    decoys: DecoyPolicy


class LockPolicy(PolicyModel):
    """What wrong guesses lead to (SPEC B2, B3, E2, E3)."""

    wrong_limit: Annotated[int, Field(ge=1, le=10)] = 3
    final_limit: Annotated[int, Field(ge=2, le=20)] = 6
    """Wrong ones in all, after one unlock; then only reissue or the branch."""
    unlocks: Annotated[int, Field(ge=0, le=3)] = 1
    """Unlocks until the next successful login."""
    reservation_seconds: Annotated[int, Field(ge=5, le=300)] = 30
    """An abandoned attempt counts as a failure after this time."""
    birth_date_tries: Annotated[int, Field(ge=1, le=10)] = 3
    slip_tries: Annotated[int, Field(ge=1, le=10)] = 3

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.final_limit <= self.wrong_limit:
            raise ValueError("final_limit must be above wrong_limit")
        return self


class CallQuestion(PolicyModel):
    """What staff may ask a caller. The history keeps the key and whether the answer was right, never the answer."""

    key: Slug
    label: Text


class CallPolicy(PolicyModel):
    """What staff ask on the telephone before they unlock a login (SPEC B3); when they do is `contact.hours`."""

    questions: Annotated[tuple[CallQuestion, ...], Field(min_length=1, max_length=12)]
    right_answers: Annotated[int, Field(ge=1, le=12)] = 3
    """So many right ones at least."""
    wrong_answers: Annotated[int, Field(ge=0, le=5)] = 0
    """So many wrong ones at most."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if len({each.key for each in self.questions}) != len(self.questions):
            raise ValueError("two questions have the same key")
        if self.right_answers > len(self.questions):
            raise ValueError("right_answers exceeds the number of questions")
        return self


class ApprovalPolicy(PolicyModel):
    """Four eyes: what one person asks for and another approves (SPEC D5, B10)."""

    hours: Annotated[int, Field(ge=1, le=72)] = 8
    """How long a request waits, and how long an approval can be used after it was asked for."""


class ApiPolicy(PolicyModel):
    """Programs (bearer sessions)."""

    client_credentials: bool
    """Whether registered programs may log in without a captcha."""
    session_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
