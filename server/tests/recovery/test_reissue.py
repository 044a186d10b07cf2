"""密碼補發 with and without a certificate: what each step demands, once (SPEC B8, B9, B10, E3–E5, D7)."""

import logging
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from tests.support.life import Person, code_of, national_id, newcomer, notices, work

from certcenter.audit.models import AuditEvent
from certcenter.certificates import revoking
from certcenter.core import clock
from certcenter.core.errors import CentreError, Invalid
from certcenter.core.gates import State
from certcenter.identity import actions as identity
from certcenter.identity import queries, sessions
from certcenter.identity.models import Contact
from certcenter.notifications.models import DemoMessage
from certcenter.passwords import actions as passwords
from certcenter.passwords.actions import set_password
from certcenter.recovery import devices, links, reissue, requests
from certcenter.recovery.lifecycle import FlowKind
from certcenter.recovery.models import Flow, Link

from .steps import NEW, account, begin, check, mailed, mails, opened, redeem, refused, request, send, verified
from .support import INSTITUTION, PASSWORD, Run, miss, sign_in, state, typed, visitor

# --- without a certificate ----------------------------------------------------------------------------------------


@pytest.mark.spec("B9", "B10", "E5", "D7")
def test_the_way_by_mail_and_phone(person):
    sessions.open_program_session(person.customer, actor=person.actor)
    miss(person, 3)
    request(person)
    assert state(person).state is State.LOCKED  # a request alone changes nothing
    mail = mails()[0].text
    assert "http://sample.localhost:8000/passwords/reissue/link/#" in mail
    assert "24小時內" in mail
    token = opened(person)
    sent = send(token)
    work()
    sms = DemoMessage.objects.filter(channel="sms", text__contains=sent.identification).latest("pk")
    assert re.search(
        r"樣本證券線上密碼補發之簡訊通行碼為[A-Z]{4}-\d{7}，請於申請後5分鐘內完成驗證，且限專屬帳號", sms.text
    )
    code = re.search(r"-(\d{7})", sms.text)[1]
    initial = check(token, sent, code.translate(str.maketrans("0123456789", "０１２３４５６７８９")))
    assert initial != code
    before = len(notices())
    assert redeem(token, initial).unified
    assert len(notices()) == before + 2
    assert state(person).state is State.ACTIVE
    assert sessions.end_all(person.customer) == 0  # they have ended
    assert sign_in(person, NEW).must_change is False
    with pytest.raises(CentreError):
        sign_in(person, PASSWORD)


@pytest.mark.spec("B8")
def test_the_old_password_works_until_it_is_sent_and_the_initial_one_nowhere(person):
    token, initial = verified(person)
    assert sign_in(person)
    with pytest.raises(CentreError):
        sign_in(person, initial)
    reissue.cancel(INSTITUTION, token=token, actor=visitor())
    refused("recovery-gone", redeem, token, initial)
    assert sign_in(person)


@pytest.mark.spec("B8", "E3")
def test_the_initial_password_stands_three_guesses(person):
    token, initial = verified(person)
    assert refused("initial-password-wrong", redeem, token, "wrong123").params == {"tries_left": 2}
    refused("initial-password-wrong", redeem, token, "")
    with pytest.raises(Invalid):
        redeem(token, initial, repeated="Other1234")
    refused("recovery-gone", redeem, token, "wrong123")
    refused("recovery-gone", redeem, token, initial)


@pytest.mark.spec("B10")
def test_of_separate_passwords_the_chosen_one_alone_is_new(sqlite_ready):
    person = Person(customer=newcomer(accounts="securities:1020-7000001; futures:F002-7000001"))
    set_password(person.customer, PASSWORD, actor=person.actor)
    passwords.separate(person.customer, actor=person.actor)
    request(person)
    token = opened(person)
    assert not redeem(token, check(token, send(token))).unified
    chosen = queries.accounts(person.customer)[0].id
    assert sign_in(person, NEW).opened == (chosen,)
    others = {each.id for each in queries.accounts(person.customer)} - {chosen}
    assert set(sign_in(person, PASSWORD).opened) == others


