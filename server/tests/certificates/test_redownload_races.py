"""An opened re-download is used once, however many sessions ask at once; on both engines, with a control (SPEC A9, E2)."""

import threading
from collections import Counter

import pytest
from tests.support import people
from tests.support.counter import ten_o_clock
from tests.support.engines import in_threads
from tests.support.life import Person, newcomer, work

from certcenter.certificates import queries, redownloads
from certcenter.certificates.models import Redownload
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind
from certcenter.slips import actions as slips
from certcenter.slips.models import SlipPurpose

AT_ONCE = 6
OFFICER = Actor(kind=ActorKind.STAFF, institution="example", id="1")
pytestmark = pytest.mark.spec("A9", "E2")


@pytest.fixture
def waiting(ready):
    """A customer of the PFX folder's institution whose certificate waits, and whose re-download is open; and when that is."""
    ten = ten_o_clock()
    with clock.at(ten):
        wang = Person(customer=newcomer(institution="example"))
        handed = slips.issue(wang.customer, purpose=SlipPurpose.CERTIFICATE, note="seen", actor=OFFICER)
        slips.check(
            wang.customer,
            purpose=SlipPurpose.CERTIFICATE,
            secret=handed.secret,
            session=wang.session,
            actor=wang.actor,
        )
        wang.submit(wang.start("apply"))
        work()
        redownloads.open_for(wang.customer, note="two questions", actor=OFFICER)
    return wang, ten


def ask(waiting):
    """Sessions that each hold a proof by the pending key, ready to be sent."""
    wang, ten = waiting
    with clock.at(ten):
        sessions = [Person(customer=wang.customer, key=wang.key, session=f"s{n}") for n in range(AT_ONCE)]
        proofs = [each.proof("repair") for each in sessions]

    def send(number):
        with clock.at(ten):
            actor = people.acting(wang.customer, session=f"s{number}")
            return redownloads.use(wang.customer, proof=proofs[number], actor=actor)

    return send


def meet(monkeypatch):
    """Let all have looked at the opening before anybody uses it."""
    barrier, real = threading.Barrier(AT_ONCE, timeout=30), queries.redownload

    def look(*arguments, **named):
        found = real(*arguments, **named)
        barrier.wait()
        return found

    monkeypatch.setattr(queries, "redownload", look)


def test_of_six_sessions_at_once_one_gets_it(waiting, monkeypatch):
    send = ask(waiting)
    meet(monkeypatch)
    kinds = Counter(type(each).__name__ for each in in_threads(send, AT_ONCE))
    assert kinds == {"Certificate": 1, "RedownloadClosed": AT_ONCE - 1}
    assert Redownload.objects.exclude(used_at=None).count() == 1


def test_control_without_the_conditional_statement_all_get_it(waiting, monkeypatch):
    send = ask(waiting)
    meet(monkeypatch)
    monkeypatch.setattr(redownloads, "_take", lambda *_: None)
    kinds = Counter(type(each).__name__ for each in in_threads(send, AT_ONCE))
    assert kinds == {"Certificate": AT_ONCE}
