"""What window and command line call. `commands.Commands` does it; shells name these types alone.

Every method may be called in a thread other than the screen's; those that take `progress` and `cancel` are the slow ones.
Where the person must answer in between (codes, consents) the work is cut into calls, so that a shell never waits inside.
All raise `errors.HelperError`, the slow ones `work.Cancelled` too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from certcenter_helper.core.values import (
    Account,
    Contact,
    DataCheck,
    Document,
    EnvironmentReport,
    Exported,
    ExportRules,
    Fixed,
    House,
    ImportPreview,
    Kind,
    LoggedIn,
    Obtained,
    OrderFields,
    Overview,
    PasswordRule,
    Proof,
    Removed,
    Repaired,
    Revoked,
    SecurityMode,
    SecuritySetting,
    SentCode,
    SignedOrder,
    Uploaded,
    Verified,
)
from certcenter_helper.core.work import Cancel, Progress

if TYPE_CHECKING:
    from certcenter_helper.core.password_centre import PasswordCentre
    from certcenter_helper.core.phoning import Prepared


class Procedure(Protocol):
    """One run of apply, renew or revoke, from consent to proven. `next` says which proof is due; None: all are given."""

    @property
    def kind(self) -> Kind:
        """What it leads to."""

    @property
    def consent(self) -> Document | None:
        """The text to agree to; None where this procedure has none to show (its version is agreed to silently)."""

    @property
    def next(self) -> Proof | None:
        """SLIP, CONSENT, BIRTH_DATE or CODE, whichever is due; None: go on with `obtain` or `revoke`."""

    @property
    def wanted(self) -> tuple[Proof, ...]:
        """All proofs of this run, in their order: a window shows them on one sheet."""

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Where a code can go; empty where policy sends to every contact."""

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Accounts to choose from where ACCOUNT is due."""

    @property
    def needs_old_key(self) -> bool:
        """A renewal proven by the old certificate: its password is asked before `obtain`."""

    def agree(self) -> None:
        """我同意上述約定條款."""

    def give_slip(self, password: str) -> None:
        """The initial secret from the counter; case matters. Three wrong ones void the slip."""

    def give_birth_date(self, text: str) -> None:
        """In ROC form (761205); a company's registration date."""

    def send_code(self, *, contact: UUID | None = None, account: UUID | None = None) -> SentCode:
        """取得認證碼; again after `resend_at`."""

    def check_code(self, code: str) -> None:
        """The code from the message; a wrong one raises with `tries_left`."""

    def close(self) -> None:
        """Nothing more is asked of it; close its connection."""


