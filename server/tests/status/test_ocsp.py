"""The OCSP responder: its answers by independent readers, its manners with hostile bytes (SPEC D3)."""

import base64
from datetime import timedelta

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st
from pkilint import loader, pkix
from pkilint.pkix import extension, name
from pkilint.pkix import ocsp as pkilint_ocsp
from pkilint.validation import ValidationFindingSeverity
from server.tests.ca.support import NOW

from certcenter.ca import der
from certcenter.ca.keys import Verifier
from certcenter.status.ocsp import (
    MAX_CERT_IDS,
    MAX_REQUEST,
    OcspResponder,
    ResponseStatus,
    decode_get,
    parse_request,
)

LIFE = timedelta(minutes=10)


def ask(ca, certificate, *, algorithm=None, nonce=None):
    issuing = x509.load_der_x509_certificate(ca.publication.issuing_certificate)
    leaf = x509.load_der_x509_certificate(certificate)
    builder = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuing, algorithm or hashes.SHA1())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def ask_many(requests):
    """Several requests' questions in one."""
    questions = [
        asn1_ocsp.OCSPRequest.load(request)["tbs_request"]["request_list"][0].dump() for request in requests
    ]
    return der.sequence(der.sequence(der.sequence(*questions)))


@pytest.fixture
def responder(ca):
    return OcspResponder(ca.publication)


@pytest.fixture
def answer(responder, source):
    def answer(data):
        return responder.answer(
            data, lookup=lambda serials: source.lookup("demo", serials), now=NOW, life=LIFE
        )

    return answer


def single(encoded):
    response = ocsp.load_der_ocsp_response(encoded)
    assert response.response_status == ocsp.OCSPResponseStatus.SUCCESSFUL
    return response


@pytest.mark.spec("D3")
@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])
@pytest.mark.parametrize(
    ("which", "status"),
    [("good", "GOOD"), ("revoked", "REVOKED"), ("held", "REVOKED"), ("unknown", "UNKNOWN")],
)
def test_each_status(*, ca, answer, certificates, which, status, algorithm):
    certificate = certificates[which]
    answered = answer(ask(ca, certificate.certificate, algorithm=algorithm))
    response = single(answered.encoded)
    assert response.certificate_status == ocsp.OCSPCertStatus[status]
    assert response.serial_number == certificate.serial
    assert (response.this_update_utc, response.next_update_utc) == (NOW, NOW + LIFE)
    assert answered.cacheable
    if status == "REVOKED":
        assert response.revocation_time_utc == NOW
        reason = {"revoked": x509.ReasonFlags.key_compromise, "held": x509.ReasonFlags.certificate_hold}
        assert response.revocation_reason == reason[which]


@pytest.mark.spec("D3")
def test_it_is_signed_by_the_delegated_responder_whose_certificate_is_inside(ca, answer, certificates):
    response = single(answer(ask(ca, certificates["good"].certificate)).encoded)
    [responder] = response.certificates
    assert responder.public_bytes(Encoding.DER) == ca.publication.responder_certificate
    verifier = Verifier(responder.public_key())
    assert verifier.accepts(response.signature, response.tbs_response_bytes)
    assert (
        response.responder_key_hash
        == x509.SubjectKeyIdentifier.from_public_key(responder.public_key()).digest
    )


@pytest.mark.spec("D3")
@pytest.mark.parametrize("size", [1, 16, 32, 33, 128])
def test_nonces_come_back_and_are_not_cached(ca, answer, certificates, size):
    answered = answer(ask(ca, certificates["good"].certificate, nonce=b"n" * size))
    response = single(answered.encoded)
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * size
    assert not answered.cacheable


@pytest.mark.spec("D3")
@pytest.mark.parametrize("size", [0, 129])
def test_nonces_that_rfc_9654_refuses(ca, answer, certificates, size):
    request = ask(ca, certificates["good"].certificate, nonce=b"n" * size)
    assert answer(request).status is ResponseStatus.MALFORMED_REQUEST


@pytest.mark.spec("D3")
def test_several_questions_in_one_request(ca, answer, certificates):
    names = ["good", "revoked", "unknown"]
    request = ask_many([ask(ca, certificates[name].certificate) for name in names])
    response = asn1_ocsp.OCSPResponse.load(answer(request).encoded)
    responses = response["response_bytes"]["response"].parsed["tbs_response_data"]["responses"]
    assert [one["cert_status"].name for one in responses] == names
    assert [one["cert_id"]["serial_number"].native for one in responses] == [
        certificates[name].serial for name in names
    ]


@pytest.mark.spec("D3")
def test_other_cas_certificates(ca, answer, certificates, tmp_path):
    """Alone: unauthorized, and nobody pays for a signature. Among ours: unknown."""
    root, good = ca.publication.root_certificate, certificates["good"].certificate
    issuing = x509.load_der_x509_certificate(root)
    foreign = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(x509.load_der_x509_certificate(good), issuing, hashes.SHA1())
        .build()
    )
    foreign = foreign.public_bytes(Encoding.DER)
    assert answer(foreign).status is ResponseStatus.UNAUTHORIZED
    response = asn1_ocsp.OCSPResponse.load(answer(ask_many([foreign, ask(ca, good)])).encoded)
    responses = response["response_bytes"]["response"].parsed["tbs_response_data"]["responses"]
    assert [one["cert_status"].name for one in responses] == ["unknown", "good"]
    assert answer(ask(ca, good, algorithm=hashes.SHA512())).status is ResponseStatus.UNAUTHORIZED


