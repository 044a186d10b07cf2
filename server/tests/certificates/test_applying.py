"""Applying: idempotent submission, keys that are refused, the steps before it (SPEC A3, E3, E8, E9, E10)."""

from datetime import date, timedelta
from itertools import count
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from tests.support import people
from tests.support.life import Person, recorded, refused, work

from certcenter.certificates import actions, procedures, queries
from certcenter.certificates.models import Application, Procedure
from certcenter.content import actions as content_actions
from certcenter.content import queries as content
from certcenter.content.blocks import Body
from certcenter.core import clock, limits
from certcenter.core.actor import system
from certcenter.core.taiwan import taipei_day
from certcenter.institutions import serving
from certcenter.otp.models import Grant
from certcenter.passwords import login
from certcenter_sdk import csr, der, keys
from certcenter_sdk.keys import KeyType
from certcenter_sdk.weak_keys import _ROCA_PRIMES, has_small_factor


@pytest.fixture
def wang(sqlite_ready):
    return Person()


@pytest.mark.spec("E8")
def test_a_retry_returns_the_same_certificate_at_any_time(ready):
    wang = Person()
    procedure = wang.prove("apply")
    request = wang.csr()
    accepted = wang.submit(procedure, csr=request)
    assert wang.submit(procedure, csr=request).pk == accepted.pk
    assert wang.submit(procedure).pk == accepted.pk, "the same key in another request is the same application"
    with refused("another-key"):
        wang.submit(procedure, csr=csr.build(keys.generate()))
    work()
    first = queries.chain(wang.customer, wang.request)
    assert wang.submit(procedure, csr=request).pk == accepted.pk
    wang.acknowledge()
    assert wang.submit(procedure, csr=request).state == "installed"
    assert queries.chain(wang.customer, wang.request) == first
    with refused("another-key"):
        wang.submit(procedure, csr=csr.build(keys.generate()))
    assert Application.objects.count() == 1


@pytest.mark.spec("E8")
def test_a_key_has_one_owner(ready):
    wang, mallory = Person(), Person()
    wang.installed()
    mallory.key = wang.key
    procedure = mallory.prove("apply")
    with refused("key-already-used"):
        mallory.submit(procedure)
    mallory.new_request()
    assert mallory.submit(procedure).state == "accepted", "the grant was still there"


@pytest.mark.spec("D1")
def test_the_issuer_is_called_as_the_institutions_policy_says(wang):
    wang.issued()
    leaf, _issuing, root = map(x509.load_der_x509_certificate, queries.chain(wang.customer, wang.request))
    policy = serving.get(wang.customer.institution).ca
    names = [
        name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value for name in (leaf.issuer, root.subject)
    ]
    assert names == [policy.issuing_name, policy.root_name]


@pytest.mark.spec("E8")
def test_another_customers_request_uuid_is_nothing_special(wang):
    wang.requested()
    other = Person(request=wang.request)
    assert other.requested().customer_id == other.customer.pk


def rsa_request(modulus, exponent=65537):
    """A request whose proof of possession can't be made: the key is looked at first."""
    numbers = der.encode(der.SEQUENCE, _integer(modulus), _integer(exponent))
    return _request_for(
        der.encode(
            der.SEQUENCE,
            der.encode(der.SEQUENCE, der.oid("1.2.840.113549.1.1.1"), b"\x05\x00"),
            der.encode(der.BIT_STRING, b"\0", numbers),
        )
    )


