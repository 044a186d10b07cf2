"""The customer's passwords as rows: prepare a new one outside a transaction, put it in place inside one (SPEC B4, B5).

A customer is *unified* (one network password opens all accounts) or *separate* (each account has its own). All rows of
a kind have one salt: one argon2id run compares a password with all of them, and with the former ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from certcenter.core import clock
from certcenter.core.db import prepared as db
from certcenter.core.db.prepared import place
from certcenter.core.errors import Busy, Conflict, NotFound
from certcenter.core.faults import point, register
from certcenter.identity.models import Account, Customer
from certcenter.institutions import serving
from certcenter.institutions.base import PasswordFailure
from certcenter.passwords import hashing, rules
from certcenter.passwords.hashing import Hashed
from certcenter.passwords.models import Credential, CredentialKind, FormerPassword, Scheme

BETWEEN = register(
    "passwords:one-replaced", "one of several passwords of a change is written, the next not yet"
)


class PasswordsMoved(Conflict):
    """Another change of this customer's passwords was first; this one has written nothing."""

    code = "passwords-moved"
    message = _("Your passwords were changed meanwhile.")
    next_step = _("Please log in again and look at the current state.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A new password, checked and hashed for one state of the customer's passwords. It holds no clear text.

    `account` None: for all accounts.
    """

    customer: Customer
    kind: CredentialKind
    holder: str
    account: UUID | None
    hashed: Hashed
    revision: int


def is_unified(customer: Customer) -> bool:
    """Whether one password opens all of the customer's accounts (SPEC B4)."""
    return not Scheme.objects.filter(customer=customer, unified=False).exists()


def rows(
    customer: Customer | None, kind: CredentialKind = CredentialKind.NETWORK, *, holder: str = ""
) -> list[Credential]:
    """Return the passwords of that kind that may open something now; the same query for nobody (SPEC E4)."""
    return _USABLE.all(
        customer=customer.pk if customer else 0, kind=str(kind), holder=holder, now=clock.now()
    )


_USABLE = db.Prepared(
    lambda: (
        Credential.objects.select_related("customer")
        .filter(
            Q(usable_until__isnull=True) | Q(usable_until__gt=place("now")),
            customer_id=place("customer"),
            kind=place("kind"),
            holder=place("holder"),
        )
        .order_by("pk")
    )
)


def matching(
    found: list[Credential], password: str, *, kind: CredentialKind = CredentialKind.NETWORK
) -> list[Credential]:
    """Return the rows that `password` opens, by one argon2id run, also where there are none. Raises Busy."""
    stored = [Hashed(row.hash, row.pepper_id) for row in found]
    answers = hashing.matches(stored, password, use=rules.USES[kind])
    return [row for row, same in zip(found, answers, strict=True) if same]


def opened(right: list[Credential]) -> tuple[UUID, ...] | None:
    """Return the accounts that these passwords open; None: all of them."""
    accounts = tuple(row.account_id for row in right if row.account_id is not None)
    return accounts if len(accounts) == len(right) else None


def expires_at(row: Credential) -> datetime | None:
    """Return when a password must be changed by its age; None: never."""
    rule = rules.rule_of(serving.get(row.customer.institution), CredentialKind(row.kind))
    return None if rule.expiry_days is None else row.changed_at + timedelta(days=rule.expiry_days)


def is_due(row: Credential) -> bool:
    """Whether a password opens nothing but its own change: initial, forced by staff, or expired (SPEC B8, B10)."""
    end = expires_at(row)
    return row.must_change or (end is not None and end <= clock.now())


def rehash(customer: Customer, found: list[Credential], right: list[Credential], password: str) -> None:
    """Hash anew where the parameters have changed (SPEC E1).

    All passwords of a customer move together, since they share the salt: while accounts have different passwords, the
    old parameters stay until one password opens them all. A password changed meanwhile wins.
    """
    if len(found) != len(right) or not hashing.outdated(Hashed(right[0].hash, right[0].pepper_id)):
        return
    kind = CredentialKind(right[0].kind)
    revision, _unified = _scheme(customer)
    try:
        fresh = hashing.hash_password(password, use=rules.USES[kind])
    except Busy:
        return  # the next login will do
    try:
        with transaction.atomic():
            _advance(customer, revision, unified=None)
            Credential.objects.filter(pk__in=[row.pk for row in right]).update(
                hash=fresh.encoded, pepper_id=fresh.pepper_id
            )
    except PasswordsMoved:
        return


def prepare(
    customer: Customer,
    password: str,
    *,
    kind: CredentialKind = CredentialKind.NETWORK,
    account: UUID | None = None,
    holder: str = "",
    field: str = "password",
    whole: bool = False,
    follows: bool = False,
) -> Prepared:
    """Check and hash a new password, outside any transaction; `replace` writes it.

    `account` is asked for where the customer has separate passwords, and means nothing where they are unified
    (SPEC B10). `whole` prepares one for all accounts in any case (unify). `field` names the input in errors.
    `follows`: it is made of another new password, so that how common or how new it is was judged there.
    Raises PasswordRefused (form, likeness, history), NotFound (not this customer's account), Busy.
    """
    rule = rules.rule_of(serving.get(customer.institution), kind)
    found = rules.failures(rule, password, customer=customer, kind=kind)
    if follows:
        found = [each for each in found if each is not PasswordFailure.IS_COMMON]
    if found:
        raise rules.refused(rule, found, field=field)
    revision, unified = _scheme(customer)
    # A withdrawal password is one futures account's in any case (SPEC B6).
    of_account = kind is CredentialKind.WITHDRAWAL or not (whole or unified)
    scope = account if of_account else None
    if of_account and (scope is None or not Account.objects.filter(customer=customer, pk=scope).exists()):
        raise NotFound
    own = Credential.objects.filter(customer=customer, kind=kind, holder=holder)
    hashed = _hashed(own, scope, password, kind)
    if (
        rule.history
        and not follows
        and _was_used(customer, own, scope, password, hashed, kind=kind, holder=holder)
    ):
        raise rules.refused(rule, [PasswordFailure.IS_FORMER], field=field)
    return Prepared(
        customer=customer, kind=kind, holder=holder, account=scope, hashed=hashed, revision=revision
    )


def replace(
    prepared: Iterable[Prepared],
    *,
    must_change: bool = False,
    usable_until: datetime | None = None,
    unified: bool | None = None,
) -> bool:
    """Put prepared passwords of one customer in place, inside the caller's atomic(): all of them or none.

    `unified` sets whether one network password opens all accounts. Returns whether there was one before.
    Raises PasswordsMoved where the customer's passwords are no longer what they were prepared for.
    """
    assert connection.in_atomic_block, "a change of passwords belongs to a transaction"
    changes = list(prepared)
    _advance(changes[0].customer, changes[0].revision, unified=unified)
    replaced = False
    for number, change in enumerate(changes):
        if number:
            point(BETWEEN)
        replaced |= _put(change, must_change=must_change, usable_until=usable_until)
    return replaced


def split(customer: Customer) -> int:
    """Give each account the password that opens all of them now, inside the caller's atomic(); returns how many.

    They have one salt, so the rows are copies: nobody has to know the password. Raises Conflict if separate already.
    """
    assert connection.in_atomic_block
    revision, unified = _scheme(customer)
    accounts = list(Account.objects.filter(customer=customer).order_by("line", "branch", "number"))
    if not unified or not accounts:
        raise Conflict
    _advance(customer, revision, unified=False)
    for row in Credential.objects.filter(
        customer=customer, account__isnull=True, kind__in=[CredentialKind.NETWORK, CredentialKind.VOICE]
    ):
        old = row.pk
        for account in accounts:
            row.pk, row.account = None, account
            row.save(force_insert=True)
        Credential.objects.filter(pk=old).delete()
    return len(accounts)


def force_change(customer: Customer, *, account: UUID | None = None) -> int:
    """Mark network passwords as due, inside the caller's atomic(); returns how many."""
    assert connection.in_atomic_block
    found = Credential.objects.filter(customer=customer, kind=CredentialKind.NETWORK, holder="")
    if account is not None:
        found = found.filter(account=account)
    return found.update(must_change=True)


def _scheme(customer: Customer) -> tuple[int, bool]:
    found = Scheme.objects.filter(customer=customer).first()
    return (found.revision, found.unified) if found else (0, True)


_ADVANCE = """
    INSERT INTO passwords_scheme (customer_id, unified, revision) VALUES (%s, %s, 1)
    ON CONFLICT (customer_id) DO UPDATE SET revision = passwords_scheme.revision + 1, unified = {unified}
    WHERE passwords_scheme.revision = %s
    RETURNING revision
"""


def _advance(customer: Customer, revision: int, *, unified: bool | None) -> None:
    """Take the one next change of these passwords, in one statement: of two at once the second finds nothing."""
    kept = "passwords_scheme.unified" if unified is None else "EXCLUDED.unified"
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE.format(unified=kept), [customer.pk, unified is not False, revision])
        if cursor.fetchone() is None:
            raise PasswordsMoved


