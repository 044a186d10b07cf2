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
from certcenter.backoffice.forms import scopes
from certcenter.core.actor import Actor
from certcenter.core.errors import NotFound
from certcenter.identity import approvals, contacts
from certcenter.identity.contacts import ContactChange
from certcenter.identity.models import (
    Approval,
    ApprovalKind,
    ApprovalState,
    CompanyUser,
    Contact,
    Customer,
    Staff,
)
from certcenter.identity.queries import mask_contact, require_not_frozen
from certcenter.passwords import initial as initials
from certcenter.passwords.initial import Initial

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


def ask_slip(customer: Customer, *, scope: str, note: str, actor: Actor) -> None:
    """Ask a colleague to approve a password slip. Raises CustomerFrozen, AlreadyAsked."""
    require_not_frozen(customer)
    approvals.ask(
        ApprovalKind.COUNTER_REISSUE,
        customer,
        terms={"scope": scope},
        target=scope,
        note=note,
        by=f"staff:{actor.id}",
        actor=actor,
    )


def print_slip(approval: Approval, *, by: Staff, actor: Actor) -> Initial:
    """Make the approved slip, once, for who asked for it; its password replaces the old one now.

    Raises NotOpen, CustomerFrozen, PasswordsMoved, Busy.
    """
    if approval.kind != ApprovalKind.COUNTER_REISSUE or approval.state != ApprovalState.APPROVED:
        raise approvals.NotOpen
    customer = approval.customer
    kind, _separator, number = str(approval.terms.get("scope", "")).partition(":")
    user = CompanyUser.objects.filter(customer=customer, pk=int(number)).first() if kind == "user" else None
    initial = initials.prepare(customer, account=UUID(number) if kind == "account" else None, user=user)
    approvals.use(approval, by=name_of(by), actor=actor, then=lambda: initials.hand_out(initial, actor=actor))
    return initial


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


def _slip_lines(approval: Approval) -> Lines:
    known = dict(scopes(approval.customer))
    return [(_("The slip is for"), known.get(approval.target, approval.target))]


MATTERS: Final[dict[ApprovalKind, Matter]] = {
    ApprovalKind.CONTACT_CHANGE: Matter(
        label=_("Change of a contact"), lines=_contact_lines, then=_change_contact
    ),
    ApprovalKind.COUNTER_REISSUE: Matter(
        label=_("Password slip at the counter"), lines=_slip_lines, then=None
    ),
}
