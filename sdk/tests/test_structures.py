"""Orders and proofs have one spelling each, and say which field is wrong."""

import base64
import contextlib
import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdk.tests.pki import ORDER_FIELDS

from certcenter_sdk.errors import StructureRefused
from certcenter_sdk.orders import Order
from certcenter_sdk.proofs import Proof, Purpose
from certcenter_sdk.structures import canonical_json, format_time, parse_strings

PROOF_FIELDS = {
    "institution": "demo",
    "origin": "http://demo.localhost:8000",
    "purpose": "renew",
    "subject": "ab" * 32,
    "nonce": "A" * 43,
    "time": "2026-11-20T08:00:00.000Z",
}


@pytest.mark.spec("A15", "D8")
def test_the_canonical_bytes_are_those_of_the_contract(order):
    assert order.canonical() == (
        b'{"account":"1020-0324338","currency":"TWD","institution":"demo","nonce":"AAECAwQFBgcICQoLDA0ODw",'
        b'"origin":"https://demo.example","price":"580.50","quantity":"1000","side":"buy","symbol":"2330",'
        b'"time":"2026-11-20T08:00:00.123Z","type":"certcenter.order.v1"}'
    )
    assert Order.parse(order.canonical()) == order


@given(symbol=st.text("ABC019.", min_size=1, max_size=12), nonce=st.binary(min_size=16, max_size=64))
def test_the_quick_way_to_the_canonical_bytes_is_the_plain_one(symbol, nonce):
    spelt = base64.urlsafe_b64encode(nonce).rstrip(b"=").decode()
    order = Order(**ORDER_FIELDS | {"symbol": symbol, "nonce": spelt})
    assert order.canonical() == canonical_json({"type": Order.TYPE, **dataclasses.asdict(order)})


def test_an_order_is_frozen(order):
    with pytest.raises(dataclasses.FrozenInstanceError):
        order.quantity = "2"


@pytest.mark.spec("E6")
@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_proof_comes_back(purpose):
    proof = Proof(**PROOF_FIELDS | {"purpose": purpose})
    assert Proof.parse(proof.canonical()) == proof
    assert json.loads(proof.canonical())["purpose"] == purpose.value


@pytest.mark.spec("E6")
def test_a_proof_is_never_taken_for_an_order_nor_the_reverse(order):
    for structure, other in ((order, Proof), (Proof(**PROOF_FIELDS), Order)):
        with pytest.raises(StructureRefused):
            other.parse(structure.canonical())
    swapped = order.canonical().replace(b"order.v1", b"proof.v1")
    assert refusal(Order, swapped) == ("wrong-type", "type")


WRONG_ORDER_FIELDS = [
    ("institution", ["", "Demo", "-demo", "demo-", "a" * 64, "示範", "demo\n"]),
    (
        "origin",
        [
            "https://demo.example/",
            "https://Demo.example",
            "http://demo.example",
            "https://demo.example:443",
            "http://localhost:80",
            "https://demo.example:65536",
            "https://demo.example:08",
            "https://user@demo.example",
            "https://",
            "null",
            "http://localhost.evil.example",
            "https://demo.example\n",
        ],
    ),
    ("account", ["", "10200324338", "1020-", "1020-03243３8", "1020-0324338 "]),
    ("side", ["", "Buy", "hold"]),
    ("symbol", ["", "2330 ", "tsmc", "A" * 13]),
    ("quantity", ["", "0", "01", "-1", "1.5", "1" * 13, "１"]),
    ("price", ["", "0", "0.00", "00.5", ".5", "5.", "1.00001", "1e3", "Market", "-1", "1,000"]),
    ("currency", ["", "twd", "TWDX"]),
    (
        "time",
        [
            "",
            "2026-11-20T08:00:00Z",
            "2026-11-20T08:00:00.123456Z",
            "2026-02-30T08:00:00.000Z",
            "2026-11-20T24:00:00.000Z",
            "2026-11-20T08:00:00.000+00:00",
            "2026-11-20 08:00:00.000Z",
        ],
    ),
    ("nonce", ["", "A" * 20, "A" * 21, "A" * 87, "A" * 21 + "B", "A" * 22 + "==", "+" * 22, "A" * 25]),
]


