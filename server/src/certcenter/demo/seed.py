"""Fills an empty centre with the demo's people, and writes `demo.json` for scripts (docs/demo.schema.json)."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from cryptography import x509
from django.conf import settings

from certcenter.certificates.models import Certificate
from certcenter.core import clock
from certcenter.core.actor import system
from certcenter.demo.people import (
    CUSTOMERS,
    PASSWORD,
    PFX_PASSWORD,
    SEPARATE_PASSWORD,
    STAFF,
    STAFF_PASSWORD,
    Life,
    Person,
)
from certcenter.demo.walker import Walker
from certcenter.identity import queries
from certcenter.identity.actions import create_staff, import_customer
from certcenter.identity.models import Customer, Role, Staff
from certcenter.identity.rows import CustomerRow
from certcenter.institutions import serving
from certcenter.institutions.policy import Institution
from certcenter.passwords import resets, users
from certcenter.passwords.actions import separate, set_password
from certcenter_sdk import pfx

ACTOR = system("demo")
_SLIPS = "slips.json"


def seed(*, echo: Callable[[str], None]) -> None:
    """Create people, passwords and the lives of their certificates, in the order of their times.

    Repeating it adds the people who are missing and doubles nothing.
    """
    newcomers = [
        (slug, person)
        for slug, people in CUSTOMERS.items()
        for person in people
        if not Customer.objects.filter(institution=slug, national_id=person.national_id).exists()
    ]
    with clock.at(first_moment()):
        walkers = {key: Walker(customer=_create(*key)) for key in newcomers}
    for begun, step in sorted(_steps(walkers), key=itemgetter(0)):
        with clock.at(begun):
            step()
    for (slug, person), walker in walkers.items():
        if person.life in (Life.VALID, Life.EXPIRING):
            _write_backup(walker, person, slug)
        if person.life is Life.NONE and walker.needs_slip:
            _keep_slip(slug, person, walker.fetch_slip())
        echo(f"  {slug:<11} {person.name} ({person.life})")
    for username, (name, role) in STAFF.items():
        if not Staff.objects.filter(username=username).exists():
            create_staff(
                username=username, name=name, password=STAFF_PASSWORD, roles=[Role(role)], actor=ACTOR
            )


def first_moment() -> datetime:
    """Where the demo's history may go on: a new centre begins in the past, one that runs goes on now."""
    latest = Certificate.objects.order_by("-issued_at").values_list("issued_at", flat=True).first()
    return clock.now() if latest else clock.ago(days=799)


def _steps(walkers: Mapping[tuple[str, Person], Walker]) -> Iterator[tuple[datetime, Callable[[], object]]]:
    for (_, person), walker in walkers.items():
        yield from walker.steps(person.life)


def _create(slug: str, person: Person) -> Customer:
    row = CustomerRow.parse(person.columns())
    customer = import_customer(row, institution=slug, actor=ACTOR).customer
    if users.has_users(serving.get(slug)):
        for user in resets.users_of(customer):
            users.set_password(user, PASSWORD, actor=ACTOR)
        return customer
    set_password(customer, PASSWORD, actor=ACTOR)
    if person.separate:
        separate(customer, note="demo", actor=ACTOR)
        last = queries.accounts(customer)[-1]
        set_password(customer, SEPARATE_PASSWORD, account=last.id, actor=ACTOR)
    return customer


def write_description(port: int) -> Path:
    """Write `demo.json` into the home folder: what the print-out says, for scripts. Returns its path."""
    path: Path = settings.CONFIG.home / "demo.json"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(describe(port), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def describe(port: int) -> dict[str, Any]:
    """The demo as one JSON value (docs/demo.schema.json)."""
    root = f"http://127.0.0.1:{port}"
    return {
        "index": f"{root}/",
        "staff": f"http://{settings.CONFIG.staff_host}:{port}/",
        "outbox": {"page": f"{root}/outbox", "json": f"{root}/outbox.json"},
        "institutions": [_institution(each, port) for each in serving.served().all()],
        "staff_logins": [
            {"username": username, "name": name, "role": role, "password": STAFF_PASSWORD}
            for username, (name, role) in STAFF.items()
        ],
        "pfx": {"folder": str(settings.CONFIG.home / "demo"), "password": PFX_PASSWORD},
    }


def _institution(institution: Institution, port: int) -> dict[str, Any]:
    return {
        "slug": institution.slug,
        "profile": institution.profile,
        "name": institution.branding.name.zh,
        "url": f"http://{institution.host}:{port}/",
        "api": f"http://127.0.0.1:{port}/api/v1/i/{institution.slug}/",
        "customers": [_customer(institution.slug, person) for person in CUSTOMERS.get(institution.slug, ())],
    }


def _customer(slug: str, person: Person) -> dict[str, Any]:
    slip = _slips().get(f"{slug}/{person.national_id}")
    return {
        "id": person.national_id,
        "name": person.name,
        "password": PASSWORD,
        "birth_date": person.birth_date,
        "phone": person.phone,
        "email": person.email,
        "accounts": person.accounts.split("; "),
        "certificate": person.life,
        "users": [user.partition(":")[0] for user in person.users.split("; ") if user],
        "note": person.note,
    } | ({"slip": slip} if slip else {})


def _keep_slip(slug: str, person: Person, secret: str) -> None:
    """Keep a slip as its customer would: in a drawer of the demo's folder, for who tries the demo."""
    drawer = _slips() | {f"{slug}/{person.national_id}": secret}
    path = _demo_folder() / _SLIPS
    path.write_text(json.dumps(drawer, indent=2) + "\n", encoding="utf-8")
    path.chmod(0o600)


def _slips() -> dict[str, str]:
    path = _demo_folder() / _SLIPS
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _demo_folder() -> Path:
    folder: Path = settings.CONFIG.home / "demo"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _write_backup(walker: Walker, person: Person, slug: str) -> None:
    """Write the customer's backup, as a careful customer would have it on a memory stick."""
    folder = _demo_folder()
    leaf, *cas = (x509.load_der_x509_certificate(each) for each in walker.chain)
    path = folder / f"{slug}-{person.national_id}.pfx"
    path.write_bytes(pfx.write(walker.key, leaf, cas, PFX_PASSWORD, name=path.stem))
    path.chmod(0o600)
