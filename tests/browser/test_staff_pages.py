"""The staff's pages and the demo's outbox in a real Chromium: accessible, clean under the CSP, within their width.

And one working day: an officer suspends, resumes and revokes; the customer is told; OCSP's source says so.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.centre import Centre
from tests.support.customer import PATIENCE

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).resolve().parents[2] / "browser/node_modules/axe-core/axe.min.js"
WIDTHS = (1280, 390)
LOCALES = {"zh-hant": "zh-TW", "en": "en-GB"}
#: Where to put pictures for a person to look at; nowhere by default.
PICTURES = os.environ.get("CERTCENTER_PICTURES", "")

#: Code for `centre.run`: three wrong guesses at the login of {id}.
LOCK = """
from certcenter.core.actor import system
from certcenter.identity.models import Customer
from certcenter.passwords import login
owner = Customer.objects.get(institution="sample", national_id="{id}")
for _ in range(3):
    login.count_failure(owner, actor=system("tests"))
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm ci in browser/)"),
]


class Desk:
    """A member of staff's browser that notes what the pages complain about."""

    def __init__(self, browser: Browser, centre: Centre, language: str) -> None:
        self.root = f"http://staff.localhost:{centre.port}"
        self.centre, self.language, self.complaints = centre, language, []
        self.pictures = PICTURES
        self.context = browser.new_context(
            locale=LOCALES[language], timezone_id="Asia/Taipei", reduced_motion="reduce"
        )
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", lambda said: self._note(said.type, said.text))

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    def sign_in(self, username: str) -> None:
        password = next(
            each["password"] for each in self.centre.describe["staff_logins"] if each["username"] == username
        )
        self.page.goto(f"{self.root}/login/")
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", password)
        self.page.click("main button.first")
        self.page.wait_for_url(f"{self.root}/", timeout=60_000)

    def find(self, query: str) -> None:
        self.page.goto(f"{self.root}/customers/")
        self.page.select_option("#id_institution", "sample")
        self.page.fill("#id_query", query)
        self.page.click("main button.first")
        self.page.click("main table a.btn")
        self.page.wait_for_url("**/customers/*/")

    def act(self, name: str, reason: str) -> None:
        self.page.click(f'a[href$="/{name}/"]')
        self.page.fill("#id_note", reason)
        self.page.click("main button.first")
        expect(self.page.locator(".say.ok")).to_be_visible()

    def check(self, name: str) -> list[str]:
        """What is wrong with the page that is open now, at both widths."""
        problems = []
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.wait_for_load_state("networkidle")
            self.page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
            found = self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
            problems += [
                f"{name} {width}: {each['id']}: {node['html'][:160]}"
                for each in found
                if each["impact"] in ("serious", "critical")
                for node in each["nodes"]
            ]
            if (wide := self.page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
                problems.append(f"{name} {width}: {wide} pixels too wide")
            if self.pictures:
                path = f"{self.pictures}/{name}-{self.language}-{width}.png"
                self.page.screenshot(path=path, full_page=True)
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        problems += [f"{name}: {each}" for each in self.complaints]
        self.complaints.clear()
        return problems


@pytest.fixture(params=list(LOCALES))
def desk(request: pytest.FixtureRequest, chromium: Browser, centre: Centre) -> Iterator[Desk]:
    made = Desk(chromium, centre, request.param)
    yield made
    made.context.close()


@pytest.mark.spec("D5", "E7", "F4")
def test_pages_of_staff(desk: Desk) -> None:
    problems = []
    for path in ("login/", "signed-out/"):
        desk.page.goto(f"{desk.root}/{path}")
        problems += desk.check(path.strip("/"))
    desk.sign_in("officer")
    problems += desk.check("home")
    desk.find("C120000009")
    problems += desk.check("customer")
    offered = desk.page.locator("main a[href*='/customers/']").evaluate_all(
        "all => all.map(each => each.href)"
    )
    for name in (
        "separate",
        "force-change",
        "counter-reissue",
        "change-contact",
    ):  # the password centre's (issue 4)
        desk.page.goto(next(each for each in offered if each.endswith(f"/{name}/")))
        problems += desk.check(name)
    desk.page.goto(next(each for each in offered if each.endswith("/revoke/")))
    desk.page.click("main button.first")  # without a reason
    expect(desk.page.locator(".summary")).to_be_visible()
    problems += desk.check("operate")
    desk.page.goto(f"{desk.root}/customers/")
    problems += desk.check("search")
    desk.page.goto(f"{desk.root}/audit/")  # refused
    problems += desk.check("refused")
    assert not problems, "\n".join(problems)


@pytest.mark.spec("B3", "D5", "F4")
def test_a_login_is_unlocked_after_a_call(desk: Desk) -> None:
    """Once, with what was asked noted; the next lock is for the counter."""
    person = desk.centre.newcomer("none")
    desk.centre.run(LOCK.format(**person))
    desk.sign_in("service")
    desk.find(person["id"])
    desk.page.click('main a[href$="/unlock/"]')
    desk.page.wait_for_url("**/unlock/")
    desk.page.click("main button.first")  # nothing was asked
    expect(desk.page.locator(".summary")).to_be_visible(timeout=PATIENCE)
    problems = desk.check("unlock")
    for question in ("birth-date", "branch", "phone"):
        desk.page.check(f"[name={question}][value=right]")
    desk.page.click("main button.first")
    expect(desk.page.locator(".say.ok")).to_be_visible(timeout=PATIENCE)
    desk.centre.run(LOCK.format(**person))
    desk.page.reload()
    expect(desk.page.locator(".panel-head .pill.bad")).to_be_visible(timeout=PATIENCE)
    expect(desk.page.locator('main a[href$="/unlock/"]')).to_have_count(0)
    assert not problems, "\n".join(problems)


@pytest.mark.spec("D6", "F4")
def test_pages_of_auditor_and_administrator(desk: Desk) -> None:
    desk.sign_in("auditor")
    desk.page.goto(f"{desk.root}/audit/")
    problems = desk.check("audit")
    desk.page.click("main button.first")
    expect(desk.page.locator(".say.ok")).to_be_visible()
    desk.page.click(".menu-desk form button")
    desk.sign_in("admin")
    desk.page.goto(f"{desk.root}/staff/")
    problems += desk.check("colleagues")
    assert not problems, "\n".join(problems)


@pytest.mark.spec("D4", "F4")
def test_outbox(desk: Desk) -> None:
    desk.page.goto(desk.centre.describe["outbox"]["page"])
    assert desk.page.locator("article.message").count() > 0
    problems = desk.check("outbox")
    assert not problems, "\n".join(problems)


@pytest.mark.spec("D5", "D7", "A5")
def test_an_officer_suspends_resumes_and_revokes(chromium: Browser, centre: Centre) -> None:
    desk = Desk(chromium, centre, "en")
    person = centre.person("valid", number=1)
    watcher = desk.context.new_page()
    watcher.goto(f"{centre.describe['outbox']['page']}?address={person['email']}")
    desk.sign_in("officer")
    desk.find(person["id"])
    desk.act("suspend", "reported as lost by phone")
    expect(desk.page.locator("main table").first).to_contain_text("suspended")
    desk.act("resume", "found again, shown at the counter")
    expect(desk.page.locator("main table").first).to_contain_text("valid")
    desk.act("revoke", "company closed its accounts")
    expect(desk.page.locator("main table").first).to_contain_text("by staff")
    expect(desk.page.locator('a[href$="/revoke/"]')).to_have_count(0)
    # The outbox page shows the notices by itself.
    expect(watcher.locator("#messages")).to_contain_text("註銷", timeout=30_000)
    expect(watcher.locator("#messages")).to_contain_text("暫禁")
    desk.context.close()
