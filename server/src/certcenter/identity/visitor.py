"""Who is at the other end of a request: the `Actor` that portal and api hand to every action."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from certcenter.core.actor import Actor, ActorKind, person
from certcenter.identity.models import Customer

_MAX_USER_AGENT = 200


def client_address(request: HttpRequest) -> str:
    """Return the address of the other end: X-Forwarded-For is believed from configured proxies alone.

    Read from the right, the first address that is no proxy of ours counts. A malformed header leaves the peer's own
    address, so that no limit is ever skipped by sending rubbish.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    trusted = frozenset(settings.CONFIG.trusted_proxies)
    if peer not in trusted:
        return peer
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        try:
            address = str(ipaddress.ip_address(hop.strip()))
        except ValueError:
            return peer
        if address not in trusted:
            return address
    return peer


def actor_of(
    request: HttpRequest,
    *,
    institution: str | None,
    customer: Customer | None,
    session: str,
    kind: ActorKind = ActorKind.CUSTOMER,
    user: int | None = None,
) -> Actor:
    """Return who acts in this request; without a customer it is nobody in particular.

    `session` is the id of the identity session, `kind` tells a browser's customer from a program that acts for one;
    `user` is the number of a company's user.
    """
    return Actor(
        kind=kind if customer else ActorKind.ANONYMOUS,
        institution=institution,
        id=person(customer.pk, user) if customer else "",
        address=client_address(request),
        session=session,
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:_MAX_USER_AGENT],
    )


def device_cookie() -> str:
    """Return the name of the cookie by which a browser is known again; its prefix demands https (SPEC E7)."""
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"


def flow_cookie() -> str:
    """Return the name of the cookie that holds a run of somebody who can't log in (recovery.flows)."""
    return "__Host-flow" if settings.SESSION_COOKIE_SECURE else "flow"


def keep_flow(response: HttpResponse, token: str, *, seconds: int) -> None:
    """Let the browser hold a run's token: for our own pages alone, out of reach of scripts."""
    response.set_cookie(
        flow_cookie(),
        token,
        max_age=seconds,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
