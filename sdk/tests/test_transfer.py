"""Upload to a phone: pairing codes, matching codes, sealing (SPEC A12; RFC 9180)."""

import io

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from certcenter_sdk import pictures, transfer
from certcenter_sdk.errors import TransferRefused
from certcenter_sdk.transfer import Pairing, Transcript

pytestmark = pytest.mark.spec("A12")

SESSION = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
SUBJECT = "0f" * 32


@pytest.fixture
def phone():
    return X25519PrivateKey.generate()


def pairing(phone, **changes):
    key = transfer.encode_key(phone.public_key().public_bytes_raw())
    known = {"institution": "sample", "origin": "https://sample.example", "session": SESSION, "key": key}
    return Pairing(**{**known, **changes})


def test_what_is_sealed_opens_on_that_phone_alone(phone):
    agreed = pairing(phone).transcript(SUBJECT)
    sealed = transfer.seal(b"a certificate", agreed)
    assert transfer.unseal(sealed, phone, agreed) == b"a certificate"
    assert transfer.seal(b"a certificate", agreed) != sealed, "a fresh encapsulated key each time"
    with pytest.raises(TransferRefused, match="does-not-open"):
        transfer.unseal(sealed, X25519PrivateKey.generate(), agreed)


@pytest.mark.parametrize(
    "changes",
    [
        {"institution": "demo"},
        {"origin": "https://evil.example"},
        {"session": SESSION.replace("3f", "4f")},
        {"subject": "1f" * 32},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_both_must_mean_the_same(phone, changes):
    agreed = pairing(phone).transcript(SUBJECT)
    other = Transcript(**{name: changes.get(name, getattr(agreed, name)) for name in Transcript._names()})
    assert other.matching_code != agreed.matching_code
    with pytest.raises(TransferRefused, match="does-not-open"):
        transfer.unseal(transfer.seal(b"x", agreed), phone, other)


def test_every_changed_byte_is_noticed(phone):
    agreed = pairing(phone).transcript(SUBJECT)
    sealed = transfer.seal(b"x" * 50, agreed)
    for at in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[at] ^= 1
        with pytest.raises(TransferRefused, match="does-not-open"):
            transfer.unseal(bytes(damaged), phone, agreed)
    for cut in (0, 31, 32, 47, len(sealed) - 1):
        with pytest.raises(TransferRefused, match="does-not-open"):
            transfer.unseal(sealed[:cut], phone, agreed)


def test_a_code_is_read_as_it_is_pasted(phone):
    code = pairing(phone)
    for pasted in (code.text, f"\n  {code.text}  ", code.text.replace(" ", "\r\n")):
        assert Pairing.read(pasted) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda _text: "", "not-a-pairing-code"),
        (lambda _text: "https://sample.example/", "not-a-pairing-code"),
        (lambda text: text.lower(), "not-a-pairing-code"),
        (lambda text: text + " " * 500, "not-a-pairing-code"),
        (lambda text: text + " more", "damaged-pairing-code"),
        (lambda text: text[:-1], "damaged-pairing-code"),
        (lambda text: text[:-1] + "_", "damaged-pairing-code"),
        (lambda text: text.replace("https", "http"), "damaged-pairing-code"),
        (lambda text: text.replace("sample ", "Sample "), "damaged-pairing-code"),
        (lambda text: text.replace("-", "", 1), "damaged-pairing-code"),
    ],
    ids=["empty", "address", "small", "long", "more", "cut", "spelling", "plain-http", "slug", "uuid"],
)
def test_what_is_no_code_is_refused_by_name(change, code):
    known = X25519PrivateKey.from_private_bytes(bytes(range(32)))
    with pytest.raises(TransferRefused) as refused:
        Pairing.read(change(pairing(known).text))
    assert refused.value.code == code


def test_the_matching_code_is_known():
    """A fixed example, which the page's tests have too (browser/tests/transfer.test.ts)."""
    known = X25519PrivateKey.from_private_bytes(bytes(range(32)))
    assert pairing(known).transcript(SUBJECT).matching_code == "KJMT-1V56"


def test_keys_of_low_order_seal_nothing(phone):
    agreed = pairing(phone, key=transfer.encode_key(bytes(32))).transcript(SUBJECT)
    with pytest.raises(TransferRefused, match="unfit-key"):
        transfer.seal(b"x", agreed)


# Pictures


def picture_of(*texts, kind="PNG"):
    zxingcpp = pytest.importorskip("zxingcpp")
    from PIL import Image

    codes = [
        Image.fromarray(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=4))
        for text in texts
    ]
    sheet = Image.new("RGB", (sum(each.width + 40 for each in codes) or 50, 400), "white")
    left = 20
    for each in codes:
        sheet.paste(each, (left, 20))
        left += each.width + 40
    kept = io.BytesIO()
    sheet.save(kept, kind)
    return kept.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_code_is_found_in_a_picture(phone, kind):
    text = pairing(phone).text
    assert pictures.read_pairing_code(picture_of(text, kind=kind)) == text
    assert pictures.read_pairing_code(picture_of("https://example.com/", text)) == text


def test_pictures_without_one_say_so(phone):
    cases = (
        (b"no picture", "not-a-picture"),
        (picture_of(), "no-code-in-picture"),
        (picture_of("https://example.com/"), "no-code-in-picture"),
        (
            picture_of(pairing(phone).text, pairing(X25519PrivateKey.generate()).text),
            "several-codes-in-picture",
        ),
    )
    for data, code in cases:
        with pytest.raises(TransferRefused) as refused:
            pictures.read_pairing_code(data)
        assert refused.value.code == code


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "zxingcpp", None)
    with pytest.raises(TransferRefused) as refused:
        pictures.read_pairing_code(b"")
    assert refused.value.code == "no-picture-reader"
