"""The tour's part for the password centre (manual M2): lock, unlock, reissue both ways, unify, separate.

As a program of the customer lives it, by the SDK; staff at their own pages. The same by `certcenter`: `desktop_lives`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from certcenter.demo.counter import Counter
from certcenter.demo.steps import Log, Mailbox, expect, refused
from certcenter_sdk import pfx
from certcenter_sdk.client import Client, calls, passwords, recovery

_WRONG: Final = "Wrong1234"
_AFTER_MAIL: Final = "Harbour88"
_AFTER_CERTIFICATE: Final = "Meadow77"
_UNIFIED: Final = "Orchard66"
_CODE: Final = r"(?<!\d)(\d{7})(?!\d)"
_LINK: Final = r"(http://\S+/passwords/reissue/link/#\S+)"


class Forgetful:
    """A customer of an institution; each step returns what was seen, in words."""

    def __init__(
        self, centre: Mapping[str, Any], house: Mapping[str, Any], person: Mapping[str, Any]
    ) -> None:
        self.centre, self.house, self.person = centre, house, person
        self.client = Client(centre["index"], house["slug"])
        self.phone = Mailbox(centre, house, person["phone"])
        self.mail = Mailbox(centre, house, person["email"])
        self.born = str(person["birth_date"]).replace("-", "")
        self.flow = self.initial = ""

    def log_in(self, password: str) -> tuple[None, str]:
        """Log in with ID, password and a solved captcha."""
        self.client.sign_in(self.person["id"], password)
        return None, f"as {self.client.send(calls.me()).text('name')}"

    def cannot_log_in(self, password: str, times: int = 1) -> tuple[None, str]:
        """Be refused so many times; why, the page does not say."""
        for _ in range(times):
            seen = refused("login-refused", lambda: self.client.sign_in(self.person["id"], password))
        return None, f"{times} × {seen[1]}" if times > 1 else seen[1]

    def is_told(self, pattern: str) -> tuple[str, str]:
        """Find a notice on the telephone."""
        found = self.phone.find(pattern)
        return found, f"SMS: {found}"

    # --- the certificate ---------------------------------------------------------------------------------------

    def unlock(self) -> tuple[None, str]:
        """Unlock with the certificate in the backup."""
        held = self._device()
        self.client.run(
            recovery.unlock(self.client.core.place, self.person["id"], self.born, held.key, held.certificate)
        )
        return None, "open for the old password, once"

    def prove(self) -> tuple[recovery.Proven, str]:
        """Begin a reissue with the certificate."""
        held = self._device()
        proven = self.client.run(
            recovery.prove(self.client.core.place, self.person["id"], self.born, held.key, held.certificate)
        )
        self.flow = proven.flow
        return proven, " ".join(each["masked"] for each in [*proven.accounts, *proven.contacts])

    def _device(self) -> pfx.Pfx:
        backup = Path(self.centre["pfx"]["folder"]) / f"{self.house['slug']}-{self.person['id']}.pfx"
        return pfx.read(backup.read_bytes(), self.centre["pfx"]["password"])

    # --- the reissue -------------------------------------------------------------------------------------------

    def ask(self) -> tuple[None, str]:
        """Ask for a reissue without certificate."""
        shown = self.client.send(recovery.begin_request(self.person["id"], self.born))
        account = shown.values["accounts"][0]
        self.client.send(recovery.confirm_request(shown.text("flow"), account["id"]))
        return None, f"{account['masked']}, {shown.text('phone')}, {shown.text('email')}"

    def open_link(self) -> tuple[None, str]:
        """Open the mailed link with the birth date."""
        link = self.mail.find(_LINK)
        self.flow = self.client.send(recovery.open_link(link, self.born)).text("flow")
        return None, f"…/link/#{link.rpartition('#')[2][:6]}…, {self.born[:4]}****"

    def give_code(self, *, account: str | None = None, contact: str | None = None) -> tuple[None, str]:
        """Have the code sent, read it on the telephone, give it; the initial password comes."""
        self.phone.forget()
        sent = self.client.send(recovery.send_code(self.flow, account=account, contact=contact))
        code = self.phone.find(_CODE)
        self.initial = self.client.send(recovery.check_code(self.flow, sent.text("challenge"), code))
        return None, f"******* to {sent.text('masked')}; initial password {len(self.initial)} characters"

    def redeem(self, password: str) -> tuple[None, str]:
        """Choose the new password."""
        done = self.client.send(recovery.redeem(self.flow, self.initial, password))
        return None, "for all accounts" if done.values["unified"] else "for the chosen account"

    # --- the table ---------------------------------------------------------------------------------------------

    def table(self, *, unified: bool) -> tuple[list[dict[str, Any]], str]:
        """Look at the table of passwords."""
        seen = self.client.send(passwords.table())
        rows = [each for each in seen.values["passwords"] if each["kind"] == "network"]
        expect("unified", seen.values["unified"], unified)
        words = {True: "相同", False: "不同"}
        return rows, ", ".join(f"{each['masked'] or '歸戶'} {words[each['same']]}" for each in rows)

    def change(self, old: str, new: str, account: str | None = None) -> tuple[None, str]:
        """Change the login password."""
        self.client.send(passwords.change_login(old, new, account=UUID(account) if account else None))
        return None, "of one account" if account else "of all accounts"

    def unify(self, old: str, new: str) -> tuple[None, str]:
        """One password for all accounts; the session ends with it."""
        self.client.send(passwords.unify(old, new))
        return refused("sign-in-needed", lambda: self.client.send(calls.me()))


def password_life(centre: Mapping[str, Any], log: Log) -> None:
    """Two customers of the institution that has separate passwords, too."""
    house = next(each for each in centre["institutions"] if each["profile"] == "helper")
    people = {each["certificate"]: each for each in reversed(house["customers"])}
    separate = next(each for each in house["customers"] if "separate" in each["note"])
    log.echo(f"── {house['name']} ({house['profile']}): {people['valid']['name']} forgets the password")
    _locked(Forgetful(centre, house, people["valid"]), log)
    log.echo(f"── {separate['name']} has separate passwords")
    _unified(Forgetful(centre, house, separate), log)


def _locked(person: Forgetful, log: Log) -> None:
    password, step = str(person.person["password"]), log.step
    step("three wrong passwords", lambda: person.cannot_log_in(_WRONG, 3))
    step("the customer is told", lambda: person.is_told("(登入密碼因錯誤次數過多)"))
    step("the right password, while locked", lambda: person.cannot_log_in(password))
    step("unlock with the certificate", person.unlock)
    step("three more wrong ones: locked for good", lambda: person.cannot_log_in(_WRONG, 3))
    step("unlock once more", lambda: refused("hard-locked", person.unlock))
    step("reissue without certificate", person.ask)
    step("the link in the mail, the birth date again", person.open_link)
    step("the code on the telephone", person.give_code)
    step("a new password", lambda: person.redeem(_AFTER_MAIL))
    step("the old password", lambda: person.cannot_log_in(password))
    step("log in", lambda: person.log_in(_AFTER_MAIL))
    proven = step("reissue with the certificate", person.prove)
    account, contact = proven.accounts[0]["id"], _by_phone(proven)
    step("the code on the telephone", lambda: person.give_code(account=account, contact=contact))
    step("a new password", lambda: person.redeem(_AFTER_CERTIFICATE))
    step("that session has ended", lambda: refused("sign-in-needed", lambda: person.client.send(calls.me())))
    step("log in", lambda: person.log_in(_AFTER_CERTIFICATE))


def _unified(person: Forgetful, log: Log) -> None:
    password, step = str(person.person["password"]), log.step
    step("log in", lambda: person.log_in(password))
    rows = step("the table", lambda: person.table(unified=False))
    other = next(each["account"] for each in rows if each["same"])
    step("change one", lambda: person.change(password, _AFTER_MAIL, other))
    step("unify; the session ends", lambda: person.unify(_AFTER_MAIL, _UNIFIED))
    step("log in with the one password", lambda: person.log_in(_UNIFIED))
    step("the table", lambda: person.table(unified=True))
    step("staff separate at the counter", lambda: _separate(person))
    step("log in", lambda: person.log_in(_UNIFIED))
    step("the table", lambda: person.table(unified=False))


def _separate(person: Forgetful) -> tuple[None, str]:
    counter = Counter(person.centre, "officer")
    page = counter.find(person.house["slug"], person.person["id"])
    counter.do(page, "separate", "signed form and seal compared")
    return refused("sign-in-needed", lambda: person.client.send(calls.me()))


def _by_phone(proven: recovery.Proven) -> str:
    return str(next(each["id"] for each in proven.contacts if each["channel"] == "sms"))
