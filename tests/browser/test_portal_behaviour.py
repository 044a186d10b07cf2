"""What the portal's scripts say and do: the steps of an application under axe, the idle warning, bad files, a lost key store."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.test_pages import AXE, CHROMIUM, Visitor
from tests.support.centre import Centre

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm ci in browser/)"),
]


@pytest.fixture
def visitor(chromium: Browser, centre: Centre) -> Iterator[Visitor]:
    made = Visitor(chromium, centre, "zh-hant")
    yield made
    made.context.close()


def roc(person: dict) -> str:
    year, month, day = person["birth_date"].split("-")
    return f"{int(year) - 1911}{month}{day}"


@pytest.mark.spec("A3", "D4", "E10")
def test_the_steps_of_an_application_are_accessible(visitor: Visitor) -> None:
    """Each step with its own error shown, up to the certificate password; nothing is applied for."""
    person, page = visitor.centre.person("none", number=1), visitor.page
    visitor.sign_in(person)
    visitor.open("apply/", "light")
    found: list[str] = []

    def look(step: str) -> None:
        found.extend(f"{step}: {finding}" for finding in visitor.findings())

    page.click("main form button.first")
    expect(page.locator(".summary")).to_be_focused()
    look("consent without a date")
    page.fill("#id_birth_date", roc(person))
    page.click("main form button.first")
    look("verify")
    page.click("#send")
    expect(page.locator("#send")).to_be_disabled()
    look("code sent")
    identification = page.locator("#code .code b").inner_text()[-5:-1]
    page.click("#code button.first")
    expect(page.locator("#code-error")).to_contain_text("請輸入驗證碼")
    look("code missing")
    page.fill("#id_code", visitor.centre.code(identification))
    page.click("#code button.first")
    page.fill("#password", "a!")
    page.fill("#again", "b")
    page.click("[data-form] button.first")
    expect(page.locator("#password-error")).to_be_visible()
    expect(page.locator("#password")).to_be_focused()
    look("password refused")
    assert found == []


@pytest.mark.spec("E7")
def test_the_idle_warning_counts_and_can_be_put_off(visitor: Visitor) -> None:
    visitor.context.add_init_script(
        "document.addEventListener('readystatechange', () => {"
        " const dialog = document.querySelector('dialog#idle');"
        " if (dialog && !dialog.dataset.tried) { dialog.dataset.tried = '1'; dialog.dataset.endsIn = '42'; } })"
    )
    visitor.sign_in(visitor.centre.person("valid"))
    dialog = visitor.page.locator("dialog#idle")
    expect(dialog).to_be_visible()
    expect(dialog.locator("[data-count]")).to_contain_text(re.compile(r"0:[34]\d"))
    expect(dialog.locator("[data-stay]")).to_be_focused()
    assert visitor.findings() == []
    dialog.locator("[data-stay]").click()
    expect(dialog).to_be_hidden()
    expect(visitor.page.locator("[data-idle]").first).to_contain_text("14:5")


def _refused(page: Page, file: Path, password: str = "demo2026") -> str:
    page.set_input_files("#file", file)
    page.fill("#password", password)
    page.click("[data-form] button.first")
    summary = page.locator("[data-problem]")
    expect(summary).to_be_visible(timeout=20_000)
    expect(summary).to_be_focused()
    return summary.inner_text()


@pytest.mark.spec("A7", "E10")
def test_each_file_that_is_no_backup_has_its_sentence(visitor: Visitor, tmp_path: Path) -> None:
    visitor.sign_in(visitor.centre.person("valid"))
    text, archive, huge = tmp_path / "letter.pfx", tmp_path / "archive.pfx", tmp_path / "huge.pfx"
    text.write_text("Dear sir or madam", encoding="utf-8")
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a.txt", "a")
    with huge.open("wb") as sparse:
        sparse.truncate(50 * 1024 * 1024)
    for file, words in ((text, "這不是憑證檔案"), (archive, "這不是憑證檔案"), (huge, "檔案過大")):
        visitor.open("import/", "light")
        assert words in _refused(visitor.page, file), file.name
    visitor.open("import/", "light")
    visitor.page.click("[data-form] button.first")
    expect(visitor.page.locator("#file-error")).to_have_text("請選擇檔案。")


@pytest.mark.spec("A9", "E10")
def test_a_lost_key_store_is_explained_and_not_taken_for_none(visitor: Visitor) -> None:
    """Safari's seven days, cleared site data: the marker is there, the key is not."""
    page = visitor.page
    visitor.sign_in(visitor.centre.person("valid"))
    customer = page.evaluate("JSON.parse(document.getElementById('page').textContent).data.store.customer")
    page.evaluate(
        "(customer) => localStorage.setItem('certcenter.keys', JSON.stringify("
        "[{ id: 'ab', customer, state: 'installed', since: '2026-11-01T01:00:00Z' }]))",
        customer,
    )
    visitor.open("certificates/", "light")
    notice = page.locator("[data-lost]")
    expect(notice).to_contain_text("此瀏覽器遺失了您的金鑰")
    expect(notice).to_contain_text("2026-11-01")
    assert visitor.findings() == []
    notice.locator("button").click()
    visitor.open("certificates/", "light")
    expect(notice).to_be_hidden()
