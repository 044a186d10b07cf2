"""密碼中心 by `certcenter password` against a running centre, with the certificate on the computer (manual M2)."""

import json
import os
import re
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.support.centre import Centre
from tests.support.helper_people import LOGIN, SECRET, Computer, make_people

from certcenter_helper.cli.exits import Exit
from certcenter_helper.cli.main import run
from certcenter_helper.core.errors import HelperError

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("helper")]

_BORN, _WRONG = "19871205", "Wrong1234"
_LINK = re.compile(r"(http://\S+/passwords/reissue/link/#\S+)")


class Terminal:
    """A customer at a command line: `run` returns what was printed, as JSON."""

    def __init__(self, computer: Computer, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        self.computer, self._environment, self._capsys = computer, monkeypatch, capsys
        self.place = ("--centre", computer.address, "--id", computer.person["id"])
        monkeypatch.setenv("CERTCENTER_HELPER_HOME", str(computer.folder))

    def run(self, *arguments: str, code: int = Exit.DONE, **secrets: str) -> Any:
        """`certcenter … --json`, secrets through the environment."""
        with self._environment.context() as here:
            for name, value in secrets.items():
                here.setenv(f"CERTCENTER_{name.upper()}", value)
            self._capsys.readouterr()
            assert run([*arguments, "--json"]) == code, self._capsys.readouterr()
        return json.loads(self._capsys.readouterr().out)

    def log_in(self, password: str, *, code: int = Exit.DONE) -> None:
        """Log in, or be refused."""
        self.run("login", *self.place, login_password=password, code=code)

    def passwords(self, *arguments: str, code: int = Exit.DONE, **secrets: str) -> Any:
        """`certcenter password …`."""
        return self.run("password", *arguments, code=code, **secrets)

    def wait_for_link(self) -> str:
        """The link in the newest mail that has one."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for message in self.computer.messages("email"):
                if found := _LINK.search(message["text"]):
                    return found.group(1)
            time.sleep(0.05)
        raise AssertionError("no link came")


@pytest.fixture(scope="module")
def separate(centre: Centre, tmp_path_factory: pytest.TempPathFactory) -> Computer:
    """A customer with two accounts of different passwords, and a certificate on this computer."""
    person = make_people(centre, 1, separate=True)[0]
    sitting = Computer(centre, person, tmp_path_factory.mktemp("separate"))
    sitting.obtain()
    return sitting


@pytest.fixture
def terminal(separate: Computer, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Terminal:
    """That customer's command line."""
    return Terminal(separate, monkeypatch, capsys)


@pytest.mark.spec("B4", "B5", "B6", "B7", "B3", "B8", "B9")
def test_the_life_of_a_password_by_the_command_line(terminal: Terminal):
    """One customer, in the order of the manual: each step needs the state that the one before has left."""
    _changes(terminal)
    _unifies(terminal)
    _unlocks(terminal)
    _is_reissued_with_the_certificate(terminal.computer)
    _is_reissued_by_the_link(terminal)


def _changes(terminal: Terminal) -> None:
    """The table; one account; both passwords of the futures account in one go, signed by the certificate."""
    terminal.log_in(LOGIN)
    seen = terminal.passwords("show")["passwords"]
    network = [each for each in seen["rows"] if each["kind"] == "network"]
    assert [each["same"] for each in network] == [each["line"] == "futures" for each in network]
    mine = next(number for number, each in enumerate(network, 1) if each["same"])
    other = 3 - mine
    unchosen = terminal.passwords(
        "change", code=Exit.USAGE, old_login_password=LOGIN, new_login_password="Harbour88"
    )
    assert unchosen["error"]["code"] == "choice-needed"
    terminal.passwords(
        "change", "--account", str(other), old_login_password="separate26", new_login_password="Harbour88"
    )
    refused = terminal.passwords(
        "change", "--login", "--withdrawal", "--account", str(mine), code=Exit.PASSWORD,
        old_login_password=LOGIN, new_login_password="Meadow77", new_withdrawal_password="wd4827",
        password="not-it",
    )  # fmt: skip
    assert refused["error"]["code"] == "wrong-password"
    short = terminal.passwords(
        "change", "--withdrawal", code=Exit.USAGE, new_withdrawal_password="wd48", password=SECRET
    )
    assert short["error"]["code"] == "password-rule"
    terminal.passwords(
        "change", "--login", "--withdrawal", "--account", str(mine),
        old_login_password=LOGIN, new_login_password="Meadow77", new_withdrawal_password="wd4827",
        password=SECRET,
    )  # fmt: skip
    seen = terminal.passwords("show")["passwords"]
    withdrawal = next(each for each in seen["rows"] if each["kind"] == "withdrawal")
    assert withdrawal["state"] == "none"
    assert withdrawal["changed_at"]


def _unifies(terminal: Terminal) -> None:
    """By any account's password; afterwards everybody logs in anew."""
    wrong = terminal.passwords(
        "unify", "--yes", code=Exit.PASSWORD, old_login_password=_WRONG, new_login_password="Orchard66"
    )
    assert wrong["error"]["code"] == "old-password-wrong"
    personal = terminal.passwords(
        "unify", "--yes", code=Exit.USAGE, old_login_password="Meadow77", new_login_password="a" + _BORN
    )
    assert personal["error"]["code"] == "password-refused"
    terminal.passwords("unify", "--yes", old_login_password="Meadow77", new_login_password="Orchard66")
    assert terminal.passwords("show", code=Exit.LOGIN)["error"]["code"] == "not-logged-in"
    terminal.log_in("Orchard66")
    again = terminal.passwords("unify", "--yes", code=Exit.REFUSED)
    assert again["error"]["code"] == "conflict"


def _unlocks(terminal: Terminal) -> None:
    """After three errors, once, with the certificate; the old password logs in again."""
    early = terminal.passwords("unlock", code=Exit.REFUSED, birth_date=_BORN, password=SECRET)
    assert early["error"]["code"] == "not-locked"
    for _ in range(3):
        terminal.log_in(_WRONG, code=Exit.REFUSED)
    terminal.log_in("Orchard66", code=Exit.REFUSED)
    elsewhere = terminal.passwords("unlock", code=Exit.REFUSED, birth_date="19871206", password=SECRET)
    assert elsewhere["error"]["code"] == "recovery-refused"
    terminal.passwords("unlock", birth_date=_BORN, password=SECRET)
    terminal.log_in("Orchard66")


def _is_reissued_with_the_certificate(computer: Computer) -> None:
    """Over the core, as a window would: 取消 keeps the old password, 送出 replaces it and ends the session."""
    centre, person = computer.sit_down().passwords, computer.person
    assert centre.has_certificate(person["id"])
    for keep in (True, False):
        before = {message["id"] for message in computer.messages()}
        reissue = centre.reissue(person["id"], _BORN, ask=lambda: SECRET)
        phone = next(each for each in reissue.contacts if each.name == "sms")
        assert phone.masked.endswith(person["phone"][-3:])
        reissue.send_code(account=reissue.accounts[0].id, contact=phone.id)
        with pytest.raises(HelperError) as wrong:
            reissue.check_code("0000000")
        assert wrong.value.code == "code-wrong"
        initial = reissue.check_code(computer.code(before))
        assert initial.isalnum()
        if keep:
            reissue.cancel()
        else:
            with pytest.raises(HelperError) as former:
                reissue.redeem("Orchard66")
            assert former.value.code == "password-refused"
            assert reissue.redeem("Lantern55").unified
        reissue.close()
    assert not computer.sit_down().is_logged_in


def _is_reissued_by_the_link(terminal: Terminal) -> None:
    """Asked for without the certificate; the code comes while the command waits at its descriptor."""
    asked = terminal.passwords("reissue", *terminal.place, "--without-certificate", birth_date=_BORN)
    assert asked["requested"]["phone"].endswith(terminal.computer.person["phone"][-3:])
    link = terminal.wait_for_link()
    before = {message["id"] for message in terminal.computer.messages()}
    reader, writer = os.pipe()
    courier = Thread(
        target=lambda: os.write(writer, f"{terminal.computer.code(before)}\n".encode()), daemon=True
    )
    courier.start()
    done = terminal.passwords(
        "link", "--code-fd", str(reader), link=link, birth_date=_BORN, new_login_password="Voyage44"
    )
    courier.join()
    os.close(reader)
    os.close(writer)
    assert done == {"reissued": {"unified": True, "voice": True}}
    used = terminal.passwords("link", code=Exit.REFUSED, link=link, birth_date=_BORN)
    assert used["error"]["code"] == "link-gone"
    terminal.log_in("Voyage44")


def test_who_has_no_certificate_here_can_t_unlock(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    person = make_people(centre, 1)[0]
    terminal = Terminal(Computer(centre, person, tmp_path / "bare"), monkeypatch, capsys)
    bare = terminal.passwords("unlock", code=Exit.STORE, birth_date=_BORN)
    assert bare["error"]["code"] == "no-certificate"
