"""The CMS signature: one shape, made and verified; everything else is refused by name."""

import base64
import dataclasses
import hashlib

import pytest
from asn1crypto import algos, core, tsp
from asn1crypto import cms as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from sdk.tests.pki import ORDER_FIELDS

from certcenter_sdk import cms, cms_shape, der, keys
from certcenter_sdk.errors import SignatureRefused
from certcenter_sdk.keys import KeyType
from certcenter_sdk.orders import Order

CONTENT = Order(**ORDER_FIELDS).canonical()


def refusal(content, signature):
    with pytest.raises(SignatureRefused) as caught:
        cms.verify_detached(content, signature)
    return caught.value.code


@pytest.fixture
def signature(customer):
    return cms.sign_detached(CONTENT, customer.key, customer.certificate)


@pytest.mark.spec("A15", "D8")
def test_a_signature_is_verified_and_described(customer, signature):
    verified = cms.verify_detached(CONTENT, signature)
    assert verified.certificate == customer.certificate
    assert verified.serial == customer.certificate.serial_number
    assert verified.digest == hashlib.sha256(CONTENT).digest()
    assert verified.signer.spki_sha256 == keys.spki_sha256(customer.key.public_key())
    rsa = "RSA" in type(customer.key).__name__
    assert verified.algorithm == ("sha256WithRSAEncryption" if rsa else "ecdsa-with-SHA256")
    parsed = asn1.IssuerAndSerialNumber.load(verified.identifier)
    assert parsed["serial_number"].native == verified.serial


@pytest.mark.spec("D8")
def test_the_shape_is_the_contracts(customer, signature):
    """Read by a parser that is not ours."""
    info = asn1.ContentInfo.load(signature, strict=True)
    data = info["content"]
    assert data["version"].native == "v1"
    assert data["encap_content_info"]["content"].native is None
    assert len(data["certificates"]) == 1
    assert isinstance(data["crls"], core.Void) or data["crls"].native is None
    (signer,) = data["signer_infos"]
    assert signer["sid"].name == "issuer_and_serial_number"
    assert signer["digest_algorithm"].native == {"algorithm": "sha256", "parameters": None}
    types = [attribute["type"].native for attribute in signer["signed_attrs"]]
    assert types == ["content_type", "message_digest", "signing_certificate_v2"]
    certificate_id = tsp.SigningCertificateV2.load(signer["signed_attrs"][2]["values"][0].dump())["certs"][0]
    assert certificate_id["cert_hash"].native == customer.certificate.fingerprint(cms_shape.keys.SHA256)
    assert certificate_id["issuer_serial"].native is None
    assert info.dump(force=True) == signature


@pytest.mark.spec("A15")
def test_signing_the_same_twice_gives_the_same_bytes(customer, signature):
    assert cms.sign_detached(CONTENT, customer.key, customer.certificate) == signature


@pytest.mark.spec("A15")
def test_a_key_signs_only_under_its_own_certificate(p256, rsa2048):
    with pytest.raises(SignatureRefused) as caught:
        cms.sign_detached(CONTENT, p256.key, rsa2048.certificate)
    assert caught.value.code == "key-mismatch"


@pytest.mark.spec("A15", "D8")
@settings(max_examples=300, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("who", ["p256", "rsa2048"])
def test_any_changed_byte_is_refused(request, who, data):
    customer = request.getfixturevalue(who)
    signature = bytearray(cms.sign_detached(CONTENT, customer.key, customer.certificate))
    position = data.draw(st.integers(0, len(signature) - 1))
    signature[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SignatureRefused):
        cms.verify_detached(CONTENT, bytes(signature))


@pytest.mark.spec("A15", "D8")
def test_every_single_bit_of_a_signature_matters(customer, signature):
    for position in range(len(signature)):
        for bit in range(8):
            changed = bytearray(signature)
            changed[position] ^= 1 << bit
            with pytest.raises(SignatureRefused):
                cms.verify_detached(CONTENT, bytes(changed))


@pytest.mark.spec("A15", "D8")
def test_every_single_byte_of_the_content_matters(signature):
    for position in range(len(CONTENT)):
        changed = bytearray(CONTENT)
        changed[position] ^= 0x01
        assert refusal(bytes(changed), signature) == "message-digest"


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_cut_lengthened_and_spliced_signatures_are_refused(p256, data):
    signature = cms.sign_detached(CONTENT, p256.key, p256.certificate)
    start = data.draw(st.integers(0, len(signature)))
    end = data.draw(st.integers(start, len(signature)))
    changed = signature[:start] + data.draw(st.binary(max_size=8)) + signature[end:]
    if changed != signature:
        with pytest.raises(SignatureRefused):
            cms.verify_detached(CONTENT, changed)


@given(st.binary(max_size=300))
def test_noise_is_refused(data):
    with pytest.raises(SignatureRefused):
        cms.verify_detached(CONTENT, data)


def rebuilt(signature, change):
    """The signature after `change` has had its way with asn1crypto's object; not signed anew."""
    info = asn1.ContentInfo.load(signature)
    change(info["content"], info["content"]["signer_infos"][0])
    return info.dump(force=True)


def attach(data, signer):
    data["encap_content_info"]["content"] = CONTENT


def null_parameters(data, signer):
    signer["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": "sha256", "parameters": core.Null()})


