"""Whatever address below `/api` is asked for, the answer is a problem that a program can read (SPEC E10)."""

from urllib.parse import unquote_to_bytes

import pytest

from .conftest import INDEX, Program

pytestmark = pytest.mark.spec("E10")

#: As a client sends them: percent-encoded. `{}` is an operation's address on that host.
ADDRESSES = {
    "line-feed-after": "{}/me%0A",
    "line-feed-in-a-part": "{}/procedures/x%0Ay",
    "line-feed-alone": "{}/procedures/%0A",
    "carriage-return": "{}/procedures/%0D%0A",
    "nul": "{}/procedures/%00",
    "delete": "{}/procedures/%7F",
    "next-line": "{}/procedures/%C2%85",
    "line-separator": "{}/procedures/%E2%80%A8",
    "no-utf-8": "{}/procedures/%FF",
    "line-feed-before-a-step": "{}/certificates/%0A/status",
    "line-feed-after-the-document": "/api/v1/openapi.json%0A",
    "slash-after": "{}/me/",
    "two-slashes": "{}//me",
    "two-slashes-before": "//api/v1/me",
    "two-slashes-below-api": "/api//v1/me",
    "dots": "{}/../me",
    "very-long": "{}/" + "x" * 20_000,
    "api-alone": "/api",
    "api-slash": "/api/",
    "no-slash-after": "/api/v1",
    "another-version": "/api/v2/me",
    "line-feed-after-the-version": "/api/v1%0A",
    "line-feed-after-api": "/api%0A/v1",
}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("host", [INDEX, "sample.localhost:8000"], ids=["programs", "page"])
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_no_operation_has(program: Program, address: str, host: str, method: str) -> None:
    base = "/api/v1/i/sample" if host == INDEX else "/api/v1"
    path = unquote_to_bytes(address.format(base)).decode("latin-1")  # as WSGI hands it over (PEP 3333)
    response = program.http.generic(
        method, "/", b"{}", content_type="application/json", PATH_INFO=path, headers={"Host": host}
    )
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()["code"]) == (404, "no-such-address")


def test_what_only_begins_like_it_is_a_page(program: Program) -> None:
    assert program.http.get("/apiary").headers["Content-Type"].startswith("text/html")
