"""Lives at the window, through its own widgets, against a real centre: manuals M0 and M3 (SPEC A1–A11, A13–A15)."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QWidget
from tests.support.hand import BACKUP, PASSWORD, Hand, drop

#: The three security settings as manual M3 writes them.
SETTINGS = ["1. 每次下單均詢問憑證密碼", "2. 登入後第一次下單詢問憑證密碼", "3. 永遠不詢問憑證密碼"]

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("helper")]


@pytest.mark.spec("A1", "A3", "A5", "A6", "A7", "A8", "A10", "A11", "A15")
def test_a_life_by_manual_m0(window, newcomer, tmp_path):
    """Apply, back up, order, change password and setting, remove, import by dropping, revoke, and the way to apply again."""
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    apply_by_m0(hand, person)
    told = hand.box("obtained", "backup")
    assert "請點選【備份】進行憑證備份" in told
    file = export_by_m0(hand, tmp_path)
    assert pkcs12.load_key_and_certificates(file.read_bytes(), BACKUP.encode())[1] is not None
    hand.says("有效憑證", "有效 (可匯出)", "(1/1)")
    assert hand.fact("host", "serial") == hand.fact("client", "serial")

    place_order(hand, person, password=PASSWORD)
    hand.says("簽章正確，委託已受理", "存證編號：")

    hand.go("overview")
    hand.press("do-pfx-password")
    hand.type("old-password", "Wrong999")
    hand.type("new-password", "Anders99")
    hand.type("new-password-again", "Anders99")
    hand.press("change-password")
    hand.until(lambda: hand.seen("old-password").property("wrong"), "the wrong password is told at its field")
    hand.type("old-password", PASSWORD)
    hand.press("change-password")
    hand.says("密碼變更成功")

    hand.go("overview")
    hand.press("do-security")
    hand.press_radio("security-1")
    hand.type("password", "Anders99")
    hand.press("set-security")
    hand.says("執行成功")

    remove_and_drop(hand, file)
    revoke_by_m0(hand, person)
    hand.press("do-apply")
    hand.wait("consent")


def apply_by_m0(hand: Hand, person) -> None:
    """同意書, 取得認證碼, the masked contacts, the code, the certificate password."""
    hand.press("do-apply")
    hand.wait("consent")
    assert not hand.seen("get-code").isEnabled(), "first the consent"
    hand.tick("agree")
    told = hand.give_code(person)
    assert f"行動電話：{person.phone[:4]}***{person.phone[-3:]}；E-mail：" in told
    hand.says("請自行設定憑證密碼")
    hand.obtain()


def export_by_m0(hand: Hand, folder: Path) -> Path:
    """設定憑證密碼, the folder, 確定匯出, the link to 訂閱中心, and back to the overview."""
    hand.wait("export")
    assert hand.seen("file-name").text() == f"{hand.shell.core.identity}_DEMO.pfx"
    chosen = folder / "隨身碟"
    chosen.mkdir()
    hand.shell.choosers.folder = lambda *_: str(chosen)
    hand.type("password", PASSWORD)
    hand.type("new-password", BACKUP)
    hand.type("new-password-again", BACKUP)
    hand.press("export")
    opened: list[str] = []
    hand.shell.choosers.browser = opened.append
    hand.wait("exported")
    hand.press("statements")
    assert opened == ["https://subscribe.demo.example/"]
    told = hand.box("exported")
    assert str(chosen) in told
    hand.wait("host-panel")
    hand.rest()
    return chosen / f"{hand.shell.core.identity}_DEMO.pfx"


def place_order(hand: Hand, person, *, password: str) -> None:
    """下單簽章 under the security setting."""
    hand.press("do-sign")
    account = hand.wait("order-account")
    hand.until(account.count, "the customer's accounts")
    assert account.currentData() == person.account
    assert person.account not in account.currentText(), "masked on the screen"
    for name, typed in (("symbol", "2330"), ("quantity", "1000"), ("price", "580.5")):
        hand.type(f"order-{name}", typed)
    hand.press("sign")
    hand.type("order-password-input", password)
    hand.press("order-password-send")


def remove_and_drop(hand: Hand, file: Path) -> None:
    """移除憑證 in the data check's way, then the backup is dropped on the window."""
    hand.shell.core.remove(hand.shell.overview.client.id)
    hand.go("overview")
    hand.says("您的電腦中沒有與主機相同之憑證")
    told = [each.text() for each in hand.wait("host-panel").findChildren(QLabel)]
    assert "備份" not in "".join(told), "of what is not here"
    hand.go("import")
    drop(hand.wait("drop"), file)
    hand.type("password", "Wrong999")
    hand.press("import")
    hand.until(lambda: hand.seen("password").property("wrong"), "the wrong password is told at its field")
    hand.type("password", BACKUP)
    hand.press("import")
    assert "您要安裝此憑證嗎？" in hand.box("import-ask", "import-yes")
    hand.box("imported")
    hand.says("有效 (可匯出)")


