"""憑證重新下載, opened by staff (SPEC A9, E6, policy table: repair; manual M3 §3), over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.support.counter import saturday, ten_o_clock

from certcenter.audit.models import AuditEvent
from certcenter.certificates import errors, redownloads
from certcenter.core import clock
from certcenter_sdk import csr, keys
from certcenter_sdk.client import ApiProblem, Installed, Pending, life

from .conftest import Program, encode, work
from .test_profiles import OFFICER, customer_row, hand_out, keep, overview, person, place

pytestmark = pytest.mark.spec("A9", "E6")
OPENS, CLOSES = -timedelta(hours=1, minutes=30), timedelta(hours=7)  # seen from ten


def lost(_installed: Installed) -> None:
    raise OSError("the network went away")


def broken_off(program: Program, pending: Pending) -> None:
    """Apply at the counter's first hour, and never store what was issued."""
    secret = hand_out(program)
    flow = life.apply(place(program), person(slip=lambda: secret), pending, keep=lost)
    with pytest.raises(OSError, match="went away"):
        program.run(flow)
    work()


def open_it(program: Program) -> Any:
    return redownloads.open_for(customer_row(program), note="two questions, both right", actor=OFFICER)


@pytest.fixture
def pending() -> Pending:
    return Pending.new()


@pytest.fixture
def ten(centre: object) -> datetime:
    """An hour at which the counter is open."""
    return ten_o_clock()


@pytest.fixture
def later(ten: datetime, pending: Pending) -> Any:
    """A customer whose download broke off at nine, in a new session at ten."""
    program = Program(slug="example")
    with clock.at(ten - timedelta(hours=1)):
        broken_off(program.sign_in(), pending)
    with clock.at(ten):
        yield program.sign_in()


def test_handing_the_same_request_in_again_is_no_way_around_the_staff(
    later: Program, pending: Pending
) -> None:
    """The answer to a request may be its certificate (`wait`): in another session only when staff have opened it."""
    body = {
        "procedure": str(uuid4()),
        "request": str(pending.request),
        "csr": encode(csr.build(pending.key)),
    }
    later.refused("POST", "applications?wait=1", body, status=403, code="redownload-closed")
    assert later.call("POST", "applications", body, expect=202)["state"] == "issued"


def test_closed_until_staff_open_it(later: Program, pending: Pending) -> None:
    seen = overview(later)
    assert (seen["status"], seen["redownload"], seen["actions"]) == ("awaiting", None, [])
    path = f"applications/{pending.request}/certificate"
    later.refused("GET", path, status=403, code="redownload-closed")
    serial = seen["host"]["serial"]
    later.refused("GET", f"certificates/{serial}", status=403, code="redownload-closed")
    with pytest.raises(ApiProblem) as closed:
        later.run(life.redownload(place(later), pending, keep=keep))
    assert (closed.value.status, closed.value.code) == (403, "redownload-closed")


def test_opened_used_and_installed_on_the_computer_that_applied(
    later: Program, pending: Pending, ten: datetime
) -> None:
    open_it(later)
    seen = overview(later)
    assert seen["actions"] == ["redownload"]
    assert seen["redownload"] == {
        "ends_at": f"{ten + CLOSES:%Y-%m-%dT%H:%M:%SZ}",
        "request": str(pending.request),
        "spki_sha256": keys.spki_sha256(pending.key.public_key()),
    }
    later.run(life.redownload(place(later), pending, keep=keep))
    after = overview(later)
    assert (after["status"], after["host"]["spki_sha256"]) == ("valid", seen["redownload"]["spki_sha256"])
    opened = AuditEvent.objects.get(event="certificate:redownload:opened")
    assert "two questions, both right" in opened.details
    assert AuditEvent.objects.filter(event="certificate:repair:done").count() == 1


def test_another_computers_key_is_refused_and_uses_nothing_up(later: Program, pending: Pending) -> None:
    open_it(later)
    stranger = Pending(key=keys.generate(), request=uuid4())
    with pytest.raises(ApiProblem) as refused:
        later.run(life.redownload(place(later), stranger, keep=keep))
    assert refused.value.code == "proof-refused"
    assert later.run(life.redownload(place(later), pending, keep=keep))


def test_used_once_but_a_lost_answer_is_given_again(later: Program, pending: Pending) -> None:
    open_it(later)
    for _ in range(2):
        with pytest.raises(OSError, match="went away"):
            later.run(life.redownload(place(later), pending, keep=lost))
    other = Program(slug="example").sign_in()
    with pytest.raises(ApiProblem) as closed:
        other.run(life.redownload(place(other), pending, keep=keep))
    assert closed.value.code == "redownload-closed"
    assert later.run(life.fetch(place(later), pending, keep=keep)), (
        "the session that used it may fetch as before"
    )


def test_it_ends_when_the_counter_closes(later: Program, pending: Pending, ten: datetime) -> None:
    with clock.at(ten + CLOSES - timedelta(minutes=30)):
        later.sign_in()
        open_it(later)
    with clock.at(ten + CLOSES):
        assert overview(later)["redownload"] is None
        with pytest.raises(ApiProblem) as over:
            later.run(life.redownload(place(later), pending, keep=keep))
        assert over.value.code == "redownload-closed"


@pytest.mark.parametrize("closed", ["before half past eight", "from five", "Saturday", "holiday"])
def test_staff_open_it_on_business_days_and_within_hours(later: Program, ten: datetime, closed: str) -> None:
    moment = {
        "before half past eight": ten + OPENS - timedelta(seconds=1),
        "from five": ten + CLOSES,
        "Saturday": saturday(ten),
        "holiday": datetime(2027, 1, 1, 2, 0, tzinfo=UTC),
    }[closed]
    with clock.at(moment), pytest.raises(errors.RedownloadHours):
        open_it(later)
    with clock.at(ten + OPENS):
        assert open_it(later)


def test_a_later_opening_replaces_the_earlier_and_a_used_one_can_be_followed(
    later: Program, pending: Pending
) -> None:
    open_it(later)
    open_it(later)
    later.run(life.redownload(place(later), pending, keep=keep))
    open_it(later)
    other = Program(slug="example").sign_in()
    assert other.run(life.redownload(place(other), pending, keep=keep)), "the file was damaged again"


def test_nothing_to_open_before_there_is_a_certificate_or_where_customers_repair_themselves(
    ten: datetime,
) -> None:
    with clock.at(ten):
        nobody = Program(slug="example").sign_in()
        with pytest.raises(errors.NothingToRedownload):
            open_it(nobody)
        helper = Program(slug="demo").sign_in()
        with pytest.raises(errors.RedownloadNotOffered):
            open_it(helper)


def test_a_renewal_that_broke_off_leaves_the_old_one_and_is_downloaded_again(
    later: Program, pending: Pending, ten: datetime
) -> None:
    open_it(later)
    first = later.run(life.redownload(place(later), pending, keep=keep))
    again = Pending.new()
    last_weeks = ten_o_clock(after=ten + timedelta(days=340))
    with clock.at(last_weeks - timedelta(days=1)):
        later.sign_in()
        flow = life.renew(place(later), person(), again, old=first, keep=lost)
        with pytest.raises(OSError, match="went away"):
            later.run(flow)
    with clock.at(last_weeks):
        later.sign_in()
        assert overview(later)["host"]["serial"] == first.serial
        open_it(later)
        second = later.run(life.redownload(place(later), again, keep=keep))
        assert overview(later)["host"]["serial"] == second.serial
