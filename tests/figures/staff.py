"""Who else takes part: staff at their pages, and the customer's telephone, both in a real Chromium."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.figures.stage import Stage
from tests.support.hand import Person

_ARGUMENTS: Final = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
_PATIENCE: Final = 60_000


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)
        yield browser
        browser.close()


def open_download(stage: Stage, person: Person) -> None:
    """An officer checks who calls and opens 憑證重新下載 for them, on the staff's pages."""
    root = f"http://staff.localhost:{stage.centre.port}"
    logins = stage.centre.describe["staff_logins"]
    password = next(each["password"] for each in logins if each["username"] == "officer")
    with _chromium() as browser:
        page = browser.new_page(locale="en-GB" if stage.look.english else "zh-TW")
        page.goto(f"{root}/login/")
        page.fill("#id_username", "officer")
        page.fill("#id_password", password)
        page.click("main button.first")
        page.wait_for_url(f"{root}/", timeout=_PATIENCE)
        page.goto(f"{root}/customers/")
        page.select_option("#id_institution", person.slug)
        page.fill("#id_query", person.id)
        page.click("main button.first")
        page.click("main table a.btn")
        page.wait_for_url("**/customers/*/")
        page.click('a[href$="/open-redownload/"]')
        page.fill("#id_note", "called, two questions, both right")
        page.screenshot(path=stage.out / "staff-open-redownload.png", full_page=True)
        page.click("main button.first")
        expect(page.locator(".say.ok")).to_be_visible(timeout=_PATIENCE)


@contextmanager
def telephone(stage: Stage, person: Person, picture: Path) -> Iterator[Page]:
    """The same customer at a telephone, which shows its code: `picture` is what a camera would see."""
    root = f"http://{person.slug}.localhost:{stage.centre.port}"
    with _chromium() as browser:
        page = browser.new_page(
            locale="en-US" if stage.look.english else "zh-TW", viewport={"width": 390, "height": 844}
        )
        page.goto(f"{root}/login/")
        page.fill("[name=identity]", person.id)
        page.fill("[name=password]", person.password)
        page.locator("main form button.first").first.click()
        page.wait_for_url(lambda address: "/login/" not in address, timeout=_PATIENCE)
        page.goto(f"{root}/phone/")
        page.locator("[data-view=ready] [data-begin]").click(timeout=_PATIENCE)
        expect(page.locator("[data-view=waiting]")).to_be_visible(timeout=_PATIENCE)
        page.locator("[data-qr]").screenshot(path=picture)
        yield page
