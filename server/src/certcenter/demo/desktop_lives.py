"""The tour's part for the profiles `helper` (manual M0) and `pfxdir` (M3): both walked by the command line."""

import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from certcenter.demo.phone import Phone, upload
from certcenter.demo.terminal import PROGRAM, ProgramFailed, Terminal

Step = Callable[[str, Callable[[], tuple[Any, str]]], Any]

_SECRET: Final = "tour2026"  # noqa: S105 - of a certificate that lives for a minute
_BACKUP: Final = "Backup26"
_REFUSED, _PASSWORD, _FINDINGS = 1, 5, 8


class Desktop:
    """One customer's steps at one computer; each returns what was seen, in words."""

    def __init__(self, centre: Mapping[str, Any], profile: str, certificate: str, home: Path) -> None:
        house = next(each for each in centre["institutions"] if each["profile"] == profile)
        self.person = next(each for each in house["customers"] if each["certificate"] == certificate)
        self.house, self.home, self.centre = house, home, centre
        home.mkdir()
        self.terminal = Terminal(centre, house, self.person, home)

    @cached_property
    def phone(self) -> Phone:
        """The same customer's phone."""
        return Phone(self.centre, self.house, self.person)

    @property
    def backup(self) -> Path:
        """The backup that the demo has made of this customer's certificate."""
        return Path(self.centre["pfx"]["folder"]) / f"{self.house['slug']}-{self.person['id']}.pfx"

    def log_in(self) -> tuple[None, str]:
        """Log in with ID and password."""
        done = self.terminal.run(
            "login",
            "--centre",
            self.house["api"],
            "--id",
            self.person["id"],
            login_password=self.person["password"],
        )
        return None, f"as {done['login']['name']} at {done['institution']['name']}"

    def status(self, host: str, client: str, *options: str) -> tuple[dict[str, Any], str]:
        """Look at both panels."""
        seen: dict[str, Any] = self.terminal.run("status", *options)["overview"]
        first = seen["clients"][0]
        _expect("host", seen["host"]["status"], host)
        _expect("client", first["status"], client)
        return seen, f"{seen['host']['word']['label']} | {first['word']['label']}"

    def obtain(self, kind: str, **secrets: str) -> tuple[dict[str, Any], str]:
        """Apply or renew."""
        done = self.terminal.run(kind, "--agree", code=0, **secrets)["obtained"]["panel"]
        _expect("client", done["status"], "exportable")
        return done, f"{done['serial'][:12]}… in {Path(done['path']).parent.name}"

    def run(self, *arguments: str, code: int = 0, saw: str = "", **secrets: str) -> tuple[Any, str]:
        """Any other command."""
        answer = self.terminal.run(*arguments, code=code, **secrets)
        return answer, saw or (answer["error"]["code"] if "error" in answer else "done")

    def sign(self, password: str) -> tuple[None, str]:
        """An order, signed, handed in, and verified on this computer."""
        account = str(self.person["accounts"][0]).partition(":")[2]
        order = (
            "--account",
            account,
            "--side",
            "buy",
            "--symbol",
            "2330",
            "--quantity",
            "1000",
            "--price",
            "612.5",
        )
        folder = self.home / "signed"
        done = self.terminal.run("sign", *order, "--out", str(folder), password=password)["orders"][0]
        files = [str(folder / f"{done['evidence']}.{ending}") for ending in ("json", "p7s")]
        signer = self.terminal.run("verify", *files)["verified"]["signer"]
        return None, f"evidence {done['evidence'][:13]}…, signed by {signer[:2]}…"


def helper_life(centre: Mapping[str, Any], step: Step, folder: Path) -> None:
    """M0: apply by code, back up, change password and setting, trade, lose and import, renew, revoke."""
    new = Desktop(centre, "helper", "none", folder / "helper")
    step("login", new.log_in)
    step("status", lambda: new.status("none", "none"))
    step("apply", lambda: new.obtain("apply", new_password=_SECRET))
    step("status", lambda: new.status("valid", "exportable"))
    step("status --offline", lambda: new.status("unknown", "exportable", "--offline"))
    exported = step(
        "export", lambda: new.run("export", str(new.home), password=_SECRET, new_password=_BACKUP)
    )
    step("sign, verify", lambda: new.sign(_SECRET))
    step("sign with a wrong password", lambda: _wrong(new))
    step("passwd", lambda: new.run("passwd", password=_SECRET, new_password=_BACKUP))
    step("security 1", lambda: new.run("security", "1", password=_BACKUP))
    step("check", lambda: new.run("check", saw="nothing failed"))
    name = new.terminal.run("status", "--offline")["client"]["id"]
    step("remove", lambda: new.run("remove", name))
    step("repair", lambda: new.run("repair", code=_FINDINGS, saw="the centre's certificate is not here"))
    path = exported["exported"]["path"]
    step("import", lambda: new.run("import", path, file_password=_BACKUP))
    step("status", lambda: new.status("valid", "exportable"))
    step("phone: another code on its screen", lambda: _not_to_another_phone(new, _BACKUP))
    step("phone: upload, sealed to the phone alone", lambda: _to_the_phone(new, _BACKUP))
    step("revoke", lambda: new.run("revoke", "--yes", "--agree"))
    step("status", lambda: new.status("revoked", "invalid"))
    step("logout", lambda: new.run("logout"))
    _renewal(centre, "helper", step, folder)


