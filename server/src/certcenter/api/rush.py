"""A rush of logins is answered before anything else is done for it (SPEC E1; passwords.admission).

While no place is free, each attempt that comes is told "busy" anyway. Said here, before sessions, routing and parsing, it
costs little, and those who have a place are let in sooner.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

from certcenter.api import problems
from certcenter.passwords import admission

Handler = Callable[[HttpRequest], HttpResponseBase]

_LOGIN = re.compile(r"/api/v1/i/[^/]+/sessions")


class Rush:
    """Middleware: `POST sessions` gets its `busy` problem at once while the house is full."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Turn away or let pass; whoever passes takes a place of their own, or is told then."""
        if request.method == "POST" and _LOGIN.fullmatch(request.path_info):
            try:
                admission.house().require_free()
            except admission.Crowded as full:
                with translation.override(translation.get_language_from_request(request)):
                    return problems.answer(full)
        return self.get_response(request)
