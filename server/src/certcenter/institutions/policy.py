"""One institution: everything that its policy file says (SPEC, Policy table)."""

from datetime import date
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator

from certcenter.core.texts import Text
from certcenter.institutions.access_policy import (
    ApiPolicy,
    ApprovalPolicy,
    CallPolicy,
    CodePolicy,
    CodesPolicy,
    CredentialRule,
    LockPolicy,
    LoginPolicy,
    PasswordPolicy,
    SessionPolicy,
)
from certcenter.institutions.base import (
    Branch,
    BranchCode,
    PasswordFailure,
    PasswordRule,
    PolicyModel,
    ServiceHours,
    Slug,
)
from certcenter.institutions.branding import Accent, Branding
from certcenter.institutions.certificate_policy import (
    ApplicationPolicy,
    CAPolicy,
    ExportPolicy,
    FeePolicy,
    KeyPolicy,
    RenewalPolicy,
    RenewalWindow,
    RepairPolicy,
    RevocationPolicy,
    SecurityPolicy,
    StatusPolicy,
    StatusWord,
    SubjectPolicy,
    ValidityPolicy,
)
from certcenter.institutions.house_policy import (
    ContactLine,
    ContactPolicy,
    EnvironmentPolicy,
    Link,
    MenuItem,
    MenuPolicy,
    NoticePolicy,
    RetentionPolicy,
)
from certcenter.institutions.transfer_policy import PhonePolicy
from certcenter.institutions.vocabulary import (
    Captcha,
    Function,
    KeyPlace,
    OnlineRevocation,
    Proof,
    SequenceOwner,
)

__all__ = [
    "Accent",
    "ApiPolicy",
    "ApplicationPolicy",
    "ApprovalPolicy",
    "Branding",
    "CAPolicy",
    "CallPolicy",
    "CodePolicy",
    "CodesPolicy",
    "ContactLine",
    "ContactPolicy",
    "CredentialRule",
    "EnvironmentPolicy",
    "ExportPolicy",
    "FeePolicy",
    "Institution",
    "KeyPolicy",
    "Link",
    "LockPolicy",
    "LoginPolicy",
    "MenuItem",
    "MenuPolicy",
    "NoticePolicy",
    "PasswordFailure",
    "PasswordPolicy",
    "PasswordRule",
    "PhonePolicy",
    "RenewalPolicy",
    "RenewalWindow",
    "RepairPolicy",
    "RetentionPolicy",
    "RevocationPolicy",
    "SecurityPolicy",
    "ServiceHours",
    "SessionPolicy",
    "StatusPolicy",
    "StatusWord",
    "SubjectPolicy",
    "Text",
    "ValidityPolicy",
]


