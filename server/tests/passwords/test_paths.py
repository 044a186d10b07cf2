"""Every path to a password of one person shares one lock, in parallel too (SPEC E2; issue 4, "Attacks to withstand")."""

import threading
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import transaction
from tests.support import people
from tests.support.engines import in_threads

from certcenter.core.actor import system
from certcenter.core.errors import Busy
from certcenter.core.gates import GateLocked, State
from certcenter.core.models import GateRow
from certcenter.identity.models import Account
from certcenter.identity.sessions import Scope
from certcenter.institutions import serving
from certcenter.passwords import admission, change, clients, hashing, login, sources, store, voice
from certcenter.passwords.errors import LoginRefused, OldPasswordWrong
from certcenter.passwords.models import CredentialKind

INSTITUTION = "demo"
WITHDRAWAL = "Mk4821"
_REFUSED = (LoginRefused, OldPasswordWrong, GateLocked, Busy)


@pytest.fixture
def customer(engine, monkeypatch):
    """With a login, a voice and a withdrawal password."""
    monkeypatch.setattr(sources, "BURST", 10_000)
    house = admission.House(100)  # the lock is what is tested here, not how many may come in
    monkeypatch.setattr(admission, "house", lambda: house)
    found = people.with_password(
        institution=INSTITUTION, accounts="securities:9A10-0324338; futures:F020-0071234"
    )
    futures = Account.objects.get(customer=found, line="futures")
    prepared = [
        store.prepare(found, voice.to_digits(people.PASSWORD), kind=CredentialKind.VOICE),
        store.prepare(found, WITHDRAWAL, kind=CredentialKind.WITHDRAWAL, account=futures.pk),
    ]
    with transaction.atomic():
        store.replace(prepared)
    return found


@pytest.fixture
def compared(monkeypatch):
    """How often something that was typed was really compared with somebody's hash."""
    found, real, mutex = [], hashing.matches, threading.Lock()

    def matches(stored, password, **more):
        if stored:
            with mutex:
                found.append(password)
        return real(stored, password, **more)

    monkeypatch.setattr(hashing, "matches", matches)
    return found


def paths(customer):
    """By login, by telephone, by the old login password, by the old withdrawal password: all of them wrong."""
    institution, actor = serving.get(INSTITUTION), people.acting(customer, session=str(uuid4()))
    stranger = people.anonymous(institution=INSTITUTION)
    futures = Account.objects.get(customer=customer, line="futures").pk
    client_id, secret = clients.register(institution, name="IVR", actor=system("tests"))
    return (
        lambda guess: login.authenticate(
            institution, number="A123456789", password=guess, device_token=None, actor=stranger
        ),
        lambda guess: voice.verify_pin(
            institution, client_id=client_id, client_secret=secret, identity="A123456789",
            pin=voice.to_digits(guess), actor=stranger,
        ),
        lambda guess: change.change(
            customer, scope=Scope(), network=change.LoginChange(old=guess, new="Harbour88"), actor=actor
        ),
        lambda guess: change.change(
            customer, scope=Scope(), actor=actor,
            withdrawal=change.WithdrawalChange(
                account=futures, old=guess, new="Nk4821", proven=SimpleNamespace(spend=lambda: None)
            ),
        ),
    )  # fmt: skip


@pytest.mark.spec("B2", "B4", "B6", "E2")
def test_of_forty_wrong_guesses_on_four_paths_three_are_compared(customer, compared):
    ways = paths(customer)
    compared.clear()
    guesses = [f"Wrong{number:03}" for number in range(40)]
    for _ in range(50):  # whoever was told to wait comes again
        results = in_threads(lambda number: ways[number % 4](guesses[number]), 40)
        assert all(isinstance(each, _REFUSED) for each in results), results
        if login.gate(customer).state().state is State.LOCKED:
            break
    state = login.gate(customer).state()
    assert (state.failed, state.in_flight) == (3, 0)
    assert len({each for each in compared if each in guesses or each.isdigit()}) <= 3
    for way, right in zip(ways, (people.PASSWORD, people.PASSWORD, people.PASSWORD, WITHDRAWAL), strict=True):
        with pytest.raises((LoginRefused, GateLocked)):
            way(right)


@pytest.mark.spec("E2")
def test_control_with_a_lock_for_each_path_more_are_compared(customer, compared, monkeypatch):
    """The attack is real: were each path's failures counted apart, four times as many guesses would be compared."""
    real, path = login.gate_of, threading.local()

    def apart(institution, subject):
        return real(institution, f"{subject}:{path.number}")

    ways = paths(customer)
    compared.clear()
    monkeypatch.setattr(login, "gate_of", apart)

    def guess(number):
        path.number = number % 4
        ways[path.number](f"Wrong{number:03}")

    for number in range(16):
        with pytest.raises(_REFUSED):
            guess(number)
    assert sum(GateRow.objects.values_list("failed", flat=True)) == 12


@pytest.mark.spec("B6", "E2")
@pytest.mark.parametrize("index", [pytest.param(1, id="voice"), pytest.param(3, id="withdrawal")])
def test_a_right_shorter_secret_clears_nothing(customer, index):
    """Or whoever knows a six-character secret would reset the counter of the login."""
    ways = paths(customer)
    for _ in range(2):
        with pytest.raises(LoginRefused):
            ways[0]("Wrong1234")
    ways[index]((people.PASSWORD, people.PASSWORD, "", WITHDRAWAL)[index])
    assert login.gate(customer).state().failed == 2
