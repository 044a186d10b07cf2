"""kill -9 anywhere in a certificate's life: nothing is lost, nothing is issued twice (SPEC E8, E9, D6, D7).

docs/issuance-cycle.md has the points, the invariants that are checked after each death, and the tally of the full form.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import ClassVar

import pytest
from tests.kill import issuing as work
from tests.kill.driver import CALLS, KillRun, Tally, can_trace, kill_at_calls, kill_at_points
from tests.kill.invariants import check_invariants
from tests.support.engines import Engine
from tests.support.life import Person

from certcenter.certificates import cycle, queries
from certcenter.certificates.lifecycle import ApplicationState, CertificateState
from certcenter.certificates.models import Application, Certificate
from certcenter.core import clock
from certcenter.outbox.models import Message
from certcenter.worker import loop

BATCH = 3
#: A dead worker's leases have ended by then.
LATER = timedelta(seconds=125)
POINTS = {
    cycle.ACCEPTED, cycle.CLAIMED, cycle.PREPARED, cycle.CHECKED, cycle.SIGNED, cycle.STORED, cycle.PUBLISHED,
    cycle.ACKNOWLEDGED,
}  # fmt: skip


@dataclass
class Scene:
    """One thing that is killed: who is needed for it, what it left, and what its device does after the kill."""

    name: ClassVar[str]
    points: ClassVar[tuple[str, ...]] = ()
    #: Every state that a death may leave.
    states: ClassVar[set[str]]
    engine: Engine
    people: dict[int, list[Person]] = field(default_factory=dict)

    def run(self, first: int = 1) -> KillRun:
        return KillRun(
            environment=self.engine.environment(),
            work=f"tests.kill.issuing:{self.name}",
            prepare=self.prepare,
            state=self.state,
            recover=self.recover,
            invariants=self.invariants,
            first=first,
        )

    def prepare(self, number):
        raise NotImplementedError

    def state(self, number):
        raise NotImplementedError

    def again(self, number):
        """What the device does again when it got no answer."""
        getattr(work, self.name)(number)

    def recover(self, number):
        with clock.at(clock.now() + LATER):
            loop.until_idle()
        if not work.answers(number):
            self.again(number)
        with clock.at(clock.now() + LATER):
            loop.until_idle()

    def invariants(self, number):
        self.arrived(number)
        check_invariants()

    def arrived(self, number):
        """Where the run's people must be in the end, however it was killed."""
        raise NotImplementedError


class Submitting(Scene):
    name = "submit"
    points = (cycle.ACCEPTED,)
    states: ClassVar = {"nothing", "accepted"}

    def prepare(self, number):
        person = Person()
        self.people[number] = [person]
        work.save(
            number,
            customer=person.customer.pk,
            session=person.session,
            procedure=person.prove("apply"),
            request=person.request,
            csr=person.csr(),
        )

    def state(self, number):
        (person,) = self.people[number]
        return "accepted" if Application.objects.filter(customer=person.customer).exists() else "nothing"

    def arrived(self, number):
        (person,) = self.people[number]
        once = queries.chain(person.customer, person.request)
        work.submit(number)
        assert queries.chain(person.customer, person.request) == once, "a retry got another certificate"
        assert Application.objects.filter(customer=person.customer).count() == 1


class Issuing(Scene):
    name = "issue"
    points = (cycle.CLAIMED, cycle.PREPARED, cycle.CHECKED, cycle.SIGNED, cycle.STORED, cycle.PUBLISHED)
    states: ClassVar = {"accepted", "claimed", "prepared", "issued", "checked"}

    def prepare(self, number):
        self.people[number] = [Person() for _ in range(BATCH)]
        for person in self.people[number]:
            person.requested()
        work.save(number)

    def state(self, number):
        mine = [person.customer.pk for person in self.people[number]]
        rows = Application.objects.filter(customer__in=mine)
        states = set(rows.values_list("state", flat=True))
        assert len(states) == 1, "a batch is prepared, and stored, as one"
        (state,) = states
        if state == "accepted" and rows.filter(lease__isnull=False).exists():
            return "claimed"
        checked = Certificate.objects.filter(customer__in=mine, checked_at__isnull=False).count()
        return "checked" if checked == BATCH else str(state)

    def again(self, number):
        """Nobody waits for the worker's answer."""

    def arrived(self, number):
        for person in self.people[number]:
            assert queries.application(person.customer, person.request).state == ApplicationState.ISSUED
            assert Certificate.objects.filter(customer=person.customer).count() == 1