def _integer(value):
    return der.encode(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def _request_for(spki):
    info = der.encode(
        der.SEQUENCE, b"\x02\x01\x00", der.encode(der.SEQUENCE), spki, der.encode(der.CONTEXT_0)
    )
    algorithm = der.encode(der.SEQUENCE, der.oid("1.2.840.113549.1.1.11"), b"\x05\x00")
    return der.encode(der.SEQUENCE, info, algorithm, der.encode(der.BIT_STRING, bytes(257)))


def roca_modulus():
    """2048 bits and, modulo each small prime of the fingerprint, a power of 65537."""
    primorial = 2
    for prime in _ROCA_PRIMES:
        primorial *= prime
    power = pow(65537, 12345, primorial)
    candidates = (power + k * primorial for k in count((1 << 2047) // primorial + 1))
    return next(candidate for candidate in candidates if not has_small_factor(candidate))


def sound_modulus():
    return keys.generate(KeyType.RSA2048).public_key().public_numbers().n


def p192_request():
    key = ec.generate_private_key(ec.SECP192R1())
    return _request_for(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def rsa_1024():
    return rsa.generate_private_key(65537, 1024).public_key().public_numbers().n


GOOD = csr.build(keys.generate())
HOSTILE = {
    "rsa-too-short": lambda: rsa_request(rsa_1024()),
    "rsa-exponent": lambda: rsa_request(sound_modulus(), 3),
    "rsa-small-factor": lambda: rsa_request(sound_modulus() - 1),
    "rsa-roca": lambda: rsa_request(roca_modulus()),
    "key-type": p192_request,
    "malformed": lambda: b"\x30\x03\x02\x01",
    "too-large": lambda: bytes(50_000_000),
    "trailing-data": lambda: GOOD + b"\0",
    "signature-invalid": lambda: GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
}


@pytest.mark.spec("E8", "E10")
def test_bad_requests_are_refused_by_name_and_cost_no_grant(wang):
    procedure = wang.prove("apply")
    for reason, hostile in HOSTILE.items():
        with refused("request-rejected") as caught:
            wang.submit(procedure, csr=hostile())
        assert caught.value.params["reason"] == reason
    with refused("request-rejected"):
        actions.submit(
            wang.customer,
            procedure_id=procedure,
            request_uuid=uuid4(),
            csr=b"",
            old_key_proof=None,
            actor=wang.actor,
        )
    assert not Application.objects.exists()
    assert wang.submit(procedure).state == "accepted"


@pytest.mark.spec("E10")
def test_a_key_type_that_policy_does_not_name(wang):
    procedure = wang.prove("apply")
    with refused("key-type-not-allowed"):
        wang.submit(procedure, csr=csr.build(keys.generate(KeyType.P384)))


@pytest.mark.spec("E3", "E2")
def test_three_wrong_birth_dates_in_a_day(ready):
    wang = Person()
    first = wang.start("apply")
    for malformed in ("", "76120", "761305", "abc", "0001205", "19871205", "7612051" * 500):
        with pytest.raises(procedures.errors.BirthDateMalformed):
            wang.identify(first, malformed)
    with refused("birth-date-wrong") as caught:
        wang.identify(first, "761206")
    assert caught.value.params["tries_left"] == 2
    second = wang.start("apply")
    with refused("birth-date-wrong") as caught:
        wang.identify(second, "761207")
    assert caught.value.params["tries_left"] == 1, "starting again gives no further guesses"
    with (
        recorded("application:birth-date:refused", "login:password:refused"),
        pytest.raises(procedures.errors.BirthDateEnded),
    ):
        wang.identify(second, "761208")
    with refused("procedure-gone"):
        wang.identify(second)
    assert login.gate(wang.customer).state().failed == 1
    for _ in range(4):
        again = wang.start("apply")
        with refused("birth-date-ended"):
            wang.identify(again)
    assert login.gate(wang.customer).state().failed == 1, "what is not compared is not counted"
    with clock.at(clock.now() + timedelta(days=1)):
        wang.identify(wang.start("apply"))


@pytest.mark.spec("E3")
def test_a_right_birth_date_forgets_the_wrong_ones(wang):
    procedure = wang.start("apply")
    for wrong in ("761206", "761207"):
        with refused("birth-date-wrong"):
            wang.identify(procedure, wrong)
    wang.identify(procedure, "７６１２０５")
    day = taipei_day(clock.now()).isoformat()
    assert limits.used("birth-date", subject=wang.customer.subject, window=day) == 0


@pytest.mark.spec("E3")
def test_a_company_gives_its_registration_date(sqlite_ready):
    company = Person(
        customer=people.import_(
            national_id="04595257", birth_date="2011-10-01", accounts="securities:1020-0900002"
        )
    )
    assert company.customer.birth_date == date(2011, 10, 1)
    assert company.installed().common_name.startswith("04595257-")


@pytest.mark.spec("E3", "E4", "E7")
def test_a_procedure_belongs_to_its_session_customer_and_institution(ready):
    wang, other = Person(), Person()
    elsewhere = Person(customer=wang.customer, session="session-2")
    tenant = Person(customer=people.import_(institution="demo", accounts="securities:2020-0000001"))
    procedure = wang.start("apply")
    for stranger in (elsewhere, other, tenant):
        with refused("procedure-gone"):
            stranger.identify(procedure)
        with refused("procedure-gone"):
            stranger.confirm(procedure)
        with refused("procedure-gone"):
            stranger.submit(procedure)
    wang.identify(procedure)
    wang.confirm(procedure)
    for stranger in (elsewhere, other, tenant):
        with refused("procedure-gone"):
            stranger.submit(procedure)
        with refused("procedure-gone"):
            stranger.revoke(procedure)
    with clock.at(clock.now() + procedures.LIFETIME + timedelta(seconds=1)), refused("procedure-gone"):
        wang.submit(procedure)
    wang.submit(procedure)


@pytest.mark.spec("E3")
def test_steps_out_of_order(wang):
    procedure = wang.start("apply")
    with refused("wrong-step"):
        wang.confirm(procedure)
    with refused("wrong-step"):
        wang.submit(procedure)
    with refused("wrong-step"):
        wang.revoke(procedure)
    wang.identify(procedure)
    with refused("wrong-step"):
        wang.identify(procedure)
    with refused("wrong-step"):
        wang.submit(procedure)
    wang.confirm(procedure)
    with refused("wrong-step"):
        wang.confirm(procedure)
    wang.submit(procedure)


@pytest.mark.spec("E3")
def test_a_grant_is_spent_once_and_within_its_time(wang):
    procedure = wang.prove("apply")
    with clock.at(clock.now() + timedelta(minutes=10, seconds=1)), refused("grant-refused"):
        wang.submit(procedure)
    assert Procedure.objects.get(pk=procedure).state == "proven", "nothing was spent"
    wang.installed()
    wang.revoke()
    wang.new_request()
    spent = wang.prove("apply")
    wang.submit(spent)
    wang.new_request()
    with refused("application-open"):
        wang.submit(spent)
    assert Grant.objects.filter(used_at__isnull=True).count() == 1, "the first one, which lapsed"


@pytest.mark.spec("E3")
def test_a_grant_is_not_spent_by_two_procedures(wang):
    """The same grant under a second procedure of the same person and consent."""
    first, second = wang.prove("apply"), wang.start("apply")
    wang.submit(first)
    work()
    stolen = Procedure.objects.get(pk=first).grant_id
    Application.objects.update(state="ended")
    Procedure.objects.filter(pk=second).update(state="proven", grant_id=stolen)
    wang.new_request()
    with refused("grant-refused"):
        wang.submit(second)


@pytest.mark.spec("E3", "A3")
def test_a_consent_that_was_superseded(wang):
    text = content.current("sample", "consent-apply")
    stale = {"kind": procedures.ProcedureKind.APPLY, "actor": wang.actor}
    body = Body.model_validate(text.body)
    body = body.model_copy(update={"title": body.title.model_copy(update={"zh": "新版同意書"})})
    content_actions.publish(
        "sample", kind=text.kind, key=text.key, body=body, after_version=text.version, actor=system("tests")
    )
    with refused("consent-superseded"):
        procedures.start(wang.customer, consent_version=text.version, consent_sha256=text.sha256, **stale)
    new = content.current("sample", "consent-apply")
    with refused("consent-superseded"):
        procedures.start(wang.customer, consent_version=new.version, consent_sha256=text.sha256, **stale)
    wang.submit(wang.prove("apply"))


@pytest.mark.spec("A1", "E8")
def test_what_the_overview_would_not_offer_is_refused(wang):
    with refused("nothing-to-renew"):
        wang.start("renew")
    with refused("nothing-to-revoke"):
        wang.start("revoke")
    proven = wang.prove("apply")
    wang.requested()
    with refused("application-open"):
        wang.start("apply")
    wang.new_request()
    with refused("application-open"):
        wang.submit(proven)


@pytest.mark.spec("E9")
def test_each_step_is_in_the_history(wang):
    with recorded("consent:give:done"):
        procedure = wang.start("apply")
    with recorded():
        wang.identify(procedure)
    with recorded("code:send:done", "code:check:accepted"):
        wang.confirm(procedure)
    with recorded("certificate:apply:requested"):
        wang.submit(procedure)
    with recorded("certificate:issue:done"):
        work()
    with recorded("certificate:install:acknowledged"):
        wang.acknowledge()
    with recorded("consent:give:done", "code:send:done", "code:check:accepted", "certificate:revoke:done"):
        wang.revoke()
