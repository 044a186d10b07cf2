"""What staff see of customers: masked unless a right says otherwise, and of their own institution alone."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from certcenter.audit import queries as history
from certcenter.audit.models import AuditEvent
from certcenter.backoffice.access import institutions_of
from certcenter.backoffice.operations import Situation
from certcenter.backoffice.roles import Right
from certcenter.certificates.models import Application, Certificate
from certcenter.core import clock, gates
from certcenter.core.errors import NotFound
from certcenter.core.gates import State
from certcenter.core.masks import mask_identity, mask_name
from certcenter.core.taiwan import IdentityError, narrow, parse_identity
from certcenter.core.texts import Text
from certcenter.identity import queries as people
from certcenter.identity.models import Account, Customer, Line, Staff, UserRole
from certcenter.identity.queries import MaskedContact
from certcenter.institutions import serving
from certcenter.institutions.vocabulary import Proof, RepairMode
from certcenter.passwords import login, resets, store
from certcenter.passwords import users as by_user
from certcenter.slips import queries as slips
from certcenter.slips.models import Slip, SlipPurpose

PAGE = 20
_MOST_CERTIFICATES = 20
_ACCOUNT = re.compile(r"([0-9A-Z]{1,8})-([0-9A-Z]{1,16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLine:
    """One line of the list, always masked."""

    id: int
    institution: str
    name: str
    identity: str
    frozen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One account with the branch that opened it."""

    line: Line
    branch: Text
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLine:
    """One user of a company (SPEC B10)."""

    code: str
    name: str
    roles: tuple[UserRole, ...]
    lock: State
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage:
    """All that the customer's page shows. `birth_date` is None for who may not see it."""

    customer: Customer
    name: str
    identity: str
    birth_date: date | None
    accounts: list[AccountLine]
    contacts: list[MaskedContact]
    users: list[UserLine]
    certificates: list[Certificate]
    applications: list[Application]
    slips: list[Slip]
    events: list[AuditEvent]
    situation: Situation
    now: datetime


def search(institution: str, text: str, *, after: int = 0) -> tuple[list[CustomerLine], bool]:
    """Return a page of customers by ID, account (`1020-0324338`) or beginning of the name, and whether there are more."""
    found = _found(institution, text.strip(), after)
    lines = [
        CustomerLine(
            id=each.pk,
            institution=each.institution,
            name=mask_name(each.name),
            identity=mask_identity(each.national_id),
            frozen=each.frozen_at is not None,
        )
        for each in found[:PAGE]
    ]
    return lines, len(found) > PAGE


def _found(institution: str, text: str, after: int) -> list[Customer]:
    try:
        customer = people.by_identity(institution, parse_identity(text).value)
    except IdentityError:
        pass
    else:
        return [customer] if customer else []
    if account := _ACCOUNT.fullmatch(narrow(text).upper()):
        return people.by_account(institution, account[1], account[2], after=after, limit=PAGE + 1)
    return people.by_name(institution, text, after=after, limit=PAGE + 1)


def customer_of(staff: Staff, customer_id: int) -> Customer:
    """Return a customer of an institution that `staff` looks after. Raises NotFound, also for another's."""
    allowed = [each.slug for each in institutions_of(staff)]
    found = Customer.objects.filter(pk=customer_id, institution__in=allowed).first()
    if found is None:
        raise NotFound
    return found


def customer_page(customer: Customer, rights: frozenset[Right]) -> CustomerPage:
    """Collect the customer's page: a fixed number of queries, however long the history and however many users a company has."""
    clear, house = Right.SEE_CLEAR in rights, serving.get(customer.institution)
    certificates = list(Certificate.objects.filter(customer=customer).order_by("-id")[:_MOST_CERTIFICATES])
    applications = list(
        Application.objects.filter(customer=customer).defer("csr", "tbs").order_by("-id")[:_MOST_CERTIFICATES]
    )
    users = company_users(customer)
    subjects = [customer.subject, *(each.subject for each in users)]
    subjects += [f"certificate:{each.serial}" for each in certificates]
    subjects += [f"application:{each.pk}" for each in applications]
    handed_out = slips.newest(customer)
    subjects += [str(each) for each in handed_out]
    return CustomerPage(
        customer=customer,
        name=customer.name if clear else mask_name(customer.name),
        identity=customer.national_id if clear else mask_identity(customer.national_id),
        birth_date=customer.birth_date if clear else None,
        accounts=[
            AccountLine(line=each.line, branch=house.branch_name(each.branch), masked=each.masked)
            for each in people.accounts(customer)
        ],
        contacts=people.contacts(customer),
        users=users,
        certificates=certificates,
        applications=applications,
        slips=handed_out,
        events=history.of_subjects(subjects, limit=PAGE),
        situation=situation(customer, certificates, users),
        now=clock.now(),
    )


def company_users(customer: Customer) -> list[UserLine]:
    """Return the company's active users by code, masked; nobody where customers log in by themselves."""
    if not by_user.has_users(serving.get(customer.institution)):
        return []
    found = resets.users_of(customer)
    return [
        UserLine(
            code=each.code,
            name=mask_name(each.name),
            roles=tuple(UserRole(role) for role in each.roles if role in UserRole.values),
            lock=seen.state,
            subject=each.subject,
        )
        for each, seen in zip(found, gates.states([by_user.gate(each) for each in found]), strict=True)
    ]


def situation(customer: Customer, certificates: list[Certificate], users: list[UserLine]) -> Situation:
    """Return what the operations depend on. A company's login is locked where that of one of its users is."""
    own: State = login.gate(customer).state().state
    locks = [each.lock for each in users] or [own]
    return Situation(
        states=frozenset(each.state for each in certificates),
        lock=next((each for each in (State.LOCKED, State.HARD_LOCKED) if each in locks), State.ACTIVE),
        frozen=customer.frozen_at is not None,
        slips=Proof.SLIP in serving.get(customer.institution).application.proofs,
        redownloads=serving.get(customer.institution).repair.mode is RepairMode.OPENED_BY_STAFF,
        slip_open=slips.usable(customer, SlipPurpose.CERTIFICATE) is not None,
        unified=store.is_unified(customer) and Account.objects.filter(customer=customer).exists(),
        has_password=bool(store.rows(customer)),
    )
