"""The shipped policy files, and how wrong ones are refused."""

import shutil
import tomllib
from pathlib import Path

import pytest

from certcenter.institutions.loader import PolicyError
from certcenter.institutions.registry import SHIPPED, load
from certcenter.institutions.vocabulary import (
    ClientStatus,
    CodePurpose,
    Function,
    HostStatus,
    KeyPlace,
    OnlineRevocation,
)


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped files, to be spoilt."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "policies"))


def spoil(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def problems(folder, **options):
    with pytest.raises(PolicyError) as caught:
        load(folder, **options)
    return [str(problem) for problem in caught.value.problems]


@pytest.fixture(scope="module")
def registry():
    return load(staff_hosts=("staff.localhost", "127.0.0.1"))


def test_four_institutions_one_for_each_profile(registry):
    assert {each.slug: each.profile for each in registry.all()} == {
        "demo": "helper",
        "example": "pfxdir",
        "model-bank": "corporate",
        "sample": "browser",
    }


def test_found_by_host_whatever_the_port_and_case(registry):
    sample = registry.get("sample")
    assert registry.by_host("Sample.localhost:8000") is sample
    assert registry.by_host("sample.localhost.") is sample
    assert registry.by_host("staff.localhost:8000") is None
    assert registry.find("../sample") is None
    with pytest.raises(KeyError):
        registry.get("nobody")


@pytest.mark.spec("A2")
def test_every_status_has_word_and_advice_in_both_languages(registry):
    for institution in registry.all():
        for status in (*HostStatus, *ClientStatus):
            word = institution.statuses.word(status)
            assert all((word.word.zh, word.word.en, word.advice.zh, word.advice.en))


@pytest.mark.spec("A2")
def test_what_a_device_can_do_is_said_of_the_device_that_holds_the_certificate(registry):
    """“Please back up” stood beside the centre's status, where this computer held nothing that could be backed up."""
    for institution in registry.all():
        said = institution.statuses.word(HostStatus.VALID).advice
        assert "備份" not in said.zh, institution.slug
        assert "backup" not in said.en, institution.slug
        assert "下單" not in said.zh, institution.slug


@pytest.mark.spec("A2")
def test_codes_of_the_pfx_directory_profile(registry):
    words = registry.get("example").statuses
    assert words.word(HostStatus.VALID).label().zh == "代碼 0 (有效憑證)"
    assert words.word(HostStatus.EXPIRING).label().zh == "代碼 31 (即將到期)"
    assert [form.value for form in words.serial_forms] == ["decimal", "hex"]


@pytest.mark.spec("A2")
def test_the_menu_of_m1_word_for_word(registry):
    labels = [item.label.zh for item in registry.get("sample").menu.items]
    assert labels == [
        "憑證查詢及申請",
        "線上憑證註銷",
        "憑證匯入",
        "憑證匯出備份",
        "憑證資料檢核",
        "檢查電腦環境",
        "操作說明",
        "常見問題",
        "登出",
    ]


def test_the_other_menus(registry):
    sizes = {slug: len(registry.get(slug).menu.items) for slug in ("demo", "example", "model-bank")}
    assert sizes == {"demo": 10, "example": 11, "model-bank": 9}
    assert registry.get("sample").menu.offers(Function.REPAIR)
    assert not registry.get("model-bank").menu.offers(Function.EXPORT)


@pytest.mark.spec("A5")
def test_revocation_limits_stand_in_the_texts(registry, folder):
    assert registry.get("sample").revocation.yearly_limit == 2
    assert "一年以2次為限" in registry.get("sample").revocation.notice_text().zh
    spoil(folder, "sample.toml", "yearly_limit = 2", "yearly_limit = 5")
    changed = load(folder).get("sample").revocation
    assert "一年以5次為限" in changed.notice_text().zh
    assert "5 online revocations" in changed.used_up_text().en
    assert registry.get("example").revocation.online is OnlineRevocation.STAFF_ONLY


@pytest.mark.spec("D4", "B8")
def test_code_rules_per_purpose(registry):
    for institution in registry.all():
        codes = institution.codes
        apply, reissue = codes.rule(CodePurpose.APPLY), codes.rule("reissue")
        assert (apply.digits, apply.minutes, apply.resend_seconds, apply.tries) == (6, 5, 60, 3)
        assert (reissue.digits, reissue.resend_seconds) == (7, 120)
        assert codes.daily_wrong_limit == 10


def test_places_of_keys(registry):
    places = {each.slug: each.key.place for each in registry.all()}
    assert places == {
        "demo": KeyPlace.HELPER,
        "example": KeyPlace.PFX_DIRECTORY,
        "model-bank": KeyPlace.TOKEN,
        "sample": KeyPlace.BROWSER,
    }
    assert registry.get("example").key.folder == "BTS"


# --- Wrong files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "yearly_limit = 2",
            "yearly_limit = 0",
            "sample.toml: revocation.yearly_limit: Input should be greater",
        ),
        (
            "yearly_limit = 2",
            "yearly_limits = 2",
            "sample.toml: revocation.yearly_limits: Extra inputs are not permitted",
        ),
        (
            'captcha = "work"',
            'captcha = "works"',
            "sample.toml: login.captcha: Input should be 'none', 'work' or 'image'",
        ),
        (
            "before = 720",
            'before = "soon"',
            "sample.toml: renewal.window.before: Input should be a valid integer",
        ),
        ("{limit}次為限", "{limits}次為限", "sample.toml: revocation.notice: unknown placeholder {limits}"),
        ("({end_date}).pfx", "({end_date}).p12", "sample.toml: export.file_name: a file name ends in .pfx"),
        (
            '"{masked_id}-',
            '"{masked_id}:',
            "sample.toml: export.file_name: a file name ends in .pfx and holds none of",
        ),
        ('colour = "#0b5c6b"', 'colour = "#8fc0c8"', "sample.toml: branding: colours below 4.5:1"),
        (
            'hosts = ["{slug}.localhost"]',
            'hosts = ["{slug}.localhost:8000"]',
            "sample.toml: branding.hosts: ",
        ),
        (
            'profile = "browser"',
            'profile = "browser"\nslug = "other"',
            "sample.toml: slug: comes from the file's name",
        ),
        (
            'name = { zh = "樣本證券", en = "Sample Securities" }',
            'name = { zh = "樣本證券" }',
            "sample.toml: branding.name.en: Field required",
        ),
        (
            'common_name = "{id}-00-{sequence}"',
            'common_name = "{sequence}"',
            "sample.toml: subject.common_name: the subject must hold {id}",
        ),
        (
            "allowed = true",
            "allowed = false",
            "sample.toml: menu offers 'export' but export.allowed is false",
        ),
        (
            'proofs = ["consent", "birth-date", "account", "code"]',
            'proofs = ["consent", "pin"]',
            "sample.toml: key.place 'token' and proof 'pin' belong together",
        ),
        ('place = "browser"', "place = browser", "sample.toml: Invalid value"),
        ('1040 = { zh = "台中分公司"', '10_40 = { zh = "台中分公司"', "sample.toml: branches.10_40"),
        (
            '1040 = { zh = "台中分公司", en = "Taichung Branch" }',
            "",
            "sample.toml: passwords.decoys names branches that are not in [branches]: 1040",
        ),
        (
            "[branches]",
            "[calls]\nright_answers = 7\n\n[branches]",
            "sample.toml: calls: right_answers exceeds the number of questions",
        ),
    ],
)
def test_a_wrong_file_is_named_with_key_and_reason(folder, old, new, problem):
    spoil(folder, "sample.toml", old, new)
    found = problems(folder)
    assert any(line.startswith(problem) for line in found), found


