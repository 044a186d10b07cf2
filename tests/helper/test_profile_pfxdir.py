"""The profile `pfxdir` on a computer of its own: the slip, the file where programs look, the download that staff open (M3)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.centre import Centre
from tests.support.helper_people import SECRET, Computer

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.values import (
    Action,
    ClientStatus,
    HostStatus,
    Kind,
    Proof,
    RepairOutcome,
    SecurityMode,
)
from certcenter_helper.core.work import Cancel, Cancelled, Stage, Step

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("helper")]

_SLIP = """
from certcenter.core.actor import Actor, ActorKind
from certcenter.identity.models import Customer
from certcenter.slips import actions
from certcenter.slips.models import SlipPurpose
customer = Customer.objects.get(institution="example", national_id="{id}")
officer = Actor(kind=ActorKind.STAFF, institution="example", id="officer")
print(actions.issue(customer, purpose=SlipPurpose.CERTIFICATE, note="seen", actor=officer).secret)
"""
#: Whatever the hour of the test, the counter is open: the rule's own tests see to the hours.
_OPEN = """
from datetime import timedelta
from certcenter.certificates import redownloads
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.identity.models import Customer
from certcenter.institutions import rules
rules.is_open = lambda *_arguments, **_options: True
rules.closes_at = lambda *_arguments, **_options: clock.now() + timedelta(hours=1)
customer = Customer.objects.get(institution="example", national_id="{id}")
redownloads.open_for(customer, note="two questions, both right", actor=Actor(kind=ActorKind.STAFF, institution="example", id="officer"))
print("{{}}")
"""


def proven(customer: Computer, centre: Centre) -> object:
    """With the slip from the counter, and the consent."""
    slip = centre.run(_SLIP.format(id=customer.person["id"])).strip().splitlines()[-1]
    procedure = customer.core.begin(Kind.APPLY)
    assert procedure.next is Proof.SLIP
    with pytest.raises(HelperError) as wrong:
        procedure.give_slip(slip.swapcase())
    assert wrong.value.tries_left is None or wrong.value.tries_left > 0
    procedure.give_slip(slip)
    procedure.agree()
    procedure.close()
    assert procedure.next is None
    return procedure


@pytest.mark.spec("A3", "A9")
def test_a_download_that_broke_off_is_opened_by_staff(
    computer: Callable[..., Computer], centre: Centre, tmp_path: Path
):
    customer = computer(slug="example")
    procedure = proven(customer, centre)
    cancel = Cancel()

    def stop(step: Step) -> None:
        if step.stage is Stage.WAITING:
            cancel.cancel()

    with pytest.raises(Cancelled):
        customer.core.obtain(
            procedure,
            password=SECRET,
            security=SecurityMode.EVERY_ORDER,
            progress=stop,
            cancel=cancel,  # type: ignore[arg-type]  # the procedure of this core
        )
    customer.core = customer.sit_down()
    customer.core.log_in(
        customer.person["id"], "demo2026"
    )  # the session that applied could fetch it by itself
    while customer.core.overview().host.status is not HostStatus.AWAITING:
        pass
    closed = customer.core.repair(password=SECRET)
    assert closed.outcome is RepairOutcome.NOT_ISSUED
    assert Action.REDOWNLOAD not in customer.core.overview().actions
    json.loads(centre.run(_OPEN.format(id=customer.person["id"])).strip().splitlines()[-1])
    assert Action.REDOWNLOAD in customer.core.overview().actions
    repaired = customer.core.repair(password=SECRET)
    assert repaired.outcome is RepairOutcome.REPAIRED
    assert repaired.advice == customer.core.desk.policy.advice_afterwards
    assert len(repaired.advice) == 2, "manual M3: back up, and upload to the phone again"
    seen = customer.core.overview()
    assert seen.client.status is ClientStatus.EXPORTABLE
    assert Action.REDOWNLOAD not in seen.actions, (
        "what is here needs no download, however long staff left it open"
    )
    assert seen.client.security is SecurityMode.EVERY_ORDER
    facts = {fact.key: fact.value for fact in seen.client.facts}
    assert facts["file"] == f"{customer.person['id']}.pfx"
    assert facts["path"].endswith("BTS")
    assert "(0x" in facts["serial"]
    exported = customer.core.export(tmp_path, password=SECRET)
    assert exported.path.read_bytes() == (Path(facts["path"]) / facts["file"]).read_bytes()
