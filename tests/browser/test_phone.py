"""Upload to a phone in two browsers: the computer's and the phone's (SPEC A12, manual M3 §5)."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.support.customer import PASSWORD, Customer

from certcenter_sdk.client import Client, Upload
from certcenter_sdk.client.phone import until_collected

from .conftest import ARGUMENTS, CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.spec("A12"),
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
]

DESK, POCKET = 1280, 390


def show_code(phone: Customer) -> str:
    """Let the phone show its code; returns it as text."""
    phone.open("/phone/")
    phone.view("ready")
    phone.shot("phone-ready")
    phone.page.locator("[data-view=ready] [data-begin]").click()
    phone.view("waiting")
    phone.shot("phone-waiting")
    return phone.page.locator("#text").input_value()


def matching(side: Customer) -> str:
    found = side.page.locator("[data-matching]:visible").inner_text()
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", found)
    return found


def paste(computer: Customer, text: str) -> None:
    computer.open("/phone-upload/")
    computer.view("code")
    computer.page.fill("#text", text)
    computer.page.locator("[data-paste] button.first").click()


def seal(computer: Customer, password: str = PASSWORD) -> None:
    """Say that the codes are equal, type the password, upload."""
    computer.page.locator("[data-same]").click()
    computer.view("password")
    computer.page.fill("#password", password)
    computer.shot("upload-password")
    computer.press("[data-view=password]")


def unlock(phone: Customer, password: str = PASSWORD) -> None:
    phone.view("password")
    phone.page.fill("#password", password)
    phone.press("[data-view=password]")


def same_person(visit, computer: Customer, **options):
    """The same customer at a phone."""
    return visit(person=computer.person, width=POCKET, **options)


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_a_certificate_goes_to_the_phone_which_signs_an_order(visit, tmp_path: Path, language: str) -> None:
    with (
        visit(language=language, width=DESK) as computer,
        same_person(visit, computer, language=language) as phone,
    ):
        computer.apply(mode="2")
        computer.says("憑證上傳手機", "Upload to a phone")
        show_code(phone)
        picture = tmp_path / "code.png"
        phone.page.locator("[data-qr]").screenshot(path=picture)
        computer.open("/phone-upload/")
        computer.view("code")
        computer.shot("upload-code")
        computer.page.set_input_files("#picture", picture)
        computer.view("compare")
        computer.shot("upload-compare")
        assert matching(computer) == matching(phone)
        seal(computer)
        computer.view("done")
        computer.says("憑證上傳成功", "The certificate was uploaded")
        unlock(phone, "Wrong0000")
        phone.says("密碼錯誤", "The password is wrong")
        phone.shot("phone-password-wrong")
        unlock(phone)
        phone.view("here")
        phone.shot("phone-here")
        computer.says("手機已收到憑證", "The phone has taken the certificate")
        computer.shot("upload-done")
        assert [entry["state"] for entry in phone.kept_keys()] == ["installed"]
        phone.order(asks=True)
        computer.order(asks=False)  # its password was typed in this session: mode 2
        phone.open("/phone/")
        phone.view("here")
        relayed = computer.centre.run(
            "from certcenter.transfers.models import Parcel; print(Parcel.objects.count())"
        )
        assert relayed.strip() == "0"
        held = b"".join(path.read_bytes() for path in computer.centre.home.rglob("*") if path.is_file())
        assert PASSWORD.encode() not in held


def test_other_codes_and_other_places_are_refused_in_words(visit) -> None:
    with visit(width=DESK, language="en") as computer, same_person(visit, computer, language="en") as phone:
        computer.open("/phone-upload/")
        computer.view("none")
        phone.open("/phone/")
        phone.view("none")
        computer.apply()
        text = show_code(phone)
        mark, institution, origin, session, key = text.split()
        for wrong, words in (
            ("", "This is not the pairing code of a phone"),
            ("https://example.com/", "This is not the pairing code of a phone"),
            (text[:-3], "The pairing code is not complete"),
            (f"{mark} demo {origin} {session} {key}", "The phone is signed in at another institution"),
            (f"{mark} {institution} https://evil.example {session} {key}", "at another address"),
        ):
            paste(computer, wrong)
            expect(computer.page.locator("#text-error")).to_contain_text(words)
        computer.shot("upload-wrong-text")
        computer.page.set_input_files("#picture", files=[blank()])
        expect(computer.page.locator("#picture-error")).to_contain_text("No pairing code can be seen")


def blank() -> dict:
    """A white picture."""
    import io

    from PIL import Image

    kept = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(kept, "PNG")
    return {"name": "white.png", "mimeType": "image/png", "buffer": kept.getvalue()}


def test_codes_that_differ_end_the_pairing_on_both_sides(visit) -> None:
    with visit(width=DESK, language="en") as computer, same_person(visit, computer, language="en") as phone:
        computer.apply()
        text = show_code(phone)
        other_key = text[:-1] + ("A" if text[-1] != "A" else "E")
        paste(computer, other_key)
        computer.view("compare")
        assert matching(computer) != matching(phone)
        computer.page.locator("[data-differs]").click()
        computer.view("stopped")
        computer.shot("upload-stopped")
        phone.view("over")
        phone.shot("phone-over")
        phone.sees("The pairing was ended")


def test_time_that_is_over_and_a_second_upload(visit) -> None:
    with visit(width=DESK, language="en") as computer, same_person(visit, computer, language="en") as phone:
        computer.apply()
        paste(computer, show_code(phone))
        computer.view("compare")
        age(computer, timedelta(minutes=6))
        seal(computer)
        computer.sees("This pairing code has expired, was used already, or belongs to somebody else")
        computer.shot("upload-expired")
        phone.view("over")
        phone.sees("The pairing code has expired")
        phone.page.locator("[data-view=over] [data-begin]").click()
        phone.view("waiting")
        text = phone.page.locator("#text").input_value()
        paste(computer, text)
        seal(computer)
        computer.view("done")
        phone.view("password")
        paste(computer, text)
        seal(computer)
        computer.sees("A certificate was already sent with this pairing code")


def age(side: Customer, by: timedelta) -> None:
    """Time passes for the relay."""
    side.centre.run(
        "from certcenter.transfers.models import Transfer; from django.db.models import F; from datetime import timedelta\n"
        f"Transfer.objects.update(expires_at=F('expires_at') - timedelta(seconds={by.total_seconds()}))"
    )


def test_another_customers_code_is_nothing(visit) -> None:
    with (
        visit(width=DESK, language="en") as computer,
        visit("valid", width=POCKET, language="en") as stranger,
    ):
        computer.apply()
        text = show_code(stranger)
        paste(computer, text)
        seal(computer)
        computer.sees("belongs to somebody else")
        expect(stranger.page.locator("[data-view=waiting]")).to_be_visible()


def test_host_and_client_must_match(visit) -> None:
    """The certificate is replaced by another one (applied for elsewhere) while the page is open."""
    with visit(width=DESK, language="en") as computer, same_person(visit, computer, language="en") as phone:
        computer.apply()
        paste(computer, show_code(phone))
        computer.view("compare")
        computer.centre.run(
            "from certcenter.certificates import revoking; from certcenter.identity.models import Customer\n"
            "from certcenter.core.actor import Actor, ActorKind\n"
            f"customer = Customer.objects.get(institution='sample', national_id='{computer.person['id']}')\n"
            "staff = Actor(kind=ActorKind.STAFF, institution='sample', id='1')\n"
            "revoking.suspend(customer, suspended=True, note='test', actor=staff)"
        )
        seal(computer)
        computer.sees("The certificate on this computer is not the one that the centre holds")
        computer.shot("upload-mismatch")
        computer.open("/phone-upload/")
        computer.view("none")
        computer.shot("upload-none")


def test_cancel_removal_and_the_keyboard(visit) -> None:
    with visit(width=DESK, language="en") as computer, same_person(visit, computer, language="en") as phone:
        computer.apply()
        show_code(phone)
        phone.page.locator("[data-view=waiting] [data-cancel]").click()
        phone.view("ready")
        phone.page.locator("[data-view=ready] [data-begin]").focus()
        phone.page.keyboard.press("Enter")
        phone.view("waiting")
        expect(phone.page.locator("[data-view=waiting] h2")).to_be_focused()
        paste(computer, phone.page.locator("#text").input_value())
        expect(computer.page.locator("[data-view=compare] h2")).to_be_focused()
        seal(computer)
        unlock(phone)
        phone.view("here")
        phone.page.locator("[data-remove]").click()
        phone.page.locator("#remove [data-yes]").click()
        phone.view("ready")
        assert phone.kept_keys() == []


def test_the_phone_page_can_be_installed(visit) -> None:
    with visit("valid", width=POCKET) as phone:
        phone.open("/phone/")
        phone.view("ready")
        manifest = phone.page.evaluate(
            "async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()"
        )
        assert manifest["start_url"] == "/phone/"
        assert manifest["display"] == "standalone"
        for icon in manifest["icons"]:
            size = phone.page.evaluate(
                "async (src) => { const i = new Image(); i.src = src; await i.decode(); return i.naturalWidth; }",
                icon["src"],
            )
            assert f"{size}x{size}" == icon["sizes"]
        session = phone.context.new_cdp_session(phone.page)
        found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [each["errorId"] for each in found if each["errorId"] != "in-incognito"] == []


def film(picture: Path, path: Path, *, width: int = 640, height: int = 480) -> None:
    """What a camera sees that looks at this picture, as Chromium's pretended camera reads it (YUV4MPEG2)."""
    from PIL import Image

    scene = Image.new("RGB", (width, height), "#555555")
    code = Image.open(picture).convert("RGB")
    code.thumbnail((height - 40, height - 40))
    scene.paste(code, ((width - code.width) // 2, (height - code.height) // 2))
    light, blue, red = scene.convert("YCbCr").split()
    half = (width // 2, height // 2)
    frame = b"FRAME\n" + light.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 3)


def test_the_camera_reads_the_code(visit, tmp_path: Path) -> None:
    seen = tmp_path / "camera.y4m"
    flags = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={seen}",
    ]
    with visit(width=POCKET, language="en") as phone:
        desk = visit.chromium.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *flags])
        try:
            with Customer(desk, phone.centre, phone.person, language="en") as computer:
                computer.log_in()
                computer.apply()
                show_code(phone)
                picture = tmp_path / "code.png"
                phone.page.locator("[data-qr]").screenshot(path=picture)
                film(picture, seen)
                computer.open("/phone-upload/")
                computer.view("code")
                computer.page.locator("[data-start]").click()
                computer.view("compare")
                assert matching(computer) == matching(phone)
                expect(computer.page.locator("[data-video]")).to_be_hidden()
        finally:
            desk.close()