@pytest.mark.spec("B9", "E4")
def test_everybody_sees_the_same_and_nothing_is_sent_to_the_wrong_ones(person):
    contactless = Person(customer=newcomer(emails=""))
    cases = {
        "unknown": (person, {"identity": national_id(9_000_002)}),
        "wrong-date": (person, {"birth_date": "19000101"}),
        "contactless": (contactless, {}),
    }
    form = r"[0-9A-Z]{4}-\*{3}\d{4} 09\d\d\*{3}\d{3} [a-z]\*+[a-z]@example\.com"
    masks = set()
    for who, changes in cases.values():
        first, again = begin(who, **changes)[1], begin(who, **changes)[1]
        assert first == again  # stable
        words = f"{first.accounts[0].masked} {first.phone} {first.email}"
        assert re.fullmatch(form, words), words
        masks.add(words)
        request(who, **changes)
    assert len(masks) == 3
    assert mails() == []
    real = begin(person)[1]
    assert real.phone == queries.contacts(person.customer)[0].masked


@pytest.mark.spec("E5")
def test_looking_at_the_link_changes_nothing(person):
    request(person)
    before = Link.objects.values().get()
    token = mailed()
    for birth_date in ("", "87", "abcd"):  # what a scanner submits
        with pytest.raises(Invalid):
            links.open_link(INSTITUTION, link_token=token, birth_date=birth_date, actor=visitor())
    assert Link.objects.values().get() == before
    assert not DemoMessage.objects.filter(channel="sms").exists()
    first, second = opened(person, token), opened(person, token)  # opened twice: not used yet
    check(first, send(first))
    refused("recovery-gone", send, second)
    refused("link-gone", opened, person, token)


@pytest.mark.spec("E3", "E5")
def test_three_wrong_birth_dates_end_the_link(person):
    request(person)
    token = mailed()
    assert refused("link-birth-date-wrong", opened, person, token, "19000101").params == {"tries_left": 2}
    refused("link-birth-date-wrong", opened, person, token, "19000102")
    refused("link-gone", opened, person, token, "19000103")
    refused("link-gone", opened, person, token)
    assert state(person).failed == 1


@pytest.mark.spec("E5", "B3")
@pytest.mark.parametrize("change", ["later", "newer", "contact", "frozen", "none"])
def test_a_link_that_was_overtaken(person, change):
    request(person)
    token, moment = mailed(), clock.now()
    expected = {
        "later": "link-gone",
        "newer": "link-gone",
        "contact": "recovery-overtaken",
        "frozen": "customer-frozen",
    }
    if change == "later":
        moment += timedelta(hours=24, seconds=1)
    elif change == "newer":
        request(person)
    elif change == "contact":
        Contact.objects.filter(customer=person.customer, channel="sms").update(retired_at=clock.now())
    elif change == "frozen":
        identity.freeze(person.customer, frozen=True, actor=person.actor)
    with clock.at(moment):
        if change == "none":  # the control
            opened(person, token)
        else:
            refused(expected[change], opened, person, token)
        refused("link-gone", opened, person, "A" * 43)


@pytest.mark.spec("B3")
@pytest.mark.parametrize("change", ["contact", "frozen", "newer"])
def test_what_changed_is_asked_again_when_the_password_is_redeemed(person, change):
    token, initial = verified(person)
    if change == "contact":
        Contact.objects.filter(customer=person.customer, channel="email").update(retired_at=clock.now())
    elif change == "frozen":
        identity.freeze(person.customer, frozen=True, actor=person.actor)
    else:
        with clock.at(clock.now() + timedelta(minutes=3)):
            verified(person)
    code = {"contact": "recovery-overtaken", "frozen": "customer-frozen", "newer": "recovery-gone"}[change]
    refused(code, redeem, token, initial)
    assert sign_in(person)


@pytest.mark.spec("B3", "E2")
def test_a_lock_between_start_and_redemption_ends_with_it(person):
    token, initial = verified(person)
    miss(person, 3)
    redeem(token, initial)
    assert sign_in(person, NEW)


# --- with a certificate -------------------------------------------------------------------------------------------


def proven(person):
    run = Run.begun(person, kind=FlowKind.CERTIFICATE)
    devices.prove(INSTITUTION, token=run.token, proof=run.proof(person.key, person.leaf), actor=visitor())
    return run.token


@pytest.fixture
def holder(person):
    person.leaf = person.installed()
    return person


def contact(person, channel="sms"):
    return next(each.id for each in queries.contacts(person.customer) if each.channel == channel)


@pytest.mark.spec("B8", "E6")
def test_the_way_with_a_certificate(holder):
    miss(holder, 3)
    token = proven(holder)
    sent = send(token, account(holder), contact(holder, "email"))
    assert sent.digits == 7
    redeem(token, check(token, sent))
    assert sign_in(holder, NEW)


