"""The DER primitives against asn1crypto, and against what DER forbids."""

from datetime import UTC, datetime

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from certcenter.ca import der


@given(st.integers(0, 1 << 200))
def test_integers(value):
    encoded = der.integer(value)
    assert encoded == core.Integer(value).dump()
    assert der.read_integer(encoded, 0) == (value, len(encoded))


@given(st.integers(0, 70_000))
def test_lengths(size):
    content = bytes(size)
    encoded = der.tlv(der.OCTET_STRING, content)
    assert encoded == core.OctetString(content).dump()
    assert der.enter(encoded, 0, der.OCTET_STRING) == (len(encoded) - size, len(encoded))


@given(
    st.one_of(
        st.tuples(st.integers(0, 1), st.integers(0, 39)), st.tuples(st.just(2), st.integers(0, 1 << 40))
    ),
    st.lists(st.integers(0, 1 << 70)),
)
def test_object_identifiers(start, rest):
    dotted = ".".join(map(str, (*start, *rest)))
    assert der.oid(dotted) == core.ObjectIdentifier(dotted).dump()


@pytest.mark.parametrize("text", ["", "1", "1.", "3.1", "1.40", "1.2.x", "1.02", "1.2\n", "１.2"])
def test_texts_that_are_no_object_identifiers(text):
    with pytest.raises(der.DerError):
        der.oid(text)


@pytest.mark.spec("D1")
@given(st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_times(moment):
    moment = moment.replace(microsecond=0)
    encoded = der.time(moment)
    assert encoded[0] == (der.UTC_TIME if moment.year < 2050 else der.GENERALIZED_TIME)
    assert der.read_time(encoded, 0) == (moment, len(encoded))
    assert core.GeneralizedTime.load(der.generalized_time(moment)).native == moment


@pytest.mark.parametrize(
    "encoded",
    [
        b"\x17\x0b2611200102Z",  # no seconds
        b"\x17\x11261120010203+0800",  # a zone
        b"\x17\x0d261320010203Z",  # month 13
        b"\x17\x0d260230010203Z",  # 30 February
        b"\x17\x0d26112001020aZ",
        b"\x17\x0d2611200102030",
        b"\x18\x0f20261120010203Z",  # GeneralizedTime before 2050
        b"\x18\x1120501120010203.5Z",  # a fraction
        b"\x17\x00",
        b"",
    ],
)
def test_times_that_rfc_5280_forbids(encoded):
    with pytest.raises(der.DerError):
        der.read_time(encoded, 0)


@pytest.mark.parametrize(
    "encoded",
    [
        b"\x02\x00",  # empty
        b"\x02\x01\xff",  # negative
        b"\x02\x02\x00\x01",  # not minimal
        b"\x02\x81\x01\x01",  # long form for a short length
        b"\x02\x82\x00\x81" + bytes(129),  # length with a leading zero
        b"\x02\x80\x01\x00\x00",  # indefinite
        b"\x02\x85\x00\x00\x00\x00\x01\x01",  # too many length octets
        b"\x02\x02\x01",  # overrun
        b"\x02\x84\x7f\xff\xff\xff\x01",
        b"\x03\x01\x01",
        b"\x02",
        b"",
    ],
)
def test_integers_that_der_forbids(encoded):
    with pytest.raises(der.DerError):
        der.read_integer(encoded, 0)


def test_an_element_stays_inside_its_container():
    data = der.sequence(der.integer(5)) + der.integer(7)
    start, stop = der.enter(data, 0, der.SEQUENCE)
    with pytest.raises(der.DerError):
        der.read_integer(data, stop, stop)
    with pytest.raises(der.DerError):
        der.enter(data, start, der.INTEGER, stop - 1)
    with pytest.raises(der.DerError):
        der.expect_end(start, stop)
