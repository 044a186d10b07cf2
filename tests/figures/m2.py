"""Walks manual M2 (密碼中心) in a real Chromium and keeps a picture of each figure, to be looked at; axe-core looks too.

    .venv/bin/python -m tests.figures.m2 --out /tmp/m2 [--lang zh-hant en] [--width 1280 390]

It starts a throw-away centre of its own. One folder for each language and width; file names begin with the manual's part.
"""

import argparse
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_recovery import NEW, Forgetful
from tests.browser.test_staff_pages import Desk
from tests.support.centre import Centre, running_centre
from tests.support.customer import PATIENCE


class Reader(Forgetful):
    """A customer whose pages are photographed; `slug` says at which institution."""

    slug = "sample"
    folder = Path()

    def shot(self, name: str) -> None:
        """Keep a picture, and note what axe minds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)

    def look(self, name: str, path: str | None = None) -> None:
        """Open a page, keep its picture, hold it against axe-core and its width."""
        if path is not None:
            self.open(path)
        self.shot(name)
        self.check_access()

    def open(self, path: str) -> None:
        """Type an address below this institution's origin."""
        self.page.goto(self.centre.url(self.slug) + path)


def separate_passwords(reader: Reader) -> None:
    """密碼修改, 歸戶: at the institution whose voice password follows."""
    reader.look("0-doors", "/passwords/")
    reader.look("1-2b-voice-table", "/passwords/voice-table/")
    reader.look("1-1-login", "/login/?next=/passwords/change/")
    reader.sign_in(leads_to="**/passwords/change/")
    reader.look("1-3-separate-table")
    reader.page.locator("main table a").first.click()
    reader.look("1-4-change-one-account")
    reader.look("1-5-unify", "/passwords/unify/")
    for name, value in (("old", reader.person["password"]), ("new", NEW), ("confirm", NEW)):
        reader.page.fill(f"#id_{name}", value)
    reader.press()
    reader.page.wait_for_url("**/passwords/changed/**", timeout=PATIENCE)
    reader.look("1-6-unified")
    reader.person = reader.person | {"password": NEW}
    reader.open("/login/")
    reader.sign_in()
    reader.look("1-2-unified-change", "/passwords/change/")
    reader.page.fill("#id_old", "Wrong1234")
    reader.page.fill("#id_new", "short")
    reader.page.fill("#id_confirm", "other")
    reader.press()
    reader.look("1-2c-change-refused")


def reissue_by_mail(reader: Reader) -> None:
    """密碼補發, 方式二."""
    reader.who("/passwords/reissue/")
    reader.look("3-1-input")
    reader.press()
    reader.page.wait_for_url("**/reissue/account/", timeout=PATIENCE)
    reader.look("3-2-account")
    reader.press()
    reader.page.wait_for_url("**/reissue/sent/", timeout=PATIENCE)
    reader.look("3-3-sent")
    link = reader.await_message("email", r"(http://\S+/passwords/reissue/link/#\S+)")
    reader.page.goto(f"{reader.centre.describe['outbox']['page']}?address={reader.person['email']}")
    reader.look("3-3b-mail")
    reader.page.goto(link)
    reader.look("3-4-link")
    reader.page.fill("[name=birth_date]", reader.born())
    reader.press()
    reader.page.wait_for_url("**/reissue/verify/", timeout=PATIENCE)
    reader.look("3-4b-get-code")
    reader.page.locator("#send").click()
    code = reader.await_message("sms", r"(?<!\d)(\d{7})(?!\d)")
    reader.look("3-4c-code")
    reader.page.fill("#id_code", code)
    reader.press("#code")
    _finish(reader, "3")


def with_certificate(reader: Reader) -> None:
    """密碼修改 with the withdrawal password; 密碼解鎖; 密碼補發, 方式一."""
    reader.open("/login/")
    reader.sign_in()
    folder, reader.folder = reader.folder, reader.folder / "apply"
    reader.apply()
    reader.folder = folder
    reader.look("1-2d-change-with-withdrawal", "/passwords/change/")
    reader.page.check("#id_change_withdrawal")
    reader.look("1-2e-withdrawal-ticked")
    reader.log_out()
    reader.mistype(3)
    reader.look("4-0-locked")
    reader.who("/passwords/unlock/")
    reader.look("4-1-unlock")
    reader.prove_device()
    reader.view("done")
    reader.look("4-2-unlocked")
    reader.who("/passwords/reissue/")
    reader.prove_device()
    reader.page.wait_for_url("**/reissue/account/", timeout=PATIENCE)
    reader.look("2-2-account")
    reader.press()
    reader.page.wait_for_url("**/reissue/verify/**", timeout=PATIENCE)
    reader.look("2-3-code")
    shown = reader.page.locator("#code .code b").inner_text()
    reader.page.fill("#id_code", reader.centre.code(re.findall(r"([A-Z]{4})-", shown)[-1]))
    reader.press("#code")
    _finish(reader, "2")


