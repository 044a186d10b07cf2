"""Doors: institutions, customers, cookies and tokens apart (SPEC E4, E7; DESIGN, Origins)."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from .conftest import INDEX, PASSWORD, WANG, Program, encode

pytestmark = pytest.mark.spec("E4", "E7")

SAMPLE = "sample.localhost:8000"


class Page:
    """The page on an institution's own host: cookies, and the CSRF token where it is sent."""

    def __init__(self, host: str = SAMPLE) -> None:
        self.http = Client(enforce_csrf_checks=True, HTTP_HOST=host)
        self.host = host

    def token(self) -> str:
        from django.middleware.csrf import _get_new_csrf_string

        secret: str = _get_new_csrf_string()
        self.http.cookies["csrf"] = secret
        return secret

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        return self.http.generic(
            method, f"/api/v1/{path}", content, content_type="application/json", headers=headers
        )

    def sign_in(self) -> Any:
        body = {"identity": WANG, "password": PASSWORD, "captcha": Program().proof_of_work()}
        return self.call("POST", "sessions", body, **{"X-CSRFToken": self.token()})


def test_the_page_logs_in_by_cookie_and_the_token_stays_hidden(centre: object) -> None:
    page = Page()
    response = page.sign_in()
    assert response.status_code == 201, response.content
    assert response.json()["token"] is None
    cookie = response.cookies["session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert page.call("GET", "me").json()["identity"] == "A123****89"


def test_a_change_without_the_csrf_token_is_refused(centre: object) -> None:
    page = Page()
    page.sign_in()
    refused = page.call("POST", "nonces", {"purpose": "repair"})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf-failed")
    wrong = page.call("POST", "nonces", {"purpose": "repair"}, **{"X-CSRFToken": "x" * 32})
    assert wrong.status_code == 403
    elsewhere = {"X-CSRFToken": page.token(), "Origin": "http://evil.example"}
    assert page.call("POST", "nonces", {"purpose": "repair"}, **elsewhere).status_code == 403
    right = page.call("POST", "nonces", {"purpose": "repair"}, **{"X-CSRFToken": page.token()})
    assert right.status_code == 201


def test_a_login_that_another_site_submits_is_refused(centre: object) -> None:
    body = {"identity": WANG, "password": PASSWORD, "captcha": ""}
    assert Page().call("POST", "sessions", body).json()["code"] == "csrf-failed"


def test_logging_out_ends_the_cookie(centre: object) -> None:
    page = Page()
    page.sign_in()
    assert page.call("DELETE", "sessions/current", **{"X-CSRFToken": page.token()}).status_code == 204
    assert page.call("GET", "me").status_code == 401


def test_a_cookie_opens_nothing_for_programs_nor_a_token_for_the_page(wang: Program) -> None:
    page = Page()
    cookie = page.sign_in().cookies["session"].value
    stranger = Program()
    stranger.http.cookies["session"] = cookie
    stranger.refused("GET", "me", status=401, code="sign-in-needed")
    assert Page().call("GET", "me", Authorization=f"Bearer {wang.token}").status_code == 401


def test_a_cookie_of_one_institution_is_nothing_at_another(centre: object) -> None:
    cookie = Page().sign_in().cookies["session"].value
    other = Page("demo.localhost:8000")
    other.http.cookies["session"] = cookie
    assert other.call("GET", "me").status_code == 401


def test_a_token_of_one_institution_is_nothing_at_another(wang: Program) -> None:
    same_person = Program(slug="demo", token=wang.token)
    same_person.refused("GET", "me", status=401, code="sign-in-needed")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer " + "x" * 5000, "bearer cc_nothing"]
)
def test_no_other_authorization_opens(program: Program, header: str) -> None:
    program.refused("GET", "me", status=401, code="sign-in-needed", Authorization=header)


def test_programs_have_no_way_in_on_an_institutions_host(wang: Program) -> None:
    at_page = Client(HTTP_HOST=SAMPLE)
    response = at_page.get("/api/v1/i/sample/me", headers={"Authorization": f"Bearer {wang.token}"})
    assert (response.status_code, response.json()["code"]) == (404, "no-such-address")


def test_no_such_institution(program: Program) -> None:
    program.slug = "nobody"
    program.refused("GET", "policy", status=404, code="no-such-institution")


