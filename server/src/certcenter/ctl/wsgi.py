"""The WSGI entry of a centre: status (OCSP, CRL, CA certificates) beside Django, without its request cycle (SPEC D3)."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import django

os.environ.setdefault(
    "DJANGO_SETTINGS_MODULE", f"certcenter.settings.{os.environ.get('CERTCENTER_MODE', 'demo')}"
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - after set-up

from certcenter.api.rush import Door  # noqa: E402
from certcenter.status.source import status_application  # noqa: E402

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_django: "WSGIApplication" = Door(get_wsgi_application())
_status: "WSGIApplication" = status_application()
_STATUS_PATHS = ("/ocsp/", "/crl/", "/ca/")


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Send status requests to their own application, everything else to Django."""
    served = _status if environ.get("PATH_INFO", "").startswith(_STATUS_PATHS) else _django
    return served(environ, start_response)
