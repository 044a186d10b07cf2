"""Bad input (issue 2): each gets a clear sentence and a code, nothing is lost, and nothing is a 500."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from certcenter.core import clock
from certcenter.core.errors import Busy
from certcenter_sdk import cms, csr, keys

from .conftest import PASSWORD, WANG, Program, decode, encode, work

pytestmark = pytest.mark.spec("E10")


@pytest.mark.spec("E4")
def test_wrong_unknown_and_locked_are_one_answer(centre: object) -> None:
    def answer(identity: str, password: str) -> dict[str, object]:
        program = Program(identity=identity)
        body = {"identity": identity, "password": password, "captcha": program.proof_of_work()}
        problem = program.refused("POST", "sessions", body, status=401, code="login-refused")
        return {name: value for name, value in problem.items() if name != "reference"}

    answers = [answer(WANG, "wrong123"), answer("A200000003", PASSWORD)]
    answers += [answer("B220000000", "wrong123") for _ in range(4)]
    answers.append(answer("B220000000", PASSWORD))
    assert all(each == answers[0] for each in answers)


@pytest.mark.spec("E4")
def test_a_captcha_serves_once(centre: object) -> None:
    program = Program()
    body = {"identity": WANG, "password": PASSWORD, "captcha": program.proof_of_work()}
    program.call("POST", "sessions", body, expect=201)
    program.refused("POST", "sessions", body, status=422, code="captcha-refused")
    program.refused("POST", "sessions", body | {"captcha": "x"}, status=422, code="captcha-refused")


@pytest.mark.spec("E3")
def test_three_wrong_birth_dates_end_the_procedure(wang: Program) -> None:
    procedure = wang.begin("apply")
    path = f"procedures/{procedure}/birth-date"
    wang.refused("POST", path, {"birth_date": "761305"}, status=422, code="birth-date-malformed")
    for left in (2, 1):
        problem = wang.refused("POST", path, {"birth_date": "761206"}, status=422, code="birth-date-wrong")
        assert problem["params"] == {"tries_left": left}
    wang.refused("POST", path, {"birth_date": "761206"}, status=403, code="birth-date-ended")
    wang.refused("POST", path, {"birth_date": "761205"}, status=404, code="procedure-gone")


@pytest.mark.spec("E3", "D4")
def test_the_fourth_code_is_not_looked_at(wang: Program) -> None:
    procedure = wang.identify("apply")
    sent = wang.send_code(procedure)
    right = wang.code(sent)
    wrong = f"{(int(right) + 1) % 10 ** sent['digits']:0{sent['digits']}}"
    path = f"procedures/{procedure}/codes/{sent['challenge']}"
    wang.refused("POST", path, {"code": "12"}, status=422, code="code-malformed")
    for left in (2, 1):
        assert wang.refused("POST", path, {"code": wrong}, status=422, code="code-wrong")["params"] == {
            "tries_left": left
        }
    wang.refused("POST", path, {"code": wrong}, status=422, code="code-used-up")
    wang.refused("POST", path, {"code": right}, status=422, code="code-used-up")
    problem = wang.call("POST", f"procedures/{procedure}/codes", {})
    assert problem.status_code in (404, 429)


def test_a_consent_text_that_has_changed(wang: Program) -> None:
    text = wang.call("GET", "consents/apply", expect=200)
    for version, sha256 in ((text["version"] + 1, text["sha256"]), (text["version"], "0" * 64)):
        body = {"kind": "apply", "consent": {"version": version, "sha256": sha256}}
        wang.refused("POST", "procedures", body, status=409, code="consent-superseded")


def test_steps_out_of_order(wang: Program) -> None:
    procedure = wang.begin("apply")
    wang.refused("POST", f"procedures/{procedure}/codes", {}, status=409, code="wrong-step")
    assert wang.submit(procedure, uuid4()).json()["code"] == "wrong-step"
    wang.refused("POST", "revocations", {"procedure": procedure}, status=409, code="wrong-step")


@pytest.mark.spec("E8")
def test_a_retry_is_the_same_application_and_another_key_is_not(wang: Program) -> None:
    procedure, request = wang.prove("apply"), uuid4()
    first = wang.submit(procedure, request)
    assert first.headers["Location"] == f"/api/v1/i/sample/applications/{request}"
    assert wang.submit(procedure, request).json() == first.json()
    assert wang.submit(procedure, request, key=keys.generate()).json()["code"] == "another-key"
    work()
    assert wang.submit(procedure, request).json()["state"] == "issued"


@pytest.mark.parametrize("kind", ["rubbish", "cut", "rsa1024", "signature"])
def test_a_request_that_no_ca_should_sign(wang: Program, kind: str) -> None:
    good = csr.build(wang.key)
    broken = {
        "rubbish": lambda: b"rubbish",
        "cut": lambda: good[:-5],
        "signature": lambda: good[:-1] + bytes([good[-1] ^ 1]),
        "rsa1024": _weak_request,
    }[kind]()
    procedure = wang.prove("apply")
    body = {"procedure": procedure, "request": str(uuid4()), "csr": encode(broken)}
    problem = wang.refused("POST", "applications", body, status=422, code="request-rejected")
    assert problem["params"]["reason"]
    assert "proof of identity can be used again" in problem["kept"]
    assert ("not safe enough" in problem["detail"]) is (kind == "rsa1024")
    assert wang.submit(procedure, uuid4()).status_code == 202, "nothing was lost"


def _weak_request() -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    key = rsa.generate_private_key(65537, 1024)
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.DER)


@pytest.mark.spec("A4")
def test_renewal_outside_the_window(wang: Program) -> None:
    wang.obtain()
    text = wang.call("GET", "consents/renew", expect=200)
    body = {"kind": "renew", "consent": {"version": text["version"], "sha256": text["sha256"]}}
    problem = wang.refused("POST", "procedures", body, status=409, code="outside-renewal-window")
    assert set(problem["params"]) == {"opens", "closes"}
    assert "keeps working" in problem["kept"]


def test_two_tabs_and_a_double_click(wang: Program) -> None:
    one, other = wang.prove("apply"), wang.begin("apply")
    wang.submit(one, uuid4())
    wang.refused("POST", f"procedures/{other}/codes", {}, status=409, code="wrong-step")
    assert wang.submit(one, uuid4(), key=keys.generate()).json()["code"] in ("wrong-step", "application-open")
    work()
    text = wang.call("GET", "consents/apply", expect=200)
    body = {"kind": "apply", "consent": {"version": text["version"], "sha256": text["sha256"]}}
    wang.refused("POST", "procedures", body, status=409, code="application-open")


@pytest.mark.spec("A15", "A9")
def test_an_order_that_was_changed_after_signing(wang: Program) -> None:
    wang.obtain()
    draft = wang.order()
    signed = wang.signed(draft)
    changed = json.loads(decode(draft["order"])) | {"quantity": "9000"}
    canonical = json.dumps(changed, sort_keys=True, separators=(",", ":")).encode()
    wang.refused("POST", "orders", signed | {"order": encode(canonical)}, status=422, code="signature-wrong")
    wang.refused("POST", "orders", signed | {"order": encode(b"{}")}, status=422, code="order-malformed")
    wang.call("POST", "orders", signed, expect=201)
    again = {"order": draft["order"], "signature": wang.signed(draft)["signature"]}
    if again != signed:  # ECDSA in the SDK may be deterministic
        wang.refused("POST", "orders", again, status=409, code="order-seen-before")


@pytest.mark.spec("A15")
def test_a_revoked_certificate_signs_no_order(wang: Program) -> None:
    wang.obtain()
    draft = wang.order()
    wang.call("POST", "revocations", {"procedure": wang.prove("revoke")}, expect=201)
    problem = wang.refused("POST", "orders", wang.signed(draft), status=422, code="certificate-unusable")
    assert problem["params"]["reason"] == "revoked"
    assert "was revoked" in problem["detail"]


@pytest.mark.spec("E6", "A9")
def test_an_acknowledgement_by_another_key(wang: Program) -> None:
    request = uuid4()
    wang.submit(wang.prove("apply"), request)
    path = f"applications/{request}/acknowledgement"
    early = {"proof": wang.proof("repair", wang.key)}
    wang.refused("POST", path, early, status=409, code="not-issued-yet")
    wang.refused("GET", f"applications/{request}/certificate", status=409, code="not-issued-yet")
    work()
    wang.refused(
        "POST", path, {"proof": wang.proof("repair", keys.generate())}, status=422, code="proof-refused"
    )
    wang.refused("POST", path, {"proof": wang.proof("share", wang.key)}, status=422, code="proof-refused")
    tampered = wang.proof("repair", wang.key) | {"signature": encode(cms.sign_with_key_id(b"x", wang.key))}
    wang.refused("POST", path, {"proof": tampered}, status=422, code="proof-refused")
    good = {"proof": wang.proof("repair", wang.key)}
    assert wang.call("POST", path, good, expect=200)["state"] == "active"


@pytest.mark.spec("E2")
def test_key_shares_count_wrong_passwords(wang: Program) -> None:
    spki, verifier, wrong = "cd" * 32, encode(b"v" * 32), encode(b"w" * 32)
    share = wang.call("POST", "key-shares", {"spki": spki, "verifier": verifier}, expect=201)
    more = {"spki": spki, "verifier": wrong}
    wang.refused("POST", "key-shares", more, status=409, code="share-exists")
    assert wang.call("POST", f"key-shares/{spki}/release", {"verifier": verifier}, expect=200) == share
    change = {"verifier": verifier, "new_verifier": wrong}
    assert wang.call("PUT", f"key-shares/{spki}", change, expect=200) == share
    for _ in range(20):
        response = wang.call("POST", f"key-shares/{spki}/release", {"verifier": verifier})
        if response.status_code == 423:
            break
        assert response.json()["code"] == "certificate-password-wrong"
    assert response.json()["code"] == "certificate-password-locked"
    wang.refused(
        "POST",
        f"key-shares/{spki}/release",
        {"verifier": wrong},
        status=423,
        code="certificate-password-locked",
    )


@pytest.mark.spec("E6")
def test_a_further_share_needs_the_keys_own_signature(wang: Program) -> None:
    key, other = keys.generate(), keys.generate()
    spki = keys.spki_sha256(key.public_key())
    first = wang.call("POST", "key-shares", {"spki": spki, "verifier": encode(b"a" * 32)}, expect=201)
    body = {"spki": spki, "verifier": encode(b"b" * 32), "public_key": encode(spki_of(key))}
    second = wang.call("POST", "key-shares", body | {"proof": wang.proof("share", key)}, expect=201)
    assert second != first
    wrong = body | {"proof": wang.proof("share", other), "public_key": encode(spki_of(other))}
    wang.refused("POST", "key-shares", wrong, status=422, code="proof-refused")
    used = body | {"proof": wang.proof("share", key)}
    wang.call("POST", "key-shares", used, expect=201)
    wang.refused("POST", "key-shares", used, status=409, code="nonce-refused")

    wang.obtain()
    assert wang.leaf is not None
    spki = keys.spki_sha256(wang.key.public_key())
    body = {"spki": spki, "verifier": encode(b"a" * 32)}
    wang.call("POST", "key-shares", body, expect=201)
    wang.call("POST", "key-shares", body | {"proof": wang.proof("share", wang.key, wang.leaf)}, expect=201)


def spki_of(key: keys.PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.spec("A15", "A4")
def test_a_certificate_signs_no_order_after_its_end(wang: Program) -> None:
    wang.obtain()
    with clock.at(clock.now() + timedelta(days=400)):
        wang.sign_in()
        problem = wang.refused(
            "POST", "orders", wang.signed(wang.order()), status=422, code="certificate-unusable"
        )
        assert problem["params"]["reason"] == "expired"


@pytest.mark.spec("A15")
def test_an_order_of_an_hour_ago_or_a_clock_an_hour_off(wang: Program) -> None:
    wang.obtain()
    signed = wang.signed(wang.order())
    with clock.at(clock.now() + timedelta(minutes=59)):
        wang.sign_in()
        wang.refused("POST", "orders", signed, status=422, code="order-stale")


@pytest.mark.spec("D4")
def test_a_second_code_has_to_wait_and_the_answer_says_how_long(wang: Program) -> None:
    procedure = wang.identify("apply")
    wang.send_code(procedure)
    me = wang.call("GET", "me", expect=200)
    body = {"contact": me["contacts"][0]["id"], "account": me["accounts"][0]["id"]}
    response = wang.call("POST", f"procedures/{procedure}/codes", body)
    assert (response.status_code, response.json()["code"]) == (429, "code-wait")
    assert 0 < int(response.headers["Retry-After"]) <= 60


@pytest.mark.spec("E2")
def test_a_full_house_says_busy_and_when_to_come_back(wang: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise Busy

    monkeypatch.setattr("certcenter.proof.shares.release", full)
    response = wang.call("POST", f"key-shares/{'ab' * 32}/release", {"verifier": encode(bytes(32))})
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    assert int(response.headers["Retry-After"]) >= 1