def test_all_problems_of_all_files_are_told_at_once(folder):
    spoil(folder, "sample.toml", "yearly_limit = 2", "yearly_limit = 0")
    spoil(folder, "sample.toml", "before = 720", "before = -1")
    spoil(folder, "demo.toml", 'captcha = "none"', 'captcha = "riddle"')
    files_and_keys = {line.split(": ", 2)[0] + " " + line.split(": ", 2)[1] for line in problems(folder)}
    assert {
        "sample.toml revocation.yearly_limit",
        "sample.toml renewal.window.before",
        "demo.toml login.captcha",
    } <= files_and_keys


@pytest.mark.spec("E7")
def test_no_two_institutions_share_a_host(folder):
    spoil(folder, "sample.toml", '"{slug}.localhost"', '"demo.localhost"')
    assert problems(folder) == ["sample.toml: branding.hosts: demo.localhost is already demo's"]


@pytest.mark.spec("E7")
def test_staff_share_no_customers_host(folder):
    assert problems(folder, staff_hosts=("Sample.localhost",)) == [
        "sample.toml: branding.hosts: sample.localhost is the staff's own host"
    ]


@pytest.mark.spec("D1")
def test_an_authority_has_one_description(folder):
    spoil(folder, "sample.toml", "[ca]", '[ca]\nroot_name = "Another Root"')
    assert problems(folder) == ["sample.toml: ca.name: shared is described otherwise by demo"]


def test_adding_a_broker_is_one_more_file(folder):
    text = (folder / "sample.toml").read_text().replace("32473.1.1", "32473.1.9")
    (folder / "newcomer.toml").write_text(text)
    assert load(folder).by_host("newcomer.localhost").slug == "newcomer"


def test_holidays_that_are_no_dates(folder):
    (folder / "holidays" / "extra.toml").write_text('[days]\n"2026-13-01" = "?"\n')
    assert problems(folder) == ["holidays/extra.toml: days.2026-13-01: is no date such as 2026-01-01"]


def test_no_folder_and_no_file(tmp_path):
    assert problems(tmp_path / "nowhere") == ["nowhere: no such directory"]
    assert problems(tmp_path) == [f"{tmp_path.name}: holds no policy file"]


def test_policies_cannot_be_changed(registry):
    with pytest.raises(ValueError, match="frozen"):
        registry.get("sample").revocation.yearly_limit = 100


def test_no_real_firm_is_named():
    firms = ("凱基", "合作金庫", "合庫", "臺銀", "台銀", "KGI", "TCFHC", "TWCA", "臺灣網路認證")
    for path in SHIPPED.rglob("*.toml"):
        text = path.read_text()
        tomllib.loads(text)
        assert not [firm for firm in firms if firm in text], path.name
