"""Four eyes: one asks, another approves, once, and nothing else follows (SPEC D5, E2, E9)."""

import json
from datetime import timedelta

import pytest
from tests.support import people
from tests.support.engines import in_threads

from certcenter.audit.models import AuditEvent
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.events import Event
from certcenter.identity import approvals
from certcenter.identity.approvals import AlreadyAsked, NotOpen, OwnRequest
from certcenter.identity.models import Approval, ApprovalKind, ApprovalState

pytestmark = pytest.mark.spec("D5")
OFFICER = Actor(kind=ActorKind.STAFF, institution="sample", id="1")


def asked(customer, *, by="staff:1"):
    return approvals.ask(
        ApprovalKind.CONTACT_CHANGE,
        customer,
        terms={"value": "planted-value"},
        note="signed form 12",
        by=by,
        actor=OFFICER,
    )


def state(approval):
    approval.refresh_from_db()
    return approval.state


@pytest.fixture
def customer(sqlite_engine):
    return people.import_()


def test_another_approves_and_what_follows_follows_once(customer):
    approval, done = asked(customer), []
    approvals.approve(approval, by="staff:2", actor=OFFICER, then=lambda: done.append(1))
    assert (done, state(approval), approval.decided_by) == ([1], ApprovalState.DONE, "staff:2")
    with pytest.raises(NotOpen):
        approvals.approve(approval, by="staff:3", actor=OFFICER, then=lambda: done.append(2))
    assert done == [1]


def test_nobody_approves_an_own_request(customer):
    approval = asked(customer)
    with pytest.raises(OwnRequest):
        approvals.approve(approval, by="staff:1", actor=OFFICER, then=lambda: pytest.fail("done"))
    assert state(approval) == ApprovalState.OPEN
    refusal = AuditEvent.objects.order_by("-pk").first()
    assert (refusal.event, json.loads(refusal.details)["reason"]) == (Event.APPROVAL_REFUSED, "own-request")


def test_what_follows_fails_and_nothing_is_approved(customer):
    approval = asked(customer)

    def fail():
        raise NotOpen

    with pytest.raises(NotOpen):
        approvals.approve(approval, by="staff:2", actor=OFFICER, then=fail)
    assert state(approval) == ApprovalState.OPEN


def test_too_late(customer):
    approval = asked(customer)
    with clock.at(clock.now() + timedelta(hours=8)):
        with pytest.raises(NotOpen):
            approvals.approve(approval, by="staff:2", actor=OFFICER)
        asked(customer)  # the late one is in nobody's way
    assert state(approval) == ApprovalState.ENDED


def test_housekeeping_ends_the_late_and_forgets_what_was_asked(customer):
    approval = asked(customer)
    with clock.at(clock.now() + timedelta(hours=9)):
        assert approvals.end_late(limit=10) == 1
    assert (state(approval), approval.terms) == (ApprovalState.ENDED, {})


def test_used_once_and_by_who_asked(customer):
    approval, done = asked(customer), []
    with pytest.raises(NotOpen):
        approvals.use(approval, by="staff:1", actor=OFFICER, then=lambda: done.append("early"))
    approvals.approve(approval, by="staff:2", actor=OFFICER)
    with pytest.raises(NotOpen):
        approvals.use(approval, by="staff:2", actor=OFFICER, then=lambda: done.append("other"))
    approvals.use(approval, by="staff:1", actor=OFFICER, then=lambda: done.append("right"))
    with pytest.raises(NotOpen):
        approvals.use(approval, by="staff:1", actor=OFFICER, then=lambda: done.append("twice"))
    assert done == ["right"]


def test_one_at_a_time_and_withdrawn_or_declined(customer):
    first = asked(customer)
    with pytest.raises(AlreadyAsked):
        asked(customer, by="staff:3")
    approvals.decline(first, note="wrong form", by="staff:1", actor=OFFICER)
    assert state(first) == ApprovalState.WITHDRAWN
    second = asked(customer)
    approvals.decline(second, note="wrong form", by="staff:2", actor=OFFICER)
    assert (state(second), second.terms) == (ApprovalState.DECLINED, {})


def test_the_history_never_holds_what_was_asked(customer):
    approvals.approve(asked(customer), by="staff:2", actor=OFFICER, then=lambda: None)
    assert not AuditEvent.objects.filter(details__contains="planted-value").exists()
    assert AuditEvent.objects.filter(event=Event.APPROVAL_GIVEN).count() == 1


@pytest.mark.usefixtures("engine")
class TestRace:
    """Two colleagues approve at once (SPEC E2)."""

    def test_one_of_eight_approves(self):
        approval, done = asked(people.import_()), []

        def approve(number):
            try:
                approvals.approve(
                    approval, by=f"staff:{number + 2}", actor=OFFICER, then=lambda: done.append(number)
                )
            except NotOpen:
                return None
            return number

        winners = [each for each in in_threads(approve, 8) if each is not None]
        assert len(winners) == 1
        assert done == winners

    def test_control_without_the_condition_several_do(self):
        approval, done = asked(people.import_()), []

        def approve(number):
            if Approval.objects.get(pk=approval.pk).state == ApprovalState.OPEN:
                done.append(number)
                Approval.objects.filter(pk=approval.pk).update(state=ApprovalState.DONE)

        for _attempt in range(20):
            done.clear()
            Approval.objects.filter(pk=approval.pk).update(state=ApprovalState.OPEN)
            in_threads(approve, 8)
            if len(done) > 1:
                return
        pytest.fail("the race did not show in 20 runs")
