"""Verification codes: bound, counted first, used once (SPEC D4, D4.2, E3)."""

import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import people

from certcenter.core import clock, taiwan
from certcenter.identity import queries
from certcenter.identity.models import Account, Contact
from certcenter.institutions import serving
from certcenter.otp import actions
from certcenter.otp.actions import (
    CodeExpired,
    CodeMalformed,
    CodeUsedUp,
    CodeWrong,
    ContactUnknown,
    GrantRefused,
    Purpose,
)
from certcenter.otp.models import Challenge
from certcenter.outbox.models import Message as OutboxRow

from .support import SESSION, check, code_of, send, texts, use, wrong


@pytest.fixture
def customer(sqlite_engine):
    return people.import_()


@pytest.mark.spec("D4", "D4.2")
def test_a_code_is_sent_with_its_identification_first_and_opens(customer):
    sent = send(customer)
    rule = serving.get(people.INSTITUTION).codes.default
    code = code_of(sent)
    assert len(code) == rule.digits == sent.digits
    assert sent.masked == "0936***054"
    assert sent.expires_at - sent.resend_at == timedelta(minutes=rule.minutes) - timedelta(
        seconds=rule.resend_seconds
    )
    assert re.fullmatch(r"[A-HJ-NP-Z]{4}", sent.identification)
    use(customer, check(customer, sent, code))


@pytest.mark.spec("F3")
def test_full_width_digits_and_spaces_around_are_taken(customer):
    sent = send(customer)
    full_width = code_of(sent).translate({0x30 + digit: 0xFF10 + digit for digit in range(10)})
    assert check(customer, sent, f" {full_width}　")


@pytest.mark.spec("E10", "E3")
@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "12345a", "HFCR-123456", "١٢٣٤٥٦", "9" * 100_000, "1\0002345"]
)
def test_what_can_not_be_a_code_is_said_and_not_counted(customer, typed):
    sent = send(customer)
    with pytest.raises(CodeMalformed):
        check(customer, sent, typed)
    assert Challenge.objects.get().tries == 0
    assert check(customer, sent, code_of(sent))


@pytest.mark.spec("D4.2", "E3")
def test_three_wrong_answers_kill_the_code(customer):
    sent = send(customer)
    code = code_of(sent)
    for left in (2, 1):
        with pytest.raises(CodeWrong) as raised:
            check(customer, sent, wrong(code))
        assert raised.value.params["tries_left"] == left
    for answer in (wrong(code), code, code):
        with pytest.raises(CodeUsedUp):
            check(customer, sent, answer)


@pytest.mark.spec("D4.2")
def test_a_new_code_kills_the_old_one(customer):
    old = send(customer)
    code = code_of(old)
    send(customer, later=61)
    with pytest.raises(CodeExpired):
        check(customer, old, code)


@pytest.mark.spec("D4")
def test_a_code_ends_after_its_minutes(customer):
    sent = send(customer)
    with clock.at(sent.expires_at), pytest.raises(CodeExpired):
        check(customer, sent, code_of(sent))


@pytest.mark.spec("E3", "D4.2")
@pytest.mark.parametrize("change", [{"purpose": Purpose.REVOKE}, {"session": "session-2"}])
def test_a_code_serves_one_purpose_and_one_session(customer, change):
    sent = send(customer)
    with pytest.raises(CodeExpired):
        check(customer, sent, code_of(sent), **change)
    assert check(customer, sent, code_of(sent))


@pytest.mark.spec("E3")
def test_a_code_serves_its_own_customer(customer):
    other = people.import_(people.OTHER)
    sent = send(customer)
    with pytest.raises(CodeExpired):
        check(other, sent, code_of(sent))


@pytest.mark.spec("E3")
def test_a_right_code_opens_once(customer):
    sent = send(customer)
    check(customer, sent, code_of(sent))
    with pytest.raises(CodeExpired):
        check(customer, sent, code_of(sent))


