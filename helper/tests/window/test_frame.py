"""The frame around every page: menu, title, marks, languages, schemes, keyboard, names for screen readers (SPEC A1, A14, F4)."""

import re
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit
from tests.support.hand import unplug

from certcenter_helper.core.values import Paragraph, PasswordRule
from certcenter_helper.window import clocks, house, theme, vocabulary
from certcenter_helper.window.parts.forms import NewPassword
from certcenter_helper.window.parts.prose import browser
from certcenter_helper.window.words import Words

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("helper")]

M0 = [
    "憑證查詢及申請",
    "匯入憑證",
    "匯出憑證",
    "憑證註銷",
    "憑證修復",
    "系統環境檢測",
    "示範公告",
    "操作說明",
    "常見問題",
    "登出",
]
M3 = [
    "憑證查詢暨憑證資料檢核", "用戶線上憑證申請", "憑證更新、展期", "憑證上傳手機", "憑證匯出", "憑證匯入",
    "憑證檔(PFX)密碼變更", "憑證密碼安全設定", "憑證作業環境檢查", "關閉視窗",
]  # fmt: skip
CJK = re.compile(r"[\u3400-\u9fff]")
#: What stands in both languages as it is: the masked name of the person, the switch itself, the name of the file that is tried.
NAMES = re.compile("王[○〇]明|中文|王大明|憑證檢查－測試")


@pytest.mark.spec("A1", "A14")
def test_the_menu_is_manual_m0s_and_the_title_has_the_version(window, newcomer):
    person, hand = newcomer(), window("demo")
    assert "示範證券憑證小幫手 0.1.0" in hand.shell.windowTitle()
    assert "測試" in hand.shell.windowTitle()
    hand.log_in(person)
    assert [each.text() for each in hand.shell.menu.entries.values()] == M0
    hand.says("身分驗證成功，請依照下方憑證狀態進行下一步動作", "測試環境", "找不到憑證", "(0/0)")
    hand.says(
        "為確保交易安全，線上註銷憑證有次數限制，當達次數上限，請洽分公司或客服辦理。",
        "今年線上註銷尚可 3 次。",
    )
    hand.press("menu-logout")
    hand.wait("log-in")
    assert not hand.shell.core.is_logged_in


def test_the_menu_is_manual_m3s_with_the_clock_of_the_republic(window, newcomer):
    person, hand = newcomer("example"), window("example")
    hand.log_in(person)
    wanted = [each for each in M3 if each != "憑證上傳手機" or "phone-upload" in hand.shell.menu.entries]
    assert [each.text() for each in hand.shell.menu.entries.values()] == wanted
    assert not hand.shell.menu.entries["renew"].isEnabled(), "grey outside the window"
    assert re.search(r"現在時間：1\d\d/\d\d/\d\d \d\d:\d\d:\d\d", hand.words())


def test_a_wrong_password_is_told_and_the_links_lead_to_the_password_centre(window, newcomer):
    person, hand = newcomer(), window("demo")
    hand.type("identity", person.id)
    hand.type("password", "wrong1234")
    hand.press("log-in")
    assert hand.wait("notice").property("tone") == "bad"
    assert hand.seen("password").text() == "", "a wrong password is typed anew"
    opened: list[str] = []
    hand.shell.choosers.browser = opened.append
    hand.press("forgotten")
    assert opened == [f"http://demo.localhost:{hand.centre.port}/password-centre/"]


@pytest.mark.spec("F4")
@pytest.mark.parametrize("slug", ["demo", "example"])
def test_english_has_no_chinese_left_on_any_page(window, newcomer, slug):
    person, hand = newcomer(slug), window(slug, english=True)
    left: list[tuple[str, str]] = []

    def look(page: str) -> None:
        left.extend((page, told) for _, told in hand.texts() if CJK.search(NAMES.sub("", told)))

    hand.shell.top.mark.clear()
    look("login")
    hand.log_in(person)
    look("overview")
    if hand.seen("slip"):
        hand.press("slip-leave")
    for function in tuple(hand.shell.menu.entries):
        if function not in {"logout", "close", "overview"}:
            hand.shell.open(function)
            hand.rest()
            look(function)
            if hand.seen("slip"):
                hand.press("slip-leave")
    assert left == []


@pytest.mark.spec("F4")
def test_every_word_has_both_languages_with_the_same_places_to_fill():
    places = re.compile(r"\{(\w+)\}")
    english_only = {"language.other", "channel.email"}  # its own name in the other language; a word of both
    for key, (zh, en) in vocabulary.WORDS.items():
        assert zh.strip(), key
        assert en.strip(), key
        assert set(places.findall(zh)) == set(places.findall(en)), key
        assert not CJK.search(en) or key in english_only, key
        if key not in english_only and key != "birth.hint":
            assert CJK.search(zh) or not re.search(r"[a-z]{4}", places.sub("", zh)), key


def test_the_language_changes_at_once_and_the_page_stays(window, newcomer):
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    hand.go("faq")
    hand.press("language")
    hand.says("Questions and answers", "Certificates and application")
    assert hand.shell.function == "faq"
    assert "Demo Securities certificate helper" in hand.shell.windowTitle()


def test_what_is_on_this_computer_is_shown_without_the_centre(window, newcomer, tmp_path):
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    unplug(tmp_path / "home", "demo")
    hand = window("demo", address="")
    hand.says("無法連線至憑證中心", "離線", "以下是此電腦上的憑證。")
    assert hand.seen("do-apply") is None, "what needs the centre is not offered"


# For everybody


