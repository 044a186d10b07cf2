"""The two mounts of the same operations (DESIGN, Origins): the page's, and the programs'."""

from collections.abc import Callable
from typing import Any

from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from certcenter.api import problems
from certcenter.api.doors import BrowserSession, ProgramSession
from certcenter.api.parsing import OneObject
from certcenter.api.routers import (
    applications,
    centre,
    certificates,
    orders,
    passwords,
    people,
    procedures,
    proofs,
    recoveries,
    reissues,
    sessions,
    slips,
    transfers,
    users,
)
from certcenter.core.errors import CentreError

_ROUTERS = (
    sessions.router,
    people.router,
    centre.router,
    certificates.router,
    slips.router,
    procedures.router,
    applications.router,
    proofs.router,
    orders.router,
    transfers.router,
    passwords.router,
    users.router,
    recoveries.router,
    reissues.router,
)


def _mount(name: str, door: Callable[..., Any]) -> NinjaAPI:
    api = NinjaAPI(
        title="Certcenter",
        version="1",
        urls_namespace=f"api-{name}",
        openapi_url=None,
        docs_url=None,
        auth=door,
        parser=OneObject(),
    )
    for router in _ROUTERS:
        api.add_router("", router)
    for known in (Exception, HttpError, ValidationError, CentreError):
        api.add_exception_handler(known, problems.handle)
    return api


page_api = _mount("page", BrowserSession())
program_api = _mount("program", ProgramSession())
