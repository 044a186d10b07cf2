"""Manual M0, the profile `helper`."""

from pathlib import Path

from tests.figures.stage import Stage
from tests.support.hand import BACKUP, PASSWORD, Person, drop, unplug

_ENDS_SOON = """
from datetime import timedelta
from certcenter.certificates.models import Certificate
from certcenter.core import clock
changed = Certificate.objects.filter(serial="{serial}").update(not_after=clock.now() + timedelta(days=9))
assert changed == 1
"""


def life(stage: Stage) -> None:
    """Apply, back up, order, change password and setting, remove, import, revoke."""
    person, hand = stage.newcomer("demo"), stage.sit_down("demo")
    stage.shot("login")
    hand.type("identity", person.id)
    hand.type("password", "wrong1234")
    hand.press("log-in")
    hand.wait("notice")
    hand.rest()
    stage.shot("login-wrong")
    hand.log_in(person)
    stage.whole("overview-none")
    apply(stage, person)
    stage.box("obtained", "obtained-backup", "backup")
    file = export(stage)
    hand.rest()
    stage.whole("overview-valid")
    order(stage, PASSWORD)
    password_and_setting(stage)
    remove_and_import(stage, file)
    revoke(stage, person)
    hand.press("menu-logout")
    hand.wait("log-in")
    stage.shot("logged-out")


def apply(stage: Stage, person: Person, *, photographed: bool = True) -> None:
    """Consent, birth date where it is asked, code with its countdown, password, progress."""
    hand = stage.hand
    take = stage.whole if photographed else _nothing
    hand.press("do-apply")
    hand.wait("consent")
    take("apply-consent")
    hand.tick("agree")
    give_code(stage, person, photographed=photographed)
    hand.wait("new-password")
    take("apply-password")
    if photographed:
        hand.type("new-password", "abc")
        hand.press("obtain")
        stage.shot("apply-password-rules")
    hand.obtain()
    if photographed:
        hand.wait("progress")
        stage.shot("apply-progress")


def give_code(stage: Stage, person: Person, *, photographed: bool = True) -> None:
    """取得認證碼, 確定, the countdown, a wrong one, the right one, 認證成功!"""
    hand = stage.hand
    hand.press("get-code")
    if not photographed:
        hand.box("message")
        hand.type("code", hand.code(person))
        hand.press("check-code")
        hand.box("code-right")
        return
    stage.box("message", "code-sent")
    code = hand.code(person)
    hand.type("code", f"{(int(code) + 1) % 1_000_000:06d}")
    stage.bottom("check-code")
    stage.shot("code-countdown")
    hand.press("check-code")
    hand.until(lambda: hand.seen("code").property("wrong"), "told at its field")
    stage.shot("code-wrong")
    hand.type("code", code)
    hand.press("check-code")
    stage.box("code-right", "code-right")


def export(stage: Stage) -> Path:
    """The name, the rules, the folder's chooser, what goes wrong, success with path and link."""
    hand, folder = stage.hand, stage.folder / "隨身碟"
    folder.mkdir(exist_ok=True)
    hand.wait("export")
    stage.whole("export")
    hand.type("password", PASSWORD)
    hand.type("new-password", BACKUP)
    hand.type("new-password-again", "Other999")
    hand.press("export")
    stage.shot("export-passwords-differ")
    hand.type("new-password-again", BACKUP)
    stage.chooser("export", "export-folder-chooser")
    hand.shell.choosers.folder = lambda *_: str(folder)
    hand.press("export")
    stage.box("exported", "exported")
    hand.wait("host-panel")
    return next(folder.iterdir())


def order(stage: Stage, password: str) -> None:
    """下單簽章, where the house's window has it."""
    hand = stage.hand
    hand.press("do-sign")
    hand.rest()
    for name, typed in (("symbol", "2330"), ("quantity", "1000"), ("price", "580.5")):
        hand.type(f"order-{name}", typed)
    stage.shot("order")
    hand.press("sign")
    hand.type("order-password-input", password)
    stage.shot("order-password")
    hand.press("order-password-send")
    hand.until(lambda: hand.seen("notice") and hand.shell.jobs.idle, "the order's end")
    stage.shot("order-done")