@pytest.mark.parametrize(
    "function", ["overview", "import", "security-setting", "environment-check", "sign-order", "revoke"]
)
def test_everything_that_can_be_used_has_a_name_and_a_place_in_the_tab_order(window, newcomer, function):
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    hand.shell.open(function)
    hand.rest()
    usable = [
        each
        for kind in (QAbstractButton, QLineEdit, QComboBox)
        for each in hand.shell.findChildren(kind)
        if each.isVisible() and each.metaObject().className() != "QTableCornerButton"
    ]
    nameless = [
        each.objectName() for each in usable if not (each.accessibleName() or getattr(each, "text", str)())
    ]
    assert nameless == []
    unreachable = [
        each.objectName()
        for each in usable
        if each.isEnabled() and not each.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert unreachable == []


def test_the_keyboard_alone_logs_in_and_walks_the_menu(window, newcomer):
    person, hand = newcomer(), window("demo")
    hand.shell.activateWindow()
    QTest.keyClicks(hand.wait("identity"), person.id)
    QTest.keyClicks(hand.wait("password"), person.password)
    QTest.keyClick(hand.wait("password"), Qt.Key.Key_Return)
    hand.wait("host-panel")
    hand.rest()
    entries = list(hand.shell.menu.entries.values())
    entries[0].setFocus()
    QTest.keyClick(entries[0], Qt.Key.Key_Down)
    assert hand.shell.focusWidget() is entries[1]
    QTest.keyClick(entries[1], Qt.Key.Key_Space)
    hand.says("將憑證檔案拖曳到這裡")


@pytest.mark.parametrize(("width", "english"), [(760, False), (1180, True)], ids=["zh-760", "en-1180"])
def test_letters_of_150_percent_need_no_sideways_scrolling(window, newcomer, width, english):
    person, hand = newcomer(), window("demo", english=english)
    hand.log_in(person)
    for _ in range(3):
        hand.shell.zoom(1)
    assert hand.shell.theme.zoom == 1.5
    hand.shell.resize(width, 800)
    hand.wait("host-panel")
    hand.rest()
    assert hand.shell.width() == width
    for function in ("overview", "import", "repair", "revoke", "instructions", "faq"):
        hand.shell.open(function)
        hand.rest()
        bar = hand.shell.body.area.horizontalScrollBar()
        assert bar.maximum() == 0, (function, bar.maximum())


@pytest.mark.parametrize("tokens", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_words_stand_out_from_their_ground(tokens):
    pairs = [
        (tokens.ink, tokens.paper),
        (tokens.ink_2, tokens.ground),
        (tokens.ink_2, tokens.sunk),
        (tokens.accent_ink, tokens.accent),
    ]
    pairs += [(getattr(tokens, each), getattr(tokens, f"{each}_soft")) for each in ("ok", "warn", "bad")]
    for text, ground in pairs:
        assert contrast(text, ground) >= 4.5, (text, ground)


def test_dark_is_dark_and_wears_the_houses_colour(window):
    hand = window("demo", dark=True)
    assert hand.shell.theme.tokens.accent == "#f0a3c4"
    assert hand.shell.grab().toImage().pixelColor(5, 400).lightness() < 60
    hand.shell.use_scheme(dark=False)
    assert hand.shell.theme.tokens.accent == "#8a2f5b"
    assert hand.shell.grab().toImage().pixelColor(5, 400).lightness() > 200


def contrast(one: str, other: str) -> float:
    """WCAG 2.2."""

    def luminance(colour: str) -> float:
        shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


# Parts


@pytest.mark.parametrize(
    ("first", "second", "good"),
    [
        ("Geheim78", "Geheim78", True),
        ("abc", "abc", False),
        ("abcdefghijk", "abcdefghijk", False),
        ("Geheim78", "Geheim79", False),
        ("Gehe-m78", "Gehe-m78", False),
        ("密碼密碼", "密碼密碼", False),
    ],
    ids=["good", "short", "long", "differ", "symbol", "chinese"],
)
def test_the_rules_of_a_new_password_are_told_while_it_is_typed(qt, first, second, good):
    part = NewPassword(
        theme.Theme(), Words(english=False), PasswordRule(min_length=4, max_length=10, text="規則")
    )
    for field, typed in ((part.first, first), (part.second, second)):
        edit = field.control
        assert isinstance(edit, QLineEdit)
        edit.setText(typed)
    assert bool(part.value) is good
    assert part.complain() is good
    assert all(each.text().startswith("✓") for each in part.rules) is good


@pytest.mark.parametrize(
    ("texts", "dots"),
    [(("one", "two", "three"), 3), (("一、甲", "二、乙", "三、丙"), 0)],
    ids=["dots", "own-numbers"],
)
def test_all_items_of_a_list_look_alike(qt, texts, dots):
    box = browser(
        theme.Theme(), [Paragraph(kind="list", texts=texts), Paragraph(kind="note", texts=("end",))]
    )
    document = box.document()
    blocks = [document.findBlockByNumber(number) for number in range(document.blockCount())]
    assert [each.text() for each in blocks] == [*texts, "end"]
    assert [each.textList() is not None for each in blocks] == [bool(dots)] * len(texts) + [False]


def test_the_clock_of_the_republic_is_taipeis():
    assert clocks.roc_now(datetime(2013, 4, 11, 8, 29, 38, tzinfo=UTC)) == "102/04/11 16:29:38"
    assert clocks.roc_now(datetime(2025, 12, 31, 16, 0, tzinfo=UTC)) == "115/01/01 00:00:00"


def test_a_window_opens_without_knowing_anything():
    face = house.read(None)
    assert face.menu == ()
    assert face.light == theme.LIGHT
