"""A member of staff at the counter, for the tour: the back office's own pages, filled in over HTTP."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any, Final

import httpx

from certcenter.demo.steps import Unexpected
from certcenter_sdk.client import altcha

_CHALLENGE: Final = re.compile(r'challenge="([^"]+)"')
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_CUSTOMER: Final = re.compile(r'href="(/customers/\d+/)"')


class Counter:
    """One signed-in member of staff."""

    def __init__(self, centre: Mapping[str, Any], username: str) -> None:
        """Sign in by name, password and a solved captcha. Raises Unexpected when that is refused."""
        login = next(each for each in centre["staff_logins"] if each["username"] == username)
        # The staff's host name need not resolve on this machine; the server goes by the header.
        self._client = httpx.Client(
            base_url=centre["index"],
            headers={"Host": httpx.URL(centre["staff"]).netloc.decode(), "Accept-Language": "zh-TW"},
            follow_redirects=True,
        )
        page = self._client.get("/login/").text
        work = json.loads(html.unescape(_found(_CHALLENGE, page)))
        given = {"username": username, "password": login["password"], "captcha": altcha.solve(work)}
        self._post("/login/", page, given)

    def find(self, institution: str, identity: str) -> str:
        """Look for a customer by ID; returns the path of the customer's page."""
        page = self._client.get("/customers/").text
        return _found(
            _CUSTOMER, self._post("/customers/", page, {"institution": institution, "query": identity})
        )

    def do(self, customer: str, operation: str, note: str) -> None:
        """Do something to the customer, with the reason. Raises Unexpected when it is refused."""
        path = f"{customer}{operation}/"
        self._post(path, self._client.get(path).text, {"note": note})

    def _post(self, path: str, page: str, given: Mapping[str, str]) -> str:
        answer = self._client.post(path, data={**given, "csrfmiddlewaretoken": _found(_TOKEN, page)})
        if answer.status_code != httpx.codes.OK:
            raise Unexpected(f"the staff's page {path} answers {answer.status_code}")
        return answer.text


def _found(pattern: re.Pattern[str], page: str) -> str:
    match = pattern.search(page)
    if match is None:
        raise Unexpected(f"the staff's page has no {pattern.pattern}")
    return match.group(1)