class CommandCore(Protocol):
    """All that the helper can do for one institution."""

    @property
    def house(self) -> House:
        """Which institution this is; from the last visit where the centre is out of reach."""

    @property
    def version(self) -> str:
        """The helper's own version, for the window's title."""

    @property
    def identity(self) -> str:
        """The full ID of who is logged in (or was last): what the store files under. Never shown unmasked."""

    @property
    def is_logged_in(self) -> bool:
        """A session is kept that has not ended, as far as this computer knows."""

    @property
    def password_rule(self) -> PasswordRule:
        """Of certificate and PFX passwords."""

    @property
    def security_choices(self) -> tuple[SecuritySetting, ...]:
        """The labels of the three settings, word for word, in the customer's language."""

    @property
    def security_note(self) -> str:
        """From when a changed setting holds; may be empty."""

    @property
    def default_security(self) -> SecurityMode:
        """What is chosen beforehand."""

    # Logging in and looking

    def log_in(
        self,
        identity: str,
        password: str,
        *,
        picture: Callable[[bytes], str] | None = None,
        progress: Progress = ...,
        cancel: Cancel | None = None,
    ) -> LoggedIn:
        """Log in; the proof-of-work captcha is solved on the way, `picture` shows a PNG to a person."""

    def log_out(self) -> None:
        """Log out here and at the centre; mode 2's unlocked keys end."""

    def overview(self, *, offline: bool = False) -> Overview:
        """憑證查詢. Where the centre can't be reached it says so by `offline`, instead of raising."""

    def documents(self, kind: str) -> tuple[Document, ...]:
        """`announcements`, `instructions`, `faq`."""

    # A certificate's life

    def begin(self, kind: Kind) -> Procedure:
        """Read the consent, ask whether this is possible now. Nothing has happened at the centre yet."""

    def obtain(
        self,
        procedure: Procedure,
        *,
        password: str,
        security: SecurityMode | None = None,
        old_password: str | None = None,
        progress: Progress = ...,
        cancel: Cancel | None = None,
    ) -> Obtained:
        """Make the key, request, wait, check, install, confirm. `password` will lock the new key on this computer.

        `old_password` opens the old key at a renewal. A break leaves a pending key that `repair` goes on with; the old
        certificate works until the new one is installed and confirmed (SPEC A4).
        """

    def revoke(self, procedure: Procedure) -> Revoked:
        """With a proven procedure."""

    def repair(
        self, *, password: str | None = None, progress: Progress = ..., cancel: Cancel | None = None
    ) -> Repaired:
        """Go on with whatever broke off (SPEC A9). `password` is the waiting key's: kind PASSWORD, code `password-needed`, asks for it."""

    @property
    def passwords(self) -> "PasswordCentre":
        """密碼中心 (SPEC B): change, unify, unlock, reissue. Its steps are calls, as a procedure's."""

    # Files and settings

    def export_rules(self, panel_id: str = "") -> ExportRules:
        """What to show before an export."""

    def export(
        self,
        folder: Path,
        *,
        password: str,
        new_password: str | None = None,
        file_name: str = "",
        compatible: bool = False,
        overwrite: bool = False,
        panel_id: str = "",
    ) -> Exported:
        """Write a PFX. `password` opens the certificate; `new_password` locks the file where policy asks for a new one."""

    def preview_import(self, path: Path, *, password: str) -> ImportPreview:
        """Read a PFX and say what it is (SPEC A7's distinct refusals); nothing is written."""

    def import_pfx(
        self,
        path: Path,
        *,
        password: str,
        new_password: str | None = None,
        security: SecurityMode | None = None,
    ) -> Obtained:
        """Install a PFX. It is locked by its own password unless `new_password` is given."""

    def change_password(self, *, old: str, new: str, panel_id: str = "") -> None:
        """憑證檔(PFX)密碼變更."""

    def set_security(self, mode: SecurityMode, *, password: str) -> str:
        """憑證密碼安全設定; returns the sentence that says when it takes effect."""

    def data_check(self) -> DataCheck:
        """憑證資料檢核."""

    def remove(self, panel_id: str) -> Removed:
        """Put a certificate aside, with a backup; never a pending key."""

    # Orders

    def accounts(self) -> tuple[Account, ...]:
        """The customer's accounts, to choose one for an order."""

    def sign_orders(
        self,
        orders: tuple[OrderFields, ...],
        *,
        ask: Callable[[], str],
        progress: Progress = ...,
        cancel: Cancel | None = None,
    ) -> tuple[SignedOrder, ...]:
        """Draft, sign, hand in: one trading session. `ask` is called, in this thread, whenever the security setting asks."""

    def verify_order(self, order: bytes, signature: bytes) -> Verified:
        """Check a signature over an order on this computer."""

    # The phone

    def prepare_upload(
        self, code: str, *, picture: Path | None = None, password: str, panel_id: str = ""
    ) -> "Prepared":
        """Read the phone's pairing code (pasted, or in a picture file) and open the PFX; show `shown.matching_code`."""

    def send_upload(
        self, prepared: "Prepared", *, progress: Progress = ..., cancel: Cancel | None = None
    ) -> Uploaded:
        """The person says that both screens show the same code: seal, send, wait until the phone has taken it."""

    # The computer

    def check_environment(
        self, *, progress: Progress = ..., cancel: Cancel | None = None
    ) -> EnvironmentReport:
        """憑證作業環境檢查."""

    def fix(self, key: str) -> Fixed:
        """變更設定 for one row."""

    def fix_all(self) -> tuple[Fixed, ...]:
        """全部變更設定."""
