"""Manual M3, the profile `pfxdir`."""

from pathlib import Path

from tests.figures import staff
from tests.figures.m0 import _ENDS_SOON
from tests.figures.stage import Stage
from tests.support.hand import Hand, Person

PASSWORD = "Abcd1234"


def life(stage: Stage) -> None:
    """The slip, consent, file password and setting, download; export, import, password, setting, environment."""
    person, hand = stage.newcomer("example", slip=True), stage.sit_down("example")
    stage.shot("login")
    hand.log_in(person)
    hand.wait("slip-input")
    stage.shot("slip")
    hand.type("slip-input", person.slip.swapcase() + "x")
    hand.press("slip-send")
    hand.until(lambda: hand.seen("slip-input").property("wrong"), "a wrong slip is told")
    stage.shot("slip-wrong")
    hand.type("slip-input", person.slip)
    hand.press("slip-send")
    hand.until(lambda: not hand.seen("slip-input"), "the slip is taken")
    hand.rest()
    stage.whole("slip-taken")
    apply(stage)
    stage.box("obtained", "obtained", "backup-cancel")
    hand.rest()
    stage.whole("overview-valid")
    export(stage)
    order_and_settings(stage)
    another_computer(stage, person)


def apply(stage: Stage, *, photographed: bool = True) -> None:
    """我同意上述約定條款, 繼續, password and setting before the key is made, 憑證下載."""
    hand = stage.hand
    hand.press("menu-apply")
    hand.wait("consent")
    if photographed:
        stage.whole("apply-consent")
    hand.tick("agree")
    hand.press("continue")
    hand.wait("new-password")
    if photographed:
        stage.whole("apply-password")
    hand.obtain(password=PASSWORD)
    if photographed:
        hand.wait("progress")
        stage.shot("apply-progress")


def proven(stage: Stage) -> Person:
    """Somebody whose slip was taken, without pictures."""
    person, hand = stage.newcomer("example", slip=True), stage.sit_down("example")
    hand.log_in(person)
    hand.type("slip-input", person.slip)
    hand.press("slip-send")
    hand.until(lambda: not hand.seen("slip-input"), "the slip is taken")
    hand.rest()
    return person


def export(stage: Stage) -> None:
    """憑證匯出: the folder, the password that the file has, 執行匯出."""
    hand = stage.hand
    hand.go("export")
    stage.whole("export")
    (stage.folder / "stick").mkdir()
    hand.type("folder", str(stage.folder / "stick"))
    hand.type("password", PASSWORD)
    hand.press("export")
    stage.box("exported", "exported")
    hand.rest()


def order_and_settings(stage: Stage) -> None:
    """An order, 憑證檔(PFX)密碼變更, 憑證密碼安全設定, 憑證作業環境檢查."""
    hand = stage.hand
    hand.press("do-sign")
    hand.rest()
    stage.shot("order")
    hand.go("pfx-password")
    stage.whole("pfx-password")
    hand.go("security-setting")
    hand.press_radio("security-1")
    hand.type("password", PASSWORD)
    stage.whole("security")
    hand.press("set-security")
    hand.wait("notice")
    hand.rest()
    stage.whole("security-done")
    hand.press("menu-environment-check")
    hand.wait("environment-table")
    hand.rest()
    stage.whole("environment")


def another_computer(stage: Stage, person: Person) -> None:
    """憑證匯入 on a computer that has never seen the certificate."""
    file = next((stage.folder / "stick").iterdir())
    hand = stage.sit_down("example", home=stage.folder / "another")
    hand.log_in(person)
    stage.whole("overview-absent")
    hand.go("import")
    stage.whole("import")
    hand.type("file", str(file))
    hand.type("password", PASSWORD)
    hand.press("import")
    stage.box("import-ask", "import-ask", "import-yes")
    stage.box("imported", "imported")
    hand.rest()
    stage.whole("overview-imported")


def renewal(stage: Stage) -> None:
    """代碼31: the reminder, 憑證更新、展期 with the file's password, the advice afterwards."""
    proven(stage)
    hand = stage.hand
    apply(stage, photographed=False)
    hand.box("obtained", "backup-cancel")
    hand.rest()
    serial = hand.fact("host", "serial").partition("(0x")[2].rstrip(")").lower().lstrip("0")
    stage.centre.run(_ENDS_SOON.format(serial=serial))
    hand.go("overview")
    stage.whole("overview-expiring")
    hand.press("menu-renew")
    hand.wait("consent")
    stage.whole("renew-consent")
    hand.tick("agree")
    hand.press("continue")
    hand.wait("old-password")
    stage.whole("renew-password")
    hand.obtain(password="Neues555", old=PASSWORD)
    stage.box("obtained", "renewed", "backup-cancel")
    hand.rest()
    stage.whole("overview-renewed")


def redownload(stage: Stage) -> None:
    """The download breaks off; staff check who calls and open it on their pages; 憑證重新下載 fetches it here."""
    person = proven(stage)
    hand = stage.hand
    hand.press("menu-apply")
    hand.tick("agree")
    hand.press("continue")
    stage.centre.stop_worker()
    try:
        hand.obtain(password=PASSWORD)
        hand.wait("progress")
        hand.until(lambda: "等待憑證核發" in hand.words() or "Waiting for" in hand.words(), "the wait")
        stage.shot("waiting")
        hand.press("progress-cancel")
    finally:
        stage.centre.resume_worker()
    hand = stage.sit_down("example")  # another session: this one may not fetch it by itself
    if hand.seen("host-panel"):
        hand.shell.log_out()
        hand.wait("log-in")
    hand.log_in(person)
    stage.whole("overview-mismatch")
    staff.open_download(stage, person)
    hand.go("overview")
    stage.whole("overview-opened")
    hand.press("menu-redownload")
    hand.rest()
    stage.whole("redownload")
    finish(stage, hand)


def finish(stage: Stage, hand: Hand) -> None:
    """Press 憑證下載 until it is here."""

    def done() -> bool:
        if hand.seen("repair-password-input"):
            stage.shot("redownload-password")
            hand.type("repair-password-input", PASSWORD)
            hand.press("repair-password-send")
        elif hand.shell.jobs.idle and not hand.seen("progress") and not hand.seen("repaired"):
            hand.press("download")
        return hand.seen("repaired") is not None

    hand.until(done, "the download")
    stage.box("repaired", "redownloaded")
    hand.rest()
    stage.whole("overview-redownloaded")


def phone(stage: Stage) -> None:
    """憑證上傳手機, with a phone that shows its code."""
    person = proven(stage)
    hand = stage.hand
    apply(stage, photographed=False)
    hand.box("obtained", "backup-cancel")
    hand.rest()
    hand.go("phone-upload")
    stage.whole("phone")
    picture = Path(stage.folder / "code.png")
    with staff.telephone(stage, person, picture):
        hand.type("pairing-picture", str(picture))
        hand.type("password", PASSWORD)
        hand.press("upload")
        stage.box("matching", "phone-matching", "same")
        hand.wait("progress")
        stage.shot("phone-sending")
        hand.until(lambda: hand.seen("notice") and hand.shell.jobs.idle, "the phone has taken it")
        stage.shot("phone-done")
