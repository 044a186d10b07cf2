"""Upload to a phone over HTTP: the SDK is computer and phone (SPEC A12)."""

from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.test import Client as Browser

from certcenter_sdk import keys, pfx, transfer
from certcenter_sdk.client import Upload, phone
from certcenter_sdk.client.life import Place
from certcenter_sdk.errors import PfxRefused, TransferRefused

from .conftest import INDEX, Program, decode, encode

SECRET = "Secret42"
ORIGIN = f"http://{INDEX}"


class Phone:
    """A phone with a session of its own."""

    def __init__(self, **who: str) -> None:
        self.key = X25519PrivateKey.generate()
        self.program = Program(**who).sign_in()  # type: ignore[arg-type]

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def wait(self) -> str:
        body = {"public_key": encode(self.public_key)}
        opened = self.program.call("POST", "transfers", body, expect=201)
        return transfer.Pairing(
            institution=self.program.slug,
            origin=ORIGIN,
            session=opened["session"],
            key=encode(self.public_key),
        ).text

    def collect(self, text: str, subject: str) -> bytes:
        pairing = transfer.Pairing.read(text)
        answer = self.program.call("POST", f"transfers/{pairing.session}/collection", {}, expect=200)
        return transfer.unseal(decode(answer["ciphertext"]), self.key, pairing.transcript(subject))


def backup(wang: Program) -> bytes:
    assert wang.leaf is not None
    return pfx.write(wang.key, wang.leaf, [], SECRET, name="backup", iterations=100_000)


def run(wang: Program, flow):
    """Run a flow of the SDK's over Django's test client."""
    step = next(flow)
    while True:
        result = step.do() if hasattr(step, "do") else wang.send(step)
        try:
            step = flow.send(result)
        except StopIteration as end:
            return end.value


@pytest.mark.spec("A12")
def test_the_sdk_sends_and_a_phone_gets_the_same_file(wang: Program) -> None:
    wang.obtain()
    phone_, file = Phone(), backup(wang)
    text = phone_.wait()
    upload = Upload.prepare(f"  {text}\n", file, SECRET, institution="sample")
    subject = keys.spki_sha256(wang.key.public_key())
    assert upload.matching_code == transfer.Pairing.read(text).transcript(subject).matching_code
    run(wang, phone.send(Place("sample", ORIGIN), upload))
    seen = wang.call("GET", f"transfers/{upload.session}?wait=1&known=sealed", expect=200)
    assert seen["state"] == "sealed"
    assert pfx.read(phone_.collect(text, subject), SECRET).certificate == wang.leaf
    assert run(wang, phone.until_collected(upload)) == "fetched"
    phone_.program.refused(
        "POST", f"transfers/{upload.session}/collection", {}, status=404, code="transfer-gone"
    )


@pytest.mark.spec("A12")
def test_codes_that_do_not_match_end_it(wang: Program) -> None:
    wang.obtain()
    phone_ = Phone()
    upload = Upload.prepare(phone_.wait(), backup(wang), SECRET, institution="sample")
    assert wang.call("DELETE", f"transfers/{upload.session}").status_code == 204
    assert phone_.program.call("GET", f"transfers/{upload.session}", expect=200)["state"] == "cancelled"
    body = {"ciphertext": encode(bytes(64)), "proof": wang.proof("phone", wang.key, wang.leaf)}
    wang.refused("POST", f"transfers/{upload.session}/parcel", body, status=404, code="transfer-gone")


@pytest.mark.spec("A12", "E10")
def test_each_refusal_is_a_problem_in_words(wang: Program) -> None:
    key = {"public_key": encode(X25519PrivateKey.generate().public_key().public_bytes_raw())}
    wang.refused("POST", "transfers", key, status=409, code="nothing-to-upload")
    wang.obtain()
    session = transfer.Pairing.read(Phone().wait()).session
    sent = f"transfers/{session}/parcel"
    other = keys.generate()
    body = {"ciphertext": encode(bytes(64)), "proof": wang.proof("phone", other)}
    wang.refused("POST", sent, body, status=422, code="proof-refused")
    body["proof"] = wang.proof("renew", wang.key, wang.leaf)
    wang.refused("POST", sent, body, status=422, code="proof-refused")
    body["proof"] = wang.proof("phone", wang.key, wang.leaf)
    wang.refused(
        "POST", sent, body | {"ciphertext": encode(bytes(16_385))}, status=413, code="parcel-too-large"
    )
    wang.refused("POST", sent, body | {"ciphertext": encode(bytes(20_001))}, status=422, code="invalid")
    wang.refused("POST", f"transfers/{uuid4()}/parcel", body, status=404, code="transfer-gone")
    chen = Program(identity="B220000000").sign_in()
    chen.refused("GET", f"transfers/{session}", status=404, code="transfer-gone")
    elsewhere = Program(slug="demo").sign_in()
    elsewhere.refused("GET", f"transfers/{session}", status=404, code="transfer-gone")
    unknown = {"public_key": encode(bytes(31))}
    wang.refused("POST", "transfers", unknown, status=422, code="invalid")
    wang.refused("POST", "transfers", {"public_key": encode(bytes(32))}, status=422, code="phone-key-unfit")


@pytest.mark.spec("A12", "E7")
def test_the_page_needs_its_csrf_token(wang: Program) -> None:
    browser = Browser(enforce_csrf_checks=True, headers={"host": "sample.localhost:8000"})
    answer = browser.post("/api/v1/transfers", {"public_key": "A" * 43}, content_type="application/json")
    assert answer.status_code in (401, 403)


@pytest.mark.spec("A12")
def test_the_sdk_says_what_is_wrong_before_anything_is_sent(wang: Program) -> None:
    wang.obtain()
    text, file = Phone().wait(), backup(wang)
    with pytest.raises(PfxRefused) as refused:
        Upload.prepare(text, file, "wrong", institution="sample")
    assert refused.value.code == "wrong-password"
    for wrong, institution, code in (
        (text, "demo", "other-institution"),
        ("https://example.com/", "sample", "not-a-pairing-code"),
        (text[:-1], "sample", "damaged-pairing-code"),
    ):
        with pytest.raises(TransferRefused) as refused_:
            Upload.prepare(wrong, file, SECRET, institution=institution)
        assert refused_.value.code == code
    assert SECRET not in repr(Upload.prepare(text, file, SECRET, institution="sample"))
