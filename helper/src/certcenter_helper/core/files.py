"""Export, import, passwords, the security setting, removal: what happens to files here (SPEC A6–A8, A10, A11)."""

from pathlib import Path
from typing import Any

from certcenter_helper.core import panels
from certcenter_helper.core.desk import Desk
from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.policy import require_rule
from certcenter_helper.core.texts import text
from certcenter_helper.core.troubles import told
from certcenter_helper.core.values import (
    ClientPanel,
    Exported,
    ExportRules,
    ImportPreview,
    Obtained,
    Removed,
    SecurityMode,
)
from certcenter_sdk import pfx
from certcenter_sdk.store import Entry, files
from certcenter_sdk.store import SecurityMode as Mode

_LARGEST = 1 << 20


def chosen(desk: Desk, panel_id: str) -> Entry:
    """The certificate that a command is about: the named one, else the one in use."""
    with told():
        entry = desk.store.find(panel_id) if panel_id else desk.store.current()
    if entry is None:
        raise HelperError(
            Kind.STORE,
            "no-certificate",
            text("There is no certificate on this computer."),
            advice=text("Import your backup, or apply for a certificate."),
        )
    return entry


def export_rules(desk: Desk, panel_id: str) -> ExportRules:
    """What to show before an export."""
    policy, entry = desk.policy, chosen(desk, panel_id)
    row = policy.values["export"]
    if not row["allowed"]:
        raise HelperError(
            Kind.REFUSED, "export-off", text("This institution's certificates can't be exported.")
        )
    return ExportRules(
        file_name=entry.issued.export_file_name,
        name_changeable=bool(row["name_changeable"]),
        new_password=bool(row["password"] == "new-twice"),  # noqa: S105 - the name of a rule
        rule=policy.password_rule,
        compatible_allowed=bool(row["compatible_allowed"]),
        folder=_visible_folder(),
    )


def export(
    desk: Desk,
    folder: Path,
    *,
    password: str,
    new_password: str | None,
    file_name: str,
    compatible: bool,
    overwrite: bool,
    panel_id: str,
) -> Exported:
    """Write the PFX, read it back and open it."""
    rules, entry = export_rules(desk, panel_id), chosen(desk, panel_id)
    target = folder / _export_name(rules, file_name)
    if rules.new_password:
        require_rule(desk.policy.password_rule, new_password or "")
    if compatible and not rules.compatible_allowed:
        raise HelperError(
            Kind.REFUSED, "compatible-off", text("This institution does not allow the old format.")
        )
    if target.exists() and not overwrite:
        raise HelperError(
            Kind.INPUT,
            "file-exists",
            text("There is a file of this name already."),
            detail=str(target),
            advice=text("Choose another folder, or replace it on purpose."),
        )
    fresh = new_password if rules.new_password else None
    with told():
        data = _pfx(desk, entry, password, fresh, compatible=compatible)
        files.write(target, data)
        pfx.read(files.read(target) or b"", fresh or password)
    warning = text("3DES and SHA-1 are weak: use this file for old Windows alone, and delete it then.")
    return Exported(path=target, sha256=pfx.fingerprint(data), warning=warning if compatible else "")


def _pfx(desk: Desk, entry: Entry, password: str, fresh: str | None, *, compatible: bool) -> bytes:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pfx.CompatiblePfxWarning)  # said in `Exported.warning`
        return desk.store.export(entry, password, new_password=fresh, compatible=compatible)


def _export_name(rules: ExportRules, wanted: str) -> str:
    if not wanted or wanted == rules.file_name:
        return rules.file_name
    if not rules.name_changeable:
        raise HelperError(
            Kind.INPUT, "name-fixed", text("The file's name is fixed here."), detail=rules.file_name
        )
    name = wanted if wanted.lower().endswith((".pfx", ".p12")) else f"{wanted}.pfx"
    if Path(name).name != name or name.startswith("."):
        raise HelperError(Kind.INPUT, "name", text("This is not a file name."), detail=wanted)
    return name


def _visible_folder() -> Path:
    desktop = Path.home() / "Desktop"
    return desktop if desktop.is_dir() else Path.home()


def preview(desk: Desk, path: Path, *, password: str) -> ImportPreview:
    """Read a PFX and say what it is; the refusals are SPEC A7's, each clearly its own."""
    with told():
        candidate = desk.store.examine(_read(path), password)
    certificate = candidate.certificate
    if certificate.not_valid_after_utc < desk.now():
        raise HelperError(
            Kind.REFUSED,
            "expired",
            text("This certificate has expired."),
            detail=panels.shown(desk).moment(certificate.not_valid_after_utc),
            advice=text("Choose a newer backup, or apply again."),
        )
    notes = _ask_about(desk, candidate.spki_sha256)
    serial, subject = f"{certificate.serial_number:x}", certificate.subject.rfc4514_string()
    return ImportPreview(
        serial=serial,
        subject=subject,
        not_after=certificate.not_valid_after_utc,
        facts=panels.certificate_facts(desk, serial, subject, certificate.not_valid_after_utc),
        notes=notes,
    )


