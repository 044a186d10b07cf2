"""Prepares a demo centre with more people than the demo has, so that each test has a customer of its own.

`python -m tests.support.newcomers` runs in the place of `certcenterctl demo --prepare-only`.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from certcenter.core.taiwan import parse_identity
from certcenter.ctl.main import main, set_up_django

if TYPE_CHECKING:
    from certcenter.demo import people

#: Certificate at the start → how many people. The demo's own people come first.
COUNTS = {"none": 40, "valid": 8, "expiring": 6, "revoked": 2}
#: The same for the profile `helper`; long counts of the tests need more who renew.
HELPER_COUNTS = {"none": 16, "expiring": 120 if os.environ.get("CERTCENTER_SOAK") else 14}
#: When each of them was born.
BIRTH_DATE = "1987-12-05"


def national_ids(count: int) -> list[str]:
    """Valid national IDs of Keelung (letter C), which the demo's people don't use beyond the first."""
    found: list[str] = []
    serial = 7_000_000
    while len(found) < count:
        serial += 1
        for check in range(10):
            text = f"C1{serial:07d}{check}"
            if _is_valid(text):
                found.append(text)
                break
    return found


def _is_valid(text: str) -> bool:
    try:
        parse_identity(text)
    except ValueError:
        return False
    return True


def settle() -> None:
    """Add the newcomers to the demo's people and prepare the centre; give one of them two revocations this year."""
    set_up_django()
    from certcenter.demo import people

    people.CUSTOMERS["sample"] += newcomers(COUNTS, branch="1020")
    people.CUSTOMERS["demo"] += newcomers(HELPER_COUNTS, branch="9A30")
    main(["demo", "--prepare-only"], standalone_mode=False)
    _use_up_revocations(people.CUSTOMERS["sample"][-1].national_id)


def newcomers(counts: Mapping[str, int], *, branch: str) -> "tuple[people.Person, ...]":
    """So many people with such certificates, all with accounts of one branch."""
    from certcenter.demo import people

    lives = [people.Life(name) for name, count in counts.items() for _ in range(count)]
    return tuple(
        people.Person(
            national_id=national_id,
            name=f"{'趙錢孫李周吳鄭王'[number % 8]}{'大中小明'[number // 8 % 4]}{'仁義禮智信'[number % 5]}",
            birth_date=BIRTH_DATE,
            phone=f"09880{number:05d}",
            email=f"newcomer{number}@example.com",
            accounts=f"securities:{branch}-{number:07d}",
            life=life,
            note="newcomer",
        )
        for number, (national_id, life) in enumerate(zip(national_ids(len(lives)), lives, strict=True))
    )


def _use_up_revocations(national_id: str) -> None:
    """The last one, revoked once by the demo, revokes a second time and applies again."""
    from certcenter.demo.walker import Walker
    from certcenter.identity.models import Customer

    customer = Customer.objects.get(institution="sample", national_id=national_id)
    again = Walker(customer=customer)
    again.apply(acknowledge=True)
    again.revoke()
    Walker(customer=customer).apply(acknowledge=True)


def publish_consent_again() -> None:
    """A new version of the consent to apply, with the same words; for a process of a running centre."""
    from certcenter.certificates.lifecycle import ProcedureKind
    from certcenter.certificates.policy import consent_kind
    from certcenter.content import actions, queries
    from certcenter.content.blocks import Body
    from certcenter.core.actor import system

    now = queries.current("sample", consent_kind(ProcedureKind.APPLY))
    assert now is not None
    body = Body.model_validate(now.body)
    actions.publish(
        "sample", kind=now.kind, key=now.key, body=body, after_version=now.version, actor=system("test")
    )


if __name__ == "__main__":
    settle()
