"""One password for all accounts or one each: rows, salt, history, races (SPEC B4, B5, B7, B10, E1, E2)."""

from datetime import timedelta

import pytest
from django.db import transaction
from tests.support import people
from tests.support.engines import in_threads

from certcenter.audit.models import AuditEvent
from certcenter.core import clock, faults
from certcenter.core.errors import Conflict, NotFound
from certcenter.core.gates import State
from certcenter.identity import queries, sessions
from certcenter.institutions import serving
from certcenter.passwords import actions, hashing, login, rules, store
from certcenter.passwords.actions import set_password
from certcenter.passwords.errors import LoginRefused, PasswordRefused
from certcenter.passwords.models import Credential, CredentialKind, FormerPassword, Scheme

INSTITUTION = "demo"
ACCOUNTS = "securities:1020-0324338;futures:F020-0071234;sub-brokerage:9A20-0012345"


@pytest.fixture
def customer(sqlite_engine):
    return people.with_password(institution=INSTITUTION, accounts=ACCOUNTS)


def sign_in(password=people.PASSWORD, identity="A123456789"):
    return login.sign_in(
        serving.get(INSTITUTION),
        identity=identity,
        password=password,
        captcha="",
        device_token=None,
        actor=people.anonymous(institution=INSTITUTION),
    )


def separated(customer):
    """Separate by staff; returns the accounts in their order."""
    actions.separate(customer, note="seen at the branch", actor=people.acting(customer))
    return [account.id for account in queries.accounts(customer)]


def put(customer, password, **more):
    prepared = [store.prepare(customer, password, **more)]
    with transaction.atomic():
        actions.put(prepared, actor=people.acting(customer))


@pytest.mark.spec("B4")
def test_a_unified_password_opens_everything(customer):
    assert store.is_unified(customer)
    assert sign_in().opened is None


@pytest.mark.spec("B7", "B5")
def test_separated_accounts_keep_the_password_that_opened_them_all(customer):
    accounts = separated(customer)
    assert not store.is_unified(customer)
    assert set(sign_in().opened) == set(accounts)
    with pytest.raises(Conflict):
        actions.separate(customer, actor=people.acting(customer))
    assert AuditEvent.objects.filter(event="password:separate:refused").count() == 1


@pytest.mark.spec("B5", "B10")
def test_a_separate_password_opens_its_account_and_the_old_one_the_others(customer):
    first, *others = separated(customer)
    put(customer, "Marble4417", account=first)
    assert sign_in("Marble4417").opened == (first,)
    assert set(sign_in().opened) == set(others)


@pytest.mark.spec("B5", "E2")
def test_one_run_compares_all_accounts_and_a_wrong_guess_counts_once(customer, monkeypatch):
    for number, account in enumerate(separated(customer)):
        put(customer, f"Marble441{number}", account=account)
    runs = []
    real = hashing.hash_secret
    monkeypatch.setattr(hashing, "hash_secret", lambda *a, **more: runs.append(1) or real(*a, **more))
    with pytest.raises(LoginRefused):
        sign_in("Guess1234")
    assert len(runs) == 1
    assert login.gate(customer).state().failed == 1
    sign_in("Marble4412")
    assert len(runs) == 2
    assert login.gate(customer).state().failed == 0


@pytest.mark.spec("B4", "B10")
def test_whatever_account_is_named_a_unified_change_is_for_all(customer):
    put(customer, "Marble4417", account=queries.accounts(customer)[0].id)
    assert sign_in("Marble4417").opened is None
    assert Credential.objects.get(customer=customer).account_id is None


@pytest.mark.spec("B10")
def test_anothers_account_has_no_password_here(customer):
    other = people.import_(people.OTHER, institution=INSTITUTION)
    separated(customer)
    with pytest.raises(NotFound):
        store.prepare(customer, "Marble4417", account=queries.accounts(other)[0].id)


@pytest.mark.spec("B10")
def test_a_recent_password_is_refused_and_an_older_one_taken(customer):
    """The demo's history is 3: the present password and the two before it."""
    for password in ("Marble4417", "Marble4418"):
        put(customer, password)
    for password in ("Marble4418", "Marble4417", people.PASSWORD):
        with pytest.raises(PasswordRefused):
            store.prepare(customer, password)
    put(customer, "Marble4419")
    put(customer, people.PASSWORD)
    assert FormerPassword.objects.filter(customer=customer).count() == 2


@pytest.mark.spec("B10", "E1")
def test_the_history_holds_over_new_hash_parameters(customer, settings):
    put(customer, "Marble4417")
    settings.CONFIG = settings.CONFIG.model_copy(update={"argon2_memory_kib": 512})
    with pytest.raises(PasswordRefused):
        store.prepare(customer, people.PASSWORD)


@pytest.mark.spec("E1")
def test_separate_passwords_move_to_new_parameters_together(customer, settings):
    first, *_others = separated(customer)
    put(customer, "Marble4417", account=first)
    settings.CONFIG = settings.CONFIG.model_copy(update={"argon2_memory_kib": 512})
    sign_in("Marble4417")
    assert not Credential.objects.filter(hash__contains="m=512").exists()
    put(customer, "Marble4418", account=first)
    assert sign_in("Marble4418").opened == (first,), "a new one keeps its neighbours' salt and parameters"


