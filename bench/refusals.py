"""Refused logins of each kind, timed in turns inside a centre (`bench.timing` judges them, a test in its short form)."""

import random
import time
from collections.abc import Callable
from contextlib import suppress

from certcenter.core.actor import Actor, ActorKind
from certcenter.core.errors import CentreError
from certcenter.identity.actions import import_customer
from certcenter.identity.models import Customer
from certcenter.identity.rows import CustomerRow
from certcenter.institutions import serving
from certcenter.passwords import login
from certcenter.passwords.actions import set_password

SLUG = "sample"
PASSWORD = "Marble4417"
#: Valid IDs (SPEC F1): one customer for each state, and one that nobody has.
IDS = {
    "wrong": "A125368479",
    "contactless": "B126598374",
    "locked": "C126849537",
    "hard-locked": "D123569748",
    "no password": "E123968475",
    "unknown": "J124975683",
}
#: Whose ID "known" has while nobody has its own.
AWAY = "K124695378"
NOBODY = Actor(kind=ActorKind.ANONYMOUS, institution=SLUG, address="192.0.2.7")


Timer = Callable[[], float]


def measure(rounds: int, timer: Timer = time.perf_counter) -> dict[str, dict[str, list[float]]]:
    """Return milliseconds by kind. A wrong guess is made good at once, so that its login never locks."""
    people = {kind: _customer(kind, number) for kind, number in IDS.items() if kind != "unknown"}
    _lock(people["locked"])
    _lock(people["hard-locked"])
    login.gate(people["hard-locked"]).unlock()
    _lock(people["hard-locked"])
    taken: dict[str, list[float]] = {kind: [] for kind in IDS}
    empty: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(rounds + 3):
        for kind in random.sample(list(IDS), len(IDS)):
            took = _took(lambda kind=kind: _guess(IDS[kind], "Wrong1234"), timer)  # type: ignore[misc]
            if number >= 3:
                taken[kind].append(took)
            _forgive(people.get(kind), kind)
        for kind in random.sample(list(empty), len(empty)):
            took = _empty(people["wrong"], known=kind == "known", timer=timer)
            if number >= 3:
                empty[kind].append(took)
    return {"login": taken, "empty": empty}


def _empty(customer: Customer, *, known: bool, timer: Timer) -> float:
    """Time an empty password for one ID, which `customer` has or nobody.

    It takes microseconds: another ID is read faster or slower by its digits alone (up to 0.4), and what a hash has swept out of the processor's
    caches costs more than all of it (20), whoever has the ID.
    """
    Customer.objects.filter(pk=customer.pk).update(national_id=IDS["wrong"] if known else AWAY)
    _took(lambda: _guess(IDS["wrong"], ""), timer)
    took = _took(lambda: _guess(IDS["wrong"], ""), timer)
    Customer.objects.filter(pk=customer.pk).update(national_id=IDS["wrong"])
    return took


def _customer(kind: str, number: str) -> Customer:
    contact = "" if kind == "contactless" else f"0912{sum(map(ord, number)):06d}"
    row = CustomerRow.parse(
        {"national_id": number, "name": "王小明", "birth_date": "1980-01-01", "phones": contact}
    )
    customer = import_customer(row, institution=SLUG, actor=NOBODY).customer
    if kind != "no password":
        set_password(customer, PASSWORD, actor=NOBODY)
    return customer


def _lock(customer: Customer) -> None:
    for _ in range(serving.get(SLUG).lock.wrong_limit):
        login.count_failure(customer, actor=NOBODY)


def _guess(number: str, password: str) -> None:
    institution = serving.get(SLUG)
    login.authenticate(
        institution,
        number=login.normalised(number, password, institution=institution),
        password=password,
        device_token=None,
        actor=NOBODY,
    )


def _forgive(customer: Customer | None, kind: str) -> None:
    """Keep each login in the state of its kind."""
    if kind in ("locked", "hard-locked"):
        return
    institution = serving.get(SLUG)
    subject = customer.subject if customer else login.nobody(institution, IDS["unknown"])
    login.gate_of(institution, subject).clear()


def _took(work: Callable[[], None], timer: Timer) -> float:
    began = timer()
    with suppress(CentreError):
        work()
    return (timer() - began) * 1000
