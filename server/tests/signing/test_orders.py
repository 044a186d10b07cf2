"""Orders: signed here, verified there, kept as evidence (SPEC A15, D8, E9, E10)."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.engines import in_threads
from tests.support.life import ORIGIN, recorded, refused

from certcenter.certificates import actions as certificates
from certcenter.certificates import revoking
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.errors import CentreError
from certcenter.identity.queries import accounts
from certcenter.signing import evidence
from certcenter.signing.models import Evidence
from certcenter_sdk import cms, keys
from certcenter_sdk.structures import format_time

from .conftest import Trader

OFFICER = Actor(kind=ActorKind.STAFF, institution="sample", id="officer")


@pytest.mark.spec("A15", "D8", "E9")
def test_an_order_is_drafted_signed_accepted_and_found_again(ready):
    wang = Trader()
    certificate = wang.installed()
    order = wang.draft()
    signature = wang.sign(order, certificate)
    with recorded("order:verify:accepted"):
        kept = wang.place(order, signature)
    with recorded():
        assert wang.place(order, signature).pk == kept.pk, "sent again: the same evidence"
    kept.refresh_from_db()
    found = evidence.recheck(kept)
    assert found.findings == ()
    assert found.order.quantity == "1000"
    assert [each.pk for each in evidence.history(wang.customer)] == [kept.pk]
    assert evidence.find(Trader().customer, kept.pk) is None
    assert Evidence.objects.count() == 1


CHANGES = {
    "account": st.from_regex(r"[0-9]{4}-[0-9]{7}", fullmatch=True),
    "side": st.sampled_from(["sell"]),
    "symbol": st.from_regex(r"[A-Z0-9.]{1,12}", fullmatch=True),
    "quantity": st.from_regex(r"[1-9][0-9]{0,11}", fullmatch=True),
    "price": st.from_regex(r"[1-9][0-9]{0,5}\.[0-9]{1,4}", fullmatch=True),
    "currency": st.from_regex(r"[A-Z]{3}", fullmatch=True),
    "institution": st.sampled_from(["demo", "example"]),
    "origin": st.sampled_from(["http://evil.localhost", "https://sample.example"]),
    "time": st.integers(1_600_000_000, 2_000_000_000).map(
        lambda second: format_time(datetime.fromtimestamp(second, UTC))
    ),
    "nonce": st.binary(min_size=32, max_size=32).map(
        lambda value: base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    ),
}


@pytest.mark.spec("A15", "D8")
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_any_field_after_signing_is_refused(wang, name):
    certificate = wang.installed()
    order = wang.draft()
    signature = wang.sign(order, certificate)

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(value=CHANGES[name])
    def tampered(value):
        values = json.loads(order)
        if values[name] == value:
            return
        changed = json.dumps(values | {name: value}, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(CentreError) as caught:
            wang.place(changed, signature)
        assert caught.value.code in {"signature-wrong", "order-not-yours", "order-stale"}

    tampered()
    assert not Evidence.objects.exists()
    wang.place(order, signature)


@pytest.mark.spec("A15", "E10")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_damage_gets_through_and_none_is_an_error(wang_and_order, data):
    wang, order, signature = wang_and_order
    target = data.draw(st.sampled_from(["order", "signature"]))
    whole = {"order": order, "signature": signature}
    at = data.draw(st.integers(0, len(whole[target]) - 1))
    bit = data.draw(st.integers(0, 7))
    damaged = bytearray(whole[target])
    damaged[at] ^= 1 << bit
    whole[target] = bytes(damaged)
    with pytest.raises(CentreError):
        wang.place(whole["order"], whole["signature"])


@pytest.fixture
def wang_and_order(sqlite_ready):
    wang = Trader()
    certificate = wang.installed()
    order = wang.draft()
    return wang, order, wang.sign(order, certificate)


@pytest.mark.spec("A15", "E10")
@pytest.mark.parametrize(
    "order", [b"", b"{}", b"[]", b"\xff" * 100, b"x" * 50_000, b'{"type":"certcenter.order.v1"}']
)
def test_what_is_no_order(wang, order):
    with refused("order-malformed"):
        wang.place(order, b"")


@pytest.mark.spec("A15", "E9")
def test_drafts_are_refused_by_name(wang):
    wang.installed()
    for changes, code in (
        ({"side": "steal"}, "order-malformed"),
        ({"quantity": "-1"}, "order-malformed"),
        ({"price": ""}, "order-malformed"),
        ({"account": "1020-0000000"}, "order-not-yours"),
        ({"account": accounts(Trader().customer)[0].display}, "order-not-yours"),
        ({"account": ""}, "order-not-yours"),
    ):
        with refused(code):
            wang.draft(**changes)


@pytest.mark.spec("A15", "E9")
def test_whose_certificate_it_is(wang):
    own = wang.installed()
    other = Trader()
    strangers = other.installed()
    order = wang.draft()
    cases = {
        "another customer's": other.sign(order, strangers),
        "another CA's under the same names": cms.sign_detached(order, wang.key, namesake(own)),
    }
    for name, signature in cases.items():
        with refused("certificate-unusable") as caught:
            wang.place(order, signature)
        assert caught.value.params["reason"] == "not-yours", name
    with refused("order-not-yours") as caught:
        other.place(order, other.sign(order, strangers))
    assert caught.value.params["reason"] == "account"
    with refused("signature-wrong"):
        wang.place(order, cms.sign_with_key_id(order, wang.key))
    wang.place(order, wang.sign(order, own))


def namesake(certificate):
    """The same contents, the same key, signed by somebody who calls himself our CA."""
    real = x509.load_der_x509_certificate(bytes(certificate.der))
    builder = x509.CertificateBuilder(
        issuer_name=real.issuer,
        subject_name=real.subject,
        public_key=real.public_key(),
        serial_number=real.serial_number,
        not_valid_before=real.not_valid_before_utc,
        not_valid_after=real.not_valid_after_utc,
        extensions=list(real.extensions),
    )
    return builder.sign(_impostor(), hashes.SHA256())


@cache
def _impostor():
    return keys.generate()


@pytest.mark.spec("A15", "A4")
@pytest.mark.parametrize("fate", ["not-installed", "revoked", "suspended", "expired"])
def test_the_certificates_status_at_the_signing_time(wang, fate):
    days_ago = 400 if fate == "expired" else 0
    certificate = wang.issued() if fate == "not-installed" else wang.installed(days_ago=days_ago)
    if fate == "revoked":
        wang.revoke()
    if fate == "suspended":
        revoking.suspend(wang.customer, suspended=True, actor=OFFICER)
    order = wang.draft()
    with refused("certificate-unusable") as caught:
        wang.place(order, wang.sign(order, certificate))
    assert caught.value.params["reason"] == fate


@pytest.mark.spec("A4", "A15")
def test_a_superseded_certificate_signs_no_more(wang):
    old_key = wang.key
    old = wang.installed(days_ago=340)
    wang.new_request()
    new = wang.installed("renew")
    new_key, wang.key = wang.key, old_key
    order = wang.draft()
    with refused("certificate-unusable"):
        wang.place(order, wang.sign(order, old))
    wang.key = new_key
    wang.place(order, wang.sign(order, new))


@pytest.mark.spec("A15", "A13")
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_off(wang, hours):
    certificate = wang.installed(days_ago=1)
    order = wang.draft()
    parsed = json.loads(order)
    parsed["time"] = format_time(clock.now() + timedelta(hours=hours))
    order = json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode()
    with refused("order-stale"):
        wang.place(order, wang.sign(order, certificate))


@pytest.mark.spec("A15", "E7")
def test_where_and_for_whom_it_was_signed(wang):
    certificate = wang.installed()
    order = wang.draft()
    with refused("order-not-yours") as caught:
        wang.place(order, wang.sign(order, certificate), origin="http://demo.localhost:8000")
    assert caught.value.params["reason"] == "origin"
    values = json.loads(order)
    elsewhere = json.dumps(values | {"institution": "demo"}, sort_keys=True, separators=(",", ":")).encode()
    with refused("order-not-yours") as caught:
        wang.place(elsewhere, wang.sign(elsewhere, certificate))
    assert caught.value.params["reason"] == "institution"


@pytest.mark.spec("A15", "E6")
def test_a_nonce_serves_one_order_of_one_session(wang):
    certificate = wang.installed()
    order = wang.draft()
    elsewhere = Trader(customer=wang.customer, key=wang.key, session="session-2")
    with refused("nonce-refused"):
        elsewhere.place(order, wang.sign(order, certificate))
    wang.place(order, wang.sign(order, certificate))
    another = json.dumps(
        json.loads(order) | {"quantity": "9000"}, sort_keys=True, separators=(",", ":")
    ).encode()
    with refused("order-seen-before"):
        wang.place(another, wang.sign(another, certificate))
    late = wang.draft()
    with clock.at(clock.now() + timedelta(minutes=5, seconds=1)), refused("order-stale"):
        wang.place(late, wang.sign(late, certificate))


@pytest.mark.spec("A15", "E6")
def test_a_proof_is_no_order_and_an_order_no_proof(wang):
    certificate = wang.installed(days_ago=340)
    proof = wang.proof("renew", certificate=certificate)
    with refused("order-malformed"):
        wang.place(proof.structure, proof.signature)
    order = wang.draft()
    signed = certificates.SignedProof(structure=order, signature=wang.sign(order, certificate), origin=ORIGIN)
    procedure = wang.prove("renew")
    wang.new_request()
    with refused("proof-refused"):
        wang.submit(procedure, old_key_proof=signed)


@pytest.mark.spec("A15")
def test_the_same_order_at_once_is_one_piece_of_evidence(ready):
    wang = Trader()
    certificate = wang.installed()
    order = wang.draft()
    signature = wang.sign(order, certificate)
    results = in_threads(lambda _: wang.place(order, signature).pk, 8)
    assert len(set(results)) == 1, results
    assert Evidence.objects.count() == 1