def import_pfx(
    desk: Desk,
    path: Path,
    *,
    password: str,
    new_password: str | None,
    security: SecurityMode | None,
) -> Obtained:
    """Check as `preview` does, then install."""
    preview(desk, path, password=password)
    if new_password is not None:
        require_rule(desk.policy.password_rule, new_password)
    with told():
        entry = desk.store.import_pfx(
            _read(path),
            password,
            new_password=new_password,
            security=Mode(security.value) if security else None,
        )
    return obtained(desk, entry.spki_sha256, offer_backup=False)


def obtained(desk: Desk, spki_sha256: str, *, offer_backup: bool) -> Obtained:
    """What to tell after a certificate came to this computer."""
    advice = list(desk.policy.advice_afterwards)
    if not advice:
        advice.append(text("Export a backup of your new certificate, and keep it in another place."))
        if "phone-upload" in desk.policy.offers:
            advice.append(text("If you trade on a phone, upload the certificate to it again."))
    return Obtained(
        panel=panel(desk, spki_sha256),
        offer_backup=offer_backup and bool(desk.policy.values["application"]["offer_backup"]),
        advice=tuple(advice),
    )


def panel(desk: Desk, spki_sha256: str) -> ClientPanel:
    """The panel of one certificate, by what this computer knows."""
    with told():
        found = panels.client_panels(desk, None, asked=False)
    return next((each for each in found if each.id == spki_sha256), found[0])


def _ask_about(desk: Desk, spki_sha256: str) -> tuple[str, ...]:
    """Revoked, or another one than the centre's: refused or said, where the centre can be asked."""
    from certcenter_sdk.client import calls

    if desk.login is None:
        return (text("You are not logged in, so whether it was revoked could not be asked."),)
    line = desk.line()
    try:
        values = line.send(calls.certificates()).values
    except HelperError as error:
        if error.kind not in {Kind.NETWORK, Kind.LOGIN}:
            raise
        return (text("The centre could not be asked whether it was revoked."),)
    finally:
        line.close()
    row: dict[str, Any] | None = next(
        (each for each in values["history"] if each["spki_sha256"] == spki_sha256), None
    )
    if row is not None and row["state"] in {"revoked", "superseded"}:
        raise HelperError(
            Kind.REFUSED,
            "revoked",
            text("This certificate was revoked."),
            advice=text("Choose a newer backup, or apply again."),
        )
    if values["host"] is None or values["host"]["spki_sha256"] != spki_sha256:
        return (text("The centre's certificate is another one: orders signed with this one are refused."),)
    return ()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise HelperError(Kind.INPUT, "too-large", text("This file is too large for a PFX."))
        return path.read_bytes()
    except OSError as error:
        raise HelperError(
            Kind.INPUT, "file", text("The file can't be read."), detail=f"{path}: {error.strerror}"
        ) from error


def change_password(desk: Desk, *, old: str, new: str, panel_id: str) -> None:
    """憑證檔(PFX)密碼變更."""
    require_rule(desk.policy.password_rule, new)
    with told():
        desk.store.change_password(chosen(desk, panel_id), old, new)


def set_security(desk: Desk, mode: SecurityMode, *, password: str) -> str:
    """憑證密碼安全設定."""
    if mode not in {each.mode for each in desk.policy.security_settings}:
        raise HelperError(Kind.INPUT, "security-mode", text("This institution does not offer this setting."))
    with told():
        desk.store.change_security(Mode(mode.value), password)
    return text("Done. The new setting takes effect at the next login.")


def remove(desk: Desk, panel_id: str) -> Removed:
    """Put a certificate aside; a waiting key is refused (SPEC A8)."""
    with told():
        if desk.store.pending_for(panel_id) is not None:
            raise HelperError(
                Kind.REFUSED,
                "pending-key",
                text("A key that waits for its certificate is never removed."),
                advice=text("Repair goes on with it."),
            )
        return Removed(backup=desk.store.remove(chosen(desk, panel_id)))


__all__ = [
    "change_password",
    "chosen",
    "export",
    "export_rules",
    "import_pfx",
    "obtained",
    "panel",
    "preview",
    "remove",
    "set_security",
]