class Acknowledging(Scene):
    name = "acknowledge"
    points = (cycle.ACKNOWLEDGED,)
    states: ClassVar = {"issued", "installed"}

    def prepare(self, number):
        person = Person()
        self.people[number] = [person]
        person.installed(days_ago=340)
        person.new_request()
        person.issued("renew")
        proof = person.proof("repair")
        work.save(
            number,
            customer=person.customer.pk,
            session=person.session,
            request=person.request,
            structure=proof.structure,
            signature=proof.signature,
            origin=proof.origin,
        )

    def state(self, number):
        (person,) = self.people[number]
        return str(queries.application(person.customer, person.request).state)

    def arrived(self, number):
        (person,) = self.people[number]
        new, old = queries.history(person.customer)
        assert (old.state, new.state) == (CertificateState.SUPERSEDED, CertificateState.ACTIVE)
        assert queries.overview(person.customer).revocations_left == 2


class Revoking(Scene):
    name = "revoke"
    states: ClassVar = {"live", "revoked"}

    def prepare(self, number):
        person = Person()
        self.people[number] = [person]
        person.installed(days_ago=340)
        procedure, renewal = person.prove("revoke"), person.prove("renew")
        person.new_request()
        person.submit(renewal)
        work.save(number, customer=person.customer.pk, session=person.session, procedure=procedure)

    def state(self, number):
        (person,) = self.people[number]
        (certificate,) = queries.history(person.customer)
        return "revoked" if certificate.state == CertificateState.REVOKED else "live"

    def again(self, number):
        """Where it was done already, the procedure is spent: it is not done twice."""
        if self.state_of_old(number) != CertificateState.REVOKED:
            work.revoke(number)

    def state_of_old(self, number):
        (person,) = self.people[number]
        return queries.history(person.customer)[-1].state

    def arrived(self, number):
        (person,) = self.people[number]
        assert {each.state for each in queries.history(person.customer)} == {CertificateState.REVOKED}
        assert queries.application(person.customer, person.request).state == ApplicationState.ENDED
        assert queries.overview(person.customer).revocations_left == 1, "counted once"


SCENES = (Submitting, Issuing, Acknowledging, Revoking)


def tell(what, tally):
    print(f"\n{what}: {tally}")
    return tally


@pytest.mark.spec("E8", "E9", "D7")
@pytest.mark.timeout(300)
def test_a_kill_at_each_numbered_point(ready):
    """The short form and the full form: all eight points, each at every passing."""
    tally, first = Tally(), 1
    for scene in SCENES:
        at_points = kill_at_points(scene(ready).run(first), scene.points)
        tally += at_points
        first += at_points.runs
    tell(ready.vendor, tally)
    assert {how for how, _ in tally.deaths} == POINTS
    assert set(tally.deaths) == {
        (cycle.ACCEPTED, "accepted"), (cycle.CLAIMED, "claimed"), (cycle.PREPARED, "prepared"),
        (cycle.CHECKED, "prepared"), (cycle.SIGNED, "prepared"), (cycle.STORED, "issued"),
        (cycle.PUBLISHED, "checked"), (cycle.ACKNOWLEDGED, "installed"),
    }  # fmt: skip


