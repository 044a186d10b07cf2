"""From consent to the code, and what the back button, a second tab and bad input find (SPEC A3–A5, D4, E3, E10)."""

import re

import pytest

from certcenter.otp.models import Challenge

from .conftest import COMPANY, MUTE, Reader, field, newest_code


def agree(reader: Reader, kind: str = "apply", birth_date: str = "761205", **more: str):
    page = reader.get(f"/{kind}/")
    known = {name: field(page, name) for name in ("version", "sha256")}
    return reader.post(f"/{kind}/", birth_date=birth_date, **(known | more))


def send(reader: Reader, address: str) -> str:
    page = reader.get(address)
    contact = re.search(r'name="contact" id="id_contact_0" value="([^"]+)"', page)
    account = re.search(r'<option value="([^"]+)"', page)
    assert contact
    assert account
    answer = reader.post(address, send="1", contact=contact[1], account=account[1])
    assert answer.status_code == 302, answer.content.decode()
    return reader.get(address)


def prove(reader: Reader, kind: str = "apply"):
    address = agree(reader, kind)["Location"]
    page = send(reader, address)
    identification = re.search(r"([A-Z]{4})-</b>", page)
    assert identification
    code = newest_code(identification[1])
    return reader.post(address, challenge=field(page, "challenge"), code=code)


@pytest.mark.spec("A1")
def test_without_a_certificate_the_overview_says_how_to_get_one(wang):
    page = wang.get("/certificates/")
    assert '您尚未申請憑證，請點<a href="/apply/">申請</a>，以進行申請作業。' in page
    assert "今年線上註銷尚可 2 次" in page
    assert "王○豐" in page
    assert "A123456789" not in page


@pytest.mark.spec("A3", "D4", "E3")
def test_the_way_to_the_certificate(wang):
    page = wang.get("/apply/")
    assert "樣本證券股份有限公司CA憑證申請同意書" in page
    assert "761205" in page
    assert "法人戶" in page
    answer = prove(wang)
    assert answer.status_code == 302
    assert "驗證成功，請立即申請憑證!!!" in wang.get(answer["Location"])


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "請輸入日期。"), ("abc", "這不是民國年月日格式"), ("991332", "這不是民國年月日格式")],
)
def test_what_is_no_date_is_said_and_does_not_count(wang, text, words):
    answer = agree(wang, birth_date=text)
    assert answer.status_code == 422
    assert words in answer.content.decode()


@pytest.mark.spec("E3")
def test_three_wrong_birth_dates_end_the_application(wang):
    first = agree(wang, birth_date="700101").content.decode()
    assert "尚可輸入 2 次" in first
    procedure = field(first, "procedure")
    assert "尚可輸入 1 次" in agree(wang, birth_date="700101", procedure=procedure).content.decode()
    last = agree(wang, birth_date="700101", procedure=procedure)
    assert last.status_code == 403
    assert "日期已輸入錯誤三次" in last.content.decode()


@pytest.mark.spec("F3")
def test_full_width_digits_are_digits(wang):
    assert agree(wang, birth_date="７６１２０５").status_code == 302


def test_an_outdated_consent_is_not_agreed_to(wang):
    answer = agree(wang, sha256="0" * 64)
    assert answer.status_code == 422
    assert "同意書" in answer.content.decode()


@pytest.mark.spec("D4")
def test_a_wrong_code_is_told_with_what_is_left(wang):
    address = agree(wang)["Location"]
    page = send(wang, address)
    challenge = field(page, "challenge")
    answer = wang.post(address, challenge=challenge, code="000000")
    assert answer.status_code == 422
    assert "尚可輸入 2 次" in answer.content.decode()
    assert challenge == field(answer.content.decode(), "challenge")
    empty = wang.post(address, challenge=challenge, code="")
    assert "請輸入驗證碼。" in empty.content.decode()


@pytest.mark.spec("D4")
def test_a_second_code_has_to_wait(wang):
    address = agree(wang)["Location"]
    page = send(wang, address)
    contact = re.search(r'name="contact" id="id_contact_0" value="([^"]+)"', page)
    account = re.search(r'<option value="([^"]+)"', page)
    assert contact
    assert account
    answer = wang.post(address, send="1", contact=contact[1], account=account[1])
    assert answer.status_code == 422
    assert Challenge.objects.count() == 1, "nothing was sent"


