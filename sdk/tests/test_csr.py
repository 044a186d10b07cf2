"""Certificate requests from friend and foe: accepted, or refused by a code, and never anything else."""

import secrets

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from sdk.tests.pki import name

from certcenter_sdk import csr, der, keys, weak_keys
from certcenter_sdk.cms_shape import ECDSA_WITH_SHA256, RSA_WITH_SHA256
from certcenter_sdk.errors import RequestRefused
from certcenter_sdk.keys import KeyType


def refusal(data, **options):
    with pytest.raises(RequestRefused) as caught:
        csr.read(data, **options)
    return caught.value.code


@pytest.mark.spec("A3", "D1")
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048, KeyType.RSA3072])
def test_what_is_built_is_read(key_type):
    key = keys.generate(key_type)
    request = csr.read(csr.build(key))
    assert request.key_type is key_type
    assert request.spki == keys.spki(key.public_key())
    assert request.spki_sha256 == keys.spki_sha256(key.public_key())
    assert request.subject == x509.Name([]).public_bytes()
    named = csr.read(csr.build(key, name("王小明")))
    assert named.subject == name("王小明").public_bytes()


@pytest.mark.spec("A3")
def test_cryptographys_requests_are_read(customer):
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("A123456789"))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name("a@b.tw")]), critical=False)
    request = builder.sign(customer.key, hashes.SHA256()).public_bytes(Encoding.DER)
    assert csr.read(request).spki == keys.spki(customer.key.public_key())
    theirs = x509.load_der_x509_csr(csr.build(customer.key))
    assert theirs.is_signature_valid


@pytest.mark.spec("E10")
def test_policy_says_which_keys(p256):
    assert refusal(csr.build(p256.key), accept={KeyType.RSA2048}) == "key-type"


@pytest.mark.spec("E10")
@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.SECP521R1(), ec.SECP192R1(), ec.BrainpoolP256R1()])
def test_other_curves_are_refused(curve):
    assert refusal(csr.build(ec.generate_private_key(curve))) == "key-type"


@pytest.mark.spec("E10")
def test_other_algorithms_are_refused():
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("x"))
    request = builder.sign(ed25519.Ed25519PrivateKey.generate(), None)
    assert refusal(request.public_bytes(Encoding.DER)) == "key-type"


def rsa_spki(modulus, exponent):
    return (
        rsa.RSAPublicNumbers(exponent, modulus)
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )


def handmade(spki, *, algorithm=RSA_WITH_SHA256, signature=bytes(256), version=b"\x02\x01\x00"):
    info = der.encode(der.SEQUENCE, version, x509.Name([]).public_bytes(), spki, b"\xa0\x00")
    return der.encode(der.SEQUENCE, info, algorithm, der.encode(der.BIT_STRING, b"\0", signature))


def raw_rsa_spki(modulus, exponent):
    def integer(value):
        return der.encode(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, signed=True))

    algorithm = der.encode(der.SEQUENCE, der.oid("1.2.840.113549.1.1.1"), b"\x05\x00")
    numbers = der.encode(der.SEQUENCE, integer(modulus), integer(exponent))
    return der.encode(der.SEQUENCE, algorithm, der.encode(der.BIT_STRING, b"\0", numbers))


@pytest.mark.spec("E10")
def test_weak_rsa_keys_are_refused_by_name(rsa2048):
    modulus = rsa2048.key.public_key().public_numbers().n
    for spki, code in (
        (raw_rsa_spki(modulus >> 1 | 1, 65537), "rsa-too-short"),
        (raw_rsa_spki((1 << 1023) + 1, 65537), "rsa-too-short"),
        (raw_rsa_spki(modulus, 3), "rsa-exponent"),
        (raw_rsa_spki(modulus, 65538), "rsa-exponent"),
        (raw_rsa_spki(modulus, 17), "rsa-exponent"),
        (raw_rsa_spki(modulus, 2**65 + 1), "rsa-exponent"),
        (raw_rsa_spki(modulus - 1, 65537), "rsa-small-factor"),
        (raw_rsa_spki(3 * (1 << 2046 | 1), 65537), "rsa-small-factor"),
        (raw_rsa_spki(modulus << 7 | 1, 65537), "key-type"),
        (raw_rsa_spki(-modulus, 65537), "key-malformed"),
        (raw_rsa_spki(modulus, -65537), "key-malformed"),
        (raw_rsa_spki(modulus, 65537), "signature-invalid"),
    ):
        assert refusal(handmade(spki)) == code


