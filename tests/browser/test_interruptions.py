"""Customers in a hurry, and what breaks off under them: clicks twice, two tabs, back; sessions, networks, servers that end (issue 2, Bad input; E8)."""

import re
import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from tests.support.customer import PASSWORD, PATIENCE, Customer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

CHINESE = re.compile(r"[\u4e00-\u9fff]")


# --- impatience -------------------------------------------------------------------------------------------------------


def twice(customer: Customer, selector: str) -> None:
    """Two real clicks as fast as a mouse can."""
    customer.page.locator(selector).first.dblclick()


@pytest.mark.spec("E8", "E10")
def test_a_double_click_on_every_button(visit, centre, tmp_path):
    """From login to revocation everything is pressed twice; everything happens once."""
    customer = Customer(visit.chromium, centre, centre.newcomer(), language="en")
    with customer:
        customer.open("/login/")
        customer.page.fill("[name=identity]", customer.person["id"])
        customer.page.fill("[name=password]", customer.person["password"])
        twice(customer, "main form button.first")
        customer.page.wait_for_url("**/certificates/")
        customer.open("/apply/")
        customer.page.fill("[name=birth_date]", customer.birth_date)
        twice(customer, "main form button.first")
        customer.page.wait_for_url("**/verify/**")
        twice(customer, "#send")
        found = re.search(r"([A-Z]{4})-$", customer.page.locator("#code .code b").inner_text())
        assert found
        customer.page.fill("#id_code", centre.code(found.group(1)))
        twice(customer, "#code button.first")
        customer.view("password")
        customer.choose_password()
        twice(customer, "[data-view=password] button.first")
        customer.view("done")
        assert [each["state"] for each in customer.kept_keys()] == ["installed"]
        customer.open("/orders/")
        twice(customer, "[data-view=form] button.first")
        customer.view("draft")
        customer.page.fill("[data-ask] input", PASSWORD)
        twice(customer, "[data-view=draft] button.first")
        customer.view("verdict")
        customer.sees("The signature is right")
        customer.consent("revoke")
        customer.page.fill("#id_code", customer.ask_code())
        twice(customer, "#code button.first")
        customer.sees("Your certificate is revoked")


@pytest.mark.spec("E9", "E10")
def test_no_form_sends_a_key_password_by_itself(visit):
    """A press before the page's script is ready, or without it, neither leaves the page nor tells anybody the password."""
    with visit("valid", language="en") as customer:
        for path in (
            "/import/",
            "/export/",
            "/orders/",
            "/security/",
            "/passwords/reissue/",
            "/passwords/unlock/",
        ):
            customer.page.route("**/*.js", lambda route: route.abort())
            customer.open(path)
            assert customer.page.evaluate(FILL_AND_SUBMIT, PASSWORD)
            customer.page.wait_for_load_state("networkidle")
            assert PASSWORD not in customer.page.url
            customer.page.unroute("**/*.js")
    assert not any(
        request.startswith("POST") and PASSWORD.encode() in body for request, body in customer.watch.sent
    )


#: Types the password into each field for one and sends each form as a browser does by itself.
FILL_AND_SUBMIT = """(password) => {
  const secret = [...document.querySelectorAll("main input[type=password]")];
  for (const field of secret) field.value = password;
  for (const form of document.querySelectorAll("main form")) if (form.querySelector("input[type=password]")) form.submit();
  return secret.length > 0;
}"""


