"""A rush of logins is answered before anything else is done for it (SPEC E1; passwords.admission).

While no place is free, each attempt that comes is told "busy" anyway. The `Door` says so before Django sees the request:
that costs little, and those who have a place are let in sooner. What it says the `Rush` has said once, within the
middleware, so that headers, language and the check of the Host are those of every answer.
"""

import re
import threading
from collections.abc import Callable, Iterable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.http.response import HttpResponseBase
from django.utils import translation

from certcenter.api import problems
from certcenter.core.ids import reference_number
from certcenter.passwords import admission

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOGIN = re.compile(r"/api/v1/i/[^/]+/sessions")
_CROWDED: Final = "certcenter.crowded"
_REFERENCE: Final = "X-Reference"
#: Answers that are remembered, one for each host and language that came, and how long their names may be.
_MOST_ANSWERS: Final = 64
_LONGEST_NAME: Final = 200


class Rush:
    """Middleware: a request that the `Door` found no place for gets its `busy` problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Turn away or let pass."""
        if _CROWDED not in request.META:
            return self.get_response(request)
        with translation.override(translation.get_language_from_request(request)):
            return problems.answer(admission.Crowded())


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def told(self, start_response: "StartResponse") -> Iterable[bytes]:
        """Give the same answer under a reference number of its own (SPEC E10)."""
        reference = reference_number()
        old = dict(self.headers)[_REFERENCE]
        headers = [(name, reference if name == _REFERENCE else value) for name, value in self.headers]
        start_response(self.status, [*headers, ("Content-Length", str(len(self.body)))])
        return [self.body.replace(old.encode(), reference.encode())]


class Door:
    """WSGI: `POST sessions` is answered here while the house is full, everything else by the application."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self._answers: dict[tuple[str, ...], _Answer] = {}
        # One at a time: many threads that answer "busy" would keep the interpreter from the few who log in.
        self._turn = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Turn away or let in; whoever is let in takes a place of their own, or is told then."""
        is_login = environ["REQUEST_METHOD"] == "POST" and _LOGIN.fullmatch(environ.get("PATH_INFO", ""))
        if not is_login or not admission.turns_away():
            return self._application(environ, start_response)
        with self._turn:
            return self._answer(environ).told(start_response)

    def _answer(self, environ: "WSGIEnvironment") -> _Answer:
        key = _depends_on(environ)
        known = self._answers.get(key)
        if known is None:
            known = self._asked(environ)
            if known.status.startswith(str(HTTPStatus.SERVICE_UNAVAILABLE.value)) and _is_short(key):
                if len(self._answers) >= _MOST_ANSWERS:
                    self._answers.clear()
                self._answers[key] = known
        return known

    def _asked(self, environ: "WSGIEnvironment") -> _Answer:
        """Have the application answer, which turns the request away."""
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
            started[:] = [status, headers]

        body = self._application({**environ, _CROWDED: True}, start_response)
        with closing(body) if hasattr(body, "close") else nullcontext():  # type: ignore[type-var]
            content = b"".join(body)
        status, headers = started
        return _Answer(status, [each for each in headers if each[0].lower() != "content-length"], content)


def _depends_on(environ: "WSGIEnvironment") -> tuple[str, ...]:
    """Return all that the answer is made of: the Host and the language."""
    cookie = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.LANGUAGE_COOKIE_NAME, "")
    return environ.get("HTTP_HOST", ""), environ.get("HTTP_ACCEPT_LANGUAGE", ""), cookie


def _is_short(key: tuple[str, ...]) -> bool:
    return all(len(name) <= _LONGEST_NAME for name in key)
