"""The pages for people who can't log in, without script where that is possible (SPEC B3, B9, E4, E5, F4, manual M2)."""

import re
from html import unescape

import pytest

from certcenter.identity.models import Customer
from certcenter.notifications.models import DemoMessage
from certcenter.passwords import store
from certcenter.recovery.models import Flow, Link

from .conftest import MUTE, WANG, Reader, field, work
from .test_attacks import Written

NEW = "Marble4417"
BORN = "19871205"


def begin(reader, identity=WANG, birth_date=BORN):
    answer = reader.post("/passwords/reissue/", identity=identity, birth_date=birth_date)
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == "/passwords/reissue/account/"
    return reader.get("/passwords/reissue/account/")


def choose(reader, page):
    account = re.search(r'<option value="([0-9a-f-]{36})"', page)[1]
    return reader.post("/passwords/reissue/account/", account=account, line="securities")


def mailed():
    work()
    mail = DemoMessage.objects.filter(channel="email", text__contains="/passwords/reissue/link/").latest("pk")
    return re.search(r"(http://\S+)#([A-Za-z0-9_-]{43})", mail.text).groups()


def shape(page):
    """The page with everything taken out that is somebody's own."""
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", page)
    page = re.sub(r'"(?:csrf|reference)": "[^"]+"|value="[A-Za-z0-9]{64}"', "OWN", page)
    page = re.sub(r"<option.*?</option>", "", page)
    page = re.sub(r' checked|(?<=value="(?:futures)") disabled|(?<=value="wealth") disabled', "", page)
    return re.sub(
        r"[a-z0-9]*\*+[a-z0-9]*(@example\.com)?|09\d\d\*{3}\d{3}", "MASK", page.replace(" disabled", "")
    )


@pytest.mark.spec("B9", "E5", "F3")
def test_the_whole_way_without_script(home, reader):
    written, other = Written(home), Reader()
    with written.watched(reader, other):
        secrets = _walked(reader, other)
    said = [written.log.getvalue(), *written.answers]
    for name, secret in secrets.items():
        # The initial password stands on its own page, and there again after the two new ones differed.
        assert sum(secret in each for each in said) == (2 if name == "initial" else 0), name


def _walked(reader, other):
    """From the ID to the new password; returns what nothing but its own page may show."""
    page = reader.get("/passwords/reissue/")
    for words in ("輸入資料", "確認帳務資料", "帳戶驗證及設定", "修改成功", "提醒您", "每日5次為限"):
        assert words in page
    page = begin(reader)
    for words in (
        "無憑證線上密碼補發",
        "證券",
        "期貨",
        "複委託",
        "財富管理",
        "0936***054",
        "確定申請",
        "資料不正確",
    ):
        assert words in page
    assert choose(reader, page)["Location"] == "/passwords/reissue/sent/"
    assert "若資料正確，信件已寄出" in reader.get("/passwords/reissue/sent/")
    address, token = mailed()
    assert address == "http://sample.localhost:8000/passwords/reissue/link/"
    other.get("/passwords/reissue/link/")  # the mail is opened in another window
    answer = other.post("/passwords/reissue/link/", token=token, birth_date="１９８７１２０５")
    assert answer["Location"] == "/passwords/reissue/verify/", answer.content.decode()
    page = other.get("/passwords/reissue/verify/")
    assert "取得暫時通行碼" in page
    assert "客服專線" in page  # whom to call stands at the foot of every page, here too
    assert other.post("/passwords/reissue/verify/", send="1").status_code == 302
    page = other.get("/passwords/reissue/verify/")
    work()
    sms = (
        DemoMessage.objects.filter(channel="sms", text__contains="線上密碼補發之簡訊通行碼為")
        .latest("pk")
        .text
    )
    code = re.search(r"(\d{7})，", sms)[1]
    wrong = other.post("/passwords/reissue/verify/", challenge=field(page, "challenge"), code="0000000")
    assert wrong.status_code == 422
    answer = other.post("/passwords/reissue/verify/", challenge=field(page, "challenge"), code=code)
    page = answer.content.decode()
    assert "本次補發之初始密碼" in page
    initial = re.search(r'name="initial_password" value="([a-z0-9]{8})"', page)[1]
    assert initial not in other.get("/passwords/reissue/new/")  # shown once
    given = {"initial_password": initial, "password": NEW, "repeated": "Other4417"}
    assert "id_repeated-error" in other.post("/passwords/reissue/new/", **given).content.decode()
    answer = other.post("/passwords/reissue/new/", **given | {"repeated": NEW})
    assert answer["Location"] == "/passwords/reissue/done/", answer.content.decode()
    page = other.get("/passwords/reissue/done/")
    assert "請以更改後的密碼重新登入電子平台" in page
    assert "語音密碼維持不變" in page
    assert "session" not in other.http.cookies  # no login by itself
    assert reader.sign_in(password=NEW).status_code == 302
    return {"link": token, "code": code, "initial": initial, "new password": NEW}


