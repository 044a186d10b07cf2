"""What both clients share: building requests, deciding on retries, reading answers. No input or output here."""

import random
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from certcenter_sdk import clock
from certcenter_sdk.client.answers import ApiProblem, read_answer
from certcenter_sdk.client.calls import Call, Session
from certcenter_sdk.client.life import Place

T = TypeVar("T")

_RETRY_STATUSES = frozenset({429, 502, 503, 504})
_DATE_IS_COARSE = timedelta(seconds=5)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Retry:
    """When and how often a call that may be repeated is repeated.

    Attributes:
        attempts: in all, the first included.
        base: seconds before the second attempt; doubled each time, less a random part.
        longest: seconds at most between two attempts, `Retry-After` included: a longer wish is not waited for.
    """

    attempts: int = 4
    base: float = 0.25
    longest: float = 20.0

    def pause(self, attempt: int, wish: float | None) -> float | None:
        """Seconds to wait after this attempt (1, 2, …), or None where it was the last."""
        if attempt >= self.attempts or (wish is not None and wish > self.longest):
            return None
        backoff = min(self.longest, self.base * 2.0 ** (attempt - 1))
        return max(wish or 0.0, backoff * random.uniform(0.5, 1.0))  # noqa: S311 - spreads load, guards nothing


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


Outcome = httpx.Response | httpx.TransportError | None
Exchange = Generator[httpx.Request | Pause, Outcome, T]


@dataclass(slots=True)
class Core:
    """One institution of one centre, and the session there.

    Attributes:
        base_url: the centre's origin for programs, such as `https://api.example`.
        institution: its slug.
        language: for messages, as in Accept-Language.
        retry: the retry policy.
        session: the login, once there is one.
        ahead: how far this machine's clock is ahead of the centre's (negative: behind), by the last answer that said so.
    """

    base_url: str
    institution: str
    language: str = "zh-Hant"
    retry: Retry = field(default_factory=Retry)
    session: Session | None = None
    ahead: timedelta | None = None

    def __post_init__(self) -> None:
        """A bearer token must not travel in the clear.

        Raises:
            ValueError: neither https nor loopback.
        """
        parts = urlsplit(self.base_url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError("the centre is reached over https (http on loopback alone)")

    @property
    def place(self) -> Place:
        """Where this client makes out its proofs."""
        parts = urlsplit(self.base_url)
        return Place(self.institution, f"{parts.scheme}://{parts.netloc.lower()}")

    def exchange(self, call: Call[T]) -> Exchange[T]:
        """The requests and pauses that a call takes, in turn; returns what was answered.

        Raises:
            ApiProblem: the centre refuses, or somebody else answers.
            httpx.TransportError: the centre can't be reached.
        """
        for attempt in count(1):
            outcome = yield self._request(call)
            if isinstance(outcome, httpx.Response) and (ahead := _ahead(outcome)) is not None:
                self.ahead = ahead
            pause = self._pause(call, attempt, outcome)
            if pause is not None:
                yield Pause(pause)
            elif isinstance(outcome, httpx.Response):
                return call.read(read_answer(outcome))
            else:
                assert outcome is not None, "a request is answered by a response or an error"
                raise outcome
        raise AssertionError("counting never ends")

    def _request(self, call: Call[T]) -> httpx.Request:
        headers = {"Accept": "application/json, application/problem+json", "Accept-Language": self.language}
        if self.session is not None:
            headers["Authorization"] = f"Bearer {self.session.token}"
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        url = f"{self.base_url.rstrip('/')}/api/v1/i/{self.institution}/{call.path}"
        return httpx.Request(call.method, url, params=call.query, json=call.body, headers=headers)

    def _pause(self, call: Call[T], attempt: int, outcome: Outcome) -> float | None:
        if isinstance(outcome, httpx.Response):
            wish = _retry_after(outcome)
            if outcome.status_code in _RETRY_STATUSES and call.may_retry:
                return self.retry.pause(attempt, wish)
            if wish is not None and _is_busy(outcome):
                # Whoever was turned away in one rush must not come again in one rush.
                return self.retry.pause(attempt, wish * random.uniform(1.0, 2.0))  # noqa: S311 - spreads load
            return None
        if call.may_retry or isinstance(outcome, httpx.ConnectError):  # not connected: nothing was sent
            return self.retry.pause(attempt, None)
        return None


def _is_busy(response: httpx.Response) -> bool:
    """The centre turned the call away before it did anything: whatever it is, it may be sent again."""
    try:
        read_answer(response)
    except ApiProblem as problem:
        return problem.code == "busy"
    return False


def _ahead(response: httpx.Response) -> timedelta | None:
    """How far the clock here is ahead, by the answer's Date (RFC 9110 §6.6.1); None where it says nothing."""
    try:
        off = clock.now() - parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, TypeError):  # no date, or one without a time zone
        return None
    return off if abs(off) > _DATE_IS_COARSE else timedelta()


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, where the server names them (RFC 9110 §10.2.3; its date form is not used by the centre)."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None
