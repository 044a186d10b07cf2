"""密碼解鎖 and 密碼補發 in Chromium: the certificate in the browser, the mail, the telephone (SPEC B3, B8, B9, E5, manual M2)."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.test_pages import AXE
from tests.support.centre import Centre
from tests.support.customer import PASSWORD, PATIENCE, Customer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
NEW = "Harbour88"


class Forgetful(Customer):
    """A customer who can't log in."""

    def born(self) -> str:
        return self.person["birth_date"].replace("-", "")

    def who(self, path: str) -> None:
        """Type ID and birth date on the page."""
        self.open(path)
        self.page.fill("[name=identity]", self.person["id"])
        self.page.fill("[name=birth_date]", self.born())

    def prove_device(self) -> None:
        """Press, give the certificate password, press again."""
        self.press()
        expect(self.page.locator("[data-ask]")).to_be_visible(timeout=PATIENCE)
        self.shot("certificate-password")
        self.page.fill("[data-ask] input", PASSWORD)
        self.press()

    def mistype(self, times: int) -> None:
        for _ in range(times):
            self.open("/login/")
            self.page.fill("[name=identity]", self.person["id"])
            self.page.fill("[name=password]", "Wrong1234")
            self.press()
            expect(self.page.locator(".summary")).to_be_visible(timeout=PATIENCE)

    def messages(self, channel: str) -> str:
        """The newest message of a channel to this customer."""
        return str(
            self.centre.run(
                "from certcenter.notifications.models import DemoMessage\n"
                "from certcenter.identity.models import Contact\n"
                f"to = list(Contact.objects.filter(customer__national_id={self.person['id']!r}).values_list('value', flat=True))\n"
                f"found = DemoMessage.objects.filter(channel={channel!r}, address__in=to).order_by('-pk').first()\n"
                "print(found.text if found else '')"
            )
        )

    def await_message(self, channel: str, pattern: str) -> str:
        for _ in range(180):
            found = re.search(pattern, self.messages(channel))
            if found:
                return found.group(1)
            self.page.wait_for_timeout(500)
        raise AssertionError(f"no {channel} with {pattern}")

    def set_password(self) -> None:
        """From the initial password to the end."""
        self.sees("本次補發之初始密碼" if self.language == "zh-hant" else "Initial password of this reissue")
        self.shot("new-password")
        self.check_access()
        self.page.fill("[name=password]", NEW)
        self.page.fill("[name=repeated]", NEW)
        self.press()
        self.page.wait_for_url("**/reissue/done/")
        self.shot("reissued")
        self.person = self.person | {"password": NEW}
        self.log_in()

    def check_access(self) -> None:
        """No serious finding of axe-core on the page that is open."""
        self.page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
        found = self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.width, self.page.url


@pytest.fixture
def forgetful(chromium: Browser, centre: Centre) -> Iterator[Any]:
    def made(**options: Any) -> Forgetful:
        return Forgetful(chromium, centre, centre.newcomer("none"), **options)

    return made


@pytest.mark.spec("B3", "B8", "E6")
@pytest.mark.parametrize(
    ("language", "width"), [pytest.param("zh-hant", 1280, id="zh"), pytest.param("en", 390, id="en")]
)
def test_unlock_and_reissue_with_the_certificate_in_this_browser(
    forgetful: Any, language: str, width: int
) -> None:
    with forgetful(language=language, width=width) as customer:
        customer.log_in()
        customer.apply()
        customer.log_out()
        customer.mistype(3)
        customer.who("/passwords/unlock/")
        customer.shot("unlock")
        customer.check_access()
        customer.prove_device()
        customer.view("done")
        customer.shot("unlocked")
        customer.log_in()
        customer.log_out()
        customer.who("/passwords/reissue/")
        customer.shot("reissue")
        customer.check_access()
        customer.prove_device()
        customer.page.wait_for_url("**/reissue/account/", timeout=PATIENCE)
        customer.shot("reissue-account-certificate")
        customer.check_access()
        customer.press()
        customer.page.wait_for_url("**/reissue/verify/**", timeout=PATIENCE)
        customer.shot("reissue-verify")
        customer.check_access()
        shown = customer.page.locator("#code .code b").inner_text()
        customer.page.fill("#id_code", customer.centre.code(re.findall(r"([A-Z]{4})-", shown)[-1]))
        customer.press("#code")
        customer.set_password()


@pytest.mark.spec("B9", "E5")
@pytest.mark.parametrize(
    ("language", "width"), [pytest.param("zh-hant", 390, id="zh"), pytest.param("en", 1280, id="en")]
)
def test_reissue_by_mail_where_there_is_no_certificate(forgetful: Any, language: str, width: int) -> None:
    with forgetful(language=language, width=width) as customer:
        customer.who("/passwords/unlock/")
        customer.press()
        customer.view("none")
        customer.shot("unlock-none")
        customer.who("/passwords/reissue/")
        customer.press()
        customer.page.wait_for_url("**/reissue/account/", timeout=PATIENCE)
        customer.shot("reissue-account")
        customer.check_access()
        customer.press()
        customer.page.wait_for_url("**/reissue/sent/", timeout=PATIENCE)
        customer.shot("reissue-sent")
        customer.check_access()
        link = customer.await_message("email", r"(http://\S+/passwords/reissue/link/#\S+)")
        token = link.rpartition("#")[2]
        customer.page.goto(link)
        expect(customer.page).to_have_url(link.rpartition("#")[0])  # the token is out of the address at once
        customer.shot("reissue-link")
        customer.check_access()
        customer.page.fill("[name=birth_date]", customer.born())
        customer.press()
        customer.page.wait_for_url("**/reissue/verify/", timeout=PATIENCE)
        customer.page.locator("#send").click()
        code = customer.await_message("sms", r"(?<!\d)(\d{7})(?!\d)")
        customer.shot("reissue-code")
        customer.page.fill("#id_code", code)
        customer.press("#code")
        customer.set_password()
        assert all(token not in where for where, _ in customer.watch.sent)