def probable_prime(number):
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7))


def roca_prime(bits):
    """As the library of CVE-2017-15361 made them: k·M + (65537^a mod M), M the product of the first 126 primes."""
    product = 1
    for prime in weak_keys._primes_to(701):
        product *= prime
    while True:
        base = pow(65537, secrets.randbits(200), product)
        candidate = secrets.randbits(bits - product.bit_length()) * product + base
        if candidate.bit_length() == bits and candidate >> (bits - 2) == 3 and probable_prime(candidate):
            return candidate


@pytest.mark.spec("E10")
def test_a_roca_key_is_recognised_although_its_request_is_well_signed():
    p, q = roca_prime(1024), roca_prime(1024)
    d = rsa.rsa_recover_private_exponent(65537, p, q)
    private = rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(65537, p * q),
    ).private_key()
    assert refusal(csr.build(private)) == "rsa-roca"


@settings(max_examples=300)
@given(st.integers(1 << 2047, (1 << 2048) - 1))
def test_no_random_modulus_looks_like_roca(modulus):
    assert not weak_keys.is_roca(modulus | 1)


@given(st.integers(0, 2**64))
def test_powers_of_the_generator_do(exponent):
    product = 1
    for prime in weak_keys._primes_to(167)[1:]:
        product *= prime
    assert weak_keys.is_roca(pow(65537, exponent, product))


@pytest.mark.spec("E10")
def test_small_subgroup_members_without_one_logarithm_are_sound():
    """Each residue is a power of 65537, yet not the same power: the marks alone would cry wolf, the logarithm does not."""
    residues = dict.fromkeys(weak_keys._primes_to(167)[1:], 1)
    residues[11] = 65537 % 11
    residues[13] = 65537**2 % 13
    product = 1
    for prime in residues:
        product *= prime
    number = sum(
        residue * (product // prime) * pow(product // prime, -1, prime) for prime, residue in residues.items()
    )
    assert all(number % prime in table for prime, table in weak_keys._ROCA_TABLES)
    assert not weak_keys.is_roca(number % product)


def ec_spki(point, curve="1.2.840.10045.3.1.7"):
    algorithm = der.encode(der.SEQUENCE, der.oid("1.2.840.10045.2.1"), der.oid(curve))
    return der.encode(der.SEQUENCE, algorithm, der.encode(der.BIT_STRING, b"\0", point))


@pytest.mark.spec("E10")
def test_points_that_are_none_are_refused(p256):
    good = p256.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    compressed = p256.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    off_curve = good[:-1] + bytes([good[-1] ^ 1])
    for point in (
        b"\0",
        b"",
        off_curve,
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        good[:-1],
        good + b"\0",
        compressed,
    ):
        assert refusal(handmade(ec_spki(point), algorithm=ECDSA_WITH_SHA256)) == "key-malformed"
    assert refusal(handmade(ec_spki(good), algorithm=ECDSA_WITH_SHA256)) == "signature-invalid"
    assert refusal(handmade(ec_spki(good, "1.3.132.0.10"), algorithm=ECDSA_WITH_SHA256)) == "key-type"


@pytest.mark.spec("E10")
def test_explicit_curve_parameters_are_refused(p256):
    """CVE-2020-0601: a curve of the sender's own making."""
    algorithm = der.encode(der.SEQUENCE, der.oid("1.2.840.10045.2.1"), b"\x30\x06\x02\x01\x01\x02\x01\x02")
    bits = list(der.read(keys.spki(p256.key.public_key())).children())[1].encoding
    assert refusal(handmade(der.encode(der.SEQUENCE, algorithm, bits))) in {"key-type", "malformed"}


@pytest.mark.spec("E10")
def test_proof_of_possession(customer):
    good = csr.build(customer.key)
    assert refusal(good[:-1] + bytes([good[-1] ^ 1])) == "signature-invalid"


@pytest.mark.spec("E10")
def test_nobody_asks_for_a_certificate_on_anothers_key(p256):
    own, others = (keys.spki(key.public_key()) for key in (p256.key, keys.generate(KeyType.P256)))
    assert refusal(csr.build(p256.key).replace(own, others)) == "signature-invalid"


@pytest.mark.spec("E10")
def test_other_signature_algorithms_are_refused(customer):
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("x"))
    for algorithm in (hashes.SHA512(), hashes.SHA3_256()):
        request = builder.sign(customer.key, algorithm).public_bytes(Encoding.DER)
        assert refusal(request) == "signature-algorithm"