def sha512(data, signer):
    data["digest_algorithms"] = [{"algorithm": "sha512"}]


def two_certificates(data, signer):
    data["certificates"].append(data["certificates"][0])


def two_signers(data, signer):
    data["signer_infos"].append(signer.copy())


def no_attributes(data, signer):
    del signer["signed_attrs"]


def unsigned(data, signer):
    signer["unsigned_attrs"] = [{"type": "1.2.3.4", "values": [core.Null()]}]


def fewer_attributes(data, signer):
    signer["signed_attrs"] = list(signer["signed_attrs"])[:2]


def swapped_attributes(data, signer):
    attributes = list(signer["signed_attrs"])
    signer["signed_attrs"] = core.Asn1Value.copy(signer["signed_attrs"])
    signer["signed_attrs"]._contents = b"".join(attributes[i].dump() for i in (1, 0, 2))


def other_serial(data, signer):
    signer["sid"].chosen["serial_number"] = 4711


def rsa_encryption(data, signer):
    signer["signature_algorithm"] = {"algorithm": "rsassa_pkcs1v15"}


def other_content_type(data, signer):
    data["encap_content_info"]["content_type"] = "signed_data"


def version_3(data, signer):
    data["version"] = "v3"


@pytest.mark.spec("D8", "E10")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (attach, "content-attached"),
        (null_parameters, "digest-algorithm"),
        (sha512, "digest-algorithm"),
        (two_certificates, "several-certificates"),
        (two_signers, "signers"),
        (no_attributes, "signed-attributes-missing"),
        (unsigned, "unsigned-attributes"),
        (fewer_attributes, "signed-attributes"),
        (other_serial, "signer-identifier"),
        (rsa_encryption, "signature-algorithm"),
        (other_content_type, "content-type"),
        (version_3, "version"),
    ],
)
def test_each_departure_from_the_shape_has_its_code(p256, change, code):
    signature = cms.sign_detached(CONTENT, p256.key, p256.certificate)
    changed = rebuilt(signature, change)
    assert changed != signature
    assert refusal(CONTENT, changed) == code


def signed_by_hand(customer, *, attributes=None, value=None):
    """A signature whose attributes are truly signed, though they are not as they must be."""
    signer = cms_shape.signer_of(customer.certificate.public_bytes(Encoding.DER))
    digest = hashlib.sha256(CONTENT).digest()

    class Other(cms_shape.Signer):
        def signed_attributes(self, digest):
            return attributes(signer, digest)

    values = {item.name: getattr(signer, item.name) for item in dataclasses.fields(signer)}
    other = Other(**values)
    return other.encode(digest, value or keys.sign(customer.key, other.to_be_signed(digest)))


@pytest.mark.spec("D8")
def test_truly_signed_but_wrong_attributes_are_refused(p256, rsa2048):
    def reordered(signer, digest):
        attributes = [child.encoding for child in der.read(signer.to_be_signed(digest)).children()]
        return b"".join(reversed(attributes))

    def additional(signer, digest):
        signing_time = bytes.fromhex("301c06092a864886f70d010905310f170d3236313132303038303030305a")
        return signer.signed_attributes(digest)[:26] + signing_time + signer.signed_attributes(digest)[26:]

    def other_certificate(signer, digest):
        other = rsa2048.certificate.fingerprint(keys.SHA256)
        return signer.signed_attributes(digest)[:75] + cms_shape.signing_certificate_attribute(other)

    assert refusal(CONTENT, signed_by_hand(p256, attributes=reordered)) == "signed-attributes"
    assert refusal(CONTENT, signed_by_hand(p256, attributes=additional)) == "signed-attributes"
    assert refusal(CONTENT, signed_by_hand(p256, attributes=other_certificate)) == "signing-certificate"


