"""Customers of the profiles `helper` and `pfxdir` for tests, made while the centre runs, and what they do at a computer."""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.support.centre import Centre

from certcenter_helper.core.commands import Commands
from certcenter_helper.core.home import Home
from certcenter_helper.core.values import Kind, Obtained, Proof, SecurityMode

LOGIN = "demo2026"
SECRET = "Secret42"
_CODE = re.compile(r"(?<!\d)(\d{6,7})(?!\d)")

_MAKE = """
import json
from certcenter.core import clock
from certcenter.demo import seed
from certcenter.demo.people import Person
from certcenter.identity.models import Customer
from tests.support.newcomers import national_ids
taken = set(Customer.objects.filter(institution="{slug}").values_list("national_id", flat=True))
made = []
for national_id in [each for each in national_ids(400) if each not in taken][:{count}]:
    phone, account = "0977" + national_id[4:10], "9A11-" + national_id[2:9]
    more = "; futures:F020-" + national_id[2:9] if {separate} else ""
    email = national_id.lower() + "@example.com" if {separate} else ""
    seed._create("{slug}", Person(national_id=national_id, name="孫小明", birth_date="1987-12-05", phone=phone,
        email=email, accounts="securities:" + account + more, separate={separate}, note="made for a test"))
    made.append({{"id": national_id, "phone": phone, "account": account, "email": email}})
print(json.dumps(made))
"""


def make_people(
    centre: Centre, count: int, *, slug: str = "demo", separate: bool = False
) -> list[dict[str, Any]]:
    """Add customers without a certificate to a running centre.

    `separate`: with a futures account besides, whose login password is another one than the first account's (SPEC B5).
    """
    printed = centre.run(_MAKE.format(slug=slug, count=count, separate=separate))
    people: list[dict[str, Any]] = json.loads(printed.strip().splitlines()[-1])
    assert len(people) == count
    return people


@dataclass
class Computer:
    """One customer at one computer, over the command core."""

    centre: Centre
    person: dict[str, Any]
    folder: Path
    slug: str = "demo"

    def __post_init__(self) -> None:
        """Log in."""
        self.core = self.sit_down()
        self.core.log_in(self.person["id"], LOGIN)

    def sit_down(self) -> Commands:
        """A command core as a new program would have it."""
        return Commands.open(address=self.address, home=Home(self.folder))

    @property
    def address(self) -> str:
        """The API of the institution."""
        return f"http://127.0.0.1:{self.centre.port}/api/v1/i/{self.slug}/"

    def proven(self, kind: Kind) -> Any:
        """A procedure with all proofs given."""
        procedure = self.core.begin(kind)
        while (due := procedure.next) is not None:
            if due is Proof.CONSENT:
                procedure.agree()
            elif due is Proof.BIRTH_DATE:
                procedure.give_birth_date("0761205")
            else:
                assert due is Proof.CODE, due
                seen = {message["id"] for message in self.messages()}
                procedure.send_code()
                procedure.check_code(self.code(seen))
        procedure.close()
        return procedure

    def obtain(self, kind: Kind = Kind.APPLY, *, password: str = SECRET, old: str | None = None) -> Obtained:
        """Apply or renew, from consent to installed."""
        return self.core.obtain(
            self.proven(kind),
            password=password,
            security=SecurityMode.FIRST_ORDER if kind is Kind.APPLY else None,
            old_password=old,
        )

    def messages(self, to: str = "phone") -> list[dict[str, Any]]:
        """What came to the customer's telephone, or by `email`."""
        found = httpx.get(
            f"http://127.0.0.1:{self.centre.port}/outbox.json",
            params={"institution": self.slug, "address": self.person[to]},
        )
        messages: list[dict[str, Any]] = found.raise_for_status().json()["messages"]
        return messages

    def code(self, seen: set[Any]) -> str:
        """The code in a message that was not there before."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for message in self.messages():
                found = _CODE.search(message["text"])
                if message["id"] not in seen and found:
                    return found.group(1)
            time.sleep(0.05)
        raise AssertionError("no code came")
