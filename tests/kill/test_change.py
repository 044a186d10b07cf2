"""After any kill: the change, its history and its consequence are all there or all not (SPEC E8, E9)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.kill import change
from tests.kill.driver import CALLS, KillRun, Tally, can_trace, kill_at_calls, kill_at_points

from certcenter.audit import sequencer, verifier
from certcenter.audit.actions import RECORDED
from certcenter.audit.models import AuditEvent, Checkpoint, Pending
from certcenter.core import clock
from certcenter.core.limits import used
from certcenter.outbox import dispatcher
from certcenter.outbox.actions import ENQUEUED
from certcenter.outbox.models import Message

NOTHING, CHANGED, PLACED, SIGNED, BEGUN, HANDLED, DONE = STATES = (
    "nothing", "changed", "sequenced", "signed", "attempt begun", "handled", "done",
)  # fmt: skip


def state(number):
    event = AuditEvent.objects.filter(subject=f"kill:{number}").first()
    if event is None:
        return NOTHING
    message = Message.objects.get(key=f"{number}")
    if message.state == "done":
        return DONE
    if number in change.lines("effects"):
        return HANDLED
    if message.attempts:
        return BEGUN
    if Pending.objects.filter(event=event).exists():
        return CHANGED
    latest = Checkpoint.objects.order_by("-size").first()
    return SIGNED if latest is not None and latest.size == sequencer.head().size else PLACED


def recover(number):
    """What a restarted worker does, when the dead one's leases have ended."""
    change.register()
    sequencer.run_once()
    with clock.at(clock.now() + timedelta(seconds=dispatcher.LEASE_SECONDS + 1)):
        dispatcher.run_once()
    sequencer.run_once()


def invariants(number):
    changed = used("kill", subject=f"{number}", window="once")
    assert changed or number not in change.lines("acknowledged"), "an acknowledged change was lost"
    assert AuditEvent.objects.filter(subject=f"kill:{number}").count() == changed, (
        "history differs from the change"
    )
    messages = list(Message.objects.filter(key=f"{number}"))
    assert len(messages) == changed, "the consequence differs from the change"
    assert all(message.state == "done" for message in messages), "a consequence was never carried out"
    assert (number in change.lines("effects")) == bool(changed), "the effect differs from the change"
    report = verifier.verify()
    assert report.clean, report.findings
    assert not Pending.objects.exists()


@pytest.fixture
def run(engine):
    return KillRun(
        environment=engine.environment(),
        work="tests.kill.change:main",
        state=state,
        recover=recover,
        invariants=invariants,
    )


POINTS = (
    RECORDED, ENQUEUED, sequencer.SEQUENCED, sequencer.SIGNED, dispatcher.BEGUN, dispatcher.HANDLED,
)  # fmt: skip


@pytest.mark.spec("E8", "E9", "D6")
def test_a_kill_at_each_fault_point(run):
    tally = kill_at_points(run, POINTS)
    assert {how for how, _ in tally.deaths} == set(POINTS)
    assert tally.states == {NOTHING, PLACED, BEGUN, HANDLED}


def kill_everywhere(run, engine, *, strides):
    tally, first = Tally(), 1
    for call in CALLS[engine.vendor]:
        tally += kill_at_calls(replace(run, first=first), call, stride=strides[call])
        first = tally.runs + 1
    print(tally)
    return tally


@pytest.mark.spec("E8", "E9", "D6")
@pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace")
def test_kills_at_system_calls(run, engine):
    """The short form: each fdatasync, and a spread of the others."""
    tally = kill_everywhere(run, engine, strides={"pwrite64": 9, "fdatasync": 1, "sendto": 3, "recvfrom": 5})
    assert tally.kills >= 6
    assert NOTHING in tally.states


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.spec("E8", "E9", "D6")
@pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace")
def test_a_kill_at_every_system_call(run, engine):
    tally = kill_everywhere(
        run, engine, strides=dict.fromkeys(("pwrite64", "fdatasync", "sendto", "recvfrom"), 1)
    )
    assert tally.states >= {NOTHING, CHANGED, SIGNED, HANDLED}
    if (
        engine.vendor == "postgresql"
    ):  # on SQLite no call lies between the begun attempt and the handler's effect
        assert BEGUN in tally.states


def test_the_driver_sees_a_broken_promise(run, engine):
    """Control: a change whose history is written after its commit is caught."""
    with pytest.raises(AssertionError, match="history differs from the change"):
        kill_at_points(replace(run, work="tests.kill.change:careless"), [RECORDED])