def password_and_setting(stage: Stage) -> None:
    """憑證檔(PFX)密碼變更 and 憑證密碼安全設定, each with a wrong password first."""
    hand = stage.hand
    hand.go("overview")
    hand.press("do-pfx-password")
    hand.type("old-password", "Wrong999")
    hand.type("new-password", "Anders99")
    hand.type("new-password-again", "Anders99")
    hand.press("change-password")
    hand.until(lambda: hand.seen("old-password").property("wrong"), "told at its field")
    stage.whole("pfx-password-wrong")
    hand.type("old-password", PASSWORD)
    hand.press("change-password")
    hand.wait("notice")
    hand.rest()
    stage.shot("pfx-password-done")
    hand.go("overview")
    hand.press("do-security")
    hand.press_radio("security-1")
    hand.type("password", "Anders99")
    stage.whole("security")
    hand.press("set-security")
    hand.wait("notice")
    hand.rest()
    stage.whole("security-done")


def remove_and_import(stage: Stage, file: Path) -> None:
    """資料檢核 with a certificate and without, then the file by the chooser and by dropping it."""
    hand = stage.hand
    hand.shell.open("data-check")
    hand.rest()
    stage.whole("data-check")
    hand.go("overview")
    hand.shell.core.remove(
        hand.shell.overview.client.id
    )  # the page offers it for what is invalid alone (SPEC A8)
    hand.go("overview")
    stage.whole("overview-absent")
    hand.shell.open("data-check")
    hand.rest()
    stage.whole("data-check-none")
    hand.go("import")
    stage.whole("import")
    stage.chooser("file-browse", "import-chooser")
    drop(hand.wait("drop"), file)
    hand.type("password", "Wrong999")
    hand.press("import")
    hand.until(lambda: hand.seen("password").property("wrong"), "told at its field")
    stage.shot("import-wrong-password")
    hand.type("password", BACKUP)
    hand.press("import")
    stage.box("import-ask", "import-ask", "import-yes")
    stage.box("imported", "imported")
    hand.rest()
    stage.shot("overview-imported")


def revoke(stage: Stage, person: Person) -> None:
    """The count, the code, one more question, what is left, and the way to apply again."""
    hand = stage.hand
    hand.go("revoke")
    stage.whole("revoke")
    if hand.seen("agree"):
        hand.tick("agree")
    hand.press("get-code")
    hand.box("message")
    hand.type("code", hand.code(person))
    stage.bottom("check-code")
    stage.shot("revoke-code")
    hand.press("check-code")
    hand.box("code-right")
    stage.box("revoke-ask", "revoke-ask", "revoke-yes")
    stage.box("revoked", "revoked")
    hand.rest()
    stage.whole("overview-revoked")


def renewal(stage: Stage) -> None:
    """The certificate ends soon: reminder, 更新 with the old password, and two certificates to turn over."""
    person, hand = stage.newcomer("demo"), stage.sit_down("demo")
    hand.log_in(person)
    apply(stage, person, photographed=False)
    hand.box("obtained", "backup-cancel")
    hand.rest()
    stage.centre.run(_ENDS_SOON.format(serial=hand.fact("host", "serial").lower()))
    hand.go("overview")
    stage.whole("overview-expiring")
    hand.press("do-renew")
    hand.wait("consent")
    stage.whole("renew-consent")
    hand.tick("agree")
    give_code(stage, person, photographed=False)
    hand.wait("old-password")
    stage.whole("renew-password")
    hand.obtain(password="Neues555", old="Wrong999")
    hand.until(lambda: (found := hand.seen("old-password")) and found.property("wrong"), "told at its field")
    stage.shot("renew-password-wrong")
    hand.obtain(password="Neues555", old=PASSWORD)
    stage.box("obtained", "renewed-backup", "backup-cancel")
    hand.rest()
    stage.whole("overview-renewed")
    if hand.seen("pager-right"):
        hand.press("pager-right")
        stage.whole("overview-second")
        hand.press("do-remove")
        stage.box("remove", "remove", "remove-yes")
        stage.box("message", "removed")


