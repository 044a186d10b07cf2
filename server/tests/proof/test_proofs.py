"""Proofs by key and single-use nonces (SPEC E6, A9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import people
from tests.support.engines import in_threads

from certcenter.core import clock
from certcenter.proof import nonces, verify
from certcenter.proof.errors import NonceRefused, ProofRefused
from certcenter_sdk import cms
from certcenter_sdk.proofs import Proof, Purpose
from certcenter_sdk.structures import format_time

ORIGIN = "http://sample.localhost:8000"
SESSION = "session-1"
KEY = ec.generate_private_key(ec.SECP256R1())
SPKI = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def certificate(key=KEY):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A123456789-00-000001")])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
    )
    return builder.sign(key, SHA256())


@pytest.fixture
def customer(sqlite_engine):
    return people.import_()


def nonce(customer, purpose="repair", session=SESSION):
    return nonces.issue(customer.institution, purpose=purpose, customer=customer, session=session)


def proof(customer, **changes):
    values = {
        "institution": people.INSTITUTION,
        "origin": ORIGIN,
        "purpose": "repair",
        "subject": sha256(SPKI).hexdigest(),
        "nonce": changes.pop("nonce", None) or nonce(customer, changes.get("purpose", "repair")),
        "time": format_time(clock.now()),
    }
    return Proof(**{**values, **changes})


def check(
    customer,
    given,
    *,
    signature=None,
    purpose=Purpose.REPAIR,
    spki=SPKI,
    session=SESSION,
    status=None,
    origin=ORIGIN,
):
    structure = given.canonical()
    return verify.check(
        people.INSTITUTION,
        customer=customer,
        purpose=purpose,
        structure=structure,
        signature=signature or cms.sign_with_key_id(structure, KEY),
        spki=spki,
        session=session,
        origin=origin,
        status=status,
    )


def spend(proven):
    with transaction.atomic():
        proven.spend()


@pytest.mark.spec("E6", "A9")
def test_a_pending_key_proves_itself_once(customer):
    proven = check(customer, proof(customer))
    assert proven.spki_sha256 == sha256(SPKI).hexdigest()
    spend(proven)
    with pytest.raises(NonceRefused):
        spend(proven)


@pytest.mark.spec("E6")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"institution": "demo"}, "wrong-institution"),
        ({"origin": "https://evil.example"}, "wrong-origin"),
        ({"purpose": "renew"}, "wrong-purpose"),
        ({"subject": "0" * 64}, "wrong-subject"),
    ],
)
def test_a_proof_for_something_else_is_refused(customer, changes, reason):
    with pytest.raises(ProofRefused) as raised:
        check(customer, proof(customer, **changes))
    assert raised.value.params["reason"] == reason


@pytest.mark.spec("E6")
def test_another_key_proves_nothing(customer):
    given = proof(customer)
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ProofRefused):
        check(customer, given, signature=cms.sign_with_key_id(given.canonical(), other))


@pytest.mark.spec("E6")
def test_a_certificate_proves_what_its_status_allows(customer):
    mine = certificate()
    given = proof(customer, purpose="renew")
    signature = cms.sign_detached(given.canonical(), KEY, mine)
    asked = []

    def status(who, which, *, at):
        asked.append((who, which, at))
        return answer

    for answer in ("revoked", "expired", "not-yours"):
        with pytest.raises(ProofRefused) as raised:
            check(customer, given, signature=signature, purpose=Purpose.RENEW, spki=None, status=status)
        assert raised.value.params["reason"] == answer
    answer = None
    with clock.at(moment := clock.now()):
        proven = check(customer, given, signature=signature, purpose=Purpose.RENEW, spki=None, status=status)
    assert proven.certificate == mine
    assert asked[-1] == (customer, mine, moment)
    spend(proven)


@pytest.mark.spec("E6")
@pytest.mark.parametrize("way", [{"spki": None}, {"status": lambda *_a, **_k: None}])
def test_a_check_without_an_expectation_is_a_programmers_error(customer, way):
    with pytest.raises(TypeError):
        check(customer, proof(customer), **way)


@pytest.mark.spec("E6")
def test_a_customer_of_another_institution_proves_nothing_here(customer):
    foreign = people.import_(institution="demo")
    with pytest.raises(ProofRefused) as raised:
        check(foreign, proof(customer))
    assert raised.value.params["reason"] == "wrong-customer"


@pytest.mark.spec("E6")
@pytest.mark.parametrize("change", ["purpose", "session", "customer", "institution", "value"])
def test_a_nonce_is_bound(customer, change):
    other = people.import_(people.OTHER)
    value = nonce(customer)
    bound = {
        "institution": people.INSTITUTION,
        "value": value,
        "purpose": "repair",
        "customer": customer,
        "session": SESSION,
    }
    wrong = {
        "purpose": "renew",
        "session": "session-2",
        "customer": other,
        "institution": "demo",
        "value": value[:-1],
    }

    def consume(institution, **arguments):
        with transaction.atomic():
            nonces.consume(institution, **arguments)

    with pytest.raises(NonceRefused):
        consume(**{**bound, change: wrong[change]})
    consume(**bound)


@pytest.mark.spec("E6")
def test_a_nonce_ends_after_five_minutes(customer):
    proven = check(customer, proof(customer))
    with clock.at(clock.now() + nonces.LIFETIME), pytest.raises(NonceRefused):
        spend(proven)


@pytest.mark.spec("E6")
def test_a_nonce_is_spent_inside_a_transaction_and_given_back_by_a_rollback(customer):
    proven = check(customer, proof(customer))
    with pytest.raises(RuntimeError):
        proven.spend()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        proven.spend()
        1 / 0  # noqa: B018
    spend(proven)


@pytest.mark.spec("E6")
def test_of_eight_parallel_uses_of_a_nonce_one_counts(engine):
    customer = people.import_()
    proven = check(customer, proof(customer))
    results = in_threads(lambda _number: spend(proven), 8)
    assert sum(result is None for result in results) == 1


@pytest.mark.spec("E10")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(structure=st.binary(max_size=200), signature=st.binary(max_size=200), spki=st.binary(max_size=100))
def test_rubbish_is_refused_not_an_error(customer, structure, signature, spki):
    with pytest.raises(ProofRefused):
        verify.check(
            people.INSTITUTION,
            customer=customer,
            purpose=Purpose.REPAIR,
            structure=structure,
            signature=signature,
            spki=spki,
            session=SESSION,
            origin=ORIGIN,
        )


@pytest.mark.spec("E6")
def test_a_changed_structure_is_refused(customer):
    given = proof(customer)
    signature = cms.sign_with_key_id(given.canonical(), KEY)
    with pytest.raises(ProofRefused):
        check(customer, replace(given, nonce=nonce(customer)), signature=signature)
