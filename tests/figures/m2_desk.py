"""Walks what staff and a company's administrators do for passwords (SPEC B3, B7, B10, D5) and keeps a picture of each page.

    .venv/bin/python -m tests.figures.m2_desk --out /tmp/desk [--lang zh-hant en]

It starts a throw-away centre of its own. Each page is photographed at 1280 and 390 pixels; axe-core looks too.
"""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_staff_pages import LOCK, Desk
from tests.support.centre import Centre, running_centre
from tests.support.customer import PATIENCE

BANK, COMPANY, NEW = "model-bank", "04595257", "Falcon47x"
_LETTERS = """
from certcenter.institutions import serving
from certcenter.passwords import captcha
print(captcha._opened(serving.get("model-bank"), "{token}")[0])
"""


class Watched(Desk):
    """A desk that remembers what axe and the widths found."""

    def __init__(self, browser: Browser, centre: Centre, language: str, out: Path) -> None:
        super().__init__(browser, centre, language)
        self.pictures, self.problems = str(out), []

    def look(self, name: str) -> None:
        """Keep pictures of the page that is open and hold it against axe-core."""
        self.problems += self.check(name)

    def press(self, place: str = "main form button.first") -> None:
        """Press the first action."""
        self.page.click(place)
        self.page.wait_for_load_state()

    def write(self, words: str) -> None:
        """Give the reason."""
        self.page.fill("#id_note", words)

    def go(self, operation: str) -> None:
        """Open one of the operations of the customer whose page is open."""
        self.page.click(f'main a[href$="/{operation}/"]')
        self.page.wait_for_url(f"**/{operation}/")

    def leave(self) -> None:
        """Sign out."""
        self.page.click(".menu-desk form button")
        self.page.wait_for_load_state()


def staff(browser: Browser, centre: Centre, out: Path, *, language: str, person: dict[str, Any]) -> list[str]:
    """Unlock after a call; force change, separate, contact change, slip at the counter; both approvals."""
    desk = Watched(browser, centre, language, out)
    desk.sign_in("service")
    after_a_call(desk, person)
    desk.leave()
    desk.sign_in("officer")
    customer = at_the_counter(desk, person)
    desk.leave()
    desk.sign_in("officer2")
    for number in (1, 2):
        desk.page.goto(f"{desk.root}/approvals/")
        desk.look(f"15-{number}-to-decide")
        desk.page.click("main table tr:has(.pill.warn) a.btn")
        desk.look(f"16-{number}-decide")
        desk.page.click("main button[name=approve]")
        desk.look(f"17-{number}-approved")
    desk.leave()
    desk.sign_in("officer")
    desk.page.goto(f"{desk.root}/approvals/")
    desk.page.click("main table a.btn")
    desk.look("18-slip-approved")
    desk.press("main button[name=print]")
    expect(desk.page.locator("[data-secret]")).to_be_visible(timeout=PATIENCE)
    desk.look("19-slip-printed")
    desk.page.goto(customer)
    desk.look("20-afterwards")
    desk.page.goto(f"{centre.describe['outbox']['page']}?institution=sample")
    desk.look("21-messages")
    desk.context.close()
    return desk.problems


def after_a_call(desk: Watched, person: dict[str, Any]) -> None:
    """Customer service: unlock, once; have the password changed."""
    desk.centre.run(LOCK.format(**person))
    desk.find(person["id"])
    desk.look("01-locked-customer")
    desk.go("unlock")
    desk.look("02-unlock")
    desk.page.check("[name=email][value=wrong]")
    desk.press()
    desk.look("03-unlock-not-known")
    desk.page.check("[name=email][value='']")
    answer_rightly(desk)
    desk.press()
    desk.look("04-unlocked")
    desk.centre.run(LOCK.format(**person))
    desk.page.reload()
    desk.look("05-locked-for-good")
    desk.go("force-change")
    desk.write("says that a stranger may have seen the password")
    desk.look("06-force-change")
    desk.press()


def answer_rightly(desk: Watched) -> None:
    """Mark enough of the questions as answered rightly."""
    for question in ("birth-date", "branch", "phone"):
        desk.page.check(f"[name={question}][value=right]")


