"""All writes about customers, contacts, accounts and staff."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import Conflict, Invalid
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.identity import bulk, rows
from certcenter.identity.bulk import Imported
from certcenter.identity.models import Customer, Role, Staff
from certcenter.identity.rows import CustomerRow
from certcenter.notifications.actions import notify

STAFF_PASSWORD_LENGTH = 10


class AccountTaken(Conflict):
    """The account is another customer's."""

    code = "account-taken"
    message = _("This account belongs to another customer.")


class UsernameTaken(Conflict):
    """A member of staff has this name already."""

    code = "username-taken"
    message = _("This user name is taken.")


def import_customer(row: CustomerRow, *, institution: str, actor: Actor) -> Imported:
    """Create or update one customer, with accounts and contacts; the same row again changes nothing.

    Raises AccountTaken.
    """
    with transaction.atomic():
        (result,) = bulk.write([row], institution=institution, actor=actor)
    if isinstance(result, rows.RowRefused):
        raise AccountTaken
    return result


def freeze(customer: Customer, *, frozen: bool, note: str = "", actor: Actor) -> None:
    """Freeze or thaw: nothing is issued, reissued or unlocked for a frozen customer (SPEC B3).

    `note` is the staff's reason, without personal data. Doing it again changes nothing.
    """
    with transaction.atomic():
        moment = clock.now() if frozen else None
        if Customer.objects.filter(pk=customer.pk, frozen_at__isnull=frozen).update(frozen_at=moment):
            event = Event.CUSTOMER_FROZEN if frozen else Event.CUSTOMER_THAWED
            record(event, actor=actor, subject=customer.subject, note=note)
            notify(event, customer=customer, details={}, key=f"freeze:{new_uuid()}")


def create_staff(
    username: str, *, name: str, password: str, roles: Sequence[Role], actor: Actor, institution: str = ""
) -> Staff:
    """Create a member of staff; `institution` empty means all. Raises Invalid or UsernameTaken."""
    if not username.strip() or len(password) < STAFF_PASSWORD_LENGTH:
        raise Invalid({"password": _("At least %(length)s characters.") % {"length": STAFF_PASSWORD_LENGTH}})
    staff = Staff(
        username=username.strip(),
        name=name,
        institution=institution,
        roles=[str(role) for role in roles],
        created_at=clock.now(),
    )
    staff.set_password(password)
    try:
        with transaction.atomic():
            staff.save()
            record(Event.STAFF_CREATED, actor=actor, subject=f"staff:{staff.pk}", roles=staff.roles)
    except IntegrityError:
        raise UsernameTaken from None
    return staff