@pytest.mark.spec("E10")
def test_the_back_button_after_each_step(visit):
    """Back never repeats a step, never shows an error, and forward or the page itself leads on."""
    with visit("none", language="en") as customer:
        customer.consent("apply")
        customer.page.go_back()
        customer.sees("Step 1")
        customer.page.fill("[name=birth_date]", customer.birth_date)
        customer.press()
        customer.page.wait_for_url("**/verify/**")
        right = customer.ask_code()
        customer.page.go_back()
        customer.page.wait_for_load_state()
        customer.page.go_forward()
        customer.give_code(right)
        customer.view("password")
        obtaining = customer.page.url
        customer.page.go_back()
        customer.page.wait_for_load_state()
        customer.open(obtaining.removeprefix(customer.centre.url()))
        customer.view("password")
        customer.obtain()
        customer.page.go_back()
        customer.page.wait_for_load_state("networkidle")
        customer.shot("back-after-done")
        customer.open(obtaining.removeprefix(customer.centre.url()))
        customer.page.wait_for_load_state("networkidle")
        customer.shot("obtain-after-done")
        customer.sees("certificate")
        assert [each["state"] for each in customer.kept_keys()] == ["installed"]


WAITS_FOR_THE_OTHER_TAB = "async () => (await navigator.locks.query()).pending.length > 0"


class Held:
    """A page's requests for a certificate, held back until they are let go."""

    def __init__(self, page: Page):
        self.page, self.routes = page, []
        page.route(re.compile(r"/applications(\?|$)"), self._hold)

    def _hold(self, route: Route):
        self.routes.append(route)

    def come(self):
        until(self.page, lambda: self.routes)

    def let_go(self):
        for each in self.routes:
            each.continue_()


def until(page: Page, true: Callable[[], object]) -> None:
    """Let the page go on until `true` is."""
    end = time.monotonic() + PATIENCE / 1000
    while not true():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


