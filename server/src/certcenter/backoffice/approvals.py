"""What staff ask one another to approve: how it is asked for, what it says, what follows (SPEC D5)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from certcenter.backoffice.access import institutions_of
from certcenter.core.actor import Actor
from certcenter.core.errors import NotFound
from certcenter.identity import approvals, contacts
from certcenter.identity.contacts import ContactChange
from certcenter.identity.models import Approval, ApprovalKind, Contact, Customer, Staff
from certcenter.identity.queries import mask_contact, require_not_frozen

Lines = list[tuple[str | Promise, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One kind of request: `lines` say what was asked; `then` follows at once, or nothing does until who asked acts."""

    label: str | Promise
    lines: Callable[[Approval], Lines]
    then: Callable[[Approval, Actor], None] | None


def name_of(staff: Staff) -> str:
    """Return how approvals name a member of staff."""
    return f"staff:{staff.pk}"


def ask_contact_change(customer: Customer, *, wanted: ContactChange, note: str, actor: Actor) -> None:
    """Ask a colleague to approve a change of contact. Raises CustomerFrozen, AlreadyAsked."""
    require_not_frozen(customer)
    approvals.ask(
        ApprovalKind.CONTACT_CHANGE,
        customer,
        terms=wanted.terms(),
        note=note,
        by=f"staff:{actor.id}",
        actor=actor,
        new=wanted.masked(),
    )


def waiting(staff: Staff) -> list[Approval]:
    """Return what waits at the institutions of `staff`."""
    return approvals.waiting(_mine(staff), kinds=tuple(MATTERS))


def of_staff(staff: Staff, approval_id: UUID) -> Approval:
    """Return one request at an institution of `staff`. Raises NotFound."""
    found = Approval.objects.filter(_mine(staff), pk=approval_id, kind__in=tuple(MATTERS))
    approval = found.select_related("customer").first()
    if approval is None:
        raise NotFound
    return approval


def approve(approval: Approval, *, by: Staff, actor: Actor) -> None:
    """Approve a colleague's request and let follow what follows at once. Raises as `identity.approvals.approve`."""
    follows = MATTERS[ApprovalKind(approval.kind)].then
    then = partial(follows, approval, actor) if follows else None
    approvals.approve(approval, by=name_of(by), actor=actor, then=then)


def _mine(staff: Staff) -> Q:
    return Q(customer__institution__in=[each.slug for each in institutions_of(staff)])


def _contact_lines(approval: Approval) -> Lines:
    if not approval.terms:
        return []
    wanted = ContactChange.of(approval.terms)
    old = Contact.objects.filter(pk=wanted.old, customer=approval.customer).first() if wanted.old else None
    return [
        (_("Old contact"), mask_contact(old.channel, old.value) if old else "–"),
        (_("New contact"), wanted.value or "–"),
    ]


def _change_contact(approval: Approval, actor: Actor) -> None:
    require_not_frozen(approval.customer)
    contacts.change(approval.customer, ContactChange.of(approval.terms), actor=actor)


MATTERS: Final[dict[ApprovalKind, Matter]] = {
    ApprovalKind.CONTACT_CHANGE: Matter(
        label=_("Change of a contact"), lines=_contact_lines, then=_change_contact
    ),
}
