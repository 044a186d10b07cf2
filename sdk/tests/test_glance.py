"""A look at a certificate says what cryptography says, and refuses with ValueError alone."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from certcenter_sdk import glance, keys

KEY = keys.generate()
FIRST, LAST = map(datetime.fromisoformat, ("1951-01-01", "9990-01-01"))
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "王小明 A123456789-00-000001")])
#: Both forms of a Time meet at 2050 (RFC 5280 §4.1.2.5).
MOMENTS = st.datetimes(FIRST, LAST).map(lambda each: each.replace(microsecond=0))


def made(begin, end, serial=1, key=KEY):
    builder = x509.CertificateBuilder(NAME, NAME, key.public_key(), serial, begin, end)
    return builder.sign(KEY, hashes.SHA256())


def same(certificate):
    seen = glance.at(certificate.public_bytes(Encoding.DER))
    assert seen == (
        certificate.serial_number,
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
        keys.spki_sha256(certificate.public_key()),
    )


@pytest.mark.spec("A1")
@given(begin=MOMENTS, days=st.integers(1, 3650), serial=st.integers(1, 2**159 - 1))
def test_it_sees_what_cryptography_sees(begin, days, serial):
    same(made(begin, begin + timedelta(days=days), serial))


def test_any_kind_of_key(rsa2048):
    now = datetime(2026, 11, 21, tzinfo=UTC)
    same(made(now, now + timedelta(days=1), key=rsa2048.key))


@given(st.binary(max_size=64), st.integers(0), st.integers(0, 255))
def test_what_is_none_is_a_value_error(junk, place, octet):
    whole = bytearray(made(FIRST, LAST).public_bytes(Encoding.DER))
    whole[place % len(whole)] = octet
    for data in (junk, bytes(whole), bytes(whole[: place % len(whole)])):
        try:
            glance.at(data)
        except ValueError:
            continue