@pytest.mark.spec("E10")
def test_malformed_requests(p256):
    good = csr.build(p256.key)
    assert refusal(b"") == "malformed"
    assert refusal(good + b"\0") == "trailing-data"
    assert refusal(good[:-1]) == "malformed"
    assert refusal(bytes(16_385)) == "too-large"
    assert refusal(b"PK\x03\x04" + bytes(100)) == "malformed"
    assert refusal(b"-----BEGIN CERTIFICATE REQUEST-----\n") == "malformed"
    assert refusal(p256.certificate.public_bytes(Encoding.DER)) == "malformed"
    version_2 = handmade(
        keys.spki(p256.key.public_key()), algorithm=ECDSA_WITH_SHA256, version=b"\x02\x01\x01"
    )
    assert refusal(version_2) == "version"
    padded = csr.build(p256.key, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a" * 60)] * 300))
    assert refusal(padded) == "too-large"


def only_request_refused(data):
    try:
        request = csr.read(data)
    except RequestRefused:
        return
    assert request.der == data


@pytest.mark.spec("E10")
@settings(max_examples=1500, deadline=None)
@given(data=st.data(), who=st.sampled_from(["p256", "rsa2048"]))
def test_mutated_requests_raise_nothing_else(p256, rsa2048, data, who):
    request = bytearray(csr.build({"p256": p256, "rsa2048": rsa2048}[who].key, name("A123456789")))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(request) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "tag"])):
            case "flip":
                request[position] ^= data.draw(st.integers(1, 255))
            case "cut":
                del request[position : position + data.draw(st.integers(1, 16))]
                request = request or bytearray(b"\0")
            case "insert":
                request[position:position] = data.draw(st.binary(min_size=1, max_size=16))
            case "tag":
                request[position] = data.draw(
                    st.sampled_from([0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x30, 0x31, 0xA0])
                )
    only_request_refused(bytes(request))


@pytest.mark.spec("E10")
def test_every_single_changed_byte_raises_nothing_else(p256):
    request = csr.build(p256.key, name("A123456789"))
    for position in range(len(request)):
        for change in (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x03, 0x0F, 0xFF):
            changed = bytearray(request)
            changed[position] ^= change
            assert refusal(bytes(changed))


@pytest.mark.spec("E10")
@given(st.binary(max_size=300))
def test_noise_raises_nothing_else(data):
    only_request_refused(data)


@st.composite
def elements(draw, depth=4):
    tag = draw(st.sampled_from([0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x17, 0x30, 0x31, 0xA0, 0xA3]))
    if depth and tag & 0x20:
        return der.encode(tag, *draw(st.lists(elements(depth=depth - 1), max_size=4)))
    return der.encode(tag, draw(st.binary(max_size=40)))


@pytest.mark.spec("E10")
@settings(max_examples=500, deadline=None)
@given(subject=elements(), spki=elements(), attributes=elements(), algorithm=elements())
def test_well_formed_der_of_the_wrong_kind_raises_nothing_else(p256, subject, spki, attributes, algorithm):
    right = keys.spki(p256.key.public_key())
    for key in (spki, right):
        info = der.encode(der.SEQUENCE, b"\x02\x01\x00", subject, key, der.encode(0xA0, attributes))
        for name_of_algorithm in (algorithm, ECDSA_WITH_SHA256):
            signature = der.encode(der.BIT_STRING, b"\0", keys.sign(p256.key, info))
            only_request_refused(der.encode(der.SEQUENCE, info, name_of_algorithm, signature))