def at_the_counter(desk: Watched, person: dict[str, Any]) -> str:
    """The officer: separate, ask for another contact and for a slip; returns the address of the customer's page."""
    desk.find(person["id"])
    customer = desk.page.url
    desk.go("separate")
    desk.write("identity card and registered seal seen")
    desk.look("07-separate")
    desk.press()
    desk.look("08-separated")
    desk.go("change-contact")
    desk.page.select_option("#id_old", index=1)
    desk.page.fill("#id_value", "0999")
    desk.write("form signed at the counter")
    desk.press()
    desk.look("09-contact-refused")
    desk.page.fill("#id_value", "0987654321")
    desk.look("10-contact")
    desk.press()
    desk.look("11-contact-asked")
    desk.page.goto(customer)
    desk.go("counter-reissue")
    desk.write("identity card and registered seal seen")
    desk.look("12-slip")
    desk.press()
    desk.page.goto(f"{desk.root}/approvals/")
    desk.look("13-own-requests")
    desk.page.click("main table a.btn")
    desk.look("14-own-request")
    return customer


def enter(desk: Watched, centre: Centre, code: str, password: str) -> None:
    """Log a company's user in at the bank, reading the captcha from its token."""
    desk.page.goto(f"{centre.url(BANK)}/login/")
    token = desk.page.locator("[name=captcha-token]").get_attribute("value")
    desk.page.fill("[name=identity]", COMPANY)
    desk.page.fill("[name=user_code]", code)
    desk.page.fill("[name=password]", password)
    desk.page.fill("[name=captcha]", centre.run(_LETTERS.format(token=token)).strip())
    desk.press()


def company(
    browser: Browser, centre: Centre, out: Path, *, language: str, password: str, who: str
) -> list[str]:
    """One administrator asks, another approves, who asked hands out; the user changes the initial password (B10)."""
    one, two, user = (Watched(browser, centre, language, out) for _ in range(3))
    one.page.goto(f"{centre.url(BANK)}/login/")
    one.look("31-login")
    enter(one, centre, "ADMIN1", password)
    enter(two, centre, "ADMIN2", password)
    one.page.goto(f"{centre.url(BANK)}/users/")
    one.look("32-users")
    one.page.click(f"main tr:has-text('{who}') a.btn")
    one.press()
    one.look("33-reset-without-words")
    one.write("forgot the password, asked in person")
    one.look("34-reset")
    one.press()
    one.look("35-asked")
    two.page.goto(f"{centre.url(BANK)}/users/")
    two.look("36-waiting")
    two.page.click("main table a.btn >> nth=0")
    two.look("37-decide")
    two.page.click("main button[name=approve]")
    two.look("38-approved")
    one.page.goto(f"{centre.url(BANK)}/users/")
    one.page.click("main table a.btn >> nth=0")
    one.look("39-show")
    one.press("main button[name=hand-out]")
    secret = one.page.locator("[data-secret]").inner_text()
    one.look("40-initial-password")
    enter(user, centre, who, secret)
    user.look("41-must-change")
    user.page.fill("#id_old", secret)
    user.page.fill("#id_new", password)
    user.page.fill("#id_again", "another1")
    user.press()
    user.look("42-refused")
    for name, value in (("old", secret), ("new", NEW), ("again", NEW)):
        user.page.fill(f"#id_{name}", value)
    user.press()
    user.look("43-changed")
    user.page.goto(f"{centre.url(BANK)}/users/")
    user.look("44-users-of-a-maker")
    desks = (one, two, user)
    for desk in desks:
        desk.context.close()
    return [problem for desk in desks for problem in desk.problems]


def main() -> int:
    """Walk in each language; returns how many things axe and the widths mind."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.figures.m2_desk", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--lang", nargs="+", choices=("zh-hant", "en"), default=["zh-hant", "en"])
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    with (
        tempfile.TemporaryDirectory() as home,
        running_centre(Path(home)) as centre,
        sync_playwright() as tool,
    ):
        browser = tool.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        # Each language resets another user: a password that was is refused.
        for language, who in zip(given.lang, ("MAKER1", "CHECK1"), strict=False):
            person = centre.newcomer("none")
            problems += staff(browser, centre, given.out, language=language, person=person)
            problems += company(browser, centre, given.out, language=language, password="demo2026", who=who)
        browser.close()
    print("\n".join(problems) or "axe: nothing serious")
    return len(problems)


if __name__ == "__main__":
    raise SystemExit(main())
