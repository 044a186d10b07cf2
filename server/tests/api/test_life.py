"""A customer's whole life over HTTP: apply, sign, renew, revoke."""

from datetime import timedelta
from threading import Timer
from uuid import uuid4

import pytest
from cryptography import x509

from certcenter.api import waiting
from certcenter.core import clock
from certcenter_sdk import csr, keys

from .conftest import COMPANY, Program, decode, encode, work

pytestmark = pytest.mark.spec("A1", "A3", "A4", "A5", "A15", "E8")


def test_from_nothing_to_a_signed_order(wang: Program) -> None:
    before = wang.call("GET", "certificates", expect=200)
    assert (before["status"], before["host"], before["actions"]) == ("none", None, ["apply"])

    found = wang.obtain()
    leaf, issuing, root = (
        x509.load_der_x509_certificate(decode(each)) for each in (found["certificate"], *found["chain"])
    )
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    assert found["export_file_name"].startswith("A123XXXX89-SAMPLE(")
    overview = wang.call("GET", "certificates", expect=200)
    assert (overview["status"], overview["host"]["serial"]) == ("valid", found["serial"])
    assert [each["state"] for each in overview["history"]] == ["active"]
    assert (
        wang.call("GET", f"certificates/{found['serial']}", expect=200)["certificate"] == found["certificate"]
    )

    draft = wang.order()
    signed = wang.signed(draft)
    accepted = wang.call("POST", "orders", signed, expect=201)
    assert accepted["certificate"] == found["serial"]
    assert wang.call("POST", "orders", signed, expect=201) == accepted, "a lost answer can be asked for again"
    assert wang.call("GET", "orders", expect=200)["orders"] == [accepted]


def test_a_renewed_certificate_replaces_the_old_one_when_it_is_installed(wang: Program) -> None:
    old = wang.obtain()
    with clock.at(clock.now() + timedelta(days=350)):
        wang.sign_in()
        assert "renew" in wang.call("GET", "certificates", expect=200)["actions"]
        procedure = wang.prove("renew")
        request, key = uuid4(), keys.generate()
        proof = wang.proof("renew", wang.key, wang.leaf)
        assert wang.submit(procedure, request, key=key, old_key_proof=proof).status_code == 202
        work()
        new = wang.call("GET", f"applications/{request}/certificate", expect=200)
        assert wang.call("GET", f"certificates/{old['serial']}", expect=200)["state"] == "active"
        body = {"proof": wang.proof("repair", key)}
        wang.call("POST", f"applications/{request}/acknowledgement", body, expect=200)
        again = wang.call("POST", f"applications/{request}/acknowledgement", body, expect=200)
        assert again["serial"] == new["serial"]
        states = {
            each["serial"]: each["state"] for each in wang.call("GET", "certificates", expect=200)["history"]
        }
        assert states == {old["serial"]: "superseded", new["serial"]: "active"}


def test_two_revocations_a_year_then_the_branch(wang: Program) -> None:
    for left in (1, 0):
        wang.obtain()
        done = wang.call("POST", "revocations", {"procedure": wang.prove("revoke")}, expect=201)
        assert (done["certificate"]["state"], done["revocations_left"]) == ("revoked", left)
    wang.obtain()
    text = wang.call("GET", "consents/revoke", expect=200)
    assert any("A123****89" in each for block in text["paragraphs"] for each in block["texts"])
    body = {"kind": "revoke", "consent": {"version": text["version"], "sha256": text["sha256"]}}
    problem = wang.refused("POST", "procedures", body, status=429, code="revocations-used-up")
    assert problem["params"] == {"limit": 2}


def test_a_company_gives_its_registration_date(centre: object) -> None:
    company = Program(identity=COMPANY).sign_in()
    company.obtain(birth_date="900101")
    assert company.call("GET", "certificates", expect=200)["status"] == "valid"