def revoke_by_m0(hand: Hand, person) -> None:
    """The quota, the code after a wrong one, 確定註銷, and what is left."""
    hand.go("revoke")
    hand.says(
        "若要註銷此憑證，請進行認證", "線上註銷憑證有次數限制，當達次數上限，", "今年線上註銷尚可 3 次。"
    )
    if hand.seen("agree"):
        hand.tick("agree")
    hand.press("get-code")
    hand.box("message")
    code = hand.code(person)
    hand.type("code", f"{(int(code) + 1) % 1_000_000:06d}")
    hand.press("check-code")
    hand.until(lambda: "2" in hand.seen("code").parent().error.text(), "two tries are left")
    hand.type("code", code)
    hand.press("check-code")
    hand.box("code-right")
    hand.box("revoke-ask", "revoke-yes")
    assert "今年線上註銷尚可 2 次。" in hand.box("revoked")
    hand.says("已註銷")
    hand.rest()


@pytest.mark.spec("A1", "A2", "A3", "A6", "A11")
@pytest.mark.parametrize("english", [False, True], ids=["zh", "en"])
def test_a_life_by_manual_m3(window, newcomer, tmp_path, english):
    """The slip at the first 憑證作業, consent, password and setting before the key; path, file, serial in two forms; export copies."""
    person, hand = newcomer("example", slip=True), window("example", english=english)
    hand.log_in(person)
    hand.type("slip-input", person.slip.swapcase() + "x")
    hand.press("slip-send")
    hand.until(lambda: hand.seen("slip-input").property("wrong"), "a wrong slip is told")
    hand.type("slip-input", person.slip)
    hand.press("slip-send")
    hand.press("menu-apply")
    hand.wait("consent")
    assert not hand.seen("continue").isEnabled()
    hand.tick("agree")
    hand.press("continue")
    hand.says(str(tmp_path / "home")[:8])
    assert hand.wait("security-2").isChecked(), "2 is chosen beforehand"
    if not english:
        told = [hand.seen(f"security-{number}").accessibleName() for number in "123"]
        assert told == SETTINGS, "manual M3, 9, word for word"
    hand.obtain(password="Abcd")
    hand.box("obtained", "backup-cancel")
    hand.says("valid certificate" if english else "代碼 0 (有效憑證)")
    serial = hand.fact("client", "serial")
    decimal, _, rest = serial.partition("(0x")
    assert int(decimal) == int(rest.rstrip(")"), 16)
    assert hand.fact("client", "file") == f"{person.id}.pfx"
    path = Path(hand.fact("client", "path"))
    assert (path / f"{person.id}.pfx").exists()
    assert hand.fact("client", "security").startswith("2")

    hand.go("export")
    hand.type("folder", str(tmp_path))
    hand.type("password", "Abcd")
    hand.press("export")
    hand.box("exported")
    hand.wait("host-panel")
    hand.rest()
    assert (tmp_path / f"{person.id}.pfx").read_bytes() == (path / f"{person.id}.pfx").read_bytes()


@pytest.mark.spec("A4")
def test_renewal_with_the_old_key(window, newcomer, centre):
    """The certificate ends soon: code, the old certificate's password, and the old one works until the new one is here."""
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    apply_by_m0(hand, person)
    hand.box("obtained", "backup-cancel")
    hand.rest()
    before = hand.fact("host", "serial")
    centre.run(_ENDS_SOON.format(serial=before.lower()))
    hand.go("overview")
    hand.says("憑證即將過期")
    hand.press("do-renew")
    hand.tick("agree")
    hand.give_code(person)
    hand.obtain(password="Neues555", old="Wrong999")
    hand.until(
        lambda: hand.seen("old-password") and hand.seen("old-password").property("wrong"), "told at its field"
    )
    hand.obtain(password="Neues555", old=PASSWORD)
    hand.box("obtained", "backup-cancel")
    hand.rest()
    assert hand.fact("host", "serial") != before
    assert hand.fact("host", "serial") == hand.fact("client", "serial")