def _in_scope(own: QuerySet[Credential], scope: UUID | None) -> QuerySet[Credential]:
    """Return the rows that a change of `scope` replaces: for all accounts, every row."""
    return own if scope is None else own.filter(account=scope)


def _hashed(own: QuerySet[Credential], scope: UUID | None, password: str, kind: CredentialKind) -> Hashed:
    """Hash with the salt of the rows that stay; where none stays, with that of the present ones unless it is outdated."""
    staying = own.exclude(account=scope).first() if scope is not None else None
    like = staying or own.first()
    if staying is None and like is not None and hashing.outdated(Hashed(like.hash, like.pepper_id)):
        like = None
    return hashing.hash_password(password, use=rules.USES[kind], like=like.hash if like else None)


def _was_used(
    customer: Customer,
    own: QuerySet[Credential],
    scope: UUID | None,
    password: str,
    hashed: Hashed,
    *,
    kind: CredentialKind,
    holder: str,
) -> bool:
    """Whether the new password is a present or a former one; those of another salt cost one run a salt."""
    old = [Hashed(row.hash, row.pepper_id) for row in _in_scope(own, scope)]
    former = FormerPassword.objects.filter(customer=customer, kind=kind, holder=holder)
    if scope is not None:
        former = former.filter(Q(account=scope) | Q(account__isnull=True))
    old += [Hashed(row.hash, row.pepper_id) for row in former]
    if hashed in old:
        return True
    others = [each for each in old if not hashing.same_recipe(each.encoded, hashed.encoded)]
    while others:
        alike = [each for each in others if hashing.same_recipe(each.encoded, others[0].encoded)]
        if any(hashing.matches(alike, password, use=rules.USES[kind])):
            return True
        others = [each for each in others if each not in alike]
    return False