@pytest.mark.spec("D8")
def test_a_signature_without_its_certificate_is_refused(p256):
    signer = cms_shape.signer_of(p256.certificate.public_bytes(Encoding.DER))
    digest = hashlib.sha256(CONTENT).digest()
    value = keys.sign(p256.key, signer.to_be_signed(digest))
    assert (
        refusal(CONTENT, dataclasses.replace(signer, der=b"").encode(digest, value)) == "certificate-missing"
    )


@pytest.mark.spec("D8")
def test_ber_is_refused(p256):
    signature = cms.sign_detached(CONTENT, p256.key, p256.certificate)
    body = signature[4:]
    assert refusal(CONTENT, b"\x30\x83\x00" + signature[2:4] + body) == "not-der"
    assert refusal(CONTENT, b"\x30\x80" + body + b"\0\0") == "not-der"
    assert refusal(CONTENT, signature + b"\0") == "not-der"
    assert refusal(CONTENT, base64.b64encode(signature)) == "not-der"
    assert refusal(CONTENT, b"") == "not-der"
    assert refusal(CONTENT, bytes(20_000)) == "too-large"


@pytest.mark.spec("D8")
def test_the_signature_of_another_key_is_refused(p256, issuing):
    other = keys.generate(KeyType.P256)
    signer = cms_shape.signer_of(p256.certificate.public_bytes(Encoding.DER))
    digest = hashlib.sha256(CONTENT).digest()
    forged = signer.encode(digest, keys.sign(other, signer.to_be_signed(digest)))
    assert refusal(CONTENT, forged) == "signature-invalid"


@pytest.mark.parametrize("key_type", [KeyType.P384])
def test_keys_outside_the_contract_are_refused(issuing, key_type):
    key = keys.generate(key_type)
    with pytest.raises(SignatureRefused) as caught:
        cms.sign_detached(CONTENT, key, issuing.issue(key))
    assert caught.value.code == "key-unsupported"


@pytest.mark.spec("A9", "E6")
def test_a_key_without_a_certificate_proves_itself(customer):
    signature = cms.sign_with_key_id(CONTENT, customer.key)
    public = customer.key.public_key()
    verified = cms.verify_with_key_id(CONTENT, signature, public)
    assert verified.certificate is None
    assert verified.serial is None
    data = asn1.ContentInfo.load(signature, strict=True)["content"]
    assert data["version"].native == "v3"
    (signer,) = data["signer_infos"]
    assert signer["version"].native == "v3"
    assert signer["sid"].native == x509.SubjectKeyIdentifier.from_public_key(public).digest
    assert [attribute["type"].native for attribute in signer["signed_attrs"]] == [
        "content_type",
        "message_digest",
    ]


@pytest.mark.spec("A9", "E6")
def test_the_two_forms_are_not_taken_for_each_other(p256, rsa2048):
    bare = cms.sign_with_key_id(CONTENT, p256.key)
    full = cms.sign_detached(CONTENT, p256.key, p256.certificate)
    assert refusal(CONTENT, bare) == "certificate-missing"
    for signature, key, code in (
        (full, p256.key, "certificate-unexpected"),
        (bare, keys.generate(KeyType.P256), "signer-identifier"),
        (bare, rsa2048.key, "signer-identifier"),
    ):
        with pytest.raises(SignatureRefused) as caught:
            cms.verify_with_key_id(CONTENT, signature, key.public_key())
        assert caught.value.code == code


@pytest.mark.spec("E6")
def test_every_single_byte_of_a_bare_proof_matters(p256):
    signature = cms.sign_with_key_id(CONTENT, p256.key)
    for position in range(len(signature)):
        changed = bytearray(signature)
        changed[position] ^= 0x04
        with pytest.raises(SignatureRefused):
            cms.verify_with_key_id(CONTENT, bytes(changed), p256.key.public_key())


def test_a_certificate_that_was_changed_and_refused_does_not_spoil_the_kept_one(p256):
    signature = cms.sign_detached(CONTENT, p256.key, p256.certificate)
    changed = bytearray(signature)
    changed[400] ^= 0x01
    for _ in range(2):
        with pytest.raises(SignatureRefused):
            cms.verify_detached(CONTENT, bytes(changed))
        cms.verify_detached(CONTENT, signature)
