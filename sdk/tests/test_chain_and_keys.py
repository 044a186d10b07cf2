"""Chains at a time, and keys."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sdk.tests.pki import NOW, Customer, certificate, key_pem, new_root, usage

from certcenter_sdk import keys
from certcenter_sdk.chain import ChainVerifier, verify_chain
from certcenter_sdk.errors import ChainRefused, KeyRefused
from certcenter_sdk.keys import KeyType


def refusal(leaf, intermediates, roots, at=NOW):
    with pytest.raises(ChainRefused) as caught:
        verify_chain(leaf, intermediates, roots, at)
    return caught.value.code


@pytest.mark.spec("D8", "E6")
def test_a_chain_is_found_and_described(customer, issuing, root):
    chain = verify_chain(customer.certificate, [issuing.certificate], [root.certificate], NOW)
    assert chain.certificates == (customer.certificate, issuing.certificate, root.certificate)
    assert chain.not_before == customer.certificate.not_valid_before_utc
    assert chain.not_after == customer.certificate.not_valid_after_utc


@pytest.mark.spec("D8", "E6")
def test_the_time_decides(p256, issuing, root):
    leaf, others = p256.certificate, ([issuing.certificate], [root.certificate])
    verify_chain(leaf, *others, leaf.not_valid_before_utc)
    verify_chain(leaf, *others, leaf.not_valid_after_utc)
    second = timedelta(seconds=1)
    assert refusal(leaf, *others, leaf.not_valid_before_utc - second) == "not-yet-valid"
    assert refusal(leaf, *others, leaf.not_valid_after_utc + second) == "expired"
    with pytest.raises(ValueError, match="aware"):
        verify_chain(leaf, *others, NOW.replace(tzinfo=None))


@pytest.mark.spec("D8", "E6")
def test_strangers_are_refused(p256, issuing, root):
    stranger = new_root()
    assert refusal(p256.certificate, [issuing.certificate], [stranger.certificate]) == "untrusted"
    assert refusal(p256.certificate, [], [root.certificate]) == "untrusted"
    namesake = new_root("示範簽發憑證")
    imposter = namesake.issue(p256.key)
    assert refusal(imposter, [issuing.certificate], [root.certificate]) == "untrusted"


@pytest.mark.spec("D8", "E6")
def test_a_customer_is_no_authority(p256, issuing, root):
    start, end = NOW - timedelta(days=1), NOW + timedelta(days=30)
    key = keys.generate()
    forged = certificate(key, "B223456789", p256.key, p256.certificate.subject, start=start, end=end)
    assert refusal(forged, [p256.certificate, issuing.certificate], [root.certificate]) == "untrusted"


@pytest.mark.spec("D8", "E6")
def test_a_certificate_that_may_not_sign_is_refused(issuing, root):
    leaf = issuing.issue(keys.generate(), key_usage=usage(ca=False, signs=False))
    assert refusal(leaf, [issuing.certificate], [root.certificate]) == "key-usage"


@pytest.mark.spec("D8", "E10")
def test_a_certificate_with_an_extension_twice_is_refused(p256, issuing, root):
    key_id, key_usage = bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d0f")
    changed = p256.certificate.public_bytes(Encoding.DER).replace(key_id, key_usage)
    leaf = x509.load_der_x509_certificate(changed)
    assert refusal(leaf, [issuing.certificate], [root.certificate]) == "key-usage"


@pytest.mark.spec("D8")
def test_an_issuing_certificate_that_ended_breaks_the_chain(root):
    key = keys.generate()
    issuing_end = NOW + timedelta(days=10)
    issuing = Customer(key, root.issue(key, "短命簽發憑證", ca=True, end=issuing_end))
    leaf = certificate(
        keys.generate(), "x", key, issuing.certificate.subject, start=NOW, end=NOW + timedelta(days=365)
    )
    verifier = ChainVerifier(intermediates=[issuing.certificate], roots=[root.certificate])
    assert verifier.verify(leaf, NOW).not_after == issuing_end
    with pytest.raises(ChainRefused) as caught:
        verifier.verify(leaf, issuing_end + timedelta(seconds=1))
    assert caught.value.code == "untrusted"


@pytest.mark.spec("D8")
def test_kept_chains_still_look_at_the_time(p256, issuing, root):
    verifier = ChainVerifier(intermediates=[issuing.certificate], roots=[root.certificate], kept=1)
    first = verifier.verify(p256.certificate, NOW)
    assert verifier.verify(p256.certificate, NOW + timedelta(days=1)) is first
    with pytest.raises(ChainRefused) as caught:
        verifier.verify(p256.certificate, NOW + timedelta(days=400))
    assert caught.value.code == "expired"
    other = issuing.issue(keys.generate())
    verifier.verify(other, NOW)
    assert verifier.verify(p256.certificate, NOW) is not first, "only one path is kept"


@pytest.mark.spec("A3")
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.RSA2048])
def test_keys_are_kept_encrypted(key_type):
    key = keys.generate(key_type)
    stored = keys.dump(key, b"secret")
    assert b"ENCRYPTED" in stored
    assert keys.spki(keys.load(stored, b"secret").public_key()) == keys.spki(key.public_key())
    for password in (b"wrong", None):
        with pytest.raises(KeyRefused) as caught:
            keys.load(stored, password)
        assert caught.value.code == "password"


@pytest.mark.spec("E10")
def test_what_is_no_key_is_refused(p256):
    edwards = ed25519.Ed25519PrivateKey.generate().private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    for data, password, code in (
        (b"", None, "malformed"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None, "malformed"),
        (edwards, None, "key-type"),
        (key_pem(p256.key), b"not wanted", "password"),
    ):
        with pytest.raises(KeyRefused) as caught:
            keys.load(data, password)
        assert caught.value.code == code


@pytest.mark.spec("A9")
def test_a_key_that_signs_wrongly_is_found(p256, monkeypatch):
    monkeypatch.setattr(keys, "sign", lambda _key, _data: b"\x30\x06\x02\x01\x01\x02\x01\x01")
    with pytest.raises(KeyRefused) as caught:
        keys.self_test(p256.key)
    assert caught.value.code == "self-test"
