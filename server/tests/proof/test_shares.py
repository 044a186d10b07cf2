"""Server shares of wrapped keys (DESIGN, Keys in the page; SPEC E2)."""

import secrets
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import connection
from django.utils.translation import override
from server.tests.proof.test_proofs import SPKI, check, proof
from tests.support import people
from tests.support.engines import in_threads

from certcenter.audit.models import AuditEvent
from certcenter.core import clock, sealing
from certcenter.core.errors import Busy, Conflict, Invalid
from certcenter.identity.models import Customer
from certcenter.notifications.models import DemoMessage
from certcenter.outbox import dispatcher
from certcenter.proof import shares
from certcenter.proof.errors import (
    NonceRefused,
    ProofRefused,
    ShareExists,
    ShareLocked,
    ShareUnknown,
    VerifierWrong,
    VisitorLocked,
)
from certcenter.proof.models import KeyShare
from certcenter.proof.verify import Purpose

KEY_ID = sha256(SPKI).hexdigest()
VERIFIER, OTHER, WRONG = b"v" * 32, b"o" * 32, b"w" * 32


@pytest.fixture
def customer(sqlite_engine):
    return people.import_()


def create(customer, verifier=VERIFIER, **more):
    return shares.create(
        customer, spki_sha256=KEY_ID, verifier=verifier, actor=people.acting(customer), **more
    )


def release(customer, verifier=VERIFIER):
    return shares.release(customer, spki_sha256=KEY_ID, verifier=verifier, actor=people.acting(customer))


def change(customer, verifier=VERIFIER, new=OTHER):
    return shares.change(
        customer, spki_sha256=KEY_ID, verifier=verifier, new_verifier=new, actor=people.acting(customer)
    )


def proven(customer):
    return check(customer, proof(customer, purpose="share"), purpose=Purpose.SHARE)


def test_a_share_comes_back_for_its_verifier(customer):
    share = create(customer)
    assert len(share) == shares.SHARE_BYTES
    assert release(customer) == share == release(customer)


def test_another_customer_has_no_share(customer):
    create(customer)
    with pytest.raises(ShareUnknown):
        release(people.import_(people.OTHER))


@pytest.mark.spec("E2", "D7")
def test_three_wrong_verifiers_lock_and_the_customer_is_told_once(customer):
    create(customer)
    for left in (2, 1):
        with pytest.raises(VerifierWrong) as raised:
            release(customer, WRONG)
        assert raised.value.params["tries_left"] == left
    for verifier in (WRONG, VERIFIER, WRONG):
        with pytest.raises(ShareLocked):
            release(customer, verifier)
    while dispatcher.run_once():
        pass
    assert DemoMessage.objects.filter(channel="sms").count() == 1
    assert AuditEvent.objects.filter(event="key-share:lock:set").count() == 1


@pytest.mark.spec("E2")
def test_a_right_verifier_forgets_the_wrong_ones(customer):
    create(customer)
    for _ in range(2):
        with pytest.raises(VerifierWrong):
            release(customer, WRONG)
        with pytest.raises(VerifierWrong):
            release(customer, WRONG)
        release(customer)


@pytest.mark.spec("A10")
def test_changing_the_password_keeps_the_share(customer):
    share = create(customer)
    assert change(customer) == share
    assert release(customer, OTHER) == share
    with pytest.raises(VerifierWrong):
        release(customer, VERIFIER)
    with pytest.raises(VerifierWrong):
        change(customer, WRONG)


def test_a_second_device_needs_a_proof_by_the_key(customer):
    """Without it, who has a session but not the key could add shares and so clear the count of wrong guesses."""
    first = create(customer)
    for verifier in (VERIFIER, OTHER):
        with pytest.raises(ShareExists):
            create(customer, verifier)
    second = create(customer, OTHER, proven=proven(customer))
    assert second != first
    assert (release(customer), release(customer, OTHER)) == (first, second)
    with pytest.raises(Conflict):
        change(customer, VERIFIER, OTHER)
    assert (release(customer), release(customer, OTHER)) == (first, second)


@pytest.mark.spec("E2", "A7")
def test_a_backup_opens_a_locked_key_again_and_leaves_nothing_to_guess_at(customer):
    """Three wrong guesses, perhaps a stranger's, must not end the key: its backup signs for a fresh wrapping."""
    create(customer)
    create(customer, OTHER, proven=proven(customer))
    for _ in range(3):
        with pytest.raises((VerifierWrong, ShareLocked)):
            release(customer, WRONG)
    with pytest.raises(ShareExists):
        create(customer, b"n" * 32)
    fresh = create(customer, b"n" * 32, proven=proven(customer))
    assert release(customer, b"n" * 32) == fresh
    for old in (VERIFIER, OTHER):
        with pytest.raises(VerifierWrong):
            release(customer, old)
    assert KeyShare.objects.count() == 1


