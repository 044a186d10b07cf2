"""Unlock and reissue by programs that are not logged in, and by the page's own calls (SPEC B3, B8, B9, E4, E7)."""

import json
from typing import Any

import pytest
from django.test import Client

from certcenter.passwords import login
from certcenter_sdk.client import recovery
from certcenter_sdk.client.life import Place

from .conftest import INDEX, PASSWORD, WANG, Program, encode

PLACE = Place("sample", f"http://{INDEX}")
BORN = "19871205"


def customer() -> Any:
    from certcenter.identity.models import Customer

    return Customer.objects.get(institution="sample", national_id=WANG)


def lock() -> None:
    gate = login.gate(customer())
    for _ in range(3):
        with gate.admit() as attempt:
            attempt.failure()


def drive(program: Program, flow: Any) -> Any:
    """Run one of the SDK's flows through the program's own connection, without a session."""
    program.token = ""
    answer = None
    try:
        while True:
            step = flow.send(answer)
            answer = step.do() if hasattr(step, "do") else program.send(step)
    except StopIteration as done:
        return done.value


@pytest.mark.spec("B3", "E6")
def test_the_sdk_unlocks_with_a_key_of_its_own(wang: Program) -> None:
    wang.obtain()
    lock()
    body = {"identity": WANG, "password": PASSWORD, "captcha": wang.proof_of_work()}
    wang.refused("POST", "sessions", body, status=401, code="login-refused")
    drive(wang, recovery.unlock(PLACE, WANG, BORN, wang.key, wang.leaf))
    wang.sign_in()


@pytest.mark.spec("E4", "E7")
def test_a_browser_never_sees_the_runs_token(centre: object) -> None:
    page = Client(enforce_csrf_checks=True, HTTP_HOST="sample.localhost:8000")
    body = {"purpose": "unlock", "identity": WANG, "birth_date": BORN}
    response = page.post("/api/v1/recoveries", json.dumps(body), content_type="application/json")
    assert response.status_code == 403  # without the page's CSRF token
    from .test_doors import Page

    own = Page()
    response = own.call("POST", "recoveries", body, **{"X-CSRFToken": own.token()})
    assert response.status_code == 201, response.content
    assert response.json()["flow"] is None
    cookie = response.cookies["flow"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


@pytest.mark.spec("E4")
def test_a_share_for_visitors_answers_alike_whoever_asks(wang: Program) -> None:
    """Known and unknown people, right and wrong keys: three wrong verifiers, then locked."""
    wang.obtain()
    spki, right = "a" * 64, encode(b"v" * 32)
    wang.call("POST", "key-shares", {"spki": spki, "verifier": right}, expect=201)
    wang.token = ""
    seen = set()
    for identity, key in ((WANG, spki), (WANG, "b" * 64), ("A100000001", spki)):
        body = {"purpose": "unlock", "identity": identity, "birth_date": BORN}
        flow = wang.call("POST", "recoveries", body, expect=201)["flow"]
        asked = {"flow": flow, "spki": key, "verifier": encode(b"x" * 32)}
        answers = [wang.call("POST", "recoveries/key-share", asked).json() for _ in range(4)]
        seen.add(str([(each["code"], each["params"]) for each in answers]))
    assert len(seen) == 1, seen
    refused = {"flow": flow, "spki": spki, "verifier": right}
    wang.refused("POST", "recoveries/key-share", refused, status=423, code="certificate-password-locked")


@pytest.mark.spec("B3")
def test_a_visitor_opens_the_own_share_with_the_password(wang: Program) -> None:
    wang.obtain()
    spki, right = "a" * 64, encode(b"v" * 32)
    share = wang.call("POST", "key-shares", {"spki": spki, "verifier": right}, expect=201)["share"]
    wang.token = ""
    for birth_date, status in ((BORN, 200), ("19000101", 422)):
        body = {"purpose": "unlock", "identity": WANG, "birth_date": birth_date}
        flow = wang.call("POST", "recoveries", body, expect=201)["flow"]
        asked = {"flow": flow, "spki": spki, "verifier": right}
        answer = wang.call("POST", "recoveries/key-share", asked, expect=status)
        assert (answer.get("share") == share) is (status == 200)


@pytest.mark.spec("E10")
def test_where_there_is_no_password_centre_there_are_no_runs(centre: object) -> None:
    bank = Program(slug="model-bank")
    body = {"purpose": "unlock", "identity": "04595257", "birth_date": BORN}
    bank.refused("POST", "recoveries", body, status=404, code="not-found")


def reissue(program: Program, flow: str, account: str | None = None, contact: str | None = None) -> str:
    """From the sending to the new password; returns it."""
    sent = program.send(recovery.send_code(flow, account=account, contact=contact))
    code = program.newest_code(sent.text("identification"))
    initial = program.send(recovery.check_code(flow, sent.text("challenge"), code))
    done = program.send(recovery.redeem(flow, initial, "Marble4417"))
    assert done.values == {"unified": True, "voice": False}
    return "Marble4417"


@pytest.mark.spec("B8")
def test_the_sdk_reissues_with_a_certificate(wang: Program) -> None:
    wang.obtain()
    lock()
    proven = drive(wang, recovery.prove(PLACE, WANG, BORN, wang.key, wang.leaf))
    assert proven.flow not in repr(proven)
    first = proven.contacts[0]["id"]
    wang.sign_in(reissue(wang, proven.flow, proven.accounts[0]["id"], first))


@pytest.mark.spec("B9", "E5")
def test_the_sdk_reissues_by_mail(program: Program) -> None:
    from certcenter.notifications.models import DemoMessage

    begun = program.send(recovery.begin_request(WANG, BORN))
    program.send(recovery.confirm_request(begun.text("flow"), begun.values["accounts"][0]["id"]))
    mail = DemoMessage.objects.filter(channel="email", text__contains="/reissue/link/").latest("pk").text
    url = next(word for word in mail.split() if "#" in word)
    opened = program.send(recovery.open_link(url, BORN))
    program.sign_in(reissue(program, opened.text("flow")))


@pytest.mark.spec("B8")
def test_a_cancelled_run_is_over(wang: Program) -> None:
    wang.obtain()
    proven = drive(wang, recovery.prove(PLACE, WANG, BORN, wang.key, wang.leaf))
    wang.call("POST", "recoveries/cancellation", {"flow": proven.flow}, expect=204)
    wang.refused("POST", "recoveries/codes", {"flow": proven.flow}, status=410, code="recovery-gone")
    wang.sign_in()
