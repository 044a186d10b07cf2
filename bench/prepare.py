"""Rows that a measurement starts from, by direct inserts: `python -m bench.prepare people 1000` in a centre's environment.

Only what is measured goes through the centre's own doors; everything before it would take hours.
"""

import hashlib
import json
import secrets
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402 - after set-up

from bench import fill  # noqa: E402
from bench.centre import SLUG  # noqa: E402
from certcenter.certificates.lifecycle import ProcedureState  # noqa: E402
from certcenter.certificates.models import Procedure  # noqa: E402
from certcenter.core import clock  # noqa: E402
from certcenter.core.taiwan import IdentityError, parse_identity  # noqa: E402
from certcenter.identity.models import (  # noqa: E402
    Account,
    Channel,
    Contact,
    Customer,
    CustomerKind,
    IdKind,
    Line,
    Session,
    SessionKind,
)
from certcenter.otp.models import Challenge, Grant, Purpose  # noqa: E402

_LIFE = timedelta(hours=6)
_CONSENT = 1


def people(count: int) -> list[dict[str, Any]]:
    """Customers with two contacts, an account, a program's session and a proven procedure each."""
    now = clock.now()
    first = Customer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with transaction.atomic():
        customers = Customer.objects.bulk_create(_customer(first + number) for number in range(count))
        Contact.objects.bulk_create(contact for each in customers for contact in _contacts(each))
        Account.objects.bulk_create(
            Account(
                customer=each,
                institution=SLUG,
                line=Line.SECURITIES,
                branch="1020",
                number=f"{each.pk:07d}",
                opened_at=now.date(),
            )
            for each in customers
        )
        tokens = {each.pk: f"cc_{secrets.token_urlsafe(32)}" for each in customers}
        sessions = Session.objects.bulk_create(_session(each, tokens[each.pk]) for each in customers)
        procedures = [_proven(session) for session in sessions]
        Challenge.objects.bulk_create(grant.challenge for _, grant in procedures)
        Grant.objects.bulk_create(grant for _, grant in procedures)
        Procedure.objects.bulk_create(procedure for procedure, _ in procedures)
    return [
        {
            "token": tokens[procedure.customer_id],
            "procedure": str(procedure.pk),
            "customer": procedure.customer_id,
        }
        for procedure, _ in procedures
    ]


def _customer(number: int) -> Customer:
    now = clock.now()
    return Customer(
        institution=SLUG,
        kind=CustomerKind.PERSON,
        id_kind=IdKind.NATIONAL_ID,
        national_id=f"Z{number:09d}",
        name="王小明",
        birth_date=date(1980, 1, 1),
        created_at=now,
        updated_at=now,
    )


def _contacts(customer: Customer) -> tuple[Contact, Contact]:
    now = clock.now()
    return (
        Contact(customer=customer, channel=Channel.SMS, value=f"09{customer.pk:08d}", since=now),
        Contact(customer=customer, channel=Channel.EMAIL, value=f"c{customer.pk}@example.com", since=now),
    )


def _session(customer: Customer, key: str, kind: SessionKind = SessionKind.PROGRAM) -> Session:
    now = clock.now()
    return Session(
        key_hash=hashlib.sha256(key.encode()).hexdigest(),
        institution=SLUG,
        kind=kind,
        customer=customer,
        created_at=now,
        seen_at=now,
        idle_ends_at=now + _LIFE,
        absolute_ends_at=now + _LIFE,
    )


def _proven(session: Session) -> tuple[Procedure, Grant]:
    """A procedure whose consent, birth date and code are behind the customer."""
    assert session.customer is not None
    now = clock.now()
    challenge = Challenge(
        customer=session.customer,
        purpose=Purpose.APPLY,
        session=str(session.pk),
        channel=Channel.SMS,
        masked="0912***678",
        identification="ABCD",
        code_mac="0" * 64,
        digits=6,
        tries=1,
        created_at=now,
        expires_at=now + _LIFE,
        resend_at=now,
        used_at=now,
    )
    grant = Grant(
        challenge=challenge,
        customer=session.customer,
        purpose=Purpose.APPLY,
        session=str(session.pk),
        consent_id=str(_CONSENT),
        created_at=now,
        expires_at=now + _LIFE,
    )
    procedure = Procedure(
        id=uuid.uuid4(),
        institution=SLUG,
        customer=session.customer,
        kind="apply",
        state=ProcedureState.PROVEN,
        session=str(session.pk),
        consent_id=_CONSENT,
        grant_id=grant.pk,
        created_at=now,
        expires_at=now + _LIFE,
    )
    return procedure, grant