@pytest.mark.spec("E8", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_two_tabs_apply_at_once(visit, language):
    """Both prove who they are; one gets the certificate, the other is told, and exactly one key remains.

    The first tab's key is made, and the centre has not heard of it yet, while the second tab looks for strays.
    """
    with visit("none", language=language) as customer:
        customer.prove("apply")
        first, second = customer.page, customer.context.new_page()
        sent = {first: Held(first), second: Held(second)}
        second.goto(first.url)
        customer.page = second
        customer.view("password")
        customer.choose_password()
        customer.page = first
        customer.choose_password()
        customer.press("[data-view=password]")
        sent[first].come()
        customer.page = second
        customer.press("[data-view=password]")
        until(second, lambda: sent[second].routes or second.evaluate(WAITS_FOR_THE_OTHER_TAB))
        for page in (first, second):
            sent[page].come()
            sent[page].let_go()
            expect(page.locator("[data-view=done], [data-problem]:visible").first).to_be_visible(
                timeout=PATIENCE
            )
        customer.shot("second-tab")
        done = [page.locator("[data-view=done]").is_visible() for page in (first, second)]
        assert any(done)
        for page, finished in zip((first, second), done, strict=True):
            if not finished:
                words = page.locator("[data-problem]").inner_text()
                assert bool(CHINESE.search(words)) is (language == "zh-hant"), words
        customer.page = first
        customer.open("/certificates/")
        customer.says("有效", "Valid")
        expect(customer.page.locator("[data-client] [data-pill]")).to_have_class(
            re.compile("ok"), timeout=PATIENCE
        )
        assert [each["state"] for each in customer.kept_keys()].count("installed") == 1


@pytest.mark.spec("D4", "E8", "E10")
def test_a_second_proof_in_another_tab_ends_the_first_code(visit):
    """One code at a time: the older tab is told, and goes on with a code of its own or not at all."""
    with visit("none", language="en") as customer:
        customer.consent("apply")
        old = customer.ask_code()
        first, customer.page = customer.page, customer.context.new_page()
        customer.consent("apply")
        expect(customer.page.locator("#send")).to_be_visible()
        customer.page = first
        customer.give_code(old)
        customer.page.wait_for_load_state()
        if "/verify/" in customer.page.url:
            customer.sees("no longer")
        else:
            customer.view("password")
        customer.open("/certificates/")
        customer.sees("You have not applied for a certificate yet")


# --- interruptions ------------------------------------------------------------------------------------------------------


def end_sessions(centre) -> None:
    centre.run(
        "from certcenter.identity.models import Session\n"
        "from certcenter.core import clock\n"
        "Session.objects.update(idle_ends_at=clock.ago(seconds=1))"
    )


@pytest.mark.spec("E7", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_the_session_ends_in_the_middle(visit, centre, language):
    """A form and a script are both told to sign in again; afterwards the way goes on."""
    with visit("none", language=language) as customer:
        customer.prove("apply")
        customer.choose_password()
        end_sessions(centre)
        customer.press("[data-view=password]")
        customer.says("您已登出，請重新登入", "You are signed out. Please sign in again")
        customer.shot("session-over-script")
        customer.page.locator("[data-problem] a").click()
        customer.page.wait_for_url("**/login/?next=**")
        customer.sign_in()
        customer.open("/apply/")
        customer.page.fill("[name=birth_date]", customer.birth_date)
        end_sessions(centre)
        customer.press()
        customer.page.wait_for_url("**/login/**")
        customer.says("您已登出", "You were signed out")
        customer.shot("session-over-form")
        customer.sign_in(leads_to="**/apply/")


@pytest.mark.spec("A3", "A9", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_the_network_is_cut_while_the_certificate_is_made(visit, language):
    """The page says so, keeps the key, and pressing again goes on with the same one."""
    with visit("none", language=language) as customer:
        customer.prove("apply")
        customer.choose_password()
        customer.page.route("**/api/v1/applications/*", lambda route: route.abort())
        customer.press("[data-view=password]")
        customer.says("無法連線到憑證中心", "The centre could not be reached")
        customer.shot("network-cut")
        before = customer.kept_keys()
        assert [each["state"] for each in before] == ["pending"]
        customer.says("金鑰已產生", "Your key is made")
        assert not customer.page.locator("#password").is_editable(), "the key has its password already"
        customer.page.unroute_all()
        customer.press("[data-view=password]")
        customer.view("done")
        assert [each["id"] for each in customer.kept_keys()] == [before[0]["id"]]


@pytest.mark.spec("E8", "D9")
def test_the_server_is_killed_and_started_in_the_middle(visit, centre):
    """The application was sent; the server dies while the worker is asleep; pressing again goes on."""
    with visit("none", language="en") as customer:
        customer.watch.expected += ["ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_SOCKET"]
        customer.prove("apply")
        customer.choose_password()
        centre.stop_worker()
        try:
            with customer.page.expect_response(
                lambda answer: answer.url.endswith("/applications"), timeout=PATIENCE
            ):
                customer.press("[data-view=password]")
            centre.restart_server()
        finally:
            centre.resume_worker()
        done, problem = customer.page.locator("[data-view=done]"), customer.page.locator("[data-problem]")
        expect(done.or_(problem).locator("visible=true").first).to_be_visible(timeout=PATIENCE)
        if problem.is_visible():
            customer.press("[data-view=password]")
        customer.view("done")
        customer.order(asks=True)


@pytest.mark.spec("E8", "A3")
@pytest.mark.parametrize(
    "seconds", [pytest.param(8, id="short"), pytest.param(60, id="a-minute", marks=pytest.mark.soak)]
)
def test_the_worker_stands_still_while_the_customer_waits(visit, centre, seconds):
    with visit("none", width=390) as customer:
        customer.prove("apply")
        customer.choose_password()
        centre.stop_worker()
        waking = threading.Timer(seconds, centre.resume_worker)
        waking.start()
        began = time.monotonic()
        try:
            customer.press("[data-view=password]")
            customer.view("progress")
            customer.sees("下載憑證需 5~20 秒，請稍候")
            customer.shot("progress")
            customer.page.locator("[data-view=done]").wait_for(timeout=PATIENCE + seconds * 1000)
        finally:
            waking.join()
        assert time.monotonic() - began >= seconds - 1
