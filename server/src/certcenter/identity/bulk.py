"""Write many customers with few statements; one customer is many of one.

Eight statements a batch, whatever its size: what is there is read first, what differs is written. The partial unique
indexes of the tables decide between two imports at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from certcenter.audit.actions import record
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.events import Event
from certcenter.core.ids import new_uuid
from certcenter.core.texts import Text
from certcenter.identity import queries
from certcenter.identity.models import Account, Channel, CompanyUser, Contact, Customer, Session
from certcenter.identity.rows import AccountRow, CustomerRow, RowRefused, UserRow
from certcenter.notifications.actions import notify
from certcenter.notifications.messages import Address

_FIELDS = ("kind", "id_kind", "name", "birth_date", "locale")


class Outcome(StrEnum):
    """What writing a row did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class Imported:
    """A customer and what was done to it."""

    customer: Customer
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _ContactChange:
    customer: Customer
    gone: tuple[Contact, ...]
    new: tuple[Address, ...]


def write(rows: Sequence[CustomerRow], *, institution: str, actor: Actor) -> list[Imported | RowRefused]:
    """Create or update the customers of `rows`, each ID once, and record it, inside the caller's transaction.

    Contacts become those of the row; an account that a row leaves out stays, since accounts are closed elsewhere.
    A row that claims another customer's account is refused alone. Raises IntegrityError when another import was faster.
    """
    refused = _refuse_taken_accounts(rows, institution)
    taken = [row for row in rows if row.national_id not in refused]
    written = _write_customers(taken, institution)
    _mark(written, _write_accounts(taken, written, institution))
    _mark(written, _write_users(taken, written))
    changes = _write_contacts(taken, written)
    _mark(written, {change.customer.national_id for change in changes})
    _tell(changes, written, actor)
    _record(written.values(), actor)
    return [refused.get(row.national_id) or written[row.national_id] for row in rows]


def _refuse_taken_accounts(rows: Sequence[CustomerRow], institution: str) -> dict[str, RowRefused]:
    numbers = {account.number for row in rows for account in row.accounts}
    known = Account.objects.filter(institution=institution, number__in=numbers)
    columns = ("line", "branch", "number", "customer__national_id")
    owners = {(line, branch, number): owner for line, branch, number, owner in known.values_list(*columns)}
    refused = {}
    for row in rows:
        keys = [_key(account) for account in row.accounts]
        if all(owners.get(key, row.national_id) == row.national_id for key in keys):
            owners.update(dict.fromkeys(keys, row.national_id))
        else:
            refused[row.national_id] = RowRefused("accounts", "account-taken", _TAKEN)
    return refused


def _write_customers(rows: Sequence[CustomerRow], institution: str) -> dict[str, Imported]:
    now = clock.now()
    ids = [row.national_id for row in rows]
    known = {
        each.national_id: each
        for each in Customer.objects.filter(institution=institution, national_id__in=ids)
    }
    created, updated, written = [], [], {}
    for row in rows:
        values = {field: getattr(row, field) for field in _FIELDS}
        customer = known.get(row.national_id)
        if customer is None:
            customer = Customer(
                institution=institution, national_id=row.national_id, created_at=now, updated_at=now, **values
            )
            created.append(customer)
            outcome = Outcome.CREATED
        elif any(getattr(customer, field) != value for field, value in values.items()):
            for field, value in (*values.items(), ("updated_at", now)):
                setattr(customer, field, value)
            updated.append(customer)
            outcome = Outcome.UPDATED
        else:
            outcome = Outcome.UNCHANGED
        written[row.national_id] = Imported(customer, outcome)
    Customer.objects.bulk_create(created)
    if updated:
        Customer.objects.bulk_update(updated, [*_FIELDS, "updated_at"], batch_size=100)
    return written


def _write_accounts(rows: Sequence[CustomerRow], written: dict[str, Imported], institution: str) -> set[str]:
    """Add the accounts that are missing; returns the IDs of customers who got some."""
    known = set(
        Account.objects.filter(customer__in=[each.customer.pk for each in written.values()]).values_list(
            "line", "branch", "number"
        )
    )
    missing = [
        (row.national_id, account) for row in rows for account in row.accounts if _key(account) not in known
    ]
    Account.objects.bulk_create(
        Account(
            customer=written[national_id].customer,
            institution=institution,
            line=account.line,
            branch=account.branch,
            number=account.number,
        )
        for national_id, account in missing
    )
    return {national_id for national_id, _account in missing}


def _write_users(rows: Sequence[CustomerRow], written: dict[str, Imported]) -> set[str]:
    """Create and update the companies' users; one without a role is disabled. Returns the IDs of changed companies.

    What a disabled user has open ends with it (SPEC E7).
    """
    changed = set()
    for row in rows:
        company = written[row.national_id].customer
        known = (
            {each.code: each for each in CompanyUser.objects.filter(customer=company)} if row.users else {}
        )
        for wanted in row.users:
            changed |= {row.national_id} if _write_user(company, known.get(wanted.code), wanted) else set()
    return changed