def test_a_proof_serves_one_share_of_its_own_key(customer):
    create(customer)
    once = proven(customer)
    create(customer, OTHER, proven=once)
    with pytest.raises(NonceRefused):
        create(customer, WRONG, proven=once)
    repair = check(customer, proof(customer))
    with pytest.raises(ProofRefused):
        create(customer, WRONG, proven=repair)
    with pytest.raises(ProofRefused):
        shares.create(
            customer,
            spki_sha256="0" * 64,
            verifier=WRONG,
            actor=people.acting(customer),
            proven=proven(customer),
        )


@pytest.mark.spec("E10")
@pytest.mark.parametrize(
    ("key", "verifier"),
    [("x", VERIFIER), (KEY_ID.upper(), VERIFIER), (KEY_ID, b""), (KEY_ID, b"x" * 33)],
    ids=["short key", "capitals", "no verifier", "long verifier"],
)
def test_malformed_input_is_said(customer, key, verifier):
    for call in (shares.create, shares.release):
        with pytest.raises(Invalid):
            call(customer, spki_sha256=key, verifier=verifier, actor=people.acting(customer))


@pytest.mark.spec("E2")
def test_of_fifty_parallel_wrong_verifiers_three_are_compared(engine, monkeypatch):
    customer = people.import_()
    create(customer)
    compared = []
    real = sealing.same
    monkeypatch.setattr(shares.sealing, "same", lambda *arguments: compared.append(1) or real(*arguments))
    results = in_threads(lambda _number: release(customer, WRONG), 50)
    assert len(compared) == 3
    assert all(isinstance(result, VerifierWrong | ShareLocked | Busy) for result in results), results


def test_of_two_tabs_one_makes_the_first_share(engine):
    customer = people.import_()
    results = in_threads(lambda number: create(customer, bytes([number]) * 32), 4)
    assert sum(isinstance(result, bytes) for result in results) == 1
    assert KeyShare.objects.count() == 1


def test_share_and_verifier_do_not_lie_in_the_database(customer, sqlite_engine):
    verifier = secrets.token_bytes(32)
    share = create(customer, verifier)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = b"".join(path.read_bytes() for path in sqlite_engine.home.glob("certcenter.sqlite3*"))
    for secret in (share, verifier):
        assert secret not in content
        assert secret.hex().encode() not in content


def test_a_share_moved_to_another_customers_row_can_not_be_read(customer):
    other = people.import_(people.OTHER)
    create(customer)
    create(other)
    stolen = KeyShare.objects.get(customer=customer).sealed_share
    KeyShare.objects.filter(customer=other).update(sealed_share=stolen)
    with pytest.raises(sealing.Unsealable):
        release(other)
    assert Customer.objects.count() == 2


def visit(customer, verifier):
    return shares.release_to_visitor(
        "sample", customer, spki_sha256=KEY_ID, verifier=verifier, actor=people.anonymous()
    )


@pytest.mark.spec("B3", "E2")
def test_visitors_have_three_wrong_guesses_a_day_whatever_the_owner_clears(customer):
    share = create(customer)
    for _ in range(4):
        assert visit(customer, VERIFIER) == share  # right ones are not counted
    for _ in range(2):
        with pytest.raises(VerifierWrong):
            visit(customer, WRONG)
    assert release(customer) == share  # clears the gate
    with pytest.raises(VerifierWrong):
        visit(customer, WRONG)
    assert release(customer) == share
    with pytest.raises(VisitorLocked) as caught:
        visit(customer, VERIFIER)
    with override("zh-hant"):
        assert "無憑證" in str(caught.value.advice), "who can't log in can neither import nor revoke"
    assert release(customer) == share
    with clock.at(clock.now() + timedelta(days=1)):
        assert visit(customer, VERIFIER) == share


@pytest.mark.spec("E4")
def test_a_key_that_nobody_has_answers_visitors_alike(customer):
    create(customer)
    seen = []
    for who in (customer, None):
        told = []
        for _ in range(4):
            with pytest.raises((VerifierWrong, ShareLocked)) as caught:
                visit(who, WRONG)
            told.append((caught.value.code, caught.value.params))
        seen.append(told)
    assert seen[0] == seen[1]