def test_somebody_elses_contact_is_no_choice(wang):
    address = agree(wang)["Location"]
    answer = wang.post(address, send="1", contact="11111111-1111-4111-8111-111111111111", account="x")
    assert answer.status_code == 422


def test_the_back_button_and_a_double_click_find_the_step_that_is_next(wang):
    address = agree(wang)["Location"]
    page = send(wang, address)
    identification = re.search(r"([A-Z]{4})-</b>", page)
    assert identification
    fields = {"challenge": field(page, "challenge"), "code": newest_code(identification[1])}
    first = wang.post(address, **fields)
    assert first.status_code == 302
    assert wang.post(address, **fields)["Location"] == first["Location"]
    assert wang.http.get(address)["Location"] == first["Location"]


def test_another_persons_procedure_does_not_exist(wang, home):
    address = agree(wang)["Location"]
    other = Reader()
    assert other.sign_in(COMPANY).status_code == 302
    answer = other.http.get(address)
    assert answer.status_code == 404
    assert "此步驟已逾時" in answer.content.decode()
    assert wang.http.get(address.replace("/apply/", "/renew/")).status_code == 404


def test_who_cannot_be_reached_is_sent_to_the_branch(home):
    reader = Reader()
    assert reader.sign_in(MUTE).status_code == 302
    page = reader.get(agree(reader, birth_date="770808")["Location"])
    assert "原開戶分公司" in page
    assert "您的開戶分公司：" in page
    assert "台北分公司 02-5550-0110" in page
    assert 'id="send"' not in page


@pytest.mark.spec("A4", "A5")
@pytest.mark.parametrize(
    ("path", "words"), [("/renew/", "沒有可更新的憑證"), ("/revoke/", "沒有可註銷的憑證")]
)
def test_what_makes_no_sense_now_is_explained(wang, path, words):
    page = wang.get(path, status=409)
    assert words in page
    assert "查詢編號" in page


@pytest.mark.spec("F3")
def test_a_company_gives_its_registration_date(home):
    reader = Reader()
    assert reader.sign_in(COMPANY).status_code == 302
    assert agree(reader, birth_date="900101").status_code == 302


@pytest.mark.spec("A5", "E10")
def test_a_revocation_that_was_interrupted_after_the_code_goes_on(wang, home):
    """The right code was given, the answer got lost: the page offers the last step again, once."""
    from certcenter.certificates.models import Procedure

    answer = prove(wang)
    procedure = Procedure.objects.get(pk=answer["Location"].split("/")[2])
    Procedure.objects.filter(pk=procedure.pk).update(kind="revoke")
    page = wang.get(f"/revoke/{procedure.pk}/verify/")
    assert "憑證尚未註銷" in page
    assert f'action="/revoke/{procedure.pk}/"' in page
    # This customer has no certificate, so the step itself is refused in words.
    refused = wang.post(f"/revoke/{procedure.pk}/")
    assert refused.status_code == 409
    assert "沒有可註銷的憑證" in refused.content.decode()


def test_a_procedure_that_was_used_leads_to_where_it_has_led(wang, home):
    from certcenter.certificates.models import Procedure

    address = prove(wang)["Location"]
    Procedure.objects.update(state="used")
    assert wang.http.get(address)["Location"] == "/certificates/"


@pytest.mark.spec("E7")
def test_a_right_code_gives_the_session_a_new_key(wang, settings):
    """The step-up of SPEC E7: whoever knew the session's key before the code knows nothing after it."""
    name = settings.SESSION_COOKIE_NAME
    before = wang.http.cookies[name].value
    answer = prove(wang)
    assert wang.http.cookies[name].value not in ("", before)
    assert "驗證成功" in wang.get(answer["Location"]), "the proof belongs to the session, not to its key"
    thief = Reader()
    thief.http.cookies[name] = before
    thief.get("/certificates/", status=302)