def _write_user(company: Customer, user: CompanyUser | None, wanted: UserRow) -> bool:
    """Write one user; whether anything differed."""
    roles = [role.value for role in wanted.roles]
    if user is None:
        disabled = None if roles else clock.now()
        CompanyUser.objects.create(
            customer=company,
            code=wanted.code,
            name=wanted.name,
            roles=roles,
            created_at=clock.now(),
            disabled_at=disabled,
        )
        return True
    if (user.name, user.roles, user.disabled_at is None) == (wanted.name, roles, bool(roles)):
        return False
    user.name, user.roles = wanted.name, roles
    user.disabled_at = None if roles else clock.now()
    user.save(update_fields=["name", "roles", "disabled_at"])
    Session.objects.filter(user=user).delete()
    return True


def _write_contacts(rows: Sequence[CustomerRow], written: dict[str, Imported]) -> list[_ContactChange]:
    """Retire the contacts that a row leaves out and add its new ones."""
    now = clock.now()
    customers = [each.customer.pk for each in written.values() if each.outcome is not Outcome.CREATED]
    live: dict[int, dict[Address, Contact]] = {}
    for contact in Contact.objects.filter(customer__in=customers, retired_at__isnull=True):
        live.setdefault(contact.customer_id, {})[Address(contact.channel, contact.value)] = contact
    changes = [_contact_change(row, written[row.national_id].customer, live) for row in rows]
    gone = [contact.pk for change in changes for contact in change.gone]
    if gone:
        Contact.objects.filter(pk__in=gone).update(retired_at=now)
    Contact.objects.bulk_create(
        Contact(customer=change.customer, channel=address.channel, value=address.value, since=now)
        for change in changes
        for address in change.new
    )
    return [change for change in changes if change.gone or change.new]


def _contact_change(
    row: CustomerRow, customer: Customer, live: dict[int, dict[Address, Contact]]
) -> _ContactChange:
    wanted = [Address(Channel.SMS.value, phone) for phone in row.phones]
    wanted += [Address(Channel.EMAIL.value, email) for email in row.emails]
    mine = live.get(customer.pk, {})
    gone = tuple(contact for address, contact in mine.items() if address not in wanted)
    return _ContactChange(customer, gone, tuple(address for address in wanted if address not in mine))


def _mark(written: dict[str, Imported], changed: Iterable[str]) -> None:
    for national_id in changed:
        if written[national_id].outcome is Outcome.UNCHANGED:
            written[national_id].outcome = Outcome.UPDATED


def _tell(changes: Iterable[_ContactChange], written: dict[str, Imported], actor: Actor) -> None:
    """Tell old and new contacts of a change (SPEC D7); somebody's first contacts are no change."""
    for change in changes:
        if written[change.customer.national_id].outcome is Outcome.CREATED:
            continue
        old = tuple(Address(contact.channel, contact.value) for contact in change.gone)
        tell_of_contacts(change.customer, old=old, new=change.new, actor=actor)


def tell_of_contacts(
    customer: Customer, *, old: tuple[Address, ...], new: tuple[Address, ...], actor: Actor
) -> None:
    """Record a change of contacts and tell the customer at all of them, the old ones too, inside the transaction."""
    masked = {"old": _masked(old), "new": _masked(new)}
    record(Event.CUSTOMER_CONTACT_CHANGED, actor=actor, subject=customer.subject, **masked)
    key = f"contact:{new_uuid()}"
    notify(Event.CUSTOMER_CONTACT_CHANGED, customer=customer, details=masked, key=key, also=old)


def _masked(addresses: tuple[Address, ...]) -> str:
    return ", ".join(queries.mask_contact(address.channel, address.value) for address in addresses) or "–"


def _record(written: Iterable[Imported], actor: Actor) -> None:
    """One audit row for what the batch changed; it names the customers by number."""
    changed = [each for each in written if each.outcome is not Outcome.UNCHANGED]
    if not changed:
        return
    subject = changed[0].customer.subject if len(changed) == 1 else f"customers:{len(changed)}"
    record(
        Event.CUSTOMER_IMPORTED,
        actor=actor,
        subject=subject,
        created=_numbers(changed, Outcome.CREATED),
        updated=_numbers(changed, Outcome.UPDATED),
    )


def _numbers(imported: Iterable[Imported], outcome: Outcome) -> list[int]:
    return [each.customer.pk for each in imported if each.outcome is outcome]


def _key(account: AccountRow) -> tuple[str, str, str]:
    return (account.line.value, account.branch, account.number)


_TAKEN = Text(zh="此帳號屬於其他客戶。", en="This account belongs to another customer.")
