"""One contact of a customer is replaced by another: at the counter, under four eyes (SPEC D5, D7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import Conflict, Invalid
from certcenter.identity import rows
from certcenter.identity.bulk import tell_of_contacts
from certcenter.identity.models import Channel, Contact, Customer
from certcenter.identity.queries import live_contacts, mask_contact
from certcenter.notifications.messages import Address


class ContactGone(Conflict):
    """The contact to be replaced is not in force any more, or the new one is already."""

    code = "contact-gone"
    message = _("The contacts were changed meanwhile.")
    next_step = _("Please look at them again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """`old` is retired, `value` on `channel` takes its place; either may be missing (a first one, a last one)."""

    old: UUID | None
    channel: Channel | None
    value: str

    @classmethod
    def parse(cls, *, old: UUID | None, channel: str, value: str) -> Self:
        """Normalise what was typed. Raises Invalid."""
        text = value.strip()
        if not text and old is None:
            raise Invalid({"value": _("Please enter the new contact, or choose the one that goes.")})
        if not text:
            return cls(old=old, channel=None, value="")
        try:
            parsed = rows.phone(text) if channel == Channel.SMS else rows.email(text)
        except rows.RowRefused as refused:
            raise Invalid({"value": refused.reason.get(get_language() or "zh-hant")}) from None
        return cls(old=old, channel=Channel(channel), value=parsed)

    def terms(self) -> dict[str, str]:
        """Return it as an approval keeps it."""
        return {
            "old": str(self.old or ""),
            "channel": str(self.channel or ""),
            "value": self.value,
        }

    @classmethod
    def of(cls, terms: Mapping[str, Any]) -> Self:
        """Read `terms`."""
        return cls(
            old=UUID(terms["old"]) if terms["old"] else None,
            channel=Channel(terms["channel"]) if terms["channel"] else None,
            value=terms["value"],
        )

    def masked(self) -> str:
        """Return the new contact as the history keeps it."""
        return mask_contact(self.channel, self.value) if self.channel else "–"


def change(customer: Customer, wanted: ContactChange, *, actor: Actor) -> None:
    """Replace the contact and tell the customer at all of them, the old one too, inside the caller's transaction.

    Codes and links that were sent before die with it: who redeems one asks `queries.CONTACT_CHANGED`. Raises ContactGone.
    """
    now = clock.now()
    old: tuple[Address, ...] = ()
    if wanted.old is not None:
        gone = live_contacts(customer).filter(pk=wanted.old).first()
        if gone is None or not live_contacts(customer).filter(pk=wanted.old).update(retired_at=now):
            raise ContactGone
        old = (Address(gone.channel, gone.value),)
    new: tuple[Address, ...] = ()
    if wanted.channel is not None:
        fresh = Contact(customer=customer, channel=wanted.channel, value=wanted.value, since=now)
        try:
            with transaction.atomic():
                fresh.save(force_insert=True)
        except IntegrityError:  # it is in force already
            raise ContactGone from None
        new = (Address(wanted.channel, wanted.value),)
    as_of_now = Customer.objects.get(pk=customer.pk)  # nothing that was read before the change
    tell_of_contacts(as_of_now, old=old, new=new, actor=actor)
