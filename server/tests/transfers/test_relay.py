"""Upload to a phone: one parcel, once, for minutes, between devices of one customer (SPEC A12)."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tests.support import people
from tests.support.engines import in_threads
from tests.support.life import ORIGIN, Person, notices, recorded, refused

from certcenter.certificates import actions as certificates
from certcenter.certificates import revoking
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.identity import actions as identity
from certcenter.institutions import serving
from certcenter.transfers import actions, queries
from certcenter.transfers.errors import TransferGone
from certcenter.transfers.models import Parcel, Transfer, TransferState
from certcenter_sdk import cms, keys, transfer

PHONE = "session-phone"
OFFICER = Actor(kind=ActorKind.STAFF, institution="sample", id="officer")
AT_ONCE = 6
SEALED = b"encapsulated and sealed " * 40


class Owner(Person):
    """A customer with a computer (this session) and a phone (another one)."""

    @property
    def phone(self):
        return people.acting(self.customer, session=PHONE, address="192.0.2.44")

    def pair(self):
        key = X25519PrivateKey.generate().public_key().public_bytes_raw()
        return actions.open_(self.customer, public_key=key, actor=self.phone).pk

    def by_certificate(self, certificate, **changes):
        return self.proof(changes.pop("purpose", "phone"), certificate=certificate, **changes)

    def send(self, waiting, certificate, *, proof=None, ciphertext=SEALED):
        return actions.send(
            self.customer,
            waiting,
            ciphertext=ciphertext,
            proof=proof or self.by_certificate(certificate),
            actor=self.actor,
        )

    def fetch(self, waiting, *, actor=None):
        return actions.fetch(self.customer, waiting, actor=actor or self.phone)


@pytest.fixture
def wang(sqlite_ready):
    return Owner()


def state(person, waiting):
    return queries.seen(person.customer, waiting).state


@pytest.mark.spec("A12", "D7", "E9")
def test_a_parcel_goes_over_once_and_nothing_is_left_of_it(ready):
    wang = Owner()
    certificate = wang.installed()
    before = len(notices())
    with recorded("transfer:pair:opened"):
        waiting = wang.pair()
    with recorded("transfer:send:accepted"):
        wang.send(waiting, certificate)
    assert state(wang, waiting) == "sealed"
    with recorded("transfer:fetch:done"):
        assert wang.fetch(waiting) == SEALED
    assert not Parcel.objects.exists()
    assert state(wang, waiting) == "fetched"
    assert notices()[before:] == [f"transfer:{waiting}"] * 2, "to each contact"
    with refused("transfer-gone"):
        wang.fetch(waiting)
    with refused("already-sent"):
        wang.send(waiting, certificate)


@pytest.mark.spec("A12")
def test_what_is_not_fetched_in_time_is_gone(wang):
    certificate = wang.installed()
    waiting = wang.pair()
    wang.send(waiting, certificate)
    end = Transfer.objects.get().expires_at
    assert end - Transfer.objects.get().created_at == timedelta(minutes=5)
    with clock.at(end):
        with refused("transfer-gone"):
            wang.fetch(waiting)
        assert state(wang, waiting) == "expired"
        assert actions.expire() == 1
        assert not Parcel.objects.exists()
        assert actions.expire() == 0
    with clock.at(end + actions.KEPT):
        actions.expire()
    assert not Transfer.objects.exists()


@pytest.mark.spec("A12")
def test_nothing_is_taken_after_the_time(wang):
    certificate = wang.installed()
    waiting = wang.pair()
    with clock.at(Transfer.objects.get().expires_at), refused("transfer-gone"):
        wang.send(waiting, certificate)
    assert not Parcel.objects.exists()


@pytest.mark.spec("A12", "E4")
def test_another_customer_another_session_and_another_institution_find_nothing(wang):
    certificate = wang.installed()
    waiting = wang.pair()
    other = Owner()
    theirs = other.installed()
    with refused("transfer-gone"):
        other.send(waiting, theirs)
    wang.send(waiting, certificate)
    with refused("transfer-gone"):
        other.fetch(waiting)
    with refused("transfer-gone"):
        wang.fetch(waiting, actor=wang.actor)  # the computer is not the phone that asked
    with refused("transfer-gone"):
        actions.cancel(other.customer, waiting, actor=other.actor)
    namesake = people.import_(institution="demo", national_id=wang.customer.national_id)
    with pytest.raises(TransferGone):
        queries.seen(namesake, waiting)
    with refused("transfer-gone"):
        actions.fetch(namesake, waiting, actor=people.acting(namesake, session=PHONE))
    assert wang.fetch(waiting) == SEALED


@pytest.mark.spec("A12")
def test_host_and_client_must_match(wang):
    first = wang.installed(days_ago=340)
    waiting = wang.pair()
    wang_key = wang.new_request()
    second = wang.installed("renew")
    with refused("client-mismatch") as caught:
        wang.send(waiting, first, proof=wang.by_certificate(first, key=wang_key))
    assert caught.value.params["reason"] == "revoked"
    stranger = Owner()
    theirs = stranger.installed()
    with refused("client-mismatch") as caught:
        wang.send(waiting, theirs, proof=wang.by_certificate(theirs, key=stranger.key))
    assert caught.value.params["reason"] == "not-yours"
    revoking.suspend(wang.customer, suspended=True, note="lost", actor=OFFICER)
    with refused("client-mismatch") as caught:
        wang.send(waiting, second)
    assert caught.value.params["reason"] == "suspended"
    revoking.suspend(wang.customer, suspended=False, note="found", actor=OFFICER)
    wang.send(waiting, second)


@pytest.mark.spec("A12", "E6")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "renew"}, "proof-refused"),
        ({"origin": "https://evil.example"}, "proof-refused"),
        ({"institution": "demo"}, "proof-refused"),
        ({"subject": "0" * 64}, "proof-refused"),
        ({"nonce": "A" * 43}, "nonce-refused"),
    ],
    ids=["purpose", "origin", "institution", "subject", "nonce"],
)
def test_a_proof_for_something_else_sends_nothing(wang, changes, code):
    certificate = wang.installed()
    waiting = wang.pair()
    with refused(code):
        wang.send(waiting, certificate, proof=wang.by_certificate(certificate, **changes))
    assert state(wang, waiting) == "open"
    assert not Parcel.objects.exists()


@pytest.mark.spec("A12", "E6")
def test_a_proof_without_a_certificate_and_one_used_twice_are_refused(wang):
    certificate = wang.installed()
    waiting = wang.pair()
    with refused("proof-refused"):
        wang.send(waiting, certificate, proof=wang.proof("phone"))
    proof = wang.by_certificate(certificate)
    wang.send(waiting, certificate, proof=proof)
    again = wang.pair()
    with refused("nonce-refused"):
        wang.send(again, certificate, proof=proof)


@pytest.mark.spec("A12")
def test_a_new_pairing_and_a_cancelled_one_drop_what_they_held(wang):
    certificate = wang.installed()
    first = wang.pair()
    wang.send(first, certificate)
    second = wang.pair()
    assert (state(wang, first), Parcel.objects.count()) == ("cancelled", 0)
    with refused("transfer-gone"):
        wang.fetch(first)
    wang.send(second, certificate)
    with recorded("transfer:pair:cancelled"):
        actions.cancel(wang.customer, second, actor=wang.actor)
    assert (state(wang, second), Parcel.objects.count()) == ("cancelled", 0)
    with recorded():
        actions.cancel(wang.customer, second, actor=wang.actor)


@pytest.mark.spec("A12", "E2")
def test_limits_of_a_day_and_of_size(wang, monkeypatch):
    policy = serving.get("sample").phone
    certificate = wang.installed()
    waiting = wang.pair()
    with refused("parcel-too-large"):
        wang.send(waiting, certificate, ciphertext=bytes(policy.largest_bytes + 1))
    wang.send(waiting, certificate, ciphertext=bytes(policy.largest_bytes))
    for _ in range(policy.pairings_a_day - 1):
        wang.pair()
    with refused("pairings-used-up"):
        wang.pair()
    with clock.at(clock.now() + timedelta(days=1)):
        wang.pair()


@pytest.mark.spec("A12")
def test_there_must_be_something_to_upload_and_somebody_who_may(wang):
    with refused("nothing-to-upload"):
        wang.pair()
    certificate = wang.installed()
    waiting = wang.pair()
    identity.freeze(wang.customer, frozen=True, note="", actor=OFFICER)
    with refused("customer-frozen"):
        wang.pair()
    with refused("customer-frozen"):
        wang.send(waiting, certificate)
    bank = people.import_(institution="model-bank")
    with refused("phone-upload-off"):
        actions.open_(bank, public_key=bytes(32), actor=people.acting(bank))


@pytest.mark.spec("A12")
@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)], ids=["zero", "one"])
def test_keys_of_low_order_are_refused(wang, point):
    wang.installed()
    with refused("phone-key-unfit"):
        actions.open_(wang.customer, public_key=point, actor=wang.phone)


# At once


def count(results):
    return Counter(type(each).__name__ for each in results)


@pytest.mark.spec("A12", "E2")
def test_of_many_senders_one_is_taken(ready):
    wang = Owner()
    certificate = wang.installed()
    waiting = wang.pair()
    proofs = [wang.by_certificate(certificate) for _ in range(AT_ONCE)]
    results = in_threads(lambda number: wang.send(waiting, certificate, proof=proofs[number]), AT_ONCE)
    assert count(results) == {"Transfer": 1, "AlreadySent": AT_ONCE - 1}, results
    assert Parcel.objects.count() == 1


@pytest.mark.spec("A12", "E2")
def test_of_many_fetchers_one_gets_it(ready):
    wang = Owner()
    certificate = wang.installed()
    waiting = wang.pair()
    wang.send(waiting, certificate)
    results = in_threads(lambda _: wang.fetch(waiting), AT_ONCE)
    assert count(results) == {"bytes": 1, "TransferGone": AT_ONCE - 1}, results


@pytest.mark.spec("A12", "E2")
def test_control_without_the_condition_many_fetchers_get_it(ready, monkeypatch):
    """The same race where the state is read first and written after: everybody who has read it gets the parcel."""
    wang = Owner()
    certificate = wang.installed()
    waiting = wang.pair()
    wang.send(waiting, certificate)
    parcel = bytes(Parcel.objects.get().ciphertext)
    barrier = threading.Barrier(AT_ONCE, timeout=30)

    def naive(_number):
        found = Transfer.objects.get(pk=waiting)
        barrier.wait()
        if found.state != TransferState.SEALED:
            raise TransferGone
        Transfer.objects.filter(pk=waiting).update(state=TransferState.FETCHED)
        return parcel

    assert count(in_threads(naive, AT_ONCE)) == {"bytes": AT_ONCE}


@pytest.mark.spec("A12", "E2")
def test_one_phone_waits_at_a_time(ready):
    wang = Owner()
    wang.installed()
    results = in_threads(lambda _: wang.pair(), AT_ONCE)
    assert set(count(results)) <= {"UUID", "Conflict"}, results
    assert Transfer.objects.filter(state=TransferState.OPEN).count() == 1


# Secrets


@pytest.mark.spec("A12")
def test_the_relay_holds_nothing_that_opens(wang, sqlite_ready, caplog):
    """Everything the relay ever wrote, searched for the file, its password and the phone's private key."""
    caplog.set_level(0)
    certificate = wang.installed()
    phone_key = X25519PrivateKey.generate()
    waiting = actions.open_(
        wang.customer, public_key=phone_key.public_key().public_bytes_raw(), actor=wang.phone
    )
    pairing = transfer.Pairing(
        institution="sample",
        origin=ORIGIN,
        session=str(waiting.pk),
        key=transfer.encode_key(phone_key.public_key().public_bytes_raw()),
    )
    agreed = pairing.transcript(keys.spki_sha256(wang.key.public_key()))
    secret = b"Planted4711 and a private key " * 20
    sealed = transfer.seal(secret, agreed)
    wang.send(waiting.pk, certificate, ciphertext=sealed)
    held = written(sqlite_ready.home)
    assert sealed[:200] in held, "the search would find it"
    assert secret[:29] not in held
    for needle in (phone_key.private_bytes_raw(), phone_key.public_key().public_bytes_raw()):
        assert needle not in held
        assert needle.hex().encode() not in held
        assert transfer.encode_key(needle).encode() not in held
    assert agreed.matching_code.encode() not in held
    assert transfer.unseal(wang.fetch(waiting.pk), phone_key, agreed) == secret
    logged = caplog.text
    for needle in ("Planted4711", transfer.encode_key(sealed[:32]), sealed.hex()[:64]):
        assert needle not in logged


def written(home):
    """All bytes of the centre's files: database, journals, logs."""
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_signature_under_another_name_is_no_proof(wang):
    """The proof's purpose is part of what is signed: one for an order's bytes can't stand in."""
    certificate = wang.installed()
    waiting = wang.pair()
    structure = wang.by_certificate(certificate).structure
    forged = certificates.SignedProof(
        structure=structure, signature=cms.sign_with_key_id(structure, wang.key), origin=ORIGIN
    )
    with refused("proof-refused"):
        wang.send(waiting, certificate, proof=forged)
