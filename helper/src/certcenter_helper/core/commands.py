"""The command core: one door to all commands, over `desk.Desk`. Window and command line call nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from certcenter_helper.core import looking
from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.home import Address, Home, Known
from certcenter_helper.core.texts import text
from certcenter_helper.core.values import (
    Account,
    DataCheck,
    Document,
    EnvironmentReport,
    Exported,
    ExportRules,
    Fixed,
    House,
    ImportPreview,
    LoggedIn,
    Obtained,
    OrderFields,
    Overview,
    PasswordRule,
    Removed,
    Repaired,
    Revoked,
    SecurityMode,
    SecuritySetting,
    SignedOrder,
    Uploaded,
    Verified,
)
from certcenter_helper.core.values import Kind as What
from certcenter_helper.core.work import Cancel, Progress, silent

if TYPE_CHECKING:
    from certcenter_helper.core.interface import CommandCore, Procedure
    from certcenter_helper.core.password_centre import PasswordCentre
    from certcenter_helper.core.phoning import Prepared


class Commands:
    """All that the helper can do for one institution (`interface.CommandCore`)."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @classmethod
    def open(cls, *, address: str = "", slug: str = "", home: Home | None = None) -> "Commands":
        """The institution at `address`, or the known one called `slug`, or the one of the last login.

        Raises:
            HelperError: the address is none, or no institution is known yet.
        """
        place = home or Home()
        known = place.known()
        if address:
            found = Address.parse(address, slug)
            before = known.get(found.slug)
            if before is not None and before.house.url == found.url:
                return cls(Desk(place, before))
            return cls(Desk(place, Known(house=House(slug=found.slug, url=found.url))))
        chosen = known.get(slug) if slug else place.current()
        if chosen is None:
            raise HelperError(
                Kind.INPUT,
                "no-centre",
                text("This computer knows no such certificate centre yet."),
                detail=slug,
                advice=text("Log in with the centre's address first: certcenter login --centre https://…"),
            )
        return cls(Desk(place, chosen))

    @property
    def house(self) -> House:
        """Which institution this is."""
        return self.desk.known.house

    @property
    def version(self) -> str:
        """The helper's own version."""
        from importlib.metadata import version

        return version("certcenter-helper")

    @property
    def identity(self) -> str:
        """The full ID of who is logged in, or was last. Never shown unmasked."""
        return self.desk.identity

    @property
    def is_logged_in(self) -> bool:
        """A session is kept that has not ended, as far as this computer knows."""
        return self.desk.login is not None

    @property
    def password_rule(self) -> PasswordRule:
        """Of certificate and PFX passwords."""
        return self.desk.policy.password_rule

    @property
    def security_choices(self) -> tuple[SecuritySetting, ...]:
        """The settings that are offered, in the words of policy."""
        return self.desk.policy.security_settings

    @property
    def security_note(self) -> str:
        """From when a changed setting holds; may be empty."""
        return self.desk.policy.security_note

    @property
    def default_security(self) -> SecurityMode:
        """What is chosen beforehand."""
        return self.desk.policy.default_security

    # Logging in and looking

    def log_in(
        self,
        identity: str,
        password: str,
        *,
        picture: Callable[[bytes], str] | None = None,
        progress: Progress = silent,
        cancel: Cancel | None = None,
    ) -> LoggedIn:
        """Log in; the proof-of-work captcha is solved on the way."""
        from certcenter_helper.core import session

        return session.log_in(
            self.desk, identity, password, picture=picture, progress=progress, cancel=cancel or Cancel()
        )

    def log_out(self) -> None:
        """Log out here and at the centre."""
        from certcenter_helper.core import session

        session.log_out(self.desk)

    def overview(self, *, offline: bool = False) -> Overview:
        """憑證查詢."""
        return looking.overview(self.desk, offline=offline)

    def documents(self, kind: str) -> tuple[Document, ...]:
        """`announcements`, `instructions`, `faq`."""
        return looking.documents(self.desk, kind)

    # A certificate's life

    def begin(self, kind: What) -> "Procedure":
        """Read the consent and who can be reached; begins nothing at the centre."""
        from certcenter_helper.core.procedure import PolicyProcedure

        return PolicyProcedure(self.desk, kind)

    def obtain(
        self,
        procedure: "Procedure",
        *,
        password: str,
        security: SecurityMode | None = None,
        old_password: str | None = None,
        progress: Progress = silent,
        cancel: Cancel | None = None,
    ) -> Obtained:
        """Make the key, request, wait, check, install, confirm."""
        from certcenter_helper.core import obtaining
        from certcenter_helper.core.procedure import PolicyProcedure

        assert isinstance(procedure, PolicyProcedure)
        return obtaining.obtain(
            self.desk,
            procedure,
            password=password,
            security=security,
            old_password=old_password,
            progress=progress,
            cancel=cancel or Cancel(),
        )

    def revoke(self, procedure: "Procedure") -> Revoked:
        """With a proven procedure."""
        from certcenter_helper.core import obtaining
        from certcenter_helper.core.procedure import PolicyProcedure

        assert isinstance(procedure, PolicyProcedure)
        return obtaining.revoke(self.desk, procedure)

    def repair(
        self, *, password: str | None = None, progress: Progress = silent, cancel: Cancel | None = None
    ) -> Repaired:
        """Go on with whatever broke off."""
        from certcenter_helper.core import repairing

        return repairing.repair(self.desk, password=password, progress=progress, cancel=cancel or Cancel())

    @property
    def passwords(self) -> "PasswordCentre":
        """密碼中心 (SPEC B): change, unify, unlock, reissue."""
        from certcenter_helper.core.password_centre import PasswordCentre

        return PasswordCentre(self.desk)

    # Files and settings

    def export_rules(self, panel_id: str = "") -> ExportRules:
        """What to show before an export."""
        from certcenter_helper.core import files

        return files.export_rules(self.desk, panel_id)

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
        """Write a PFX."""
        from certcenter_helper.core import files

        return files.export(
            self.desk,
            folder,
            password=password,
            new_password=new_password,
            file_name=file_name,
            compatible=compatible,
            overwrite=overwrite,
            panel_id=panel_id,
        )

    def preview_import(self, path: Path, *, password: str) -> ImportPreview:
        """Read a PFX and say what it is; nothing is written."""
        from certcenter_helper.core import files

        return files.preview(self.desk, path, password=password)

    def import_pfx(
        self,
        path: Path,
        *,
        password: str,
        new_password: str | None = None,
        security: SecurityMode | None = None,
    ) -> Obtained:
        """Install a PFX."""
        from certcenter_helper.core import files

        return files.import_pfx(
            self.desk, path, password=password, new_password=new_password, security=security
        )

    def change_password(self, *, old: str, new: str, panel_id: str = "") -> None:
        """憑證檔(PFX)密碼變更."""
        from certcenter_helper.core import files

        files.change_password(self.desk, old=old, new=new, panel_id=panel_id)

    def set_security(self, mode: SecurityMode, *, password: str) -> str:
        """憑證密碼安全設定; returns the sentence that says when it takes effect."""
        from certcenter_helper.core import files

        return files.set_security(self.desk, mode, password=password)

    def data_check(self) -> DataCheck:
        """憑證資料檢核."""
        return looking.data_check(self.desk)

    def remove(self, panel_id: str) -> Removed:
        """Put a certificate aside, with a backup; never a pending key."""
        from certcenter_helper.core import files

        return files.remove(self.desk, panel_id)

    # Orders

    def accounts(self) -> tuple[Account, ...]:
        """The customer's accounts, those for securities first."""
        from certcenter_helper.core import trading

        return trading.accounts(self.desk)

    def sign_orders(
        self,
        orders: tuple[OrderFields, ...],
        *,
        ask: Callable[[], str],
        progress: Progress = silent,
        cancel: Cancel | None = None,
    ) -> tuple[SignedOrder, ...]:
        """Draft, sign under the security setting, hand in, one after the other."""
        from certcenter_helper.core import trading

        return trading.sign_orders(self.desk, orders, ask=ask, progress=progress, cancel=cancel or Cancel())

    def verify_order(self, order: bytes, signature: bytes) -> Verified:
        """Check a signature over an order on this computer."""
        from certcenter_helper.core import trading

        return trading.verify_order(self.desk, order, signature)

    # The phone

    def prepare_upload(
        self, code: str, *, picture: Path | None = None, password: str, panel_id: str = ""
    ) -> "Prepared":
        """Read the phone's pairing code and open the PFX; show `shown.matching_code`, then `send_upload`."""
        from certcenter_helper.core import phoning

        return phoning.prepare(self.desk, code, picture=picture, password=password, panel_id=panel_id)

    def send_upload(
        self, prepared: "Prepared", *, progress: Progress = silent, cancel: Cancel | None = None
    ) -> Uploaded:
        """Both screens show the same code: seal and send."""
        from certcenter_helper.core import phoning

        return phoning.send(self.desk, prepared, progress=progress, cancel=cancel or Cancel())

    # The computer

    def check_environment(
        self, *, progress: Progress = silent, cancel: Cancel | None = None
    ) -> EnvironmentReport:
        """憑證作業環境檢查."""
        from certcenter_helper.core import environment

        return environment.check_environment(self.desk, progress=progress, cancel=cancel or Cancel())

    def fix(self, key: str) -> Fixed:
        """變更設定 for one row."""
        from certcenter_helper.core import environment

        return environment.fix(self.desk, key)

    def fix_all(self) -> tuple[Fixed, ...]:
        """全部變更設定."""
        from certcenter_helper.core import environment

        return environment.fix_all(self.desk)


def _conforms(commands: Commands) -> "CommandCore":
    """Commands is what shells are promised: mypy compares the two here."""
    return commands
