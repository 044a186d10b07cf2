"""Customers from CSV: encodings, refused rows, repetition (issue 2, commands; docs/guides/customers-csv.md)."""

import re
from pathlib import Path

import pytest
from tests.support import people
from tests.support.engines import in_threads

from certcenter.audit.models import AuditEvent
from certcenter.core.actor import system
from certcenter.identity import importing
from certcenter.identity.importing import FileRefused, import_file
from certcenter.identity.models import Account, Contact, Customer
from certcenter.identity.rows import COLUMNS
from certcenter.outbox.models import Message

GUIDE = Path(__file__).resolve().parents[3] / "docs/guides/customers-csv.md"
HEADING = "national_id,name,birth_date,phones,emails,accounts,locale\n"
WANG = "A123456789,王小明,1987-12-05,0936123054,christin@example.com,securities:1020-0324338;futures:F01-1234567,\n"
CHEN = "A800000014,Mary Chen,1990/01/31,,mary@example.com,securities:1020-0324339,en\n"
FIRM = "04595257,範例股份有限公司,20001225,0912345678,,wealth:W1-77,zh-hant\n"


@pytest.fixture
def load(tmp_path, sqlite_engine):
    def run(content, *, encoding="utf-8"):
        path = tmp_path / "customers.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        refused, progress = [], []
        totals = import_file(
            path,
            institution="sample",
            actor=system("tests", institution="sample"),
            on_refused=refused.append,
            on_progress=lambda done, total: progress.append((done, total)),
        )
        assert progress[-1] == (path.stat().st_size,) * 2
        return totals, refused

    return run


def summary(totals):
    return totals.rows, totals.created, totals.updated, totals.unchanged, totals.refused


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950"])
def test_a_file_is_taken_in_each_encoding(load, encoding):
    totals, refused = load(HEADING + WANG + CHEN + "\n" + FIRM, encoding=encoding)
    assert (summary(totals), refused) == ((3, 3, 0, 0, 0), [])
    wang = Customer.objects.get(national_id="A123456789")
    assert (wang.name, wang.kind, wang.id_kind, str(wang.birth_date)) == (
        "王小明",
        "person",
        "national-id",
        "1987-12-05",
    )
    assert sorted(account.display for account in wang.accounts.all()) == ["1020-0324338", "F01-1234567"]
    assert Customer.objects.get(national_id="04595257").kind == "company"
    assert Customer.objects.get(national_id="A800000014").locale == "en"


def test_the_same_file_again_changes_nothing(load):
    content = HEADING + WANG + CHEN + FIRM
    load(content)
    events = AuditEvent.objects.count()
    assert summary(load(content)[0]) == (3, 0, 0, 3, 0)
    assert AuditEvent.objects.count() == events
    assert (Customer.objects.count(), Account.objects.count(), Contact.objects.count()) == (3, 4, 4)


