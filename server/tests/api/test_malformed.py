"""Requests that are none: wrong fields, bodies, addresses, spellings. Each is named, nothing is a 500 (issue 2, Bad input; SPEC E10)."""

from uuid import uuid4

import pytest

from certcenter_sdk import csr

from .conftest import PASSWORD, WANG, Program, encode

pytestmark = pytest.mark.spec("E10")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"extra": "1"}, "extra"),
        ({"identity": None}, "identity"),
        ({"identity": 7}, "identity"),
        ({"identity": ""}, "identity"),
        ({"identity": "A" * 33}, "identity"),
        ({"password": "a\u0000b"}, "password"),
        ({"password": "\ud800"}, "password"),
        ({"client_id": "x"}, "body"),
    ],
)
def test_each_wrong_field_is_named(program: Program, change: dict[str, object], field: str) -> None:
    body = {"identity": WANG, "password": PASSWORD, "captcha": ""} | change
    problem = program.refused("POST", "sessions", body, status=422, code="invalid")
    assert list(problem["fields"]) == [field]
    assert problem["fields"][field]


@pytest.mark.spec("F4")
def test_a_wrong_field_is_explained_in_both_languages(program: Program) -> None:
    found = {}
    for language in ("en", "zh-Hant", "de"):
        program.language = language
        problem = program.refused("POST", "sessions", {}, status=422, code="invalid")
        found[language] = (problem["title"], problem["detail"], problem["fields"]["identity"])
    assert found["en"] == (
        "Please check your input",
        "Please check what you have entered.",
        "This is required.",
    )
    assert found["zh-Hant"] == ("請檢查您輸入的內容", "請檢查您輸入的資料。", "此欄位必填。")
    assert found["de"] == found["zh-Hant"], "Traditional Chinese is the default"


@pytest.mark.spec("F4")
def test_without_accept_language_the_customers_own_language_is_spoken(centre: object) -> None:
    chen = Program(identity="B220000000").sign_in()
    chen.language = None
    assert "nothing" in chen.refused("GET", "certificates/ab", status=404, code="not-found")["detail"]
    chen.language = "zh-Hant"
    response = chen.call("GET", "certificates/ab")
    assert response.headers["Content-Language"] == "zh-hant"


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"null", b"[]", b"\xff\xfe", b'{"purpose": NaN}', b'{"purpose":"renew","purpose":"repair"}',
     b"[" * 20_000, b'{"a":' * 5000, b'"text"', b"1" + b"0" * 5000],
)  # fmt: skip
def test_what_is_no_json_object(wang: Program, content: bytes) -> None:
    response = wang.http.generic(
        "POST",
        "/api/v1/i/sample/nonces",
        content,
        content_type="application/json",
        headers={"Authorization": f"Bearer {wang.token}"},
    )
    assert response.status_code in (400, 422)
    assert response.json()["code"] in ("malformed-json", "invalid")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_another_content_type(wang: Program, kind: str) -> None:
    response = wang.http.generic("POST", "/api/v1/i/sample/nonces", b"purpose=repair", content_type=kind)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("path", "size", "limit"),
    [("nonces", 33 * 1024, 32768), ("orders", 17 * 1024, 16384), ("applications", 50 * 1024 * 1024, 32768)],
)
def test_a_body_that_is_too_large(wang: Program, path: str, size: int, limit: int) -> None:
    problem = wang.refused("POST", path, "x" * size, status=413, code="too-large")
    assert problem["params"] == {"limit": limit}


def test_unknown_addresses_and_methods(wang: Program) -> None:
    wang.refused("GET", "nothing/here", status=404, code="no-such-address")
    wang.refused("GET", "applications/not-a-uuid", status=404, code="no-such-address")
    wang.refused("PATCH", "me", {}, status=405, code="method-not-allowed")
    assert wang.call("DELETE", "me").headers["Allow"] == "GET"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("certificates?after=XYZ", "after"),
        ("certificates/0g", "serial"),
        ("orders?after=1", "after"),
        ("applications/0b1f6a1e-3c54-4c1e-9f53-0d9d3f0c2a11?wait=21", "wait"),
        ("applications/0b1f6a1e-3c54-4c1e-9f53-0d9d3f0c2a11?wait=-1", "wait"),
        ("consents/marry", "kind"),
        ("documents/secrets", "kind"),
    ],
)
def test_parameters_of_the_wrong_form(wang: Program, path: str, field: str) -> None:
    assert list(wang.refused("GET", path, status=422, code="invalid")["fields"]) == [field]


def test_an_unexpected_error_is_a_500_without_a_trace(
    wang: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("certcenter.identity.queries.contacts", broken)
    response = wang.call("GET", "me")
    problem = response.json()
    assert (response.status_code, problem["code"]) == (500, "internal")
    assert "secret" not in response.content.decode()
    assert problem["reference"] == response.headers["X-Reference"]
    assert "secret detail" in caplog.text


def test_the_idempotency_key_is_the_request(wang: Program) -> None:
    body = {"procedure": str(uuid4()), "request": str(uuid4()), "csr": encode(csr.build(wang.key))}
    header = {"Idempotency-Key": str(uuid4())}
    wang.refused("POST", "applications", body, status=400, code="idempotency-mismatch", **header)
    header = {"Idempotency-Key": "no uuid"}
    wang.refused("POST", "applications", body, status=422, code="invalid", **header)


@pytest.mark.parametrize("text", ["=", "abc=", "a", "a b", "+/+/", "AB", "", "\n"])
def test_bytes_in_another_spelling(wang: Program, text: str) -> None:
    body = {"procedure": str(uuid4()), "request": str(uuid4()), "csr": text}
    problem = wang.refused("POST", "applications", body, status=422, code="invalid")
    assert list(problem["fields"]) == ["csr"]


def test_a_401_says_how_to_log_in(program: Program) -> None:
    assert program.call("GET", "me").headers["WWW-Authenticate"].startswith("Bearer")
