"""CRLs as others read them; their encoder against an independent builder (SPEC D3)."""

import os
import time
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from pkilint import loader, pkix
from pkilint.pkix import crl as pkilint_crl
from pkilint.pkix import extension, name
from pkilint.validation import ValidationFindingSeverity
from server.tests.ca.support import NOW, openssl, private_key

from certcenter.ca.api import Reason
from certcenter.ca.keys import KeyType, SoftwareKey, signature_hash
from certcenter.status.crl import CrlIssuer, encode_crl
from certcenter.status.interfaces import RevokedEntry

ENTRY = st.builds(
    RevokedEntry,
    st.integers(1, (1 << 159) - 1),
    st.integers(0, 100 * 365 * 86400).map(lambda seconds: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.sampled_from(Reason),
)  # fmt: skip
URL = "http://127.0.0.1:8000/crl/demo/1.crl"


def encode(ca, entries, *, key=None, point=URL, number=7, now=NOW):
    published = ca.publication
    return encode_crl(
        entries,
        issuer=CrlIssuer(published.issuing_name, published.issuing_key_id, key or published.crl_key),
        number=number,
        this_update=now,
        next_update=now + timedelta(days=1),
        distribution_point=point,
    )


def by_builder(ca, entries, *, number=7, now=NOW):
    issuing = x509.load_der_x509_certificate(ca.publication.issuing_certificate)
    identifier = issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuing.subject)
        .last_update(now)
        .next_update(now + timedelta(days=1))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.IssuingDistributionPoint(
                [x509.UniformResourceIdentifier(URL)], None, True, False, None, False, False
            ),
            critical=True,
        )
    )
    for entry in entries:
        revoked = x509.RevokedCertificateBuilder().serial_number(entry.serial).revocation_date(entry.at)
        if entry.reason:
            flag = {Reason.CERTIFICATE_HOLD: "certificate_hold", Reason.AA_COMPROMISE: "aa_compromise"}
            reason = x509.ReasonFlags[flag.get(entry.reason, entry.reason.name.lower())]
            revoked = revoked.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(revoked.build())
    key = private_key()
    return builder.sign(key, signature_hash(key.public_key())).tbs_certlist_bytes


@pytest.mark.spec("D3")
@settings(max_examples=60, deadline=None)
@given(st.lists(ENTRY, max_size=12, unique_by=lambda entry: entry.serial))
def test_the_encoder_writes_what_a_general_builder_writes(ca, entries):
    crl = x509.load_der_x509_crl(encode(ca, entries))
    assert crl.tbs_certlist_bytes == by_builder(ca, entries)
    assert crl.is_signature_valid(ca.publication.crl_key.public_key)


@pytest.mark.spec("D3")
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048])
@pytest.mark.parametrize("count", [0, 1, 100])
def test_every_key_type_signs(ca, key_type, count):
    entries = [RevokedEntry(serial, NOW, Reason.SUPERSEDED) for serial in range(1, count + 1)]
    key = SoftwareKey(private_key(key_type))
    crl = x509.load_der_x509_crl(encode(ca, entries, key=key))
    assert crl.is_signature_valid(key.public_key)
    assert len(crl) == count


@pytest.mark.spec("D3")
@pytest.mark.interop
def test_openssl_reads_it(ca, tmp_path):
    entries = [
        RevokedEntry(0x1234, NOW, Reason.CERTIFICATE_HOLD),
        RevokedEntry(0x99, NOW, Reason.UNSPECIFIED),
    ]
    issuing = tmp_path / "issuing.pem"
    issuing.write_text(openssl("x509", "-inform", "DER", data=ca.publication.issuing_certificate))
    crl = encode(ca, entries)
    text = openssl("crl", "-inform", "DER", "-noout", "-text", "-CAfile", issuing, data=crl)
    for words in (
        "verify OK",
        "Serial Number: 1234",
        "Certificate Hold",
        "Serial Number: 99",
        URL,
        "Only User Certificates",
    ):
        assert words in text


@pytest.mark.spec("D3")
@pytest.mark.parametrize("count", [0, 3])
def test_pkilint_has_nothing_to_say(ca, count):
    validator = pkilint_crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            pkilint_crl.create_issuer_validator_container([]),
            pkilint_crl.create_validity_validator_container([]),
            pkilint_crl.create_extensions_validator_container([]),
        ],
    )
    entries = [RevokedEntry(serial, NOW, Reason.KEY_COMPROMISE) for serial in range(1, count + 1)]
    for crl in (encode(ca, entries), ca.publication.root_crl):
        document = loader.RFC5280CertificateListDocumentLoader().load_der_document(crl, "crl", "crl")
        said = [
            description
            for result in validator.validate(document.root)
            for description in result.finding_descriptions
            if description.finding.severity <= ValidationFindingSeverity.NOTICE
        ]
        assert said == []


def test_other_time_zones_are_turned_into_utc(ca):
    taipei = timezone(timedelta(hours=8))
    crl = x509.load_der_x509_crl(encode(ca, [RevokedEntry(5, datetime(2027, 1, 1, 7, 30, tzinfo=taipei), 0)]))
    assert crl.get_revoked_certificate_by_serial_number(5).revocation_date_utc == datetime(
        2026, 12, 31, 23, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("entry", [(0, NOW, 0), (-5, NOW, 0), (5, NOW, 7), (5, NOW, 8), (5, NOW, 11)])
def test_entries_that_cannot_be_are_refused(ca, entry):
    with pytest.raises(ValueError, match=r"serial|Reason"):
        encode(ca, [entry])


def test_the_same_crl_again_is_the_same_bytes(ca):
    assert encode(ca, [(5, NOW, 1)]) == encode(ca, [(5, NOW, 1)])


@pytest.mark.spec("D3")
def test_time_grows_with_the_entries_not_with_their_square(ca):
    """Ten times the entries in about ten times the time; the usual builder takes a hundred times."""

    def seconds(count):
        base = SimpleNamespace(high=int.from_bytes(os.urandom(16), "big") | 1 << 128)
        rows = [(base.high + n, NOW, n % 5) for n in range(count)]
        started = time.thread_time()  # of the processor: what else runs here does not count
        encode(ca, rows)
        return time.thread_time() - started

    few = min(seconds(20_000) for _ in range(3))
    many = min(seconds(200_000) for _ in range(2))
    assert many < few * 30
