"""The computer's clock is a day off, ahead or behind: everything works, and the environment check says so (issue 3, Faults to survive)."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from tests.support.helper_people import SECRET, Computer

from certcenter_helper.core.values import (
    CheckResult,
    CheckRow,
    ClientStatus,
    Kind,
    OrderFields,
    RepairOutcome,
)
from certcenter_helper.core.work import Cancel, Cancelled, Stage, Step
from certcenter_sdk import clock

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("helper")]

PFX = "backup26"
DAY = timedelta(days=1)
#: A busy machine's allowance; a wrong clock is off by a hundred times as much.
SLACK = timedelta(minutes=10)


@pytest.fixture(params=[DAY, -DAY], ids=["ahead", "behind"])
def off(request: pytest.FixtureRequest) -> Iterator[timedelta]:
    """How far the clock of this computer is ahead, from before the login on; the centre's is right."""
    with clock.off_by(request.param):
        yield request.param


def sign(customer: Computer) -> None:
    """An order is signed, accepted by the centre, and verified on this very computer."""
    fields = OrderFields(
        account=customer.person["account"], side="buy", symbol="2330", quantity="1", price="600"
    )
    (done,) = customer.core.sign_orders((fields,), ask=lambda: SECRET)
    assert done.evidence
    assert customer.core.verify_order(done.order, done.signature).fields["symbol"] == "2330"


@pytest.mark.spec("A3", "A9", "A13", "A15")
def test_an_application(off: timedelta, computer: Callable[..., Computer]):
    customer = computer()
    customer.core = customer.sit_down()
    assert customer.core.is_logged_in, "the session ends by the centre's clock, in the next program too"
    procedure = customer.core.begin(Kind.APPLY)
    procedure.agree()
    seen = {message["id"] for message in customer.messages()}
    sent = procedure.send_code()
    assert timedelta() < sent.resend_at - clock.now() < SLACK, "the countdown is a minute's, not a day's"
    assert timedelta() < sent.expires_at - clock.now() < SLACK
    procedure.check_code(customer.code(seen))
    procedure.close()
    _break_off(customer, procedure)
    assert customer.core.repair(password=SECRET).outcome is RepairOutcome.REPAIRED
    assert customer.core.overview().client.status is ClientStatus.EXPORTABLE
    sign(customer)

    row = clock_row(customer)
    assert row.result is CheckResult.FAILED
    assert ("24 h 0 min ahead" if off > timedelta() else "24 h 0 min behind") in row.current
    assert row.advice
    assert not row.fixable, "a program must not set the clock"
    with clock.off_by(-off):
        assert clock_row(customer).result is CheckResult.PASSED
        assert customer.core.overview().client.status is ClientStatus.EXPORTABLE
        sign(customer)


def clock_row(customer: Computer) -> CheckRow:
    return next(each for each in customer.core.check_environment().rows if each.key == "clock")


def _break_off(customer: Computer, procedure: object) -> None:
    cancel = Cancel()

    def stop(step: Step) -> None:
        if step.stage is Stage.WAITING:
            cancel.cancel()

    with pytest.raises(Cancelled):
        customer.core.obtain(procedure, password=SECRET, progress=stop, cancel=cancel)  # type: ignore[arg-type]  # the procedure of this core


@pytest.mark.spec("A4", "A9", "A13")
@pytest.mark.usefixtures("off")
def test_a_renewal(computer: Callable[..., Computer]):
    customer = computer("expiring")
    customer.core.import_pfx(customer.centre.backup(customer.person, slug="demo"), password=PFX)
    old = customer.core.overview()
    assert old.client.status is ClientStatus.EXPORTABLE
    renewed = customer.obtain(Kind.RENEW, old=PFX)
    assert renewed.panel.status is ClientStatus.EXPORTABLE
    assert renewed.panel.id != old.client.id
    assert customer.core.overview(offline=True).client.status is ClientStatus.EXPORTABLE
    sign(customer)
