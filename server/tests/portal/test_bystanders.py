"""Who looks over a customer's shoulder reads no ID, name, number or address that is whole (issue 2, point 3; SPEC F4, E4)."""

import re
from html import unescape

import pytest
from django.urls import URLPattern, reverse

from certcenter.portal import urls

from .conftest import WANG, Reader, field

pytestmark = pytest.mark.spec("F4", "E4")
NAME = "王三豐"
CLEAR = (WANG, NAME, "0936000054", "wang@example.com", "0324338", "9000545")
#: What is signed is shown as it is signed: the consent to a revocation names the customer (SPEC, Terms), an order its account.
WHOLE = {"revoke": {NAME}, "sign-order": {"0324338", "9000545"}}


def words_of(page: str) -> str:
    """What stands in a page, values of fields and data for its script among it."""
    return unescape(re.sub(r"\s+", " ", page))


def found_in(page: str, *, allowed: frozenset[str] = frozenset()) -> list[str]:
    return [each for each in CLEAR if each in words_of(page) and each not in allowed]


def pages() -> list[str]:
    """The names of all addresses that need nothing but the session."""
    return sorted(
        each.name
        for each in urls.urlpatterns
        if isinstance(each, URLPattern) and each.name and not each.pattern.converters
    )


def test_no_page_shows_what_is_to_be_masked(wang: Reader) -> None:
    wrong, seen = {}, 0
    for name in pages():
        answer = wang.http.get(reverse(name, urlconf=urls))
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            seen += 1
            if found := found_in(answer.content.decode(), allowed=frozenset(WHOLE.get(name, ()))):
                wrong[name] = found
    assert wrong == {}
    assert seen >= 25


def test_nor_does_the_way_to_a_code(wang: Reader) -> None:
    page = wang.get("/apply/")
    consent = {name: field(page, name) for name in ("version", "sha256")}
    step = wang.post("/apply/", birth_date="761205", **consent)
    assert step.status_code == 302
    assert found_in(wang.get(step["Location"])) == []
    assert "0936***054" in wang.get(step["Location"])