def _put(change: Prepared, *, must_change: bool, usable_until: datetime | None) -> bool:
    """Write one new password and remember the one that it replaces."""
    now = clock.now()
    own = Credential.objects.filter(customer=change.customer, kind=change.kind, holder=change.holder)
    gone = _in_scope(own, change.account)
    FormerPassword.objects.bulk_create(
        FormerPassword(
            customer=change.customer,
            kind=row.kind,
            holder=row.holder,
            account_id=row.account_id,
            hash=row.hash,
            pepper_id=row.pepper_id,
            replaced_at=now,
        )
        for row in gone
    )
    replaced = bool(gone.delete()[0])
    Credential.objects.create(
        customer=change.customer,
        kind=change.kind,
        holder=change.holder,
        account_id=change.account,
        hash=change.hashed.encoded,
        pepper_id=change.hashed.pepper_id,
        changed_at=now,
        must_change=must_change,
        usable_until=usable_until,
    )
    _forget_old(change)
    return replaced


def _forget_old(change: Prepared) -> None:
    """Keep of the former passwords what the history asks for: with the present one, `history` of them."""
    rule = rules.rule_of(serving.get(change.customer.institution), change.kind)
    former = FormerPassword.objects.filter(customer=change.customer, kind=change.kind, holder=change.holder)
    for account in set(former.values_list("account", flat=True)):
        mine = former.filter(account=account).order_by("-replaced_at", "-pk").values_list("pk", flat=True)
        former.filter(pk__in=list(mine[max(rule.history - 1, 0) :])).delete()