def test_another_customers_things_look_like_nothing(wang: Program) -> None:
    found = wang.obtain()
    request = uuid4()
    wang.call("POST", "revocations", {"procedure": wang.prove("revoke")}, expect=201)
    procedure = wang.prove("apply")
    wang.submit(procedure, request)
    spki = "ab" * 32
    verifier = encode(bytes(32))
    wang.call("POST", "key-shares", {"spki": spki, "verifier": verifier}, expect=201)
    sent = wang.call("GET", "me", expect=200)

    chen = Program(identity="B220000000").sign_in()
    proof = chen.proof("repair", chen.key)
    chen.refused("GET", f"certificates/{found['serial']}", status=404, code="not-found")
    chen.refused("GET", f"certificates?after={found['serial']}", status=404, code="not-found")
    chen.refused("GET", f"applications/{request}", status=404, code="not-found")
    chen.refused("GET", f"applications/{request}/certificate", status=404, code="not-found")
    path = f"applications/{request}/acknowledgement"
    chen.refused("POST", path, {"proof": proof}, status=404, code="not-found")
    chen.refused("GET", f"procedures/{procedure}", status=404, code="procedure-gone")
    chen.refused(
        "POST",
        f"procedures/{procedure}/birth-date",
        {"birth_date": "761205"},
        status=404,
        code="procedure-gone",
    )
    chen.refused(
        "POST",
        f"procedures/{procedure}/codes/{uuid4()}",
        {"code": "123456"},
        status=404,
        code="procedure-gone",
    )
    chen.refused("POST", "revocations", {"procedure": procedure}, status=404, code="procedure-gone")
    chen.refused(
        "POST", f"key-shares/{spki}/release", {"verifier": verifier}, status=404, code="share-unknown"
    )
    mine = chen.identify("apply", "790228")
    body = {"contact": sent["contacts"][0]["id"], "account": sent["accounts"][0]["id"]}
    chen.refused("POST", f"procedures/{mine}/codes", body, status=404, code="contact-unknown")
    order = {"account": "1020-0324338", "side": "buy", "symbol": "2330", "quantity": "1", "price": "market"}
    chen.refused("POST", "orders/drafts", order, status=422, code="order-not-yours")


def test_a_procedure_belongs_to_the_session_that_began_it(wang: Program) -> None:
    procedure = wang.begin("apply")
    second_login = Program().sign_in()
    second_login.refused("GET", f"procedures/{procedure}", status=404, code="procedure-gone")


def test_a_registered_program_logs_in_without_a_captcha(centre: object) -> None:
    from certcenter.core.actor import system
    from certcenter.institutions import serving
    from certcenter.passwords import clients

    sample = serving.get("sample")
    client_id, secret = clients.register(sample, name="trading system", actor=system("tests"))
    body = {"identity": WANG, "password": PASSWORD, "client_id": client_id, "client_secret": secret}
    program = Program()
    if not sample.api.client_credentials:
        program.refused("POST", "sessions", body, status=401, code="client-refused")
        return
    assert program.call("POST", "sessions", body, expect=201)["token"].startswith("cc_")
    program.refused("POST", "sessions", body | {"client_secret": "no"}, status=401, code="client-refused")
    program.refused("POST", "sessions", body | {"password": "wrong123"}, status=401, code="login-refused")
    Program(slug="demo").refused("POST", "sessions", body, status=401, code="client-refused")


def test_the_address_is_believed_from_configured_proxies_alone(
    centre: object, settings: Any, rf: Any
) -> None:
    from certcenter.identity.visitor import client_address

    forged = rf.get("/", headers={"X-Forwarded-For": "203.0.113.7"}, REMOTE_ADDR="198.51.100.1")
    assert client_address(forged) == "198.51.100.1"
    settings.CONFIG = settings.CONFIG.model_copy(update={"trusted_proxies": ("198.51.100.1", "10.0.0.1")})
    assert client_address(forged) == "203.0.113.7"
    chained = rf.get(
        "/", headers={"X-Forwarded-For": "1.2.3.4, 203.0.113.7, 10.0.0.1"}, REMOTE_ADDR="198.51.100.1"
    )
    assert client_address(chained) == "203.0.113.7"
    rubbish = rf.get("/", headers={"X-Forwarded-For": "nonsense"}, REMOTE_ADDR="198.51.100.1")
    assert client_address(rubbish) == "198.51.100.1"


def test_the_index_host_is_named_in_an_origin(wang: Program) -> None:
    from .conftest import decode

    assert json.loads(decode(wang.order()["order"]))["origin"] == f"http://{INDEX}"