def order_with(side: Customer, password: str) -> None:
    """Sign an order; the certificate password is this one."""
    assert side.draft()
    side.sign(password=password)
    side.says("簽章正確", "The signature is right")


class AtDemo(Customer):
    """A customer of the institution whose keys live in the desktop program."""

    def open(self, path: str) -> None:
        self.page.goto(self.centre.url("demo") + path)


def test_the_sdk_sends_a_file_to_the_phone_page_which_signs(chromium, centre) -> None:
    """What helper and command line do: the PFX lies on the disk, the phone is a page."""
    person = centre.person("expiring", slug="demo")
    with (
        AtDemo(chromium, centre, person, language="en", width=POCKET) as phone,
        Client(f"http://127.0.0.1:{centre.port}", "demo", language="en") as computer,
    ):
        phone.log_in()
        text = show_code(phone)
        computer.sign_in(person["id"], person["password"])
        file = centre.backup(person, slug="demo").read_bytes()
        upload = Upload.prepare(text, file, centre.pfx_password, institution="demo")
        assert upload.matching_code == matching(phone)
        computer.send_to_phone(upload)
        unlock(phone, centre.pfx_password)
        phone.view("here")
        phone.shot("phone-here-demo")
        order_with(phone, centre.pfx_password)
        assert computer.run(until_collected(upload)) == "fetched"