@pytest.mark.spec("B9", "E4")
def test_the_pages_of_everybody_have_one_shape(home):
    """Right, wrong birth date, unknown ID, without contacts: status, headers and page, to the word."""
    people = {
        "right": (WANG, BORN),
        "wrong": (WANG, "19000101"),
        "unknown": ("A100000001", BORN),
        "contactless": (MUTE, "19880808"),
    }
    seen = set()
    for identity, birth_date in people.values():
        reader = Reader()
        page = begin(reader, identity, birth_date)
        answer = choose(reader, page)
        seen.add(
            (
                shape(page),
                answer.status_code,
                answer["Location"],
                shape(reader.get("/passwords/reissue/sent/")),
            )
        )
    assert len(seen) == 1
    work()
    assert DemoMessage.objects.filter(text__contains="/passwords/reissue/link/").count() == 1


@pytest.mark.spec("E5")
def test_mail_scanners_consume_nothing(reader):
    choose(reader, begin(reader))
    _address, token = mailed()
    before = Link.objects.values().get(), Flow.objects.count(), DemoMessage.objects.count()
    scanner = Reader()
    for _ in range(3):
        assert scanner.http.head("/passwords/reissue/link/").status_code == 200
        assert token not in scanner.get("/passwords/reissue/link/")
        assert scanner.post("/passwords/reissue/link/", token=token, birth_date="").status_code == 422
        assert scanner.post("/passwords/reissue/link/").status_code == 422
    work()
    assert before == (Link.objects.values().get(), Flow.objects.count(), DemoMessage.objects.count())


@pytest.mark.spec("E5")
@pytest.mark.parametrize("header", ["host", "x-forwarded-host"])
def test_a_forged_host_stands_in_no_link(home, header):
    reader = Reader()
    begun = begin(reader)
    account = re.search(r'<option value="([0-9a-f-]{36})"', begun)[1]
    answer = reader.http.post(
        "/passwords/reissue/account/", {"account": account}, headers={header: "evil.example"}
    )
    if answer.status_code == 302:
        assert mailed()[0].startswith("http://sample.localhost:8000/")
    else:
        assert (header, answer.status_code) == ("host", 404)


@pytest.mark.spec("E7")
def test_whoever_is_logged_in_beside_it_stays_so_and_is_not_touched(reader):
    assert reader.sign_in().status_code == 302
    wang = Customer.objects.get(institution="sample", national_id=WANG)
    before = store.rows(wang)
    page = begin(reader, MUTE, "19880808")
    assert choose(reader, page).status_code == 302
    reader.get("/certificates/")
    assert [row.hash for row in store.rows(wang)] == [row.hash for row in before]


@pytest.mark.spec("E10")
@pytest.mark.parametrize("step", ["account", "verify", "new", "done"])
def test_a_step_without_a_run_leads_to_the_first(reader, step):
    page = reader.get(f"/passwords/reissue/{step}/", status=410)
    assert "請重新開始" in unescape(page)
    assert reader.post(f"/passwords/reissue/{step}/").status_code in {405, 410}


@pytest.mark.spec("B3", "F4")
def test_the_unlock_page_says_what_the_manual_says(reader):
    page = reader.get("/passwords/unlock/")
    for words in (
        "線上密碼解鎖", "立即解鎖", "請用原密碼登入", "僅提供1次的線上解鎖服務", "累計6次", "請輸入：20020201",
    ):  # fmt: skip
        assert words in page
    english = Reader(language="en").get("/passwords/unlock/")
    assert "Unlock now" in english
    assert "線上" not in english


@pytest.mark.spec("B9")
def test_data_that_are_not_right_lead_to_help(reader):
    assert "臨櫃辦理" in reader.get("/passwords/reissue/help/")
