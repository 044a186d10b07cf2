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
_REQUEST: Final = re.compile(r'href="(/approvals/[0-9a-f-]{36}/)"')
_SECRET: Final = re.compile(r"<span data-secret>([^<]+)</span>")
_PROBLEM: Final = re.compile(r'<div class="summary" role="alert".*?<li>(?:<a [^>]*>)?([^<]+)', re.DOTALL)
_DETAILS: Final = r'<b class="mono">{event}</b>.*?<dd class="mono">(\{{[^<]*\}})</dd>'


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

    def do(self, customer: str, operation: str, note: str = "", **answers: str) -> None:
        """Do something to the customer, with the reason and what was asked. Raises Unexpected when it is refused."""
        path = f"{customer}{operation}/"
        self._post(path, self._client.get(path).text, {"note": note, **answers})

    def is_refused(self, customer: str, operation: str, **answers: str) -> str:
        """Try the same, and return the words of the refusal. Raises Unexpected when there is none."""
        path = f"{customer}{operation}/"
        answer = self._send(path, self._client.get(path).text, answers)
        if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
            raise Unexpected(f"the staff's page {path} answers {answer.status_code}: this had to be refused")
        return html.unescape(_found(_PROBLEM, answer.text)).strip()

    def noted(self, customer: str, event: str) -> dict[str, Any]:
        """What the customer's last events say of one."""
        pattern = re.compile(_DETAILS.format(event=re.escape(event)), re.DOTALL)
        details: dict[str, Any] = json.loads(html.unescape(_found(pattern, self._client.get(customer).text)))
        return details

    def approve(self) -> None:
        """Approve the one request of a colleague that waits."""
        path = _found(_REQUEST, self._client.get("/approvals/").text)
        self._post(path, self._client.get(path).text, {"approve": "1"})

    def print_slip(self) -> str:
        """Make the slip that a colleague has approved; its initial password."""
        path = _found(_REQUEST, self._client.get("/approvals/").text)
        return html.unescape(_found(_SECRET, self._post(path, self._client.get(path).text, {"print": "1"})))

    def _post(self, path: str, page: str, given: Mapping[str, str]) -> str:
        answer = self._send(path, page, given)
        if answer.status_code != httpx.codes.OK:
            raise Unexpected(f"the staff's page {path} answers {answer.status_code}")
        return answer.text

    def _send(self, path: str, page: str, given: Mapping[str, str]) -> httpx.Response:
        return self._client.post(path, data={**given, "csrfmiddlewaretoken": _found(_TOKEN, page)})


def _found(pattern: re.Pattern[str], page: str) -> str:
    match = pattern.search(page)
    if match is None:
        raise Unexpected(f"the staff's page has no {pattern.pattern}")
    return match.group(1)