def test_a_changed_row_updates_and_tells_old_and_new_contacts(load):
    load(HEADING + WANG)
    totals, _refused = load(HEADING + WANG.replace("0936123054", "0936123055").replace("王小明", "王大明"))
    assert summary(totals) == (1, 0, 1, 0, 0)
    assert Customer.objects.get().name == "王大明"
    assert Contact.objects.filter(value="0936123054", retired_at__isnull=False).count() == 1
    assert Message.objects.filter(topic="message").count() == 3  # new phone, e-mail, and the old phone
    contact = AuditEvent.objects.get(event="customer:contact:changed")
    assert "0936***054" in contact.details
    assert "0936123054" not in contact.details


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("A123456788,王,1987-12-05,,,,", "national_id", "identity-checksum"),
        ("X,王,1987-12-05,,,,", "national_id", "identity-malformed"),
        ("A123456789,,1987-12-05,,,,", "name", "name-missing"),
        ("A123456789," + "王" * 101 + ",1987-12-05,,,,", "name", "name-malformed"),
        ("A123456789,王\0,1987-12-05,,,,", "name", "name-malformed"),
        ("A123456789,王,1987-02-30,,,,", "birth_date", "date-impossible"),
        ("A123456789,王,761205,,,,", "birth_date", "date-malformed"),
        ("A123456789,王,2999-01-01,,,,", "birth_date", "date-impossible"),
        ("A123456789,王,1987-12-05,12345,,,", "phones", "mobile-malformed"),
        ("A123456789,王,1987-12-05,,not a mail,,", "emails", "email-malformed"),
        ("A123456789,王,1987-12-05,,,stocks:1-1,", "accounts", "account-malformed"),
        ("A123456789,王,1987-12-05,,,,fr", "locale", "locale-unknown"),
        ("A123456789,王", "", "columns"),
        ('A123456789,"王,1987-12-05,,,,', "", "quotes"),
        ("A123456789," + "x" * 20_000 + ",1987-12-05,,,,", "", "line-too-long"),
        (b"A123456789,\xff\xfe,1987-12-05,,,,", "", "encoding"),
    ],
)
@pytest.mark.spec("E10")
def test_a_refused_row_stops_no_other(load, line, column, code):
    raw = line if isinstance(line, bytes) else line.encode()
    totals, refused = load(HEADING.encode() + FIRM.encode() + raw + b"\n" + CHEN.encode())
    assert summary(totals) == (3, 2, 0, 0, 1)
    assert [(row.line, row.column, row.code) for row in refused] == [(3, column, code)]
    assert refused[0].reason.zh
    assert refused[0].reason.en
    assert f"`{code}`" in GUIDE.read_text()


def test_another_customers_account_is_refused_with_its_row(load):
    load(HEADING + WANG)
    totals, refused = load(HEADING + CHEN.replace("0324339", "0324338") + FIRM)
    assert summary(totals) == (2, 1, 0, 0, 1)
    assert [row.code for row in refused] == ["account-taken"]
    assert not Customer.objects.filter(national_id="A800000014").exists()


def test_two_rows_of_one_file_can_not_share_an_account(load):
    _totals, refused = load(HEADING + WANG + CHEN.replace("0324339", "0324338"))
    assert [(row.line, row.code) for row in refused] == [(3, "account-taken")]


def test_an_id_that_stands_twice_ends_as_the_later_row_says(load):
    totals, _refused = load(HEADING + WANG + WANG.replace("王小明", "王大明"))
    assert summary(totals) == (2, 1, 1, 0, 0)
    assert Customer.objects.get().name == "王大明"


def test_the_same_id_at_another_institution_is_another_customer(load):
    people.import_(institution="demo")
    load(HEADING + WANG)
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    "heading",
    ["", "name,birth_date\n", HEADING.replace("phones", "fax"), "\0\n", HEADING.replace("emails", "name")],
)
@pytest.mark.spec("E10")
def test_a_file_without_a_usable_heading_is_refused(load, heading):
    with pytest.raises(FileRefused):
        load(heading + WANG)


def test_chinese_headings_are_understood(load):
    totals, _refused = load(
        "身分證字號,姓名,出生日期,手機號碼\nA123456789,王小明,1987-12-05,0936123054\n", encoding="cp950"
    )
    assert totals.created == 1


def test_a_batch_is_one_transaction_with_its_audit_row(load, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    load(HEADING + WANG + CHEN + FIRM)
    events = AuditEvent.objects.filter(event="customer:import:done")
    assert events.count() == 2
    ids = set(Customer.objects.values_list("pk", flat=True))
    assert {int(found) for event in events for found in re.findall(r"\d+", event.details)} == ids


def test_two_imports_at_once_double_nobody(engine, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text(HEADING + WANG + CHEN + FIRM)

    def run(number):
        refused = []
        totals = import_file(
            path, institution="sample", actor=system("tests", institution="sample"), on_refused=refused.append
        )
        return totals, refused

    results = in_threads(run, 4)
    assert all(isinstance(result, tuple) for result in results), results
    assert (Customer.objects.count(), Account.objects.count(), Contact.objects.count()) == (3, 4, 4)
    assert sum(totals.created for totals, _refused in results) == 3


def test_the_guide_names_every_column():
    text = GUIDE.read_text()
    assert all(f"`{column}`" in text for column in COLUMNS)
    assert all(alias in text for alias in importing.ALIASES)
