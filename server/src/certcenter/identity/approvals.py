"""Four eyes (SPEC D5, B10): one person asks, another approves, and only what was asked can follow.

    open ──approve (another)──▶ approved ──use (who asked)──▶ done
      │                             └──── past its end: ended
      ├──approve, where nothing is left to do by hand──▶ done
      ├──decline (another)──▶ declined
      ├──withdraw (who asked)──▶ withdrawn
      └── past its end: ended

Each step is one conditional statement, so that two who decide at once can't both have decided. What was asked is kept
until it has ended and is forgotten then: the history has it masked.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record, record_refusal
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError, Conflict, Forbidden, NotNow
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.identity.models import Approval, ApprovalKind, ApprovalState, Customer
from certcenter.institutions import serving

_LIVE = (ApprovalState.OPEN, ApprovalState.APPROVED)


class AlreadyAsked(NotNow):
    """The same is waiting already."""

    code = "approval-waiting"
    message = _("The same request is waiting already.")
    next_step = _("Please have it decided first, or withdraw it.")


class OwnRequest(Forbidden):
    """Nobody approves what was asked by the same person (FINDINGS: EJBCA)."""

    code = "own-request"
    message = _("You can't decide your own request.")
    next_step = _("Please ask a colleague who may.")


class NotOpen(Conflict):
    """Somebody decided meanwhile, or it is too late."""

    code = "approval-not-open"
    message = _("This request is not waiting any more.")
    next_step = _("Please ask anew if it is still needed.")


def ask(
    kind: ApprovalKind,
    customer: Customer,
    *,
    terms: Mapping[str, Any],
    note: str,
    by: str,
    actor: Actor,
    target: str = "",
    **details: Any,
) -> Approval:
    """Ask for `terms`; `by` is who asks (`staff:7`), `details` go into the history. Raises AlreadyAsked."""
    now = clock.now()
    hours = serving.get(customer.institution).approvals.hours
    try:
        with transaction.atomic():
            _end_late(Approval.objects.filter(kind=kind, customer=customer, target=target))
            asked = Approval.objects.create(
                id=new_uuid(),
                kind=kind,
                customer=customer,
                target=target,
                terms=dict(terms),
                note=note,
                asked_by=by,
                asked_at=now,
                expires_at=now + timedelta(hours=hours),
                state=ApprovalState.OPEN,
            )
            _record(Event.APPROVAL_ASKED, asked, actor, note=note, **details)
    except IntegrityError:
        record_refusal(
            Event.APPROVAL_REFUSED, actor=actor, subject=customer.subject, reason=AlreadyAsked.code, kind=kind
        )
        raise AlreadyAsked from None
    return asked


def approve(approval: Approval, *, by: str, actor: Actor, then: Callable[[], None] | None = None) -> None:
    """Approve another's request. With `then` it is carried out in the same transaction; else who asked may `use` it.

    Raises OwnRequest, NotOpen, and what `then` raises: then nothing is approved.
    """

    def decided() -> None:
        mine = _open(approval).exclude(asked_by=by)
        state = ApprovalState.DONE if then else ApprovalState.APPROVED
        if not mine.update(state=state, decided_by=by, decided_at=clock.now()):
            raise OwnRequest if approval.asked_by == by else NotOpen
        _record(Event.APPROVAL_GIVEN, approval, actor)
        if then:
            then()
            _forget(approval)

    _or_refused(decided, approval, actor)


def use(approval: Approval, *, by: str, actor: Actor, then: Callable[[], None]) -> None:
    """Carry out what was approved, once, by who asked for it, in one transaction. Raises NotOpen, and what `then` raises."""

    def used() -> None:
        mine = Approval.objects.filter(
            pk=approval.pk, state=ApprovalState.APPROVED, asked_by=by, expires_at__gt=clock.now()
        )
        if not mine.update(state=ApprovalState.DONE):
            raise NotOpen
        _record(Event.APPROVAL_USED, approval, actor)
        then()
        _forget(approval)

    _or_refused(used, approval, actor)


def decline(approval: Approval, *, note: str, by: str, actor: Actor) -> None:
    """Refuse another's request, or withdraw one's own. Raises NotOpen."""
    own = approval.asked_by == by
    state = ApprovalState.WITHDRAWN if own else ApprovalState.DECLINED
    event = Event.APPROVAL_WITHDRAWN if own else Event.APPROVAL_DECLINED

    def declined() -> None:
        if not _open(approval).update(state=state, decided_by=by, decided_at=clock.now()):
            raise NotOpen
        _record(event, approval, actor, note=note)
        _forget(approval)

    _or_refused(declined, approval, actor)


def waiting(customers: Q, *, kinds: tuple[ApprovalKind, ...], limit: int = 100) -> list[Approval]:
    """Return what waits to be decided or used, the eldest first; `customers` says whose."""
    live = Approval.objects.filter(customers, kind__in=kinds, state__in=_LIVE, expires_at__gt=clock.now())
    return list(live.select_related("customer").order_by("asked_at")[:limit])


def end_late(*, limit: int) -> int:
    """Mark what nobody decided in time, and forget its terms; returns how many (the worker's housekeeping)."""
    late = Approval.objects.filter(state__in=_LIVE, expires_at__lte=clock.now()).values_list("pk", flat=True)
    with transaction.atomic():
        return _end_late(Approval.objects.filter(pk__in=list(late[:limit])))


def _end_late(these: QuerySet[Approval]) -> int:
    late = these.filter(state__in=_LIVE, expires_at__lte=clock.now())
    return late.update(state=ApprovalState.ENDED, terms={})


def _open(approval: Approval) -> QuerySet[Approval]:
    return Approval.objects.filter(pk=approval.pk, state=ApprovalState.OPEN, expires_at__gt=clock.now())


def _forget(approval: Approval) -> None:
    Approval.objects.filter(pk=approval.pk).update(terms={})


def _record(event: Event, approval: Approval, actor: Actor, **details: Any) -> None:
    record(
        event,
        actor=actor,
        subject=approval.customer.subject,
        approval=str(approval.pk),
        kind=str(approval.kind),
        target=approval.target,
        **details,
    )


def _or_refused(change: Callable[[], None], approval: Approval, actor: Actor) -> None:
    """Run `change` as one transaction; its refusal is history too."""
    try:
        with transaction.atomic(durable=True):
            change()
    except CentreError as refusal:
        record_refusal(
            Event.APPROVAL_REFUSED,
            actor=actor,
            subject=approval.customer.subject,
            reason=refusal.code,
            approval=str(approval.pk),
        )
        raise
