"""The password centre's pages (SPEC B1, B4–B8, F4; manual M2)."""

from uuid import uuid4

import pytest
from django.utils import translation

from certcenter.core.actor import system
from certcenter.identity import queries
from certcenter.identity.models import Customer
from certcenter.institutions import serving
from certcenter.passwords import actions, login, store
from certcenter.portal.forms import LoginForm, NewPasswordForm
from certcenter.portal.password_forms import UnifyForm

from .conftest import PASSWORD, WANG

NEW = "Marble4417"
ACTOR = system("tests", institution="sample")


@pytest.fixture
def customer(home):
    return Customer.objects.get(institution="sample", national_id=WANG)


def passwords(**given):
    return {"old": PASSWORD, "new": NEW, "confirm": NEW, "change_network": "on", **given}


@pytest.mark.spec("B1", "B3")
def test_the_centre_is_open_to_everybody_and_names_its_rules(reader):
    page = reader.get("/passwords/")
    assert "/passwords/change/" in page
    for words in ("密碼為7-10位英數字組合", "累計達3次", "每日5次"):
        assert words in page


@pytest.mark.spec("B4")
def test_a_unified_change_goes_on_here_and_asks_for_the_new_one_elsewhere(wang, customer):
    answer = wang.post("/passwords/change/", **passwords())
    assert answer.status_code == 302
    assert "/passwords/changed/" in answer["Location"]
    wang.get("/certificates/")
    assert store.matching(store.rows(customer), NEW)
    assert "變更成功" in wang.get("/passwords/changed/")


@pytest.mark.spec("B1", "B4", "E10")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"old": "Guess1234"}, "id_old"),
        ({"old": ""}, "id_old"),
        ({"confirm": "Marble4418"}, "id_confirm"),
        ({"new": "with sp1", "confirm": "with sp1"}, "id_new"),
        ({"new": PASSWORD, "confirm": PASSWORD}, "id_new"),
        ({"change_network": ""}, "id_change_network"),
    ],
    ids=["wrong", "missing", "different", "space", "former", "nothing"],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(wang, customer, given, field):
    answer = wang.post("/passwords/change/", **passwords(**given))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'href="#{field}"' in page
    assert store.matching(store.rows(customer), PASSWORD)
    assert NEW not in page


@pytest.mark.spec("B4", "E10")
def test_all_that_is_wrong_with_what_was_typed_is_said_at_once(wang):
    page = wang.post("/passwords/change/", **passwords(old="", new="short", confirm="other")).content.decode()
    assert [page.count(f'href="#id_{name}"') for name in ("old", "new", "confirm")] == [1, 1, 1]
    assert "至少 7 個字元" in page


@pytest.mark.spec("B5", "F4")
def test_separate_accounts_are_a_table_and_each_is_changed_by_itself(reader, customer):
    actions.separate(customer, actor=ACTOR)
    reader.sign_in(WANG)
    page = reader.get("/passwords/change/")
    assert page.count("相同") == 2
    assert "9000545" not in page
    assert ">台北分公司<" in page
    assert ">期貨台北分公司<" in page
    first = queries.accounts(customer)[0]
    answer = reader.post(f"/passwords/change/{first.id}/", **passwords())
    assert answer["Location"] == "/passwords/change/"
    page = reader.get("/passwords/change/")
    assert (page.count(">相同<"), page.count(">不同<")) == (1, 1)
    reader.get(f"/passwords/change/{uuid4()}/", status=404)


@pytest.mark.spec("B7")
def test_unifying_names_the_lines_warns_and_ends_the_session(reader, customer):
    actions.separate(customer, actor=ACTOR)
    reader.sign_in(WANG)
    page = reader.get("/passwords/unify/")
    for words in ("證券", "期貨", "將無法再依個別帳號設定密碼", "臨櫃"):
        assert words in page
    answer = reader.post("/passwords/unify/", **passwords())
    assert answer.status_code == 302
    assert store.is_unified(customer)
    assert "/login/" in reader.http.get("/certificates/")["Location"]


@pytest.mark.spec("B8")
def test_who_must_change_is_led_there_and_nowhere_else(reader, customer):
    actions.set_password(customer, NEW, must_change=True, actor=ACTOR)
    reader.sign_in(WANG, NEW)
    for path in ("/certificates/", "/apply/", "/orders/"):
        assert reader.http.get(path)["Location"] == "/passwords/change/"
    assert reader.http.get("/api/v1/certificates").status_code == 403
    answer = reader.post("/passwords/change/", **passwords(old=NEW, new="Walnut3306", confirm="Walnut3306"))
    assert answer.status_code == 302
    reader.get("/certificates/")


@pytest.mark.spec("B6", "E6")
def test_a_withdrawal_password_without_the_certificates_signature_is_refused(wang, customer):
    futures = next(each.id for each in queries.accounts(customer) if each.line == "futures")
    given = {
        "change_withdrawal": "on", "futures": futures, "withdrawal_new": "Mk4821", "withdrawal_confirm": "Mk4821",
    }  # fmt: skip
    answer = wang.post("/passwords/change/", **given)
    assert answer.status_code == 422
    assert "憑證簽章" in answer.content.decode()
    assert wang.post("/passwords/change/", **given, structure="e30", signature="AAAA").status_code == 422
    assert not store.rows(customer, store.CredentialKind.WITHDRAWAL)


@pytest.mark.spec("B2", "E2")
def test_wrong_old_passwords_lock_the_login(wang, customer):
    for _ in range(3):
        wang.post("/passwords/change/", **passwords(old="Guess1234"))
    assert wang.post("/passwords/change/", **passwords()).status_code in (422, 423)
    assert login.gate(customer).state().failed == 3
    assert store.matching(store.rows(customer), PASSWORD)


@pytest.mark.spec("B4", "B8")
@pytest.mark.parametrize(
    ("slug", "label"),
    [
        pytest.param("demo", "請設定新電子與語音登入密碼", id="voice-follows"),
        pytest.param("sample", "請設定電子交易新密碼", id="voice-apart"),
    ],
)
def test_each_form_calls_its_password_as_the_manual_does(slug, label):
    institution = serving.get(slug)
    with translation.override("zh-hant"):
        assert LoginForm(institution=institution).fields["password"].label == "登入密碼"
        assert NewPasswordForm(institution=institution).fields["password"].label == label
        fields = UnifyForm(policy=institution.passwords).fields
        assert [str(fields[name].label) for name in ("old", "new", "confirm")] == [
        "原(舊)密碼", "登入歸戶密碼", "再確認登入密碼",
    ]  # fmt: skip
