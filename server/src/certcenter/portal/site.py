"""What the middleware finds out about a request, typed, and the `Actor` made of it.

A portal view takes a `PageRequest`; `of(request)` gives it for any request that has passed the middleware.
"""

from enum import StrEnum
from typing import cast

from django.http import HttpRequest

from certcenter.core.actor import Actor
from certcenter.identity import visitor
from certcenter.identity.models import Customer
from certcenter.identity.sessions import SessionStore
from certcenter.institutions.policy import Institution


class Site(StrEnum):
    """Whose origin a request came to (DESIGN, Origins)."""

    INSTITUTION = "institution"
    STAFF = "staff"
    INDEX = "index"


class PageRequest(HttpRequest):
    """A request after the portal's middleware. `institution` is None on the index and the staff's site."""

    place: Site
    urlconf: str
    institution: Institution | None
    customer: Customer | None
    session: SessionStore
    reference: str


class InstitutionRequest(PageRequest):
    """A request on an institution's host."""

    institution: Institution


class CustomerRequest(InstitutionRequest):
    """A request of a signed-in customer on an institution's host."""

    customer: Customer


def of(request: HttpRequest) -> PageRequest:
    """The same request with the attributes that the middleware has set."""
    return cast(PageRequest, request)


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request, for the actions that a view calls."""
    page = of(request)
    institution = page.institution.slug if page.institution else None
    session = page.session.binding if page.customer else ""
    user = page.session.user if page.customer else None
    return visitor.actor_of(
        request,
        institution=institution,
        customer=page.customer,
        session=session,
        user=user.pk if user else None,
    )