@pytest.mark.spec("A15", "E10")
@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG_ORDER_FIELDS for value in values]
)
def test_each_field_is_checked_and_named(field, value):
    with pytest.raises(StructureRefused) as caught:
        Order(**ORDER_FIELDS | {field: value})
    assert (caught.value.code, caught.value.field) == ("invalid", field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origin", "https://demo.example:8443"),
        ("origin", "http://127.0.0.1:8000"),
        ("origin", "https://[::1]:8443"),
        ("price", "market"),
        ("price", "0.0001"),
        ("symbol", "BRK.B"),
        ("nonce", "A" * 86),
    ],
)
def test_what_the_contract_allows_is_accepted(field, value):
    order = Order(**ORDER_FIELDS | {field: value})
    assert Order.parse(order.canonical()) == order


def refusal(kind, data):
    with pytest.raises(StructureRefused) as caught:
        kind.parse(data)
    return caught.value.code, caught.value.field


@pytest.mark.spec("A15", "E10")
def test_only_the_canonical_bytes_are_read(order):
    data = order.canonical()
    fields = json.loads(data)
    assert refusal(Order, data + b" ") == ("not-canonical", "")
    assert refusal(Order, data + b"\n") == ("not-canonical", "")
    assert refusal(Order, json.dumps(fields).encode()) == ("not-canonical", "")
    reordered = json.dumps(dict(reversed(fields.items())), separators=(",", ":")).encode()
    assert refusal(Order, reordered) == ("not-canonical", "")
    assert refusal(Order, data.replace(b"demo.example", b"demo\\u002eexample")) == ("not-canonical", "")
    assert refusal(Order, data.replace(b'"side":"buy"', b'"side":"buy","side":"buy"')) == (
        "duplicate-key",
        "side",
    )
    assert refusal(Order, data.replace(b'"side":"buy",', b"")) == ("missing-key", "side")
    assert refusal(Order, data.replace(b'"side":"buy"', b'"side":"buy","memo":""')) == (
        "unexpected-key",
        "memo",
    )
    assert refusal(Order, data.replace(b'"1000"', b"1000")) == ("not-a-string", "quantity")
    assert refusal(Order, data.replace(b'"1000"', b"null")) == ("not-a-string", "quantity")


@pytest.mark.spec("E10")
@pytest.mark.parametrize(
    "data", [b"", b"[]", b'"x"', b"{", b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 4000, b'{"a":NaN}', b"1" * 4096]
)
def test_what_is_no_json_object_of_strings_is_refused(data):
    assert refusal(Order, data)[0] in {"malformed", "not-a-string"}


def test_large_input_is_refused_unread():
    assert refusal(Order, b"{" * 5000) == ("too-large", "")


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_without_another_exception(data):
    with pytest.raises(StructureRefused):
        Order.parse(data)


@given(st.data())
def test_a_changed_byte_never_reads_as_the_same_order(data):
    original = Order(**ORDER_FIELDS)
    encoded = bytearray(original.canonical())
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(StructureRefused):
        assert Order.parse(bytes(encoded)) != original


strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.dictionaries(strings, strings, max_size=8))
def test_rfc_8785_round_trip_and_order(values):
    data = canonical_json(values)
    assert json.loads(data) == values
    keys = list(json.loads(data))
    assert keys == sorted(keys, key=lambda key: key.encode("utf-16-be"))
    if len(data) <= 4096:
        assert canonical_json(parse_strings(data)) == data


def test_rfc_8785_escapes_and_utf_16_order():
    """The example of RFC 8785 §3.2.3, cut down to strings."""
    values = {
        "€": "Euro Sign",
        "\r": "CR",
        "\ufb33": "Hebrew",
        "1": "One",
        "😀": "Emoji",
        "\x80": "Control",
        "ö": "o",
    }
    text = canonical_json(values).decode()
    assert list(json.loads(text)) == ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]
    assert canonical_json({"a": '\x0f\n"\\/€\x7f'}) == '{"a":"\\u000f\\n\\"\\\\/€\x7f"}'.encode()


def test_a_lone_surrogate_is_refused():
    with pytest.raises(StructureRefused) as caught:
        canonical_json({"a": "\ud800"})
    assert caught.value.code == "not-unicode"


def test_times_are_written_in_utc_and_cut_to_milliseconds():
    taipei = timezone(timedelta(hours=8))
    assert format_time(datetime(2026, 11, 20, 16, 0, 0, 999999, taipei)) == "2026-11-20T08:00:00.999Z"
    with pytest.raises(ValueError, match="aware"):
        format_time(datetime(2026, 11, 20))  # noqa: DTZ001 - a naive one is the point
    assert Order(**ORDER_FIELDS).moment == datetime(2026, 11, 20, 8, 0, 0, 123000, UTC)
    assert Proof(**PROOF_FIELDS).moment == datetime(2026, 11, 20, 8, tzinfo=UTC)