def pfxdir_life(centre: Mapping[str, Any], step: Step, folder: Path) -> None:
    """M3: apply with the slip, find the file where trading programs look, copy it, renew by its password."""
    new = Desktop(centre, "pfxdir", "none", folder / "pfxdir")
    step("login", new.log_in)
    slip = str(new.person["slip"])
    step("apply", lambda: new.obtain("apply", new_password=_SECRET, slip=slip))
    step("status", lambda: new.status("valid", "exportable"))
    file = new.home / "BTS" / f"{new.person['id']}.pfx"
    exported = step("export", lambda: new.run("export", str(new.home), password=_SECRET))
    _expect(
        "the exported file is the one at rest",
        Path(exported["exported"]["path"]).read_bytes(),
        file.read_bytes(),
    )
    step("sign, verify", lambda: new.sign(_SECRET))
    step("passwd", lambda: new.run("passwd", password=_SECRET, new_password=_BACKUP))
    step("revoke: staff's business here", lambda: new.run("revoke", "--yes", "--agree", code=_REFUSED))
    step("check --data", lambda: new.run("check", "--data"))
    step("logout", lambda: new.run("logout"))
    _renewal(centre, "pfxdir", step, folder)


def _renewal(centre: Mapping[str, Any], profile: str, step: Step, folder: Path) -> None:
    old = Desktop(centre, profile, "expiring", folder / f"{profile}-renewal")
    password = centre["pfx"]["password"]
    step("login, of a customer whose certificate ends soon", old.log_in)
    step("import", lambda: old.run("import", str(old.backup), file_password=password))
    step("status", lambda: old.status("expiring", "exportable"))
    step("renew", lambda: old.obtain("renew", old_password=password, new_password=_SECRET))
    step("status", lambda: old.status("valid", "exportable"))
    step("sign, verify", lambda: old.sign(_SECRET))


def _to_the_phone(customer: Desktop, password: str) -> tuple[None, str]:
    """The command line on one side, the phone on the other; between them the relay."""
    terminal = customer.terminal
    return upload(
        customer.phone,
        lambda pairing, matching: terminal.run(
            "phone", "--matching", matching, pairing=pairing, password=password
        ),
        password=password,
        told=lambda: terminal.shown,
    )


def _not_to_another_phone(customer: Desktop, password: str) -> tuple[None, str]:
    """The phone shows another code than the computer: nothing is sent."""
    pairing = customer.phone.pair()
    answer = customer.terminal.run(
        "phone", "--matching", "0000-0000", code=_REFUSED, pairing=pairing.text, password=password
    )
    return None, str(answer["error"]["code"])


def _wrong(customer: Desktop) -> tuple[None, str]:
    account = str(customer.person["accounts"][0]).partition(":")[2]
    order = ("--account", account, "--side", "buy", "--symbol", "2330", "--quantity", "1", "--price", "600")
    answer = customer.terminal.run("sign", *order, code=_PASSWORD, password="wrong")  # noqa: S106 - it has to be wrong
    return None, str(answer["error"]["title"])


def _expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise ProgramFailed(f"{what}: expected {wanted!r}, saw {seen!r}")


def desktop_lives(centre: Mapping[str, Any], log: Any) -> None:
    """Both profiles, where the program is installed; `make tour` sees to that."""
    if not PROGRAM.exists():
        log.echo("── the command line `certcenter` is not installed here: its profiles were not walked")
        return
    for profile, life in (("helper", helper_life), ("pfxdir", pfxdir_life)):
        house = next(each for each in centre["institutions"] if each["profile"] == profile)
        log.echo(f"── {house['name']} ({profile}), by `certcenter`")
        with tempfile.TemporaryDirectory(prefix="certcenter-tour-") as folder:
            life(centre, log.step, Path(folder))