def _finish(reader: Reader, part: str) -> None:
    expect(reader.page.locator("[name=repeated]")).to_be_visible(timeout=PATIENCE)
    reader.look(f"{part}-5-initial-and-new")
    reader.page.fill("[name=password]", NEW)
    reader.page.fill("[name=repeated]", NEW)
    reader.press()
    reader.page.wait_for_url("**/reissue/done/", timeout=PATIENCE)
    reader.look(f"{part}-6-done")


def staff(desk: Desk, folder: Path, query: str) -> list[str]:
    """Every staff page of the password centre, at both widths; returns what axe and the widths found."""
    desk.sign_in("officer")
    desk.find(query)
    problems = desk.check("staff-customer")
    customer = desk.page.url
    offered = desk.page.locator("main a[href*='/customers/']").evaluate_all("each => each.map(a => a.href)")
    folder.mkdir(parents=True, exist_ok=True)
    desk.page.screenshot(path=folder / "5-0-customer.png", full_page=True)
    for address in offered:
        name = address.rstrip("/").rpartition("/")[2]
        desk.page.goto(address)
        problems += desk.check(f"staff-{name}")
        desk.page.screenshot(path=folder / f"5-{name}.png", full_page=True)
    desk.page.goto(f"{desk.root}/approvals/")
    problems += desk.check("staff-approvals")
    desk.page.screenshot(path=folder / "5-approvals.png", full_page=True)
    print(customer, "offers", [each.rstrip("/").rpartition("/")[2] for each in offered])
    return problems


_FUTURES = """
from certcenter.identity.models import Account, Customer
owner = Customer.objects.get(institution="sample", national_id="{id}")
Account.objects.create(customer=owner, institution="sample", line="futures", branch="F002", number=f"{{owner.pk:07d}}")
"""
_SEPARATE = """
from certcenter.core.actor import system
from certcenter.identity.models import Customer
from certcenter.passwords.actions import separate
from certcenter.demo import seed
from certcenter.demo.people import Person
from tests.support.newcomers import national_ids
taken = set(Customer.objects.filter(institution="demo").values_list("national_id", flat=True))
number = next(each for each in national_ids(400) if each not in taken)
seed._create("demo", Person(national_id=number, name="陳美玲", birth_date="1990-02-28", phone="0912" + number[4:10],
    email=number.lower() + "@example.com", separate=True, note="for a picture",
    accounts=f"securities:9A10-{{number[2:9]}}; futures:F020-{{number[2:9]}}; sub-brokerage:9A20-{{number[2:9]}}"))
print(number)
"""


def walk(browser: Browser, centre: Centre, out: Path, *, language: str, width: int) -> None:
    """All of it once."""
    number = centre.run(_SEPARATE.replace("{{", "{").replace("}}", "}")).strip().splitlines()[-1]
    first = {"id": number, "password": "demo2026", "birth_date": "1990-02-28", "email": number.lower()}
    second = centre.newcomer("none")
    centre.run(_FUTURES.format(**second))
    people: list[tuple[Any, str, dict[str, Any]]] = [
        (separate_passwords, "demo", first),
        (with_certificate, "sample", second),
        (reissue_by_mail, "sample", centre.newcomer("none")),
    ]
    for steps, slug, person in people:
        with Reader(browser, centre, person, language=language, width=width) as reader:
            reader.slug, reader.folder = slug, out / f"{language}-{width}"
            if language == "en":
                reader.context.set_extra_http_headers({"Accept-Language": "en"})
            steps(reader)


def main() -> int:
    """Walk in each language at each width, then the staff's pages; returns how many things axe minds there."""
    parser = argparse.ArgumentParser(prog="python -m tests.figures.m2", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--lang", nargs="+", choices=("zh-hant", "en"), default=["zh-hant", "en"])
    parser.add_argument("--width", nargs="+", type=int, default=[1280, 390])
    given = parser.parse_args()
    problems: list[str] = []
    with (
        tempfile.TemporaryDirectory() as home,
        running_centre(Path(home)) as centre,
        sync_playwright() as tool,
    ):
        browser = tool.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for language in given.lang:
            for width in given.width:
                walk(browser, centre, given.out, language=language, width=width)
            problems += staff(Desk(browser, centre, language), given.out / f"staff-{language}", "C120000009")
        browser.close()
    print("\n".join(problems) or "axe: nothing serious")
    return len(problems)


if __name__ == "__main__":
    raise SystemExit(main())
