"""The filled template against an independent builder, and the slot check against every slot tampered with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import AuthorityInformationAccessOID as Aia
from hypothesis import given, settings
from hypothesis import strategies as st
from server.tests.ca.support import POLICY, SUBJECT, private_key, request, spki

from certcenter.ca.api import SubjectName
from certcenter.ca.embedded.checks import check_filled, check_stored, read_tbs
from certcenter.ca.embedded.hierarchy import x509_name
from certcenter.ca.embedded.issuer import issuer_of
from certcenter.ca.embedded.template import Slots, Template
from certcenter.ca.errors import RequestRefusedError
from certcenter.ca.keys import KeyType, signature_algorithm, signature_hash
from certcenter.ca.names import UPPER_BOUND, check_name, decode_name, encode_name
from certcenter.ca.profiles import EMAIL_PROTECTION, CertificateProfile


def _acceptable(text):
    # cryptography's builder counts the bound of 64 in octets, RFC 5280 (and we) in characters
    try:
        check_name(SubjectName("TW", text, None, "x"))
    except RequestRefusedError:
        return False
    return len(text.encode()) <= UPPER_BOUND


TEXT = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=64).filter(_acceptable)
NAME = st.builds(SubjectName, st.sampled_from(["TW", "JP"]), TEXT, st.none() | TEXT, TEXT)
FIRST = datetime(1990, 1, 1, tzinfo=UTC)
SECONDS = st.integers(0, 130 * 365 * 86400)


@st.composite
def some_slots(draw):
    start = FIRST + timedelta(seconds=draw(SECONDS))
    end = start + timedelta(seconds=draw(st.integers(1, 10**8)))
    return Slots(
        draw(st.integers(1, (1 << 159) - 1)), start, end, draw(NAME), spki(number=draw(st.integers(0, 3)))
    )


@pytest.fixture(scope="module")
def issuer(ca):
    return issuer_of(ca.publication)


@pytest.fixture(scope="module")
def template(ca, issuer):
    return Template(ca.config.profiles[0], ca.config, issuer)


def slots(**changes):
    start = datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
    plain = Slots(0x51 << 128 | 7, start, start + timedelta(days=365), SUBJECT, spki())
    return replace(plain, **changes)


def by_builder(ca, profile, wanted):
    """The same certificate by cryptography's builder, whose encoder is not ours."""
    issuing = x509.load_der_x509_certificate(ca.publication.issuing_certificate)
    key = load_der_public_key(wanted.spki)
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    point = x509.UniformResourceIdentifier(ca.config.crl_url(wanted.serial % ca.config.shards))
    builder = (
        x509.CertificateBuilder()
        .serial_number(wanted.serial)
        .issuer_name(issuing.subject)
        .subject_name(x509_name(wanted.subject))
        .public_key(key)
        .not_valid_before(wanted.not_before)
        .not_valid_after(wanted.not_after)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.CertificatePolicies(
                [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in profile.policies]
            ),
            critical=False,
        )
    )
    if profile.extended_key_usages:
        usages = [x509.ObjectIdentifier(oid) for oid in profile.extended_key_usages]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    ocsp, issuers = (
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (Aia.OCSP, ca.config.ocsp_url()),
            (Aia.CA_ISSUERS, ca.config.certificate_url("issuing")),
        )
    )
    builder = builder.add_extension(
        x509.AuthorityInformationAccess([ocsp, issuers]), critical=False
    ).add_extension(
        x509.CRLDistributionPoints([x509.DistributionPoint([point], None, None, None)]), critical=False
    )
    signer = private_key()
    return builder.sign(signer, signature_hash(signer.public_key())).tbs_certificate_bytes


@pytest.mark.spec("D1")
@settings(max_examples=150, deadline=None)
@given(wanted=some_slots())
def test_the_template_writes_what_a_general_builder_writes(ca, template, issuer, wanted):
    filled = template.fill(wanted)
    assert filled == by_builder(ca, template.profile, wanted)
    check_filled(filled, wanted, template=template, issuer=issuer)


@pytest.mark.parametrize("key_type", KeyType)
@pytest.mark.parametrize("usages", [(), (EMAIL_PROTECTION, "1.3.6.1.5.5.7.3.2")], ids=["no-eku", "eku"])
def test_every_key_type_and_extended_key_usage(ca, issuer, key_type, usages):
    profile = CertificateProfile(
        name="x", policies=(POLICY, "1.3.6.1.4.1.32473.2"), key_types=(key_type,), extended_key_usages=usages
    )
    wanted = slots(spki=spki(key_type))
    assert Template(profile, ca.config, issuer).fill(wanted) == by_builder(ca, profile, wanted)


