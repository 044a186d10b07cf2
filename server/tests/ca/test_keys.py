"""Public keys that no certificate may carry (issue 2, bad input)."""

import math
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from server.tests.ca.support import POLICY, config, private_key, request, spki

from certcenter.ca import der
from certcenter.ca.api import Prepared
from certcenter.ca.embedded.checks import _primes, check_public_key, rsa_weakness
from certcenter.ca.errors import RequestRefusedError
from certcenter.ca.keys import KeyType, key_id_of_spki, spki_of
from certcenter.ca.profiles import CertificateProfile

SPKI = Encoding.DER, PublicFormat.SubjectPublicKeyInfo


def rsa_spki(modulus, exponent=65537):
    key = der.sequence(der.integer(modulus), der.integer(exponent))
    return der.sequence(bytes.fromhex("300d06092a864886f70d0101010500"), der.bit_string(key))


def modulus():
    return private_key(KeyType.RSA2048).public_key().public_numbers().n


def refusal(data):
    with pytest.raises(RequestRefusedError) as caught:
        check_public_key(data)
    return str(caught.value.code)


@pytest.mark.spec("D1")
@pytest.mark.parametrize("key_type", KeyType)
def test_good_keys_pass_and_are_named(key_type):
    assert check_public_key(spki(key_type)) is key_type


@pytest.mark.spec("D1")
@pytest.mark.parametrize("exponent", [1, 2, 3, 17, 65535, 65536, 65538, (1 << 256) + 1])
def test_exponents_even_small_or_huge(exponent):
    assert refusal(rsa_spki(modulus(), exponent)) == "ca.key.weak"


@pytest.mark.spec("D1")
def test_short_rsa_keys():
    for bits in (512, 1024, 2040):
        assert refusal(rsa_spki((1 << bits) - 1)) == "ca.key.weak"
    assert refusal(rsa_spki((1 << 2499) + 1)) == "ca.key.type"


@pytest.mark.spec("D1")
def test_a_modulus_with_the_roca_fingerprint():
    """CVE-2017-15361: such a modulus is a power of 65537 modulo the product of the first primes."""
    product = math.prod(_primes(168)[1:])
    flawed = pow(65537, 12345, product)
    flawed += product * ((1 << 2047) // product + 1)
    while flawed % 2 == 0 or math.gcd(flawed, math.prod(_primes(752))) != 1:
        flawed += product
    assert flawed.bit_length() == 2048
    assert "ROCA" in rsa_weakness(flawed, 65537)
    assert refusal(rsa_spki(flawed)) == "ca.key.weak"


@pytest.mark.spec("D1")
def test_a_modulus_of_close_primes_or_a_square():
    prime = private_key(KeyType.RSA2048).private_numbers().p
    near = prime + 2
    while pow(2, near - 1, near) != 1:
        near += 2
    assert "close primes" in rsa_weakness(prime * near, 65537)
    assert "close primes" in rsa_weakness(prime * prime, 65537)
    assert "small factor" in rsa_weakness(prime * 751, 65537)
    assert rsa_weakness(modulus(), 65537) is None


@pytest.mark.spec("D1")
def test_points_off_the_curve_and_other_forms_of_keys():
    good = spki()
    assert refusal(good[:-1] + bytes((good[-1] ^ 1,))) == "ca.key.malformed"
    assert refusal(good[:27] + bytes(64)) == "ca.key.malformed"
    compressed = private_key().public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    algorithm = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
    assert refusal(der.sequence(algorithm, der.bit_string(compressed))) == "ca.key.malformed"
    for other in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP521R1())):
        assert refusal(other.public_key().public_bytes(*SPKI)) == "ca.key.malformed"
    assert refusal(spki() + b"\x00") == "ca.key.malformed"
    assert refusal(rsa_spki(modulus()) + b"\x00") == "ca.key.malformed"
    assert refusal(b"\x30\x83\xff\xff\xff" + bytes(5000)) == "ca.key.malformed"


@given(st.binary(max_size=600))
def test_no_bytes_crash_the_check(data):
    with pytest.raises(RequestRefusedError):
        check_public_key(data)


@given(st.integers(0, 293), st.integers(1, 255))
def test_no_single_changed_octet_crashes_the_check(position, change):
    data = bytearray(spki(KeyType.RSA2048))
    data[position] ^= change
    try:
        check_public_key(bytes(data))
    except RequestRefusedError:
        return
    assert position > 30, "header and algorithm are exact"


@pytest.mark.spec("D1")
def test_the_profile_says_which_keys(ca, tmp_path):
    profile = CertificateProfile(name="customer", policies=(POLICY,), key_types=(KeyType.P256,))
    publication = replace(ca.publication, config=config(profiles=(profile,)))
    picky = type(ca)(publication)
    [good, other] = picky.prepare([request("a"), request("b", spki=spki(KeyType.RSA2048))])
    assert isinstance(good, Prepared)
    assert other.code == "ca.key.type"


@pytest.mark.spec("D1")
def test_the_cas_own_keys_are_refused(ca):
    published = ca.publication
    for own in (published.issuing_spki, spki_of(published.responder_key.public_key)):
        [answer] = ca.prepare([request(spki=own)])
        assert answer.code == "ca.key.of-ca"


def test_key_identifiers_are_those_of_rfc_5280():
    from cryptography import x509

    for key_type in (KeyType.P256, KeyType.RSA2048):
        public = private_key(key_type).public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        assert key_id_of_spki(spki(key_type)) == x509.SubjectKeyIdentifier.from_public_key(public).digest
