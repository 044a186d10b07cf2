"""The institution's policy as the API gives it (`GET policy`), read with care: shells ask here, never the JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.statuses import CLIENT_TONES, HOST_TONES
from certcenter_helper.core.texts import text
from certcenter_helper.core.values import (
    ClientStatus,
    HostStatus,
    PasswordRule,
    Proof,
    SecurityMode,
    SecuritySetting,
    Word,
)

_SHOWN: Final = "pfx-directory"


@dataclass(frozen=True, slots=True)
class Policy:
    """One institution's policy in one language."""

    values: Mapping[str, Any]

    @property
    def slug(self) -> str:
        """The institution's slug."""
        return str(self.values["institution"]["slug"])

    @property
    def keeps_file(self) -> bool:
        """Profile `pfxdir`: the customer sees one PFX file in a folder, and the panel shows where."""
        return bool(self.values["key"]["place"] == _SHOWN)

    @property
    def key_type(self) -> str:
        """The type of new keys."""
        return str(self.values["key"]["default_type"])

    @property
    def password_rule(self) -> PasswordRule:
        """Of certificate and PFX passwords."""
        rule = self.values["key"]["password"] or {"min_length": 4, "max_length": None, "text": ""}
        return PasswordRule(
            min_length=rule["min_length"], max_length=rule["max_length"], text=str(rule["text"])
        )

    @property
    def default_security(self) -> SecurityMode:
        """What is chosen beforehand."""
        return SecurityMode(self.values["security"]["default"] or SecurityMode.FIRST_ORDER)

    @property
    def security_settings(self) -> tuple[SecuritySetting, ...]:
        """The settings that policy offers, in its words."""
        return tuple(self.security_setting(SecurityMode(each)) for each in self.values["security"]["choices"])

    @property
    def security_note(self) -> str:
        """From when a changed setting holds."""
        return str(self.values["security"].get("note") or "")

    def security_setting(self, mode: SecurityMode) -> SecuritySetting:
        """A setting in the words of policy (SPEC A11: those of manual M3); its number alone where policy does not offer it."""
        said = self.values["security"]["labels"].get(mode.value, {"label": "", "explained": ""})
        return SecuritySetting(mode=mode, label=str(said["label"]), explained=str(said["explained"]))

    def asks_security_at(self, function: str) -> bool:
        """Is the setting asked for at `apply`, `redownload`, `import`?"""
        return function in self.values["security"]["asked_at"]

    def proofs(self, kind: str) -> tuple[Proof, ...]:
        """What a person does to be let through, in this order; what no person does (the fee, the PIN) is left out."""
        row = {"apply": "application", "renew": "renewal", "revoke": "revocation"}[kind]
        known = {each.value for each in Proof}
        return tuple(Proof(each) for each in self.values[row]["proofs"] if each in known)

    @property
    def advice_afterwards(self) -> tuple[str, ...]:
        """What to do next after applying and renewing, in the policy's words; empty where it has none."""
        return tuple(str(each) for each in self.values["application"].get("advice", ()))

    @property
    def revokes_online(self) -> bool:
        """May customers revoke by themselves?"""
        return bool(self.values["revocation"]["online"] == "revoke")

    @property
    def code_goes_everywhere(self) -> bool:
        """The same code to every contact on file, so that none is chosen."""
        return bool(self.values["codes"]["delivery"] == "every")

    @property
    def repaired_by_staff(self) -> bool:
        """憑證重新下載 must be opened by staff."""
        return bool(self.values["repair"]["mode"] == "opened-by-staff")

    @property
    def offers(self) -> frozenset[str]:
        """All functions of menu and overview."""
        menu = self.values["menu"]
        return frozenset(each["function"] for each in menu["items"]) | frozenset(menu["overview_actions"])

    @property
    def clock_skew_seconds(self) -> int:
        """How far this computer's clock may be off."""
        return int(self.values["recommended"]["clock_skew_seconds"])

    def host_word(self, status: HostStatus) -> Word:
        """How the centre's status is called here."""
        if status is HostStatus.UNKNOWN:
            return Word(
                word=text("Unknown"),
                label=text("Unknown"),
                advice=text("The centre was not asked. Connect to the network and look again."),
                tone=HOST_TONES[status],
            )
        row = self.values["statuses"]["host"][status.value]
        return Word(word=row["word"], label=row["label"], advice=row["advice"], tone=HOST_TONES[status])

    def client_word(self, status: ClientStatus) -> Word:
        """How this computer's status is called here."""
        if status is ClientStatus.DAMAGED:
            return Word(
                word=text("File damaged"),
                label=text("File damaged"),
                advice=text(
                    "The file was changed or cut off by something else. Repair it, or import your backup."
                ),
                tone=CLIENT_TONES[status],
            )
        row = self.values["statuses"]["client"][status.value]
        return Word(word=row["word"], label=row["label"], advice=row["advice"], tone=CLIENT_TONES[status])

    def serial(self, hexadecimal: str) -> str:
        """A serial in the forms that policy shows: `606E360A`, or `101919(0x018E1F)` as M3 has it."""
        if not hexadecimal:
            return ""
        upper = hexadecimal.upper()
        even = upper if len(upper) % 2 == 0 else f"0{upper}"
        if "decimal" in self.values["statuses"]["serial_forms"]:
            return f"{int(hexadecimal, 16)}(0x{even})"
        return even


def require_rule(rule: PasswordRule, password: str) -> None:
    """Letters and digits within the length; what else is refused (ID, birth date, history …) the centre knows.

    Raises:
        HelperError: INPUT, with the rule as its advice.
    """
    too_long = rule.max_length is not None and len(password) > rule.max_length
    if len(password) < rule.min_length or too_long or not (password.isascii() and password.isalnum()):
        raise HelperError(
            Kind.INPUT, "password-rule", text("The new password does not follow the rule."), advice=rule.text
        )