@pytest.mark.spec("E3")
@pytest.mark.parametrize(
    "change", [{"purpose": Purpose.REVOKE}, {"session": "session-2"}, {"consent_id": 8}, {"consent_id": None}]
)
def test_a_grant_serves_one_purpose_session_and_consent(customer, change):
    sent = send(customer)
    grant = check(customer, sent, code_of(sent))
    with pytest.raises(GrantRefused):
        use(customer, grant, **change)
    with pytest.raises(GrantRefused):
        use(people.import_(people.OTHER), grant)
    use(customer, grant)
    with pytest.raises(GrantRefused):
        use(customer, grant)


@pytest.mark.spec("E3")
def test_a_grant_ends_after_ten_minutes_and_is_given_back_by_a_rollback(customer):
    sent = send(customer)
    grant = check(customer, sent, code_of(sent))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.use_grant(grant.pk, customer=customer, purpose=Purpose.APPLY, session=SESSION, consent_id=7)
        1 / 0  # noqa: B018
    with clock.at(clock.now() + timedelta(minutes=10)), pytest.raises(GrantRefused):
        use(customer, grant)
    use(customer, grant)
    with pytest.raises(RuntimeError):
        actions.use_grant(grant.pk, customer=customer, purpose=Purpose.APPLY, session=SESSION, consent_id=7)


@pytest.mark.spec("E4", "E10")
def test_only_the_customers_own_contacts_and_accounts_serve(customer):
    other = people.import_(people.OTHER)
    actor = people.acting(customer)
    foreign = Contact.objects.filter(customer=other).first().pk
    retired = Contact.objects.get(customer=customer, channel="sms")
    Contact.objects.filter(pk=retired.pk).update(retired_at=clock.now())
    own = Contact.objects.get(customer=customer, channel="email").pk
    account = Account.objects.get(customer=other).pk
    for contact_id, account_id in ((foreign, None), (retired.pk, None), (None, None), (own, account)):
        with pytest.raises(ContactUnknown):
            actions.send_code(
                customer,
                purpose=Purpose.APPLY,
                contact_id=contact_id,
                account_id=account_id,
                session=SESSION,
                actor=actor,
            )
    assert [contact.masked for contact in queries.contacts(customer)] == ["c******n@example.com"]


@pytest.mark.spec("D4")
def test_where_the_policy_says_so_every_contact_gets_the_same_code(sqlite_engine):
    customer = people.import_(institution="demo")
    sent = actions.send_code(
        customer,
        purpose=Purpose.APPLY,
        contact_id=None,
        account_id=None,
        session=SESSION,
        actor=people.acting(customer),
    )
    assert len({message.text[:16] for message in texts() if message.channel == "sms"}) == 1
    assert {message.channel for message in texts()} == {"sms", "email"}
    assert sent.masked == "0936***054, c******n@example.com"
    code = re.search(r"\d{6}", texts()[0].text)[0]
    assert all(code in message.text for message in texts())


@pytest.mark.spec("E3")
@settings(max_examples=50, deadline=None)
@given(typed=st.text(max_size=12))
def test_no_input_makes_the_narrowing_accept_other_than_digits(typed):
    narrowed = taiwan.narrow_digits(typed)
    if re.fullmatch(r"[0-9]{6}", narrowed, re.ASCII):
        assert all(character.isdigit() or character.isspace() for character in typed)


@pytest.mark.spec("E3", "D6")
def test_a_code_lies_in_clear_neither_in_the_database_nor_in_the_audit_nor_in_logs(sqlite_engine, caplog):
    customer = people.import_()
    sent = send(customer)
    code = code_of(sent)
    with pytest.raises(CodeWrong):
        check(customer, sent, wrong(code))
    check(customer, sent, code)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    files = [path.read_bytes() for path in sqlite_engine.home.glob("certcenter.sqlite3*")]
    for secret in (f"{sent.identification}-{code}", f" {code} ", f'"{code}"', f"{sent.identification}-"):
        assert not any(secret.encode() in content for content in files), secret
        assert secret not in caplog.text
    rows = str(list(Challenge.objects.values())) + str(
        list(OutboxRow.objects.values("payload", "key", "reason"))
    )
    assert not re.search(rf"(?<![0-9a-f]){code}(?![0-9a-f])", rows)