@pytest.mark.spec("D1")
@pytest.mark.parametrize(
    ("moment", "encoded"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
    ],
)
def test_the_year_2050_changes_the_form_of_times(template, moment, encoded):
    filled = template.fill(slots(not_after=moment))
    assert encoded in filled
    assert read_tbs(filled).not_after == moment


@pytest.mark.spec("D1")
@pytest.mark.parametrize(
    ("slot", "other"),
    [
        ("serial", 0x51 << 128 | 8),
        ("not_before", datetime(2026, 11, 20, 1, 2, 4, tzinfo=UTC)),
        ("not_after", datetime(2027, 11, 20, 1, 2, 4, tzinfo=UTC)),
        ("subject", replace(SUBJECT, common_name="B123456780-00-000001")),
        ("subject", replace(SUBJECT, organizational_unit=None)),
        ("spki", spki(number=1)),
    ],
    ids=["serial", "not-before", "not-after", "common-name", "unit", "key"],
)
def test_the_check_catches_each_slot_filled_with_something_else(template, issuer, slot, other):
    wanted = slots()
    with pytest.raises(RequestRefusedError, match=slot):
        check_filled(template.fill(slots(**{slot: other})), wanted, template=template, issuer=issuer)


@pytest.mark.spec("D1", "E8")
def test_the_check_catches_every_single_changed_octet(template, issuer):
    wanted = slots()
    filled = template.fill(wanted)
    for position in range(len(filled)):
        changed = bytearray(filled)
        changed[position] ^= 1
        with pytest.raises(RequestRefusedError):
            check_filled(bytes(changed), wanted, template=template, issuer=issuer)


@pytest.mark.spec("E8")
def test_stored_bytes_cannot_become_a_ca_certificate(ca, issuer, template):
    """Someone who may write to the database does not get a signature over something else."""
    wanted = slots()
    as_ca = template.fill(wanted).replace(
        bytes.fromhex("300c0603551d130101ff04023000"), bytes.fromhex("300c0603551d130101ff04023001")
    )
    with pytest.raises(RequestRefusedError):
        check_stored(as_ca, wanted.serial, templates=(template,), issuer=issuer)
    check_stored(template.fill(wanted), wanted.serial, templates=(template,), issuer=issuer)
    with pytest.raises(RequestRefusedError, match="serial"):
        check_stored(template.fill(wanted), wanted.serial + 1, templates=(template,), issuer=issuer)


@pytest.mark.spec("E8")
@pytest.mark.parametrize("part", ["issuer", "algorithm"])
def test_stored_bytes_cannot_name_another_issuer(ca, template, issuer, part):
    other = replace(issuer, name=encode_name(replace(SUBJECT, common_name="Other CA")))
    if part == "algorithm":
        other = replace(
            issuer, signature_algorithm=signature_algorithm(private_key(KeyType.RSA2048).public_key())
        )
    wanted = slots()
    foreign = Template(template.profile, ca.config, other).fill(wanted)
    with pytest.raises(RequestRefusedError, match=part):
        check_stored(foreign, wanted.serial, templates=(template,), issuer=issuer)


@pytest.mark.spec("D1", "E8")
def test_a_signature_that_does_not_verify_never_leaves(ca):
    """What a failing HSM or memory would do."""

    class Failing:
        public_key, algorithm = ca.publication.crl_key.public_key, ca.publication.crl_key.algorithm

        def sign(self, tbs):
            return ca.publication.crl_key.sign(tbs[:-1])

    faulty = type(ca)(replace(ca.publication, crl_key=Failing()))
    [answer] = faulty.issue(faulty.prepare([request()]))
    assert answer.code == "ca.signature"


@given(NAME)
def test_names_are_read_as_written(name):
    assert decode_name(encode_name(name)) == name


@pytest.mark.parametrize(
    "text",
    ["", " x", "x ", "x" * 65, "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "e\u0301", "\ud800", "\ue000"],
    ids=ascii,
)
def test_texts_that_mislead_are_refused(text):
    for name in (replace(SUBJECT, common_name=text), replace(SUBJECT, organization=text)):
        with pytest.raises(RequestRefusedError):
            check_name(name)


@pytest.mark.parametrize("country", ["", "T", "tw", "TWN", "臺灣"])
def test_countries_are_two_capitals(country):
    with pytest.raises(RequestRefusedError):
        check_name(replace(SUBJECT, country=country))
