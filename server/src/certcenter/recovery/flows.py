"""Runs: begin one, find it by its token, take a step. Each step is one conditional statement (SPEC E2)."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from certcenter.core import clock
from certcenter.identity.models import Customer
from certcenter.recovery.errors import FlowGone
from certcenter.recovery.lifecycle import STEPS, FlowKind, FlowState, Step, allowed
from certcenter.recovery.models import Flow, Link

#: From the first page to the new password.
LIFETIME: Final = timedelta(minutes=30)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: Runs long past that beginning a new one clears away.
_CLEARED_AT_ONCE = 20


def begin(
    institution: str,
    *,
    kind: FlowKind,
    customer: Customer | None,
    matched: bool,
    seed: str = "",
    state: FlowState = FlowState.STARTED,
    **more: Any,
) -> tuple[str, Flow]:
    """Store a new run; returns its token, which only the other end keeps, and the row."""
    now, token = clock.now(), new_token()
    old = Flow.objects.filter(expires_at__lt=now - timedelta(days=1)).values_list("pk", flat=True)
    Flow.objects.filter(pk__in=list(old[:_CLEARED_AT_ONCE])).delete()
    flow = Flow.objects.create(
        token_hash=hashed(token),
        institution=institution,
        kind=kind,
        state=state,
        customer=customer,
        matched=matched,
        seed=seed,
        created_at=now,
        expires_at=now + LIFETIME,
        **more,
    )
    return token, flow


def find(institution: str, token: str, *, step: Step | None = None) -> Flow:
    """Return the live run with that token; with `step`, one that may take it. Raises FlowGone."""
    if not _TOKEN.fullmatch(token):
        raise FlowGone
    flow = (
        Flow.objects.select_related("customer", "link")
        .filter(token_hash=hashed(token), institution=institution, expires_at__gt=clock.now())
        .first()
    )
    if flow is None or (step is not None and not allowed(step, FlowKind(flow.kind), FlowState(flow.state))):
        raise FlowGone
    return flow


def take(flow: Flow, step: Step, **changes: Any) -> None:
    """Take the step, once, whoever else tries to. Raises FlowGone."""
    kinds, before, after = STEPS[step]
    mine = Flow.objects.filter(pk=flow.pk, kind__in=kinds, state__in=before, expires_at__gt=clock.now())
    if not mine.update(state=after, **changes):
        raise FlowGone
    flow.refresh_from_db()


def supersede(customer: Customer, *, but: Flow) -> int:
    """End the customer's other runs towards a new password: the newest request alone counts (SPEC B3)."""
    others = Flow.objects.filter(
        customer=customer,
        kind__in=(FlowKind.CERTIFICATE, FlowKind.LINK),
        state__in=(FlowState.PROVEN, FlowState.SENT, FlowState.VERIFIED),
    )
    return others.exclude(pk=but.pk).update(state=FlowState.ENDED)


def new_token() -> str:
    """Return 256 random bits, as links and cookies carry them (SPEC E5)."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def purge(*, before: datetime) -> int:
    """Delete runs and links that ended before `before`; the audit keeps what happened. Returns how many."""
    runs = Flow.objects.filter(expires_at__lt=before).delete()[0]
    return runs + Link.objects.filter(expires_at__lt=before).delete()[0]