def test_the_history_is_paged_by_keyset(wang: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from certcenter.certificates import queries

    monkeypatch.setattr(queries, "PAGE", 1)
    first = wang.obtain()["serial"]
    wang.call("POST", "revocations", {"procedure": wang.prove("revoke")}, expect=201)
    second = wang.obtain()["serial"]
    page = wang.call("GET", "certificates", expect=200)
    assert ([each["serial"] for each in page["history"]], page["next"]) == ([second], second)
    rest = wang.call("GET", f"certificates?after={second}", expect=200)
    assert [each["serial"] for each in rest["history"]] == [first]


def test_waiting_for_the_certificate_ends_when_it_is_made(
    wang: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = uuid4()
    wang.submit(wang.prove("apply"), request)
    waits, real = [], waiting.for_end

    def for_end(application_id: int, *, seconds: float) -> bool:
        worker = Timer(0.2, work)
        worker.start()
        waits.append(real(application_id, seconds=seconds))
        worker.join()
        return waits[-1]

    monkeypatch.setattr(waiting, "for_end", for_end)
    assert wang.call("GET", f"applications/{request}?wait=20", expect=200)["state"] == "issued"
    assert waits == [True], "woken, not timed out"
    assert wang.call("GET", f"applications/{request}?wait=20", expect=200)["percent"] == 100
    assert waits == [True], "nothing is waited for that is there"


def test_the_certificate_is_the_answer_to_its_request_where_it_is_made_in_time(
    wang: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, procedure = uuid4(), wang.prove("apply")
    body = {"procedure": procedure, "request": str(request), "csr": encode(csr.build(wang.key))}
    seen = wang.call("POST", "applications?wait=1", body, expect=202)
    assert (seen["state"], seen["request"]) == ("accepted", str(request))
    real = waiting.for_end

    def for_end(application_id: int, *, seconds: float) -> bool:
        worker = Timer(0.2, work)
        worker.start()
        woken = real(application_id, seconds=seconds)
        worker.join()
        return woken

    monkeypatch.setattr(waiting, "for_end", for_end)
    got = wang.call("POST", "applications?wait=20", body, expect=200)
    assert got == wang.call("GET", f"applications/{request}/certificate", expect=200)
    assert got["spki_sha256"] == keys.spki_sha256(wang.key.public_key())
    # Lost on the way, it is asked for again: the same certificate, and not one more.
    assert wang.call("POST", "applications?wait=20", body, expect=200) == got
    assert wang.call("POST", "applications", body, expect=202)["state"] == "issued"
    wang.refused("POST", "applications?wait=21", body, status=422, code="invalid")


def test_waiting_ends_with_its_time(wang: Program) -> None:
    request = uuid4()
    wang.submit(wang.prove("apply"), request)
    assert wang.call("GET", f"applications/{request}?wait=1", expect=200)["state"] == "accepted"


def test_what_a_program_learns_before_it_begins(program: Program) -> None:
    policy = program.call("GET", "policy", expect=200)
    assert policy["institution"]["origin"] == "http://127.0.0.1:8000"
    assert policy["institution"]["portal"] == "http://sample.localhost:8000"
    assert policy["institution"]["accents"]["light"] == {
        "colour": "#0b5c6b",
        "ink": "#ffffff",
        "soft": "#e3f0f2",
    }
    assert policy["key"]["password"] == {
        "min_length": 4,
        "max_length": 12,
        "text": "Choose a password of 4 to 12 letters and digits.",
    }
    assert policy["revocation"]["yearly_limit"] == 2
    assert (policy["renewal"]["unit"], policy["renewal"]["before"]) == ("hours", 720)
    assert set(policy["statuses"]["host"]) == {
        "none", "awaiting", "valid", "expiring", "expired", "suspended", "revoked",
    }  # fmt: skip
    assert [item["function"] for item in policy["menu"]["items"]][-1] == "logout"
    assert program.call("GET", "documents/faq", expect=200)["documents"]
    assert program.call("GET", "environment", expect=200)["test_environment"] is True


def test_logging_out_ends_the_token(wang: Program) -> None:
    assert wang.call("DELETE", "sessions/current").status_code == 204
    wang.refused("GET", "me", status=401, code="sign-in-needed")