def repair(stage: Stage) -> None:
    """The worker sleeps, the customer stops waiting; another computer has no key; then it is fetched."""
    person, hand = stage.newcomer("demo"), stage.sit_down("demo")
    hand.log_in(person)
    hand.press("do-apply")
    hand.tick("agree")
    give_code(stage, person, photographed=False)
    stage.centre.stop_worker()
    try:
        hand.obtain()
        hand.wait("progress")
        hand.until(lambda: hand.words().count("等待憑證核發") or "Waiting for" in hand.words(), "the wait")
        stage.shot("waiting")
        hand.press("progress-cancel")
        stage.shot("stopped")
        hand.press("go-repair")
        hand.rest()
        stage.whole("repair-awaiting")
        hand.press("download")
        hand.type("repair-password-input", PASSWORD)
        hand.press("repair-password-send")
        hand.wait("progress")
        stage.shot("repair-waiting")
        hand.press("progress-cancel")
        hand.wait("notice")
        hand.rest()
        stage.shot("repair-stopped")
        hand.go("overview")
        stage.whole("overview-awaiting")
    finally:
        stage.centre.resume_worker()
    elsewhere(stage, person)
    hand = stage.sit_down("demo")
    if hand.seen("log-in"):
        hand.log_in(person)
    hand.go("repair")
    repaired(stage)
    hand.rest()
    stage.whole("overview-repaired")


def elsewhere(stage: Stage, person: Person) -> None:
    """The private key is on the other computer."""
    hand = stage.sit_down("demo", home=stage.folder / "elsewhere")
    hand.log_in(person)
    hand.go("repair")

    def missing() -> bool:
        if hand.seen("repair-revoke"):
            return True
        if hand.shell.jobs.idle and not hand.seen("progress"):
            hand.press("download")
        return False

    hand.until(missing, "the private key is missing")
    hand.rest()
    stage.whole("repair-key-missing")


def repaired(stage: Stage) -> None:
    """Press 下載憑證 until the certificate is here; the password is asked where it must be."""
    hand = stage.hand

    def done() -> bool:
        if hand.seen("repair-password-input"):
            stage.shot("repair-password")
            hand.type("repair-password-input", PASSWORD)
            hand.press("repair-password-send")
        elif hand.shell.jobs.idle and not hand.seen("progress") and not hand.seen("repaired"):
            hand.press("download")
        return hand.seen("repaired") is not None

    hand.until(done, "the repair")
    stage.box("repaired", "repaired")


def looking(stage: Stage) -> None:
    """The environment check with a fault and its mending, announcements, instructions, questions, offline."""
    person, hand = stage.newcomer("demo"), stage.sit_down("demo")
    hand.log_in(person)
    apply(stage, person, photographed=False)
    hand.box("obtained", "backup-cancel")
    hand.rest()
    hand.press("menu-environment-check")
    hand.wait("environment-table")
    hand.rest()
    stage.whole("environment")
    folder = hand.shell.core.desk.store.location.folder
    folder.chmod(0o777)
    for file in folder.rglob("*"):
        if file.is_file():
            file.chmod(0o666)
    hand.press("check-again")
    hand.rest()
    stage.whole("environment-faults")
    fixable = [row.key for row in hand.shell.page.report.rows if row.fixable]
    hand.press(f"fix-{fixable[0]}")
    hand.rest()
    stage.shot("environment-one-fixed")
    folder.chmod(0o777)
    hand.press("check-again")
    hand.rest()
    hand.press("fix-all")
    hand.rest()
    stage.whole("environment-all-fixed")
    for function in ("announcements", "instructions", "faq"):
        hand.go(function)
        stage.whole(function)
    question = next(each for each in hand.named("ask-") if each.isVisible())
    question.click()
    stage.shot("faq-answer")
    unplug(stage.home, "demo")
    stage.sit_down("demo", address="")
    stage.whole("offline")
    stage.sit_down("demo", home=stage.folder / "first", address="")
    stage.shot("first-start")


def _nothing(_name: str) -> None:
    """No picture of this one."""
