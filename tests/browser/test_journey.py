"""A customer's whole life in a real Chromium, in both languages and two widths (issue 2, Done when; SPEC A1–A9, A11, A13, A15).

PFX files go out to OpenSSL, Java, NSS and Python, and theirs come in. All traffic is watched for keys and passwords.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from playwright.sync_api import expect
from tests.support.customer import BACKUP, PASSWORD, PATIENCE, Customer

from certcenter_sdk import pfx

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

#: Both languages and both widths at least once in every run, all four in the long one.
SETTINGS = [
    pytest.param("zh-hant", 1280, id="zh-desktop"),
    pytest.param("en", 390, id="en-phone"),
    pytest.param("zh-hant", 390, id="zh-phone", marks=pytest.mark.soak),
    pytest.param("en", 1280, id="en-desktop", marks=pytest.mark.soak),
]


#: A browser that is asked to keep what is stored, and does not promise it.
FORGETFUL = """
navigator.storage.persisted = () => Promise.resolve(false);
navigator.storage.persist = () => { window.asked = true; return Promise.resolve(false); };
"""


@pytest.mark.spec("A1", "A3", "A5", "A6", "A8", "A11", "A15", "E11", "F4")
@pytest.mark.parametrize(("language", "width"), SETTINGS)
def test_a_life(visit, tmp_path, language, width):
    """Apply, back up, order, remove, import, revoke, and the way to apply again."""
    with visit("none", language=language, width=width) as customer:
        customer.says("您尚未申請憑證，請點申請", "You have not applied for a certificate yet")
        customer.sees("客戶姓名" if language == "zh-hant" else "Customer name")
        customer.shot("overview-none")
        customer.page.add_init_script(FORGETFUL)
        customer.prove("apply")
        customer.says("驗證成功，請立即申請憑證", "Verified. Please apply for your certificate now")
        customer.obtain(mode="2")
        customer.says("請備份您的憑證", "Please back up your certificate")
        assert customer.page.evaluate("window.asked"), "the browser is asked to keep what is stored"
        customer.says("備份才是安全的副本", "A backup is the only safe copy")
        file = customer.export(tmp_path)
        assert re.fullmatch(r".+-SAMPLE\(\d{4}-\d{2}-\d{2}\)\.pfx", file.name), file.name
        assert customer.person["id"] not in file.name
        readable_everywhere(file)
        customer.open("/certificates/")
        customer.says("有效", "Valid")
        customer.shot("overview-valid")
        customer.order(asks=True)
        customer.order(asks=False)
        customer.order(asks=False, tamper=True)
        remove_and_import_again(customer, file)
        customer.prove("revoke")
        customer.says(
            "您已完成憑證註銷，如需進行電子交易下單或憑證報稅，請重新申請憑證",
            "Your certificate is revoked. To place electronic orders or file taxes",
        )
        customer.shot("revoked")
        customer.page.locator("main a.first").click()
        customer.page.wait_for_url("**/apply/")
        customer.open("/data-check/")
        customer.says("無效", "Invalid")
        customer.shot("check-invalid")


def remove_and_import_again(customer: Customer, file: Path) -> None:
    """憑證資料檢核 in its three states: valid → export, invalid → remove (elsewhere), none → import."""
    customer.open("/data-check/")
    customer.says("匯出", "Export")
    customer.shot("check-valid")
    remove(customer)
    customer.open("/data-check/")
    customer.says("此台電腦瀏覽器，查無您有效憑證", "There is no valid certificate of yours")
    customer.shot("check-none")
    customer.page.locator("main table a.first").click()
    customer.page.wait_for_url("**/import/")
    customer.shot("import")
    customer.choose_file(file, BACKUP, mode="1")
    customer.view("done")
    customer.shot("imported")


def remove(customer: Customer) -> None:
    """Remove the certificate that the overview shows."""
    customer.open("/certificates/")
    customer.page.locator("[data-remove]").click()
    customer.shot("remove")
    customer.page.locator("#remove [data-yes]").click()
    expect(customer.page.locator("[data-remove]")).to_be_hidden(timeout=PATIENCE)


@pytest.mark.spec("A6", "A7", "E11")
def test_files_of_other_programs_are_imported(visit, centre, tmp_path):
    """OpenSSL (today's and old forms), Java, NSS and Python re-pack a customer's key; the page takes each."""
    with visit("valid") as customer:
        original = centre.backup(customer.person)
        packed = repacked(original, centre.pfx_password, tmp_path)
        assert {"openssl", "openssl-legacy", "cryptography"} <= packed.keys()
        for file in packed.values():
            customer.import_(file, centre.pfx_password)
            customer.view("done")
            assert len(customer.kept_keys()) == 1
            remove(customer)


@pytest.mark.spec("A4", "A7", "A8")
def test_renewal_signed_by_the_old_key_from_a_backup(visit, centre):
    with visit("expiring", width=390) as customer:
        customer.shot("overview-expiring")
        customer.import_(centre.backup(customer.person), centre.pfx_password, mode="1")
        customer.view("done")
        customer.open("/certificates/")
        customer.page.locator("main table a.first").click()
        customer.page.wait_for_url("**/renew/")
        customer.prove("renew")
        customer.says("驗證成功，請立即更新憑證", "Verified. Please renew your certificate now")
        sent = len(customer.watch.sent)
        customer.obtain(mode="1", old=centre.pfx_password)
        assert any(b"old_key_proof" in body for _, body in customer.watch.sent[sent:])
        customer.open("/certificates/")
        customer.sees("有效")
        assert sorted(each["state"] for each in customer.kept_keys()) == ["installed", "replaced"]
        customer.open("/data-check/")
        customer.sees("無效", "匯出")
        customer.shot("check-renewed")
        customer.page.locator("main table button.grave").click()
        customer.page.locator("#remove [data-yes]").click()
        expect(customer.page.locator("main table button.grave")).to_have_count(0)
        customer.order(asks=True)


@pytest.mark.spec("A4", "A5")
def test_renewal_without_the_old_key(visit):
    """The full proof is enough; the old certificate is superseded, which counts as no revocation."""
    with visit("expiring", language="en") as customer:
        customer.sees("You can revoke online 2 more times this year")
        customer.prove("renew")
        assert customer.page.locator("[data-old]").is_hidden()
        customer.obtain()
        customer.open("/certificates/")
        customer.sees("Valid", "You can revoke online 2 more times this year")


@pytest.mark.spec("A5", "A3")
def test_after_revoking_a_new_certificate_is_applied_for(visit):
    with visit("revoked", language="en") as customer:
        customer.sees("You have revoked your certificate")
        customer.shot("overview-revoked")
        customer.apply()
        customer.open("/certificates/")
        customer.sees("Valid")


@pytest.mark.spec("A11")
def test_the_security_mode_governs_signing(visit):
    """1 asks at every order; a change takes effect at the next session; 3 never asks; logout forgets what 2 kept."""
    with visit("none") as customer:
        customer.apply(mode="1")
        customer.order(asks=True)
        customer.order(asks=True)
        change_mode(customer, "2")
        customer.order(asks=True)
        again(customer)
        customer.order(asks=True)
        customer.order(asks=False)
        assert [each["handle"] for each in customer.kept_keys()] == [True]
        customer.log_out()
        customer.shot("signed-out")
        expect(customer.page.locator("main")).to_contain_text("登出")
        customer.page.wait_for_function(
            """async () => { const open = indexedDB.open("certcenter");
               const db = await new Promise((y) => { open.onsuccess = () => y(open.result); });
               const all = db.transaction("handles").objectStore("handles").getAll();
               const handles = await new Promise((y) => { all.onsuccess = () => y(all.result); });
               db.close(); return handles.length === 0; }"""
        )
        customer.log_in()
        customer.order(asks=True)
        change_mode(customer, "3")
        again(customer)
        customer.order(asks=False)
        again(customer)
        customer.order(asks=False)


def change_mode(customer: Customer, mode: str) -> None:
    customer.open("/security/")
    customer.view("form")
    customer.shot("security")
    customer.page.check(f"[name=mode][value='{mode}']")
    customer.page.fill("#password", PASSWORD)
    customer.press("[data-view=form]")
    customer.view("done")


def again(customer: Customer) -> None:
    customer.log_out()
    customer.log_in()


@pytest.mark.spec("A8")
def test_removing_offers_the_backup_first(visit):
    with visit("none", language="en", width=390) as customer:
        customer.apply()
        customer.open("/certificates/")
        customer.page.locator("[data-remove]").click()
        dialog = customer.page.locator("#remove")
        expect(dialog).to_contain_text("There is no backup yet")
        customer.shot("remove-unbacked")
        dialog.locator("[data-no]").click()
        assert [each["state"] for each in customer.kept_keys()] == ["installed"]
        customer.page.locator("[data-remove]").click()
        dialog.locator("[data-backup]").click()
        customer.page.wait_for_url("**/export/")


@pytest.mark.spec("A9")
def test_a_tab_closed_during_the_download_is_repaired(visit):
    with visit("none", language="en") as customer:
        customer.prove("apply")
        customer.page.route("**/api/v1/applications/*/certificate", lambda route: route.abort())
        customer.choose_password()
        with customer.page.expect_request(
            lambda request: request.url.endswith("/certificate"), timeout=PATIENCE
        ):
            customer.press("[data-view=password]")
        customer.page.close()
        assert customer.watch.sent
        customer.page = customer.context.new_page()
        customer.open("/certificates/")
        customer.shot("overview-awaiting")
        customer.page.locator("main table a.first").click()
        customer.page.wait_for_url("**/repair/")
        customer.view("ready")
        customer.shot("repair")
        customer.page.fill("#password", "Wrong1234")
        customer.press("[data-view=ready]")
        customer.sees("The password is wrong")
        customer.page.fill("#password", PASSWORD)
        customer.press("[data-view=ready]")
        customer.view("done")
        customer.shot("repaired")
        customer.order(asks=True)


@pytest.mark.spec("A13")
@pytest.mark.parametrize(("language", "width"), SETTINGS[:2])
def test_environment_check(visit, language, width):
    """The facts, the table, and the one thing that a page can fix."""
    with visit("none", language=language, width=width) as customer:
        customer.open("/environment/")
        rows = customer.page.locator("[data-environment] tbody tr")
        expect(rows.first).to_be_visible(timeout=PATIENCE)
        customer.says("目前您的電腦環境狀態", "your computer")
        customer.shot("environment")
        asked = "navigator.storage.persist = () => { window.asked = true; return Promise.resolve(true); };"
        customer.page.evaluate(
            asked + "navigator.storage.persisted = () => Promise.resolve(Boolean(window.asked));"
        )
        customer.page.locator("[data-id=persistence] button").click()
        expect(customer.page.locator("[data-id=persistence] .pill")).to_have_class(re.compile("ok"))
        customer.shot("environment-fixed")


@pytest.mark.spec("E7")
@pytest.mark.parametrize(("language", "width"), SETTINGS[:2])
def test_an_idle_session_warns_and_can_be_extended(visit, language, width):
    with visit("none", language=language, width=width) as customer:
        customer.page.clock.install()
        customer.open("/certificates/")
        customer.page.clock.fast_forward("14:30")
        dialog = customer.page.locator("#idle")
        expect(dialog).to_be_visible()
        customer.shot("idle")
        dialog.locator("[data-stay]").click()
        expect(dialog).to_be_hidden()
        customer.page.clock.fast_forward("14:30")
        expect(dialog).to_be_visible()
        customer.page.clock.fast_forward("02:00")
        customer.page.wait_for_url("**/signed-out/?idle")
        customer.says("登出", "You are signed out")
        customer.shot("idle-over")


# --- files of others -----------------------------------------------------------------------------------------------


def readable_everywhere(file: Path) -> None:
    """OpenSSL, Java and NSS read the file, and so does Python (SPEC E11)."""
    assert pfx.read(file.read_bytes(), BACKUP).certificate is not None
    commands = {
        "openssl": ["openssl", "pkcs12", "-in", file, "-passin", f"pass:{BACKUP}", "-nodes"],
        "keytool": ["keytool", "-list", "-keystore", file, "-storetype", "PKCS12", "-storepass", BACKUP],
        "pk12util": ["pk12util", "-l", file, "-W", BACKUP],
    }
    for program, command in commands.items():
        if shutil.which(program):
            run(*command)


def repacked(original: Path, password: str, folder: Path) -> dict[str, Path]:
    """The key and certificate of `original` in files by other programs, all with the same password."""
    pem, files = folder / "all.pem", {}
    run("openssl", "pkcs12", "-in", original, "-passin", f"pass:{password}", "-nodes", "-out", pem)
    for name, options in {"openssl": (), "openssl-legacy": ("-legacy",)}.items():
        files[name] = folder / f"{name}.pfx"
        run(
            "openssl",
            "pkcs12",
            "-export",
            *options,
            "-in",
            pem,
            "-passout",
            f"pass:{password}",
            "-out",
            files[name],
        )
    key, leaf, chain = pkcs12.load_key_and_certificates(original.read_bytes(), password.encode())
    files["cryptography"] = folder / "cryptography.pfx"
    files["cryptography"].write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"python", key, leaf, chain, BestAvailableEncryption(password.encode())
        )
    )
    if shutil.which("keytool"):
        files["keytool"] = folder / "keytool.p12"
        run(
            "keytool", "-importkeystore", "-srckeystore", files["openssl"], "-srcstoretype", "PKCS12", "-srcstorepass", password,
            "-destkeystore", files["keytool"], "-deststoretype", "PKCS12", "-deststorepass", password,
        )  # fmt: skip
    if shutil.which("pk12util"):
        files["pk12util"] = folder / "nss.pfx"
        with_nss(files["openssl"], files["pk12util"], password, folder / "nss")
    return files


def with_nss(source: Path, target: Path, password: str, database: Path) -> None:
    """Import into an NSS database and export again."""
    database.mkdir()
    run("certutil", "-N", "-d", database, "--empty-password")
    run("pk12util", "-i", source, "-d", database, "-W", password)
    names = run("certutil", "-L", "-d", database)
    nickname = next(line[:61].strip() for line in names.splitlines() if re.search(r"\bu,", line))
    run("pk12util", "-o", target, "-n", nickname, "-d", database, "-W", password)


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]}: {done.stderr}{done.stdout}"
    return done.stdout
