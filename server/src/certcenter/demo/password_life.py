"""The tour's part for the password centre (manual M2): lock, unlock by certificate and after a call, reissue both ways and by slip, unify, separate.

The customer sits at a terminal with `certcenter password …`; staff at their own pages.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from certcenter.demo.counter import Counter
from certcenter.demo.steps import Log, Mailbox, expect
from certcenter.demo.terminal import PROGRAM, Terminal

_WRONG: Final = "Wrong1234"
_AFTER_MAIL: Final = "Harbour88"
_AFTER_CERTIFICATE: Final = "Meadow77"
_UNIFIED: Final = "Orchard66"
_AFTER_SLIP: Final = "Lantern55"
_LINK: Final = r"(http://\S+/passwords/reissue/link/#\S+)"
_UNLOCKED: Final = "login:lock:cleared"
_DONE, _REFUSED, _LOGIN, _PASSWORD = 0, 1, 3, 5
_ANSWERS: Final = {"birth-date": "right", "branch": "right", "phone": "right"}


class Forgetful:
    """A customer of an institution at a computer; each step returns what was seen, in words."""

    def __init__(
        self, centre: Mapping[str, Any], house: Mapping[str, Any], person: Mapping[str, Any], home: Path
    ) -> None:
        self.centre, self.house, self.person = centre, house, person
        home.mkdir()
        self.terminal = Terminal(centre, house, person, home)
        self.phone = Mailbox(centre, house, person["phone"])
        self.mail = Mailbox(centre, house, person["email"])
        self.born = str(person["birth_date"]).replace("-", "")

    def log_in(self, password: str, *, code: int = _DONE) -> tuple[None, str]:
        """Log in with ID and password."""
        where = ("--centre", self.house["api"], "--id", self.person["id"])
        done = self.terminal.run("login", *where, code=code, login_password=password)
        return None, done["error"]["code"] if code else f"as {done['login']['name']}"

    def cannot_log_in(self, password: str, times: int = 1) -> tuple[None, str]:
        """Be refused so many times; why, nobody says."""
        seen = [self.log_in(password, code=_REFUSED)[1] for _ in range(times)]
        expect("refusals", set(seen), {"login-refused"})
        return None, f"{times} × {seen[0]}" if times > 1 else seen[0]

    def is_told(self, pattern: str) -> tuple[str, str]:
        """Find a notice on the telephone."""
        found = self.phone.find(pattern)
        return found, f"SMS: {found}"

    def password(self, *arguments: str, code: int = _DONE, **secrets: str) -> tuple[dict[str, Any], str]:
        """`certcenter password …`."""
        done = self.terminal.run("password", *arguments, code=code, **secrets)
        return done, done["error"]["code"] if code else "done"

    def has_been_logged_out(self) -> tuple[None, str]:
        """The session has ended: at the centre, or here too."""
        seen = self.terminal.run("password", "show", code=_LOGIN)["error"]
        return None, str(seen["code"])

    # --- the certificate ---------------------------------------------------------------------------------------

    def install(self) -> tuple[None, str]:
        """Install the backup that the demo has made."""
        backup = Path(self.centre["pfx"]["folder"]) / f"{self.house['slug']}-{self.person['id']}.pfx"
        self.terminal.run("import", str(backup), file_password=self.centre["pfx"]["password"])
        return None, backup.name

    def unlock(self, *, code: int = _DONE) -> tuple[None, str]:
        """Unlock with the certificate on this computer."""
        seen = self.password(
            "unlock", code=code, birth_date=self.born, password=self.centre["pfx"]["password"]
        )
        return None, seen[1] if code else "open for the old password, once"

    # --- the reissue -------------------------------------------------------------------------------------------

    def ask(self) -> tuple[None, str]:
        """Ask for a reissue without certificate."""
        done, _word = self.password("reissue", "--without-certificate", birth_date=self.born)
        shown = done["requested"]
        return None, f"{shown['phone']}, {shown['email']}, {shown['hours']} hours"

    def follow_link(self, password: str) -> tuple[None, str]:
        """Paste the mailed link, type the birth date again, the code, the new password."""
        link = self.mail.find(_LINK)
        done, _word = self.password("link", link=link, birth_date=self.born, new_login_password=password)
        return None, f"…/link/#{link.rpartition('#')[2][:6]}…, {self.born[:4]}****, {_scope(done)}"

    def reissue(self, password: str) -> tuple[None, str]:
        """With the certificate: it signs, a code comes, the new password holds."""
        secrets = {"birth_date": self.born, "password": self.centre["pfx"]["password"]}
        done, _word = self.password("reissue", **secrets, new_login_password=password)
        return None, _scope(done)

    # --- the table ---------------------------------------------------------------------------------------------

    def table(self, *, unified: bool) -> tuple[int, str]:
        """Look at the table of passwords; returns the number of the account whose password has logged in."""
        seen = self.password("show")[0]["passwords"]
        rows = [each for each in seen["rows"] if each["kind"] == "network"]
        expect("unified", seen["unified"], unified)
        words = {True: "相同", False: "不同"}
        told = ", ".join(f"{each['masked'] or '歸戶'} {words[each['same']]}" for each in rows)
        return next(number for number, each in enumerate(rows, 1) if each["same"]), told


def _scope(done: Mapping[str, Any]) -> str:
    return "for all accounts" if done["reissued"]["unified"] else "for the chosen account"


def password_life(centre: Mapping[str, Any], log: Log) -> None:
    """Three customers of the institution that has separate passwords, too."""
    if not PROGRAM.exists():
        log.echo("── the command line `certcenter` is not installed here: the password centre was not walked")
        return
    house = next(each for each in centre["institutions"] if each["profile"] == "helper")
    people = {each["certificate"]: each for each in reversed(house["customers"])}
    separate = next(each for each in house["customers"] if "separate" in each["note"])
    with tempfile.TemporaryDirectory(prefix="certcenter-tour-") as folder:
        log.echo(f"── {house['name']} ({house['profile']}): {people['valid']['name']} forgets the password")
        _locked(Forgetful(centre, house, people["valid"], Path(folder) / "forgetful"), log)
        log.echo(f"── {people['revoked']['name']} has no certificate, and calls")
        _called(Forgetful(centre, house, people["revoked"], Path(folder) / "caller"), log)
        log.echo(f"── {separate['name']} has separate passwords")
        _unified(Forgetful(centre, house, separate, Path(folder) / "separate"), log)


def _locked(person: Forgetful, log: Log) -> None:
    password, step = str(person.person["password"]), log.step
    step("log in, install the certificate", lambda: (person.log_in(password), person.install())[1])
    step("three wrong passwords", lambda: person.cannot_log_in(_WRONG, 3))
    step("the customer is told", lambda: person.is_told("(登入密碼因錯誤次數過多)"))
    step("the right password, while locked", lambda: person.cannot_log_in(password))
    step("unlock with the certificate", person.unlock)
    step("three more wrong ones: locked for good", lambda: person.cannot_log_in(_WRONG, 3))
    step("unlock once more", lambda: person.unlock(code=_REFUSED))
    step("reissue without certificate", person.ask)
    step("by the link: date, code, new password", lambda: person.follow_link(_AFTER_MAIL))
    step("the old password", lambda: person.cannot_log_in(password))
    step("log in", lambda: person.log_in(_AFTER_MAIL))
    step("reissue with the certificate", lambda: person.reissue(_AFTER_CERTIFICATE))
    step("that session has ended", person.has_been_logged_out)
    step("log in", lambda: person.log_in(_AFTER_CERTIFICATE))


def _called(person: Forgetful, log: Log) -> None:
    password, step = str(person.person["password"]), log.step
    service = Counter(person.centre, "service")
    page = service.find(person.house["slug"], person.person["id"])
    step("three wrong passwords", lambda: person.cannot_log_in(_WRONG, 3))
    step("a call, too few right answers", lambda: (None, service.is_refused(page, "unlock", branch="right")))
    step("unlock after a call, questions answered", lambda: _after_the_call(service, page))
    step("the customer is told", lambda: person.is_told("(請用原密碼登入)"))
    step("three more wrong ones: locked for good", lambda: person.cannot_log_in(_WRONG, 3))
    step("unlock after one more call", lambda: (None, service.is_refused(page, "unlock", **_ANSWERS)))
    slip = step("slip at the counter: asked, approved, printed", lambda: _slip(person, page))
    step("the old password", lambda: person.cannot_log_in(password))
    step("log in with the slip: change it, nothing else", lambda: person.log_in(slip))
    step("change it", lambda: _change_all(person, slip))
    step("log in", lambda: person.log_in(_AFTER_SLIP))


def _after_the_call(service: Counter, page: str) -> tuple[None, str]:
    service.do(page, "unlock", "mistyped on a new keyboard", **_ANSWERS)
    noted = service.noted(page, _UNLOCKED)
    expect("what was asked", noted["asked"], dict.fromkeys(_ANSWERS, True))
    return None, f'noted: {", ".join(noted["asked"])}: right; "{noted["note"]}"'


def _slip(person: Forgetful, page: str) -> tuple[str, str]:
    officer, colleague = (Counter(person.centre, name) for name in ("officer", "officer2"))
    officer.do(page, "counter-reissue", "identity card and seal compared")
    colleague.approve()
    secret = officer.print_slip()
    return secret, f"{secret[:2]}…, once, for a month"


def _change_all(person: Forgetful, old: str) -> tuple[None, str]:
    person.password("change", old_login_password=old, new_login_password=_AFTER_SLIP)
    return None, "done"


def _unified(person: Forgetful, log: Log) -> None:
    password, step = str(person.person["password"]), log.step
    step("log in", lambda: person.log_in(password))
    mine = step("the table", lambda: person.table(unified=False))
    step("change one, by a wrong old password", lambda: _change(person, mine, _WRONG, code=_PASSWORD))
    step("change one", lambda: _change(person, mine, password))
    step("unify; the session ends", lambda: _unify(person))
    step("log in with the one password", lambda: person.log_in(_UNIFIED))
    step("the table", lambda: person.table(unified=True))
    step("staff separate at the counter", lambda: _separate(person))
    step("log in", lambda: person.log_in(_UNIFIED))
    step("the table", lambda: person.table(unified=False))


def _change(person: Forgetful, account: int, old: str, *, code: int = _DONE) -> tuple[None, str]:
    secrets = {"old_login_password": old, "new_login_password": _AFTER_MAIL}
    done, word = person.password("change", "--account", str(account), code=code, **secrets)
    return None, word if code else str(done["changed"]["account"])


def _unify(person: Forgetful) -> tuple[None, str]:
    person.password("unify", "--yes", old_login_password=_AFTER_MAIL, new_login_password=_UNIFIED)
    return person.has_been_logged_out()


def _separate(person: Forgetful) -> tuple[None, str]:
    counter = Counter(person.centre, "officer")
    page = counter.find(person.house["slug"], person.person["id"])
    counter.do(page, "separate", "signed form and seal compared")
    return person.has_been_logged_out()
