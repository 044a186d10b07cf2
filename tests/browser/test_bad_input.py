"""What can go wrong at the page, each with a clear sentence in the customer's language, and nothing lost (issue 2, Bad input)."""

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import expect
from tests.support.customer import PATIENCE, Customer

from certcenter_sdk import pfx

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: A reference number, as it is read out on the telephone.
NUMBER = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")


# --- proving who one is -------------------------------------------------------------------------------------------


@pytest.mark.spec("E3", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_three_wrong_birth_dates(visit, language):
    with visit("none", language=language) as customer:
        customer.open("/apply/")
        for left in (2, 1):
            customer.page.fill("[name=birth_date]", "601231")
            customer.press()
            customer.says(f"尚可輸入 {left} 次", f"Tries left: {left}")
            customer.shot("birth-date-wrong")
        customer.page.fill("[name=birth_date]", "601231")
        customer.press()
        customer.says("三次", "three times")
        customer.shot("birth-date-ended")
        customer.open("/apply/")
        customer.page.fill("[name=birth_date]", customer.birth_date)
        customer.press()
        customer.says("明日", "tomorrow")


@pytest.mark.spec("F3", "E10")
def test_a_birth_date_that_is_no_date_costs_no_try(visit):
    with visit("none", language="en") as customer:
        customer.open("/apply/")
        for text in ("", "1987-12-05", "761305", "<b>x</b>"):
            customer.page.fill("[name=birth_date]", text)
            customer.press()
            expect(customer.page.locator("#id_birth_date-error")).to_be_visible(timeout=PATIENCE)
        customer.page.fill(
            "[name=birth_date]", "".join(chr(ord(each) + 0xFEE0) for each in customer.birth_date)
        )
        customer.press()
        customer.page.wait_for_url("**/verify/**")


@pytest.mark.spec("D4", "E3", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_wrong_codes_and_a_fourth_try(visit, language):
    """Three wrong ones end a code; the right one is then refused, and says what to do."""
    with visit("none", language=language, width=390) as customer:
        customer.consent("apply")
        right = customer.ask_code()
        customer.give_code("12")
        customer.says("驗證碼為 6 位數字", "The code has 6 digits")
        for number in range(3):
            customer.give_code(wrong(right))
            customer.says("驗證碼錯誤", "The code is wrong")
            customer.shot(f"code-wrong-{number}")
        assert customer.page.locator("#code").count() == 0 or refused(customer, right)
        customer.says("請重新發送驗證碼", "new code")


def refused(customer: Customer, right: str) -> bool:
    customer.give_code(right)
    customer.page.wait_for_load_state()
    return "/verify/" in customer.page.url


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


@pytest.mark.spec("D4", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_an_expired_code(visit, centre, language):
    with visit("none", language=language) as customer:
        customer.consent("apply")
        right = customer.ask_code()
        centre.run(
            "from certcenter.otp.models import Challenge\n"
            "from certcenter.core import clock\n"
            "Challenge.objects.filter(expires_at__gt=clock.now()).update(expires_at=clock.ago(seconds=1))"
        )
        customer.give_code(right)
        customer.says("此驗證碼已失效", "This code is no longer valid")
        customer.says("操作未完成", "That did not work")
        customer.says("先前完成的步驟仍然有效", "The steps before this one stand")
        customer.shot("code-expired")


@pytest.mark.spec("E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_a_consent_that_changed_meanwhile(visit, centre, language):
    """What was read is not what is in force: the new text is shown, nothing is applied for."""
    with visit("none", language=language) as customer:
        customer.open("/apply/")
        centre.run("from tests.support.newcomers import publish_consent_again; publish_consent_again()")
        customer.page.fill("[name=birth_date]", customer.birth_date)
        customer.press()
        customer.says("同意書的內容已更新", "The consent text has changed since you opened this page")
        customer.shot("consent-changed")
        customer.page.fill("[name=birth_date]", customer.birth_date)
        customer.press()
        customer.page.wait_for_url("**/verify/**")


@pytest.mark.spec("A3", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_a_customer_whom_no_code_can_reach(visit, centre, language):
    """Nobody's contact is on file: the branch has to be asked, and the page says so before anything is sent."""
    person = next(each for each in centre.people() if not each["phone"] and not each["email"])
    with visit(person=person, language=language) as customer:
        customer.consent("apply")
        customer.says("分公司", "branch")
        assert customer.page.locator("#send").count() == 0
        customer.shot("unreachable")


@pytest.mark.spec("A3", "F2", "F3")
def test_a_company_gives_its_registration_date(visit, centre):
    company = next(each for each in centre.people() if each["id"] == "04595257")
    with visit(person=company, language="zh-hant") as customer:
        customer.consent("apply")
        customer.sees("步驟二：驗證OTP")


# --- what the state of the certificate forbids ---------------------------------------------------------------------


@pytest.mark.spec("A4", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_renewing_outside_the_window(visit, language):
    with visit("valid", language=language) as customer:
        customer.open("/renew/")
        customer.says("更新", "The certificate can be renewed from")
        customer.says("仍可", "The certificate that you have keeps working")
        customer.shot("renew-too-early")
        customer.open("/apply/")
        customer.says("您已有有效", "You already have a valid certificate")


@pytest.mark.spec("A5", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_a_third_revocation(visit, centre, language):
    person = [each for each in centre.people() if each["certificate"] == "revoked"][-1]
    with visit(person=person, language=language) as customer:
        customer.says("雙證件", "registered seal")
        customer.shot("overview-used-up")
        customer.open("/revoke/")
        customer.says("分公司", "branch that opened your account")
        customer.shot("revoke-used-up")


# --- files -------------------------------------------------------------------------------------------------------------


def forged(common_name: str, begins: dt.timedelta, *, days: int, folder: Path) -> Path:
    """A PFX for that name by a CA of somebody's own, valid from now + `begins`."""
    now = dt.datetime.now(dt.UTC)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("Own CA", common_name)]
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in names]
    certificates = []
    for index, name in enumerate(names):
        start = now - dt.timedelta(days=2000) if index == 0 else now + begins
        end = start + dt.timedelta(days=9000 if index == 0 else days)
        builder = x509.CertificateBuilder(
            names[0], name, keys[index].public_key(), x509.random_serial_number(), start, end
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=index == 0, path_length=None), critical=True)
        certificates.append(builder.sign(keys[0], hashes.SHA256()))
    path = folder / f"{common_name}{days}{begins.days}.pfx"
    path.write_bytes(pfx.write(keys[1], certificates[1], certificates[:1], "right1234", name="x"))
    return path


def zipped() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("certificate.txt", "not a certificate")
    return memory.getvalue()


@pytest.mark.spec("A7", "E10")
@pytest.mark.parametrize(("language", "width"), [("zh-hant", 390), ("en", 1280)])
def test_files_that_cannot_be_imported(visit, centre, tmp_path, language, width):
    """Each with its own sentence; the page stays, and the right file is taken in the end."""
    with visit("valid", language=language, width=width) as customer:
        name = x509_name(centre, customer)
        other = centre.backup(centre.person("valid"))
        mine = centre.backup(customer.person)
        files = {
            "zip.pfx": zipped(),
            "text.pfx": b"hello",
            "empty.pfx": b"",
            "big.pfx": b"\x30" + bytes(50 << 20),
        }
        for each, content in files.items():
            (tmp_path / each).write_bytes(content)
        damaged = bytearray(mine.read_bytes())
        damaged[0] = 0x31
        (tmp_path / "damaged.pfx").write_bytes(damaged)
        cases = [
            (tmp_path / "zip.pfx", "x1234", "這不是憑證檔", "not a certificate file"),
            (tmp_path / "text.pfx", "x1234", "這不是憑證檔", "not a certificate file"),
            (tmp_path / "empty.pfx", "x1234", "這不是憑證檔", "not a certificate file"),
            (tmp_path / "damaged.pfx", "x1234", "這不是憑證檔", "not a certificate file"),
            (tmp_path / "big.pfx", "x1234", "檔案過大", "too large to be a certificate"),
            (mine, "wrong1234", "密碼錯誤", "The password is wrong"),
            (other, centre.pfx_password, "他人的憑證", "somebody else's certificate"),
            (
                forged(name, dt.timedelta(days=-400), days=365, folder=tmp_path),
                "right1234",
                "已過期",
                "has expired",
            ),
            (
                forged(name, dt.timedelta(days=3), days=365, folder=tmp_path),
                "right1234",
                "尚未生效",
                "not valid yet",
            ),
        ]
        customer.open("/import/")
        for number, (file, password, *words) in enumerate(cases):
            customer.choose_file(file, password)
            problem = customer.page.locator("[data-problem]")
            expect(problem).to_contain_text(words[0 if language == "zh-hant" else 1], timeout=PATIENCE)
            assert bool(CHINESE.search(problem.inner_text())) is (language == "zh-hant")
            customer.says("並未匯入任何資料", "Nothing was imported")
            assert NUMBER.search(problem.inner_text()), "a number to quote, though no answer of the centre's"
            assert customer.kept_keys() == []
            if number in (0, 8):
                customer.shot("import-refused")
        customer.choose_file(mine, centre.pfx_password)
        customer.view("done")
        customer.import_(mine, centre.pfx_password)
        customer.says("已在這個瀏覽器", "in this browser already")


def x509_name(centre, customer: Customer) -> str:
    read = pfx.read(centre.backup(customer.person).read_bytes(), centre.pfx_password)
    return str(read.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


@pytest.mark.spec("A7", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_the_backup_of_a_certificate_that_was_replaced(visit, centre, language):
    with visit("expiring", language=language) as customer:
        customer.prove("renew")
        customer.obtain()
        customer.import_(centre.backup(customer.person), centre.pfx_password)
        customer.says("已由新憑證取代", "replaced by a newer one")


# --- clocks and storage -----------------------------------------------------------------------------------------------


@pytest.mark.spec("A13", "E10")
@pytest.mark.parametrize(("language", "hours"), [("zh-hant", -1), ("en", 1)])
def test_a_clock_that_is_an_hour_off(visit, language, hours):
    """The certificate is installed all the same, by the centre's time; the environment check names the clock."""
    with visit("none", language=language) as customer:
        customer.page.clock.install(time=dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours))
        customer.apply(mode="2")
        customer.open("/certificates/")
        customer.says("有效", "Valid")
        customer.order(asks=True)
        customer.open("/environment/")
        row = customer.page.locator("[data-id=clock]")
        expect(row).to_contain_text(re.compile(r"[-+−]3[56]\d\d"), timeout=PATIENCE)
        expect(row.locator(".pill")).to_have_class(re.compile("warn"))
        customer.shot("environment-clock")


@pytest.mark.spec("A9", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_lost_storage_is_explained(visit, centre, language):
    """The browser has deleted IndexedDB; the note that a key was here stays, and the backup still helps."""
    with visit("valid", language=language) as customer:
        customer.import_(centre.backup(customer.person), centre.pfx_password)
        customer.view("done")
        customer.open("/faq/")
        customer.page.evaluate(
            "() => new Promise((y, n) => { const r = indexedDB.deleteDatabase('certcenter'); r.onsuccess = y; r.onerror = n; r.onblocked = n; })"
        )
        customer.open("/certificates/")
        lost = customer.page.locator("[data-lost]")
        expect(lost).to_be_visible(timeout=PATIENCE)
        customer.says("金鑰", "This browser has lost a key of yours")
        customer.shot("lost")
        customer.import_(centre.backup(customer.person), centre.pfx_password)
        customer.view("done")
        customer.open("/certificates/")
        expect(customer.page.locator("[data-client]")).to_contain_text(
            "有效" if language == "zh-hant" else "Valid", timeout=PATIENCE
        )
        expect(lost).to_be_hidden()


@pytest.mark.spec("A9", "E10")
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_a_certificate_whose_key_is_on_another_device(visit, centre, language):
    """Issued, but never installed: this browser can't repair it, says so and offers to revoke and apply."""
    with visit(person=centre.person("waiting"), language=language, width=390) as customer:
        customer.page.locator("main table a.first").click()
        customer.view("absent")
        customer.says("此瀏覽器沒有這筆申請的金鑰", "The key of this application is not in this browser")
        customer.shot("key-absent")
        customer.page.locator("[data-view=absent] a.first").click()
        customer.page.wait_for_url("**/revoke/")