def filled(certificates: int, events: int) -> dict[str, int]:
    """Years of business (bench.fill), once: a kept database is left as it is."""
    first = 1_000_000_000
    if Customer.objects.filter(pk__gte=first).exists():
        known = Customer.objects.filter(pk__gte=first).count()
        return {"customer": first + known // 2}
    return fill.fill(certificates, events)


def reader(customer_id: int) -> dict[str, str]:
    """A browser's and a program's session of a customer who is there."""
    customer = Customer.objects.get(pk=customer_id)
    keys = {kind: secrets.token_urlsafe(32) for kind in (SessionKind.BROWSER, SessionKind.PROGRAM)}
    for kind, key in keys.items():
        _session(customer, key, kind).save()
    return {kind.value: key for kind, key in keys.items()}


def plans(customer_id: int) -> list[str]:
    """Every query of the pages that grow, which reads a whole large table; empty when each uses an index."""
    from bench import explain

    return explain.whole_tables(Customer.objects.get(pk=customer_id))


def search(customer_id: int, rounds: int) -> list[float]:
    """Milliseconds of the staff's search for one customer's number, and for the beginning of everybody's name."""
    from certcenter.backoffice import queries as staff

    text = Customer.objects.get(pk=customer_id).national_id
    return _timed(lambda: staff.search(SLUG, text), rounds)


def logins(count: int) -> dict[str, Any]:
    """Customers with a password each, and a program that may log them in without a captcha."""
    from certcenter.core.actor import system
    from certcenter.demo.people import PASSWORD
    from certcenter.institutions import serving
    from certcenter.passwords import clients
    from certcenter.passwords.actions import set_password

    ids = _identities(count)
    with transaction.atomic():
        customers = Customer.objects.bulk_create(_named(each) for each in ids)
    for customer in customers:
        set_password(customer, PASSWORD, actor=system("bench"))
    client_id, secret = clients.register(serving.get(SLUG), name="bench", actor=system("bench"))
    return {"ids": ids, "password": PASSWORD, "client_id": client_id, "client_secret": secret}


def _identities(count: int) -> list[str]:
    """National IDs whose check digits are right."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        text, number = f"K1{number:08d}", number + 1
        try:
            found.append(parse_identity(text).value)
        except IdentityError:
            continue
    return found


def _named(national_id: str) -> Customer:
    customer = _customer(0)
    customer.national_id = national_id
    return customer


def hash_milliseconds(rounds: int) -> float:
    """Median of one argon2id run as a login makes it, alone on the machine as it is now."""
    from certcenter.passwords import hashing

    return statistics.median(_timed(lambda: hashing.verify(None, "a password"), rounds))


def login_page(rounds: int) -> list[float]:
    """Milliseconds of the login page through the whole application, without a network."""
    from django.conf import settings
    from django.test import Client

    client = Client(headers={"host": f"{SLUG}.localhost:{settings.CONFIG.port}"})
    return _timed(lambda: client.get("/login/"), rounds)


def lock_check(rounds: int) -> list[float]:
    """Milliseconds of what a locked login costs before its hash: the ID, the customer, the gate's one statement."""
    from certcenter.core.actor import system
    from certcenter.core.gates import GateLocked
    from certcenter.identity import queries
    from certcenter.institutions import serving
    from certcenter.passwords import login

    (number,) = _identities(1)
    customer = queries.by_identity(SLUG, number)
    assert customer is not None
    for _ in range(serving.get(SLUG).lock.wrong_limit):
        login.count_failure(customer, actor=system("bench"))

    def look() -> None:
        found = queries.by_identity(SLUG, login.normalised(number, "a password"))
        assert found is not None
        try:
            with login.gate(found).admit():
                raise AssertionError("admitted")
        except GateLocked:
            return

    return _timed(look, rounds)


def refusals(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Milliseconds of refused logins of each kind, in turns; limits of a source are the caller's business."""
    from bench.refusals import measure

    return measure(rounds)


def _timed(work: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each run, after a few that warm up."""
    for _ in range(5):
        work()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return took


def main() -> None:
    """Do what the first argument names, print JSON."""
    name, *arguments = sys.argv[1:]
    print(json.dumps(COMMANDS[name](*map(int, arguments))))


COMMANDS = {
    "people": people,
    "filled": filled,
    "reader": reader,
    "plans": plans,
    "search": search,
    "logins": logins,
    "hash": hash_milliseconds,
    "login_page": login_page,
    "lock_check": lock_check,
    "refusals": refusals,
}

if __name__ == "__main__":
    main()
