"""Every page of the portal in a real Chromium: accessible (axe-core), clean under the CSP, within its width, in one language.

Both languages, light desktop and dark phone (issue 2, point 11; SPEC E7, F4). States that pages can be in come from the demo's people.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.support.centre import Centre

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).resolve().parents[2] / "browser/node_modules/axe-core/axe.min.js"
#: Colours are tried along with widths: the desk is light, the phone dark.
SCREENS = {"light": 1280, "dark": 390}
LOCALES = {"zh-hant": "zh-TW", "en": "en-GB"}
OPEN = (
    "", "login/", "signed-out/", "environment/", "announcements/", "instructions/", "faq/", "nowhere/", "passwords/",
    "passwords/unlock/", "passwords/reissue/", "passwords/reissue/help/", "passwords/reissue/sent/", "passwords/voice-table/",
)  # fmt: skip
PERSONAL = (
    "certificates/", "apply/", "import/", "export/", "data-check/", "repair/", "security/", "orders/", "phone/", "phone-upload/", "environment/",
    "announcements/", "instructions/", "faq/", "revoke/done/", "passwords/", "passwords/change/", "passwords/unify/", "passwords/changed/",
)  # fmt: skip
#: Words that stand in Latin letters in Chinese pages too: names, units and what the manuals themselves write so.
LATIN = re.compile(
    r"Certcenter|English|OTP|PFX|pfx|p12|Windows|Server|USB|EX|CA|Chrome|Edge|Firefox|Safari|Chromium|Linux|MiB|https?|localhost"
    r"|JavaScript|Cookie|SAMPLE|TWD|CMS|SHA|market|Maria|Santos|example|com|zh|TW|KB|MB|ZIP|P-256|ms|[A-Z][0-9*X]{3,}|[0-9A-F]{4,}"
)

#: Texts that reach over the edge of what they stand in, where it does not scroll.
CUT_OFF = """() => {
  const found = [], walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const box = node.parentElement.closest('.card, .say, main'), range = document.createRange();
    if (!node.data.trim() || !node.parentElement.checkVisibility() || node.parentElement.closest('.out-of-sight, thead, pre')) continue;
    range.selectNodeContents(node);
    if (range.getBoundingClientRect().right > box.getBoundingClientRect().right + 1) found.push(node.data.trim());
  }
  return found;
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm ci in browser/)"),
]


class Visitor:
    """A browser of one language that notes what the pages complain about."""

    def __init__(self, browser: Browser, centre: Centre, language: str) -> None:
        self.centre, self.language = centre, language
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            locale=LOCALES[language], timezone_id="Asia/Taipei", reduced_motion="reduce"
        )
        # axe is ours to bring: it goes into an isolated page by the protocol, past the page's own policy.
        self.context.add_init_script(
            "document.addEventListener('securitypolicyviolation', (e) =>"
            " console.error(`CSP ${e.violatedDirective} ${e.blockedURI}`))"
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", lambda message: self._note(message.type, message.text))

    def _note(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.complaints.append(text)

    def sign_in(self, person: dict) -> None:
        self.page.goto(f"{self.centre.url()}/login/")
        self.page.fill("#id_identity", person["id"])
        self.page.fill("#id_password", person["password"])
        self.page.click("main button.first")
        self.page.wait_for_url("**/certificates/", timeout=60_000)

    def open(self, path: str, colours: str) -> None:
        self.look(colours)
        self.page.goto(f"{self.centre.url()}/{path}")
        # The page's script has asked its key store and drawn what it found.
        self.page.wait_for_timeout(400)

    def look(self, colours: str) -> None:
        """On the desk, which is light, or on the phone, which is dark."""
        self.page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": SCREENS[colours], "height": 900})

    def findings(self) -> list[str]:
        """Return axe's serious and critical findings."""
        if self.page.evaluate(
            "typeof axe === 'undefined'"
        ):  # once a page: reading it takes as long as a look
            # Evaluated through the protocol, which the page's policy does not govern.
            self.page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
        found = self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        return [
            f"{each['id']}: {node['html'][:160]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]

    def check(self, path: str) -> list[str]:
        """What is wrong with a page on either screen; one language opens it on the desk and turns to the phone, one the other way."""
        problems: list[str] = []
        first, second = SCREENS if self.language == "zh-hant" else reversed(SCREENS)
        self.open(path, first)
        for name in (first, second):
            self.look(name)
            self.page.wait_for_timeout(100)
            problems += [f"{path} {name}: {finding}" for finding in self.findings()]
            wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wide > 0:
                problems.append(f"{path} {name}: {wide} pixels too wide")
            problems += [f"{path} {name}: cut off: {text}" for text in self.page.evaluate(CUT_OFF)]
        if self.page.locator("h1").count() != 1:
            problems.append(f"{path}: {self.page.locator('h1').count()} h1")
        if self.language == "zh-hant":
            problems += [f"{path}: English left: {words}" for words in self.english()]
        problems += [f"{path}: {each}" for each in self.complaints]
        self.complaints.clear()
        return problems

    def english(self) -> list[str]:
        """Return visible runs of Latin words that no Chinese page needs."""
        text = LATIN.sub(" ", self.page.locator("main").inner_text())
        return re.findall(r"[A-Za-z]{2,}(?:[ ,]+[A-Za-z]{2,})+", text)


@pytest.fixture(params=list(LOCALES))
def visitor(request: pytest.FixtureRequest, chromium: Browser, centre: Centre) -> Iterator[Visitor]:
    made = Visitor(chromium, centre, request.param)
    yield made
    made.context.close()


@pytest.mark.spec("E7", "E10", "F4", "A13", "A14")
def test_pages_open_to_everybody(visitor: Visitor) -> None:
    problems = [problem for path in OPEN for problem in visitor.check(path)]
    assert not problems, "\n".join(problems)


@pytest.mark.spec("A1", "A6", "A7", "A8", "A9", "A11", "A15", "E7", "F4")
def test_pages_of_a_customer(visitor: Visitor) -> None:
    visitor.sign_in(visitor.centre.person("none", number=1))
    problems = [problem for path in PERSONAL for problem in visitor.check(path)]
    assert not problems, "\n".join(problems)


@pytest.mark.spec("A1", "A2")
@pytest.mark.parametrize("state", ["valid", "expiring", "expired", "revoked", "suspended", "waiting"])
def test_each_state_of_the_overview(visitor: Visitor, state: str) -> None:
    visitor.sign_in(visitor.centre.person(state))
    problems = visitor.check("certificates/")
    assert not problems, "\n".join(problems)


@pytest.mark.spec("A1", "F4")
def test_nothing_is_cut_off_at_400_percent(visitor: Visitor) -> None:
    """A desk of 1280 pixels at 400 % is 320 wide (WCAG 2.2, 1.4.10)."""
    problems = []
    visitor.sign_in(visitor.centre.person("expiring"))
    visitor.page.set_viewport_size({"width": 320, "height": 640})
    for path in ("certificates/", "renew/", "import/", "environment/", "phone/", "passwords/change/"):
        visitor.page.goto(f"{visitor.centre.url()}/{path}")
        visitor.page.locator("h1").wait_for()
        problems += [f"{path}: {text}" for text in visitor.page.evaluate(CUT_OFF)]
        if visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{path}: wider than the screen")
    assert not problems, "\n".join(problems)