@pytest.mark.spec("D3")
@pytest.mark.parametrize("which", ["good", "revoked", "unknown"])
def test_pkilint_has_nothing_to_say(ca, answer, certificates, which):
    validator = pkilint_ocsp.create_pkix_ocsp_response_validator_container(
        [
            pkilint_ocsp.create_response_decoder(),
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [],
    )
    encoded = answer(ask(ca, certificates[which].certificate, nonce=b"n" * 32)).encoded
    document = loader.RFC6960OCSPResponseDocumentLoader().load_der_document(encoded, "ocsp", "ocsp")
    said = [
        description
        for result in validator.validate(document.root)
        for description in result.finding_descriptions
        if description.finding.severity <= ValidationFindingSeverity.NOTICE
    ]
    assert said == []


@pytest.mark.spec("D3", "E10")
@given(st.binary(max_size=400))
def test_no_bytes_raise(ca, source_free_answer, data):
    assert source_free_answer(data).status in ResponseStatus


@pytest.fixture(scope="module")
def source_free_answer(ca):
    responder = OcspResponder(ca.publication)

    def answer(data):
        return responder.answer(data, lookup=lambda _: {}, now=NOW, life=LIFE)

    return answer


@pytest.mark.spec("D3", "E10")
@given(st.data())
def test_no_change_to_a_good_request_raises(ca, certificates, source_free_answer, data):
    request = bytearray(ask(ca, certificates["good"].certificate, nonce=b"n" * 16))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(request) - 1))
        change = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if change == "flip":
            request[position] ^= data.draw(st.integers(1, 255))
        elif change == "cut" and len(request) > 1:
            del request[position]
        else:
            request.insert(position, data.draw(st.integers(0, 255)))
    answered = source_free_answer(bytes(request))
    assert answered.status in {
        ResponseStatus.SUCCESSFUL,
        ResponseStatus.MALFORMED_REQUEST,
        ResponseStatus.UNAUTHORIZED,
    }
    ocsp.load_der_ocsp_response(answered.encoded)


@pytest.mark.spec("D3", "E10")
def test_what_is_too_much_is_malformed(ca, answer, certificates):
    one = ask(ca, certificates["good"].certificate)
    assert answer(ask_many([one] * MAX_CERT_IDS)).status is ResponseStatus.SUCCESSFUL
    assert answer(ask_many([one] * (MAX_CERT_IDS + 1))).status is ResponseStatus.MALFORMED_REQUEST
    assert answer(one + bytes(MAX_REQUEST)).status is ResponseStatus.MALFORMED_REQUEST
    assert answer(one + b"\x00").status is ResponseStatus.MALFORMED_REQUEST
    assert answer(der.sequence(der.sequence(der.sequence()))).status is ResponseStatus.MALFORMED_REQUEST


@pytest.mark.spec("D3")
def test_critical_extensions_that_are_unknown_are_malformed_and_others_are_not(ca, answer, certificates):
    question = asn1_ocsp.OCSPRequest.load(ask(ca, certificates["good"].certificate))
    listed = question["tbs_request"]["request_list"].dump()

    def with_extension(*parts):
        extension = der.sequence(der.oid("1.2.3.4"), *parts, der.tlv(der.OCTET_STRING, b"\x05\x00"))
        return der.sequence(der.sequence(listed, der.tlv(der.context(2), der.sequence(extension))))

    assert answer(with_extension()).status is ResponseStatus.SUCCESSFUL
    assert answer(with_extension(der.TRUE)).status is ResponseStatus.MALFORMED_REQUEST


def test_a_signed_request_with_a_name_is_answered(ca, certificates):
    """A signature on a request is read past: nobody needs permission to ask."""
    question = asn1_ocsp.OCSPRequest.load(ask(ca, certificates["good"].certificate))
    requestor = der.tlv(der.context(1), der.tlv(der.context(6, constructed=False), b"http://x"))
    tbs = der.sequence(requestor, question["tbs_request"]["request_list"].dump())
    signature = der.tlv(der.context(0), der.sequence(der.sequence(der.oid("1.2.3")), der.bit_string(b"x")))
    assert parse_request(der.sequence(tbs, signature)).cert_ids[0].serial == certificates["good"].serial


@given(st.binary(max_size=300))
def test_get_takes_base64_as_it_comes(data):
    text = base64.b64encode(data).decode()
    assert decode_get(text) == data
    assert decode_get(text.rstrip("=")) == data


@pytest.mark.parametrize("text", ["%", "a b", "ab\n", "é", "A", "-_-_", "A" * 20_000, "AA=A"])
def test_get_refuses_what_is_not_base64(text):
    with pytest.raises(der.DerError):
        decode_get(text)
