"""Which origin answers what, under which headers (DESIGN, Origins; SPEC E7, E10)."""

import gzip
import json
import re

import pytest

from certcenter.institutions import serving

from .conftest import HOST, Reader

INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*(?:src=|type=\"application/json\"))",
    re.IGNORECASE,
)


@pytest.mark.spec("E7")
def test_a_foreign_host_is_no_place_at_all(home):
    answer = Reader(host="evil.example").http.get("/login/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/plain")
    assert Reader(host="bad_host..").http.get("/").status_code == 400


def test_the_index_lists_institutions_and_nothing_else(home):
    reader = Reader(host="127.0.0.1:8000")
    page = reader.get("/")
    assert 'href="http://sample.localhost:8000/"' in page
    assert "樣本證券" in page
    reader.get("/login/", status=404)
    reader.get("/certificates/", status=404)


@pytest.mark.spec("E7")
@pytest.mark.parametrize("path", ["/", "/login/", "/faq/", "/environment/", "/signed-out/", "/nowhere/"])
def test_nothing_is_inline_and_the_policy_says_so(reader, path):
    answer = reader.http.get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert ("require-trusted-types-for 'script'" in policy) == (path != "/login/")
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Frame-Options"] == "DENY"
    assert not INLINE.search(answer.content.decode())


@pytest.mark.spec("A13", "E10")
def test_a_pages_script_knows_the_policy_and_the_requests_number(reader):
    answer = reader.http.get("/environment/")
    block = re.search(r'<script id="page" type="application/json">(.*?)</script>', answer.content.decode())
    page, policy = json.loads(block[1]), serving.get("sample").environment
    assert page["reference"] == answer["X-Reference"]
    assert page["data"]["wanted"] == {
        "chromium": policy.chromium,
        "firefox": policy.firefox,
        "safari": policy.safari,
        "clockSkewSeconds": policy.clock_skew_seconds,
        "screenWidth": policy.screen_width,
    }


def test_personal_pages_hold_nothing_inline_either(wang):
    for path in (
        "/certificates/",
        "/apply/",
        "/export/",
        "/import/",
        "/orders/",
        "/security/",
        "/data-check/",
        "/repair/",
    ):
        answer = wang.http.get(path)
        assert answer.status_code == 200, path
        assert not INLINE.search(answer.content.decode()), path
        assert answer["Cache-Control"] == "no-store"


def test_the_accent_comes_from_policy(reader, settings):
    sheet = reader.http.get("/theme.css")
    assert sheet["Content-Type"].startswith("text/css")
    assert "--accent: #0b5c6b" in sheet.content.decode()
    assert "--accent: #8a2f5b" in Reader(host="demo.localhost:8000").get("/theme.css")


def test_static_files_are_a_closed_list_named_by_content(reader):
    page = reader.get("/login/")
    address = re.search(r'href="(/static/portal/portal\.css\?v=[0-9a-f]{16})"', page)
    assert address
    sheet = reader.http.get(address[1], headers={"accept-encoding": "gzip"})
    assert sheet["Cache-Control"] == "public, max-age=31536000, immutable"
    assert b":root" in gzip.decompress(sheet.content)
    again = reader.http.get(address[1], headers={"if-none-match": sheet["ETag"]})
    assert again.status_code == 304
    assert reader.http.get("/static/portal/portal.css?v=0")["Cache-Control"] == "public, no-cache"
    for path in ("/static/../settings/base.py", "/static/portal/none.css", "/static//etc/passwd"):
        assert reader.http.get(path).status_code == 404, path


def test_the_style_sheet_stays_small():
    from certcenter.portal import assets

    assert len(assets.asset("portal/portal.css").body) < 40_000


@pytest.mark.parametrize("page", ["overview", "obtain", "export", "import", "sign-order", "login"])
def test_the_script_before_anything_lazy_stays_small(page):
    """Issue 2, speed: at most 120 kB gzipped."""
    from certcenter.portal import assets

    script, chunks = assets.entry(page)
    names = [address.removeprefix("/static/") for address in (script, *chunks)]
    assert sum(len(assets.asset(name).packed or b"") for name in names) <= 120_000


@pytest.mark.spec("E10")
@pytest.mark.parametrize(("language", "words"), [("zh-TW", "找不到網頁"), ("en", "There is no such page")])
def test_an_error_names_its_reference(home, language, words):
    answer = Reader(language=language).http.get("/nowhere/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert words in page
    assert answer["X-Reference"] in page
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", answer["X-Reference"])


@pytest.mark.spec("E10")
def test_a_mistake_of_ours_is_a_page_without_a_trace(reader, monkeypatch):
    from certcenter.portal.views import front

    def broken(*_arguments, **_more):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(front.rendering, "page", broken)
    reader.http.raise_request_exception = False
    answer = reader.http.get("/")
    assert answer.status_code == 500
    assert "系統發生錯誤" in answer.content.decode()
    assert "secret detail" not in answer.content.decode()


@pytest.mark.spec("E10")
def test_what_is_too_large_is_said_to_be(wang):
    answer = wang.http.post("/apply/", {"birth_date": "7" * 2_000_000})
    assert answer.status_code == 413
    assert "資料過大" in answer.content.decode()


@pytest.mark.spec("F4")
def test_the_language_is_chinese_first_then_the_browsers_then_the_chosen(home):
    assert '<html lang="zh-Hant">' in Reader(language="fr").get("/login/")
    english = Reader(language="en-GB")
    assert '<html lang="en">' in english.get("/login/")
    answer = english.post("/language/", language="zh-hant", next="/login/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/")
    assert '<html lang="zh-Hant">' in english.get("/login/")
    assert english.post("/language/", language="xx", next="//evil.example/")["Location"] == "/"


@pytest.mark.spec("E7")
@pytest.mark.parametrize(
    ("language", "words"), [("zh-TW", "此頁開啟過久"), ("en", "This page was open for too long")]
)
def test_a_form_without_its_token_changes_nothing(home, language, words):
    answer = Reader(language=language, enforce_csrf_checks=True).post("/login/", identity="A123456789")
    assert answer.status_code == 403
    assert words in answer.content.decode()


def test_every_page_has_the_menu_of_nine(wang):
    page = wang.get("/certificates/")
    labels = re.findall(
        r"</svg>([^<]+)(?:</a>|</button>)", page.split('class="menu menu-desk"')[1].split("</nav>")[0]
    )
    assert labels == [
        "憑證查詢及申請", "線上憑證註銷", "憑證匯入", "憑證匯出備份", "憑證資料檢核", "檢查電腦環境", "操作說明", "常見問題", "登出",
    ]  # fmt: skip
    assert page.count('aria-current="page"') == 2  # the desk's menu and the phone's
    assert HOST.split(":", maxsplit=1)[0] not in labels


@pytest.mark.parametrize("slug", ["demo", "example", "model-bank"])
def test_where_keys_live_elsewhere_the_browser_offers_nothing_that_needs_one(home, slug):
    """The other profiles' keys are the helper's, the folder's and the token's; the page must not make one of its own."""
    from certcenter.institutions.serving import get
    from certcenter.institutions.vocabulary import Function
    from certcenter.portal.menu import WITH_BROWSER_KEY, entries, has_page

    institution = get(slug)
    assert not any(has_page(institution, function) for function in WITH_BROWSER_KEY)
    assert not {Function(each.icon) for each in entries(institution, current="overview")} & WITH_BROWSER_KEY
    assert "登入" in Reader(host=f"{slug}.localhost:8000").get("/")
