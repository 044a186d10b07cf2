"""Reads about customers, always within one institution and always masked (SPEC E4, F4)."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from certcenter.core.db.prepared import Prepared, place
from certcenter.core.errors import NotFound, NotNow
from certcenter.core.masks import mask_account, mask_email, mask_mobile
from certcenter.identity.models import Account, Channel, CompanyUser, Contact, Customer, Line


class CustomerFrozen(NotNow):
    """Staff froze this customer (SPEC B3): nothing is issued, reissued or unlocked."""

    code = "customer-frozen"
    message = _("Your electronic services are frozen at the moment.")
    next_step = _("Please contact your branch.")


@dataclass(frozen=True, slots=True)
class MaskedContact:
    """A contact as its owner sees it before choosing."""

    id: UUID
    channel: Channel
    masked: str


@dataclass(frozen=True, slots=True)
class MaskedAccount:
    """An account: `masked` for pages that a bystander may read, `display` where the owner needs the number."""

    id: UUID
    line: Line
    masked: str
    display: str

    @property
    def branch(self) -> str:
        """The code of the branch that opened it; `Institution.branch_name` has its name."""
        return self.display.rpartition("-")[0]


def customer(institution: str, customer_id: int) -> Customer:
    """Return a customer of `institution`. Raises NotFound, also for another institution's."""
    found = Customer.objects.filter(institution=institution, pk=customer_id).first()
    if found is None:
        raise NotFound
    return found


def require_not_frozen(customer: Customer) -> None:
    """Look again, whatever `customer` was read with. Raises CustomerFrozen."""
    if Customer.objects.filter(pk=customer.pk, frozen_at__isnull=False).exists():
        raise CustomerFrozen


#: For rows that have a `customer`: it is frozen at this moment.
OWNER_FROZEN = Exists(Customer.objects.filter(pk=OuterRef("customer_id"), frozen_at__isnull=False))

#: For rows that have a `customer` and `created_at`: a contact was retired since. What was sent before dies with it
#: (SPEC B3), whoever changed it.
CONTACT_CHANGED = Exists(
    Contact.objects.filter(retired_at__gt=OuterRef("created_at"), customer=OuterRef("customer_id"))
)


def by_name(institution: str, prefix: str, *, after: int = 0, limit: int) -> list[Customer]:
    """Return customers whose name begins with `prefix`, by keyset on their number."""
    found = Customer.objects.filter(institution=institution, pk__gt=after)
    if connection.vendor == "sqlite":
        # LIKE would be blind to case there and use no index; names compare by code point.
        found = found.filter(name__gte=prefix, name__lt=prefix + chr(0x10FFFF))
    else:
        found = found.filter(name__startswith=prefix)
    return list(found.order_by("pk")[:limit])


def by_account(institution: str, branch: str, number: str, *, after: int = 0, limit: int) -> list[Customer]:
    """Return who has that account, in whichever business line."""
    held = Account.objects.filter(institution=institution, branch=branch, number=number)
    found = Customer.objects.filter(pk__in=held.values("customer"), pk__gt=after)
    return list(found.order_by("pk")[:limit])


def by_identity(institution: str, national_id: str) -> Customer | None:
    """Return the customer with that normalised number, or None."""
    return _BY_IDENTITY.first(institution=institution, national_id=national_id)


_BY_IDENTITY = Prepared(
    lambda: Customer.objects.filter(institution=place("institution"), national_id=place("national_id"))
)


def company_user(company: Customer | None, code: str) -> CompanyUser | None:
    """Return the active user of a company with that normalised code; the same query for nobody (SPEC E4)."""
    users = CompanyUser.objects.select_related("customer")
    return users.filter(customer=company.pk if company else 0, code=code, disabled_at__isnull=True).first()


def mask_contact(channel: str, value: str) -> str:
    """Return the mask of a contact's kind."""
    return mask_mobile(value) if channel == Channel.SMS else mask_email(value)


def live_contacts(customer: Customer) -> QuerySet[Contact]:
    """Return the contacts in force, phones first, the eldest first."""
    return Contact.objects.filter(customer=customer, retired_at__isnull=True).order_by(
        "-channel", "since", "id"
    )


def contacts(customer: Customer) -> list[MaskedContact]:
    """Return the contacts in force, masked."""
    return [
        MaskedContact(contact.id, Channel(contact.channel), mask_contact(contact.channel, contact.value))
        for contact in live_contacts(customer)
    ]


def accounts(customer: Customer) -> list[MaskedAccount]:
    """Return the accounts of all lines, in a stable order."""
    found = Account.objects.filter(customer=customer).order_by("line", "branch", "number")
    return [
        MaskedAccount(account.id, Line(account.line), mask_account(account.display), account.display)
        for account in found
    ]
