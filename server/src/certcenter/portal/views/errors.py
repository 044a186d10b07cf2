"""Pages for what went wrong: what happened, what was kept, what to do, and the reference number (SPEC E10)."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from certcenter.core.errors import Busy, CentreError
from certcenter.portal.render import title_of

log = logging.getLogger(__name__)


def centre_error(request: HttpRequest, error: CentreError) -> HttpResponse:
    """A refusal by an action that the view did not turn into a message of its own."""
    title = title_of(error)
    context = {
        "title": title,
        "words": error.detail,
        "advice": error.advice,
        "kept": error.reassurance,
        "code": error.code,
    }
    response = render(request, "portal/error.html", context, status=error.status)
    if isinstance(error, Busy):
        response["Retry-After"] = str(error.AFTER)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, and 413 for what is too large."""
    if isinstance(exception, RequestDataTooBig):
        return _page(
            request,
            413,
            _("That was too large"),
            _("The centre takes at most one megabyte at a time."),
            _("Nothing was changed. Please go back and send less."),
        )
    return _page(
        request,
        400,
        _("That did not work"),
        _("The centre could not read what the browser sent."),
        _("Please go back, load the page again and repeat the last step. The site needs cookies."),
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """403."""
    return _page(
        request,
        403,
        _("That is not possible"),
        _("You may not do this."),
        _("If you think that you should, call us and give the reference number."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 by the CSRF check: mostly a page that was open for long, or cookies that are refused."""
    log.info("CSRF check failed: %s", reason)
    return _page(
        request,
        403,
        _("This page was open for too long"),
        _("For your safety the form was not accepted. Nothing was changed."),
        _("Please go back, load the page again and repeat the last step. The site needs cookies."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """404."""
    return _page(
        request,
        404,
        _("There is no such page"),
        _("The address is wrong or has changed."),
        _("Please check the address, or go on from the start."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our mistake; the reference number leads to the log."""
    return _page(
        request,
        500,
        _("The centre made a mistake"),
        _("This is our fault, not yours."),
        _("Please try again. If it happens again, call us and give the reference number."),
    )


def _page(request: HttpRequest, status: int, title: str, words: str, advice: str = "") -> HttpResponse:
    return render(
        request, "portal/error.html", {"title": title, "words": words, "advice": advice}, status=status
    )