_ENDS_SOON = """
from datetime import timedelta
from certcenter.certificates.models import Certificate
from certcenter.core import clock
changed = Certificate.objects.filter(serial="{serial}").update(not_after=clock.now() + timedelta(days=9))
assert changed == 1
"""


@pytest.mark.spec("A12")
def test_what_the_phone_shows_must_be_given_and_be_a_code(window, newcomer):
    """憑證上傳手機 names what is missing and refuses what is no pairing code; the whole way is the core's test."""
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    apply_by_m0(hand, person)
    hand.box("obtained", "backup-cancel")
    hand.rest()
    hand.press("do-phone")
    hand.press("upload")
    hand.says("請貼上 QR 碼文字，或選擇圖片。")
    hand.wait("pairing-code").setPlainText("no pairing code")
    hand.type("password", PASSWORD)
    hand.press("upload")
    assert hand.wait("notice").property("tone") == "bad"


@pytest.mark.spec("A9")
def test_the_window_lives_while_the_centre_sleeps_and_repair_goes_on(window, newcomer, centre):
    """Nothing is issued: the window still answers, 取消 stops the wait, and 憑證修復 fetches what was made meanwhile."""
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    beats: list[int] = []
    heart = QTimer()
    heart.timeout.connect(lambda: beats.append(1))
    hand.press("do-apply")
    hand.tick("agree")
    hand.give_code(person)
    centre.stop_worker()
    try:
        hand.obtain()
        hand.wait("progress")
        heart.start(10)
        hand.says("等待憑證核發")
        begun = len(beats)
        hand.until(lambda: len(beats) > begun + 20, "the window's heart")
        assert not hand.shell.jobs.idle, "the command is still under way"
        hand.press("progress-cancel")
        hand.says("已停止")
    finally:
        centre.resume_worker()
    hand.press("go-repair")
    hand.says("此處下載的僅有「憑證公鑰」")

    def repaired() -> bool:
        if hand.seen("repair-password-input"):
            hand.type("repair-password-input", PASSWORD)
            hand.press("repair-password-send")
        elif (
            hand.shell.jobs.idle
            and hand.seen("download")
            and not hand.seen("progress")
            and not hand.seen("repaired")
        ):
            hand.press("download")
        return hand.seen("repaired") is not None

    hand.until(repaired, "the repair")
    assert "【可匯出】" in hand.box("repaired")
    hand.says("有效 (可匯出)")


@pytest.mark.spec("A13")
def test_the_environment_check_fixes_what_it_finds(window, newcomer, tmp_path):
    """A folder that others can read is found, 變更設定 mends it, and the row says so."""
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    hand.go("environment-check")
    table = hand.wait("environment-table")
    keys = [row.key for row in hand.shell.page.report.rows]
    assert table.rowCount() == len(keys) >= 8
    folder = hand.shell.core.desk.store.location.folder
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    hand.press("check-again")
    hand.rest()
    fixable = [row.key for row in hand.shell.page.report.rows if row.fixable]
    assert fixable, "a folder that all can write to is found"
    hand.press(f"fix-{fixable[0]}")
    hand.says("變更設定成功")
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.spec("A14")
def test_announcements_instructions_and_questions(window, newcomer):
    person, hand = newcomer(), window("demo")
    hand.log_in(person)
    for function in ("announcements", "instructions", "faq"):
        hand.go(function)
        assert hand.shell.page.findChildren(QWidget), function
    questions = [
        each
        for each in hand.shell.findChildren(QWidget)
        if each.objectName().startswith("ask-") and each.isVisible()
    ]
    answer = hand.shell.findChild(QWidget, questions[0].objectName().replace("ask-", "document-"))
    assert not answer.isVisible()
    questions[0].click()
    assert answer.isVisible()