class Institution(PolicyModel):
    """A broker or bank: the tenant, with all its policy. Code asks rows, never the profile's name."""

    slug: Slug
    """The file's name; stands in hosts and in the API's paths."""
    profile: Annotated[str, Field(pattern=r"^[a-z]+$")]
    """Which manual the file follows; a label for people."""
    branding: Branding
    login: LoginPolicy
    session: SessionPolicy
    menu: MenuPolicy
    key: KeyPolicy
    security: SecurityPolicy = SecurityPolicy()
    application: ApplicationPolicy
    renewal: RenewalPolicy
    validity: ValidityPolicy
    subject: SubjectPolicy
    revocation: RevocationPolicy
    export: ExportPolicy
    repair: RepairPolicy
    phone: PhonePolicy
    fee: FeePolicy
    statuses: StatusPolicy
    codes: CodesPolicy
    passwords: PasswordPolicy
    lock: LockPolicy
    calls: CallPolicy
    approvals: ApprovalPolicy = ApprovalPolicy()
    contact: ContactPolicy
    branches: dict[BranchCode, Branch] = {}
    """The names of the branches, and their telephones, by the code that stands in account numbers."""
    links: tuple[Link, ...] = ()
    notices: NoticePolicy
    retention: RetentionPolicy
    environment: EnvironmentPolicy
    ca: CAPolicy
    api: ApiPolicy
    holidays: frozenset[date] = frozenset()
    """Days on which the counter is closed, from holidays/*.toml."""

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The institution's own host names, without port."""
        return tuple(host.replace("{slug}", self.slug) for host in self.branding.hosts)

    @property
    def page_captcha(self) -> Captcha:
        """What the portal's login page asks. It is the password centre's login too (SPEC B1), also where programs are asked for nothing."""
        own = self.login.captcha
        return self.passwords.captcha if own is Captcha.NONE and self.passwords.centre else own

    @property
    def with_helper(self) -> bool:
        """The key lives on the customer's computer, in the desktop helper's hands."""
        return self.key.place in (KeyPlace.HELPER, KeyPlace.PFX_DIRECTORY)

    def branch_name(self, code: str) -> Text:
        """The branch's name; the code itself where policy has none (a branch that was closed, say)."""
        return self.branches.get(code) or Text(zh=code, en=code)

    @property
    def host(self) -> str:
        """The host that stands in links, without port."""
        return self.hosts[0]

    def text_tags(self) -> frozenset[str]:
        """What this policy offers, in words that the content's texts may ask for: `sign-order`, `code`, `browser`, …"""
        functions = {function.value for function in Function if self.menu.offers(function)}
        proofs = {f"proof:{proof.value}" for proof in {*self.application.proofs, *self.renewal.proofs}}
        rows = {f"key:{self.key.place.value}", f"revocation:{self.revocation.online.value}"}
        rows |= {f"repair:{self.repair.mode.value}", f"after:{self.renewal.after.value}"}
        return frozenset(functions | proofs | rows | self._switches())

    def _switches(self) -> set[str]:
        switches = {
            "voice-sync": self.passwords.voice_sync,
            "test-environment": self.branding.test_environment,
            "identification-code": self.codes.default.identification_code,
        }
        return {tag for tag, on in switches.items() if on}

    def text_values(self) -> dict[str, Text]:
        """What the content's texts may name in braces: `{limit}`, `{branch}`, …, in both languages."""
        code = self.codes.default
        numbers = {
            "limit": self.revocation.yearly_limit or 0,
            "code_digits": code.digits,
            "code_minutes": code.minutes,
            "resend_seconds": code.resend_seconds,
            "code_tries": code.tries,
            "daily_wrong_codes": self.codes.daily_wrong_limit,
            "idle_minutes": self.session.idle_minutes,
            "wrong_limit": self.lock.wrong_limit,
            "retention_years": self.retention.years_after_end,
            "fee": self.fee.yearly_amount,
            "grace_hours": self.fee.grace_hours,
            "phone_minutes": self.phone.minutes,
            "wait_from": self.application.progress_seconds[0],
            "wait_to": self.application.progress_seconds[1],
        }
        words = {
            "name": self.branding.name,
            "legal_name": self.branding.legal_name,
            "centre_name": self.branding.centre_name,
            "branch": self.contact.branch,
            "hours": self.contact.hours_text,
            "window": self.renewal.window.describe(),
            "life": self.validity.describe(),
            "revocation_notice": self.revocation.notice_text(),
            "used_up": self.revocation.used_up_text(),
            "too_late": self.renewal.too_late,
            "repair_note": self.repair.note,
        }
        plain = {
            "phone": self.contact.lines[0].phone,
            "email": self.contact.email,
            "folder": self.key.folder or "-",
        }
        if self.key.password is not None:
            words["password_rule"] = self.key.password.describe()
        return words | {key: Text(zh=str(value), en=str(value)) for key, value in (numbers | plain).items()}

    @model_validator(mode="after")
    def _decoys_look_real(self) -> Self:
        """A mask whose branch nobody can have an account at would tell who is no customer (SPEC B9)."""
        shown = {code for codes in self.passwords.decoys.branches.values() for code in codes}
        if unknown := sorted(shown - self.branches.keys()):
            raise ValueError(
                "passwords.decoys names branches that are not in [branches]: " + ", ".join(unknown)
            )
        return self

    @model_validator(mode="after")
    def _rows_agree(self) -> Self:
        on_token = self.key.place is KeyPlace.TOKEN
        proofs = {*self.application.proofs, *self.renewal.proofs, *self.revocation.proofs}
        disagreements = {
            "key.place 'token' and proof 'pin' belong together": on_token != (Proof.PIN in proofs),
            "security.choices belong to software keys, and only to them": on_token
            == bool(self.security.choices),
            "a token's key cannot be exported": on_token and self.export.allowed,
            "menu offers 'export' but export.allowed is false": (
                self.menu.offers(Function.EXPORT) and not self.export.allowed
            ),
            "menu offers 'revoke' but revocation.online does not": (
                self.menu.offers(Function.REVOKE) and self.revocation.online is not OnlineRevocation.REVOKE
            ),
            "menu offers 'suspend' but revocation.online does not": (
                self.menu.offers(Function.SUSPEND) and self.revocation.online is not OnlineRevocation.SUSPEND
            ),
            "proof 'fee' needs fee.yearly_amount, and the amount needs the proof": (
                self.fee.charged != (Proof.FEE in proofs)
            ),
            "proof 'slip' needs login.slip_dialog": (Proof.SLIP in proofs) != self.login.slip_dialog,
            "sequence_owner 'user' belongs to tokens": (
                (self.subject.sequence_owner is SequenceOwner.USER) and not on_token
            ),
        }
        broken = [words for words, holds in disagreements.items() if holds]
        if broken:
            raise ValueError("; ".join(broken))
        return self
