"""What each change of a customer's certificates has in common: it waits its turn, and its refusal stands in the history."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from certcenter.audit.actions import record_refusal
from certcenter.core.actor import Actor
from certcenter.core.db.prepared import Prepared, place
from certcenter.core.errors import CentreError, NotFound
from certcenter.core.events import Event
from certcenter.identity.models import Customer
from certcenter.identity.queries import CustomerFrozen


@contextmanager
def audited(customer: Customer, event: Event | Callable[[], Event], *, actor: Actor) -> Iterator[None]:
    """Write each refusal of the block into the history, after the block's transaction is undone (SPEC E9)."""
    try:
        yield
    except CentreError as refusal:
        why = {"detail": str(refusal.params["reason"])} if "reason" in refusal.params else {}
        named = event if isinstance(event, Event) else event()
        record_refusal(named, actor=actor, subject=customer.subject, reason=refusal.code, **why)
        raise


def alone(customer: Customer, *, frozen_too: bool = True) -> None:
    """Let one change of this customer's certificates wait for the other's end, inside the caller's transaction.

    So what a change was allowed by still holds when it is written: no renewal slips in beside a revocation. SQLite has
    one writer at a time and needs no lock; the worker takes none, its writes are conditional.
    Raises CustomerFrozen unless `frozen_too`; NotFound.
    """
    row = _LOCKED.first(customer=customer.pk)
    if row is None:
        raise NotFound
    if row.frozen_at is not None and not frozen_too:
        raise CustomerFrozen


_LOCKED = Prepared(
    lambda: Customer.objects.select_for_update(no_key=True).only("frozen_at").filter(pk=place("customer"))
)