@pytest.mark.spec("B1")
@pytest.mark.parametrize(
    "password",
    [
        "19871205",
        "x19871205",
        "0761205a",
        "761205ab",
        "0936123054",
        "a0324338",
        "10200324338",
        "a12345678",
        "Aaaaaaaa",
        "Qwerty123",
        "23456789",
        "hgfedcba",
        "iloveyou1",
    ],
)
def test_what_others_know_or_try_first_is_no_password(customer, password):
    with pytest.raises(PasswordRefused):
        store.prepare(customer, password)


@pytest.mark.spec("B1")
def test_the_list_of_common_passwords_is_what_it_says():
    words = rules._common()
    assert len(words) > 1000
    assert all(word == word.casefold() and word.isalnum() and word.isascii() for word in words)


@pytest.mark.spec("B6")
def test_a_withdrawal_password_is_an_accounts_and_never_logs_in(customer):
    futures = next(each.id for each in queries.accounts(customer) if each.line == "futures")
    put(customer, "Mk4821", kind=CredentialKind.WITHDRAWAL, account=futures)
    with pytest.raises(LoginRefused):
        sign_in("Mk4821")
    with pytest.raises(NotFound):
        store.prepare(customer, "Mk4822", kind=CredentialKind.WITHDRAWAL)
    with pytest.raises(PasswordRefused):
        store.prepare(customer, "Mk48221", kind=CredentialKind.WITHDRAWAL, account=futures)


@pytest.mark.spec("B8")
def test_an_initial_password_must_be_changed_and_dies_with_its_month(customer):
    set_password(customer, "Marble4417", must_change=True, actor=people.acting(customer))
    assert sign_in("Marble4417").must_change
    with clock.at(clock.now() + timedelta(days=30, seconds=1)), pytest.raises(LoginRefused):
        sign_in("Marble4417")


@pytest.mark.spec("B10")
def test_an_expired_password_must_be_changed(customer, monkeypatch):
    policy = serving.get(INSTITUTION)
    rule = policy.passwords.login.model_copy(update={"expiry_days": 90})
    passwords = policy.passwords.model_copy(update={"login": rule})
    expiring = policy.model_copy(update={"passwords": passwords})
    monkeypatch.setattr(serving, "get", lambda _slug: expiring)
    assert not sign_in().must_change
    with clock.at(clock.now() + timedelta(days=90, seconds=1)):
        assert sign_in().must_change


@pytest.mark.spec("B3", "B8")
def test_staff_can_force_a_change_and_the_sessions_end(customer):
    token, _session = sessions.open_program_session(customer, actor=people.anonymous(institution=INSTITUTION))
    actions.force_change(customer, note="asked for", actor=people.acting(customer))
    assert sessions.by_token(INSTITUTION, token) is None
    assert sign_in().must_change


@pytest.mark.spec("B3", "B10")
def test_a_reset_clears_both_counters_with_the_new_password_or_not_at_all(customer, monkeypatch):
    for _ in range(3):
        with pytest.raises(LoginRefused):
            sign_in("Guess1234")
    prepared = [store.prepare(customer, "Marble4417")]
    with pytest.raises(faults.Fault), transaction.atomic():
        actions.put(prepared, actor=people.acting(customer), clear_lock=True)
        raise faults.Fault
    assert login.gate(customer).state().state is State.LOCKED
    with transaction.atomic():
        actions.put(prepared, actor=people.acting(customer), clear_lock=True)
    assert sign_in("Marble4417").opened is None


@pytest.mark.spec("B10")
def test_of_two_changes_at_once_one_is_written(engine):
    customer = people.with_password(institution=INSTITUTION)
    prepared = [store.prepare(customer, f"Marble441{number}") for number in range(8)]

    def write(number):
        with transaction.atomic():
            store.replace([prepared[number]])

    results = in_threads(write, 8)
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, store.PasswordsMoved) for result in results) == 7
    assert Credential.objects.filter(customer=customer).count() == 1
    assert Scheme.objects.get(customer=customer).revision == 2


@pytest.mark.spec("B10")
def test_control_without_the_revision_several_are_written(engine, monkeypatch):
    """The race is real: without `_advance` changes that were prepared for the same state overwrite one another."""
    customer = people.with_password(institution=INSTITUTION)
    prepared = [store.prepare(customer, f"Marble441{number}") for number in range(4)]
    monkeypatch.setattr(store, "_advance", lambda *_a, **_more: None)
    for change in prepared:
        with transaction.atomic():
            store.replace([change])
    assert (
        FormerPassword.objects.filter(customer=customer).count() == 2
    )  # three were written over one another


@pytest.mark.spec("B4", "E9")
def test_a_crash_between_two_passwords_of_a_change_leaves_the_old_ones(engine):
    customer = people.with_password(institution=INSTITUTION)
    code = f"""
from django.db import transaction
from certcenter.core.actor import system
from certcenter.identity.models import Customer
from certcenter.passwords import actions, store
from certcenter.passwords.models import CredentialKind
customer = Customer.objects.get(pk={customer.pk})
prepared = [store.prepare(customer, "Marble4417"), store.prepare(customer, "62725344", kind=CredentialKind.VOICE)]
with transaction.atomic():
    actions.put(prepared, actor=system("tests", institution="demo"))
"""
    died = engine.run(code, check=False, CERTCENTER_FAULT=store.BETWEEN)
    assert died.returncode < 0, died.stderr
    assert [row.kind for row in Credential.objects.filter(customer=customer)] == ["network"]
    assert sign_in().customer == customer
    engine.run(code)
    assert sign_in("Marble4417").customer == customer
    assert Credential.objects.filter(customer=customer).count() == 2