@pytest.mark.spec("B8", "B3", "E6")
def test_a_certificate_revoked_meanwhile_ends_the_run(holder):
    token = proven(holder)
    initial = check(token, send(token, account(holder), contact(holder)))
    revoking.revoke_by_staff(holder.customer, note="lost", actor=holder.actor)
    refused("recovery-overtaken", redeem, token, initial)
    assert sign_in(holder)


@pytest.mark.spec("B9")
def test_requests_with_a_certificate_have_a_counter_of_their_own(holder):
    for number in range(5):
        with clock.at(clock.now() + timedelta(minutes=3 * number)):
            send(proven(holder), account(holder), contact(holder))
    later = clock.now() + timedelta(minutes=15)
    with clock.at(later):
        refused("reissues-used-up", send, proven(holder), account(holder), contact(holder))
        request(holder)


@pytest.mark.spec("E4", "E6")
def test_a_proof_for_unlocking_reissues_nothing(holder):
    other = Person()
    other.leaf = other.installed()
    run = Run.begun(holder, kind=FlowKind.CERTIFICATE)
    for proof in (
        run.proof(holder.key, holder.leaf, purpose="unlock"),
        run.proof(other.key, other.leaf),
    ):
        refused("recovery-refused", devices.prove, INSTITUTION, token=run.token, proof=proof, actor=visitor())
    refused("recovery-gone", send, run.token, account(holder), contact(holder))


@pytest.mark.spec("E3", "E4")
def test_codes_of_others_open_nothing(holder):
    """Of another run, another purpose, an earlier challenge, empty."""
    first = proven(holder)
    old = send(first, account(holder), contact(holder))
    old_code = code_of(old.identification)
    with clock.at(clock.now() + timedelta(minutes=3)):
        second = proven(holder)
        newest = send(second, account(holder), contact(holder))
        code = code_of(newest.identification)
        refused("code-expired", check, first, newest, code)
        refused("code-expired", check, second, old, old_code)
        refused("code-malformed", check, second, newest, " ")
        refused("code-malformed", check, second, newest, "123456")
        assert check(second, newest, code)


@pytest.mark.spec("E9")
def test_what_was_refused_is_written_and_no_secret_is(holder, caplog):
    caplog.set_level(logging.DEBUG)
    token = proven(holder)
    sent = send(token, account(holder), contact(holder))
    code = code_of(sent.identification)
    initial = check(token, sent)
    redeem(token, initial)
    request(holder)
    link = mailed()
    refused("link-birth-date-wrong", opened, holder, link, "19000101")
    work()
    said = caplog.text + " ".join(row.details for row in AuditEvent.objects.all())
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        kept = ""
        for table in tables:
            if table == "notifications_demomessage":
                continue  # the demo's telephone
            cursor.execute(f'SELECT * FROM "{table}"')
            kept += repr(cursor.fetchall())
    for secret in (token, code, initial, NEW, link):
        assert secret not in said
        assert secret not in kept, secret


@pytest.mark.spec("E7")
def test_runs_belong_to_their_institution(holder):
    from certcenter.institutions import serving

    token = proven(holder)
    with pytest.raises(CentreError) as caught:
        reissue.send(
            serving.get("demo"), token=token, account_id=uuid4(), contact_id=uuid4(), actor=visitor()
        )
    assert caught.value.code == "recovery-gone"
    assert Flow.objects.count() == 1


@pytest.mark.spec("B10")
def test_where_policy_syncs_it_the_voice_password_follows(sqlite_ready):
    from certcenter.institutions import serving
    from certcenter.passwords import voice
    from certcenter.passwords.models import CredentialKind
    from certcenter.passwords.store import matching, rows

    demo = serving.get("demo")
    person = Person(customer=newcomer(institution="demo"))
    set_password(person.customer, PASSWORD, actor=person.actor)
    token, shown = requests.begin(
        demo, identity=person.customer.national_id, birth_date=typed(person.customer), actor=visitor()
    )
    requests.request(demo, token=token, account_id=shown.accounts[0].id, actor=visitor())
    token, _flow = links.open_link(
        demo, link_token=mailed(), birth_date=typed(person.customer), actor=visitor()
    )
    sent = reissue.send(demo, token=token, account_id=None, contact_id=None, actor=visitor())
    code = code_of("簡訊通行碼為" + sent.identification)
    initial = reissue.check(
        demo, token=token, challenge_id=sent.challenge_id, code=code, actor=visitor()
    ).initial
    done = reissue.redeem(demo, token=token, initial=initial, password=NEW, repeated=NEW, actor=visitor())
    assert done.voice
    found = rows(person.customer, CredentialKind.VOICE)
    assert matching(found, voice.to_digits(NEW), kind=CredentialKind.VOICE)