def kill_everywhere(scene, ready, strides):
    run, tally = scene(ready).run(), Tally()
    for call in CALLS[ready.vendor]:
        tally += kill_at_calls(replace(run, first=1 + tally.runs), call, stride=strides[call])
    tell(f"{ready.vendor}, {scene.name}", tally)
    assert tally.states <= scene.states
    return tally


@pytest.mark.spec("E8", "E9", "D7")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
@pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace")
def test_kills_at_system_calls(ready, scene):
    """The short form: a spread of them."""
    tally = kill_everywhere(scene, ready, {"pwrite64": 61, "fdatasync": 9, "sendto": 19, "recvfrom": 41})
    assert tally.kills >= 2


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.spec("E8", "E9", "D7")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
@pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace")
def test_a_kill_at_every_system_call(ready, scene):
    """The full form; CERTCENTER_KILL_STRIDE=5 kills at each fifth call, whatever its kind."""
    stride = int(os.environ.get("CERTCENTER_KILL_STRIDE", "1"))
    tally = kill_everywhere(scene, ready, dict.fromkeys(CALLS[ready.vendor], stride))
    assert tally.kills >= 8


def test_the_driver_sees_a_broken_promise(ready, monkeypatch):
    """Control: where a notice is lost, the invariants say so."""
    scene = Submitting(ready)
    scene.prepare(1)
    work.submit(1)
    scene.recover(1)
    check_invariants()
    Message.objects.filter(key__startswith="issued:").first().delete()
    with pytest.raises(AssertionError, match="issued"):
        check_invariants()


# A worker that is stopped, and one that takes over


SLEEPER = [sys.executable, "-m", "tests.kill.sleeper"]


def until(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


@pytest.mark.spec("E8", "D9")
@pytest.mark.timeout(180)
def test_a_worker_that_stands_still_loses_nothing(ready):
    """It has signed and holds its lease; another takes over when that ends; the first wakes, and what it signed is dropped."""
    people = [Person() for _ in range(BATCH)]
    for person in people:
        person.requested()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(SLEEPER, env=ready.environment(), text=True, **pipes) as sleeper:
        assert sleeper.stdout.readline() == "asleep\n"
        assert Application.objects.filter(state=ApplicationState.PREPARED).count() == BATCH
        loop.until_idle()
        assert not Certificate.objects.exists(), "its lease is respected while it runs"
        Person().requested()
        loop.until_idle()
        assert Certificate.objects.count() == 1, "others are served meanwhile"
        with clock.at(clock.now() + LATER):
            loop.until_idle()
        assert Certificate.objects.count() == 1 + BATCH
        before = {row.pk: bytes(row.der) for row in Certificate.objects.all()}
        sleeper.stdin.write("wake up\n")
        sleeper.stdin.flush()
        late = Person()
        late.requested()
        until(lambda: Certificate.objects.filter(customer=late.customer).exists())  # the sleeper's next batch
    assert {pk: bytes(Certificate.objects.get(pk=pk).der) for pk in before} == before
    loop.until_idle()
    check_invariants()


@pytest.mark.spec("D9")
@pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace")
def test_each_acknowledged_commit_was_synced(sqlite_ready, tmp_path):
    """SQLite with synchronous=FULL: an fdatasync of the log lies before every answer."""
    scene, counts = Submitting(sqlite_ready), []
    for number in (1, 2):
        scene.prepare(number)
        trace = tmp_path / f"trace-{number}"
        code = f"import django; django.setup(); from tests.kill import issuing; issuing.submit({number})"
        subprocess.run(
            ["strace", "-f", "-y", "-e", "trace=fdatasync,openat", "-o", trace, sys.executable, "-c", code],
            env=sqlite_ready.environment(),
            check=True,
        )
        lines = trace.read_text().splitlines()
        synced = [at for at, line in enumerate(lines) if "fdatasync" in line and "-wal" in line]
        answered = next(at for at, line in enumerate(lines) if f"answers-{number}" in line)
        counts.append(len([at for at in synced if at < answered]))
    assert min(counts) >= 1, "answered before it was on disk"
