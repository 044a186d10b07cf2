"""Slips from the counter: issued once, checked by count, used once, for a month (SPEC E3); races on both engines."""

import re
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from tests.support import people
from tests.support.engines import in_threads
from tests.support.life import events, last_event, notices, refused

from certcenter.core import clock, sealing
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.gates import Gate
from certcenter.identity.actions import freeze
from certcenter.slips import actions, queries
from certcenter.slips.errors import SlipNeeded
from certcenter.slips.models import Slip, SlipPurpose

CERTIFICATE, LOGIN = SlipPurpose.CERTIFICATE, SlipPurpose.LOGIN
OFFICER = Actor(kind=ActorKind.STAFF, institution="example", id="7")
WRONG = "aaaaBBBB2222"
AT_ONCE = 50


@pytest.fixture
def wang(engine):
    return people.import_(institution="example")


@pytest.fixture
def on_sqlite(sqlite_engine):
    return people.import_(institution="example")


def hand_out(customer, purpose=CERTIFICATE):
    return actions.issue(customer, purpose=purpose, note="identity card seen", actor=OFFICER)


def give(customer, secret, *, purpose=CERTIFICATE, session="session-1"):
    actor = people.acting(customer, session=session)
    return actions.check(customer, purpose=purpose, secret=secret, session=session, actor=actor)


def spend(customer, *, purpose=CERTIFICATE, session="session-1"):
    with transaction.atomic():
        return actions.use(
            customer, purpose=purpose, session=session, actor=people.acting(customer, session=session)
        )


@pytest.mark.spec("E3", "D7", "E9")
def test_a_slip_is_random_told_and_written_down_without_its_secret(on_sqlite):
    before = last_event()
    handed = hand_out(on_sqlite)
    assert re.fullmatch(r"[2-9A-HJ-NP-Za-km-np-z]{12}", handed.secret)
    assert "".join(handed.groups) == handed.secret
    assert handed.secret not in repr(handed)
    assert len({hand_out(on_sqlite).secret for _ in range(20)}) == 20
    row = Slip.objects.get(pk=handed.slip.pk)
    assert handed.secret not in str(row.__dict__)
    event, subject, details = events(after=before)[0]
    assert (event, subject) == ("slip:issue:done", f"slip:{handed.slip.pk}")
    assert details["note"] == "identity card seen"
    assert handed.secret not in str(events(after=before))
    assert f"slip:{handed.slip.pk}" in notices()


@pytest.mark.spec("E3")
def test_capitals_count_and_separators_do_not(on_sqlite):
    handed = hand_out(on_sqlite)
    with refused("slip-wrong"):
        give(on_sqlite, handed.secret.swapcase())
    with clock.at(now := clock.now()):
        assert give(on_sqlite, " ".join(handed.groups)) == now + actions.ACCEPTED_FOR
    assert give(on_sqlite, "-".join(handed.groups))


@pytest.mark.spec("E3")
@pytest.mark.parametrize(
    "typed", ["", "short", "aaaaBBBB2222x", "ａaaaBBBB2222", "aaaaBBBB222!"], ids=range(5)
)
def test_what_no_slip_says_is_not_counted(on_sqlite, typed):
    handed = hand_out(on_sqlite)
    for _ in range(4):
        with pytest.raises(actions.SlipMalformed):
            give(on_sqlite, typed)
    assert give(on_sqlite, handed.secret)


@pytest.mark.spec("E3")
def test_used_once_by_the_session_that_gave_it(on_sqlite):
    handed = hand_out(on_sqlite)
    with pytest.raises(SlipNeeded):
        spend(on_sqlite)
    give(on_sqlite, handed.secret)
    with pytest.raises(SlipNeeded):
        spend(on_sqlite, session="another")
    with pytest.raises(SlipNeeded):
        spend(on_sqlite, purpose=LOGIN)
    assert spend(on_sqlite).pk == handed.slip.pk
    with pytest.raises(SlipNeeded):
        spend(on_sqlite)
    with refused("slip-unusable"):
        give(on_sqlite, handed.secret)


@pytest.mark.spec("E3")
def test_what_the_right_password_opened_closes_again(on_sqlite):
    handed = hand_out(on_sqlite)
    give(on_sqlite, handed.secret)
    with clock.at(clock.now() + actions.ACCEPTED_FOR), pytest.raises(SlipNeeded):
        spend(on_sqlite)
    with clock.at(clock.now() + actions.ACCEPTED_FOR):
        give(on_sqlite, handed.secret)
        assert spend(on_sqlite)


@pytest.mark.spec("E3")
def test_a_slip_lives_a_month(on_sqlite):
    handed = hand_out(on_sqlite)
    with clock.at(handed.slip.expires_at - timedelta(seconds=1)):
        assert give(on_sqlite, handed.secret)
    assert handed.slip.expires_at - handed.slip.issued_at == timedelta(days=30)
    with clock.at(handed.slip.expires_at), refused("slip-unusable"):
        give(on_sqlite, handed.secret)


@pytest.mark.spec("E3", "D7")
def test_the_third_wrong_one_voids_it_and_a_right_one_forgets_the_earlier(on_sqlite):
    handed = hand_out(on_sqlite)
    for _ in range(2):
        with refused("slip-wrong"):
            give(on_sqlite, WRONG)
    give(on_sqlite, handed.secret)
    for code in ("slip-wrong", "slip-wrong", "slip-voided", "slip-unusable"):
        with refused(code):
            give(on_sqlite, WRONG)
    with refused("slip-unusable"):
        give(on_sqlite, handed.secret)
    with pytest.raises(SlipNeeded):
        spend(on_sqlite)
    assert Slip.objects.get().void_reason == "wrong"
    assert f"slip-void:{handed.slip.pk}" in notices()


@pytest.mark.spec("E3", "D5")
def test_a_newer_slip_or_staff_void_the_open_one(on_sqlite):
    first, second = hand_out(on_sqlite), hand_out(on_sqlite)
    assert Slip.objects.get(pk=first.slip.pk).void_reason == "replaced"
    with refused("slip-wrong"):
        give(on_sqlite, first.secret)
    actions.void(on_sqlite, purpose=CERTIFICATE, note="paper lost", actor=OFFICER)
    with refused("slip-unusable"):
        give(on_sqlite, second.secret)
    with refused("slip-unusable"):
        actions.void(on_sqlite, purpose=CERTIFICATE, actor=OFFICER)


@pytest.mark.spec("E3")
def test_each_purpose_has_its_own_slip(on_sqlite):
    certificate, login = hand_out(on_sqlite), hand_out(on_sqlite, LOGIN)
    with refused("slip-wrong"):
        give(on_sqlite, login.secret)
    give(on_sqlite, login.secret, purpose=LOGIN)
    give(on_sqlite, certificate.secret)
    assert spend(on_sqlite, purpose=LOGIN)
    assert queries.usable(on_sqlite, CERTIFICATE)


@pytest.mark.spec("B3", "E9")
def test_none_for_the_frozen_nor_where_policy_asks_for_none(on_sqlite):
    freeze(on_sqlite, frozen=True, note="reported", actor=OFFICER)
    with refused("customer-frozen"):
        hand_out(on_sqlite)
    with refused("slip-not-offered"):
        hand_out(people.import_(institution="sample"))
    assert not Slip.objects.exists()


@pytest.mark.spec("E1")
def test_the_secret_is_bound_to_its_slip(on_sqlite, settings):
    """A row whose MAC is copied into another slip, or read under another pepper, opens nothing."""
    handed = hand_out(on_sqlite)
    again = hand_out(on_sqlite)
    Slip.objects.filter(pk=again.slip.pk).update(secret_mac=handed.slip.secret_mac)
    with refused("slip-wrong"):
        give(on_sqlite, handed.secret)
    assert handed.slip.secret_mac == sealing.mac(sealing.Use.SLIP, handed.slip.pk.bytes, handed.secret)


def count(results):
    return Counter(type(each).__name__ for each in results)


@pytest.fixture
def compared(monkeypatch):
    """How often a secret was really compared."""
    seen, real = [], sealing.same

    def same(one, other):
        seen.append(1)
        return real(one, other)

    monkeypatch.setattr(sealing, "same", same)
    return seen


@pytest.mark.spec("E2", "E3")
def test_of_fifty_wrong_ones_at_once_three_are_compared(wang, compared):
    handed = hand_out(wang)
    results = in_threads(lambda _: give(wang, WRONG), AT_ONCE)
    assert len(compared) == 3, count(results)
    assert Slip.objects.get().void_reason == "wrong"
    with pytest.raises(actions.SlipUnusable):
        give(wang, handed.secret)
    voided = [event for event, _, _ in events() if event == "slip:void:done"]
    assert len(voided) == 1


@pytest.mark.spec("E2", "E3")
def test_control_without_the_reservation_all_are_compared(wang, compared, monkeypatch):
    hand_out(wang)
    barrier = threading.Barrier(8, timeout=30)

    class Open:
        def __enter__(self):
            barrier.wait()
            return self

        def __exit__(self, *_):
            return None

        def failure(self, **_then):
            return Gate("slip", subject="x", limit=3).state()

    monkeypatch.setattr(Gate, "admit", lambda _self: Open())
    in_threads(lambda _: give(wang, WRONG), 8)
    assert len(compared) == 8


@pytest.mark.spec("E3", "E8")
def test_of_eight_uses_at_once_one_succeeds(wang):
    give(wang, hand_out(wang).secret)
    assert count(in_threads(lambda _: spend(wang), 8)) == {"Slip": 1, "SlipNeeded": 7}
    assert [event for event, _, _ in events() if event == "slip:use:done"] == ["slip:use:done"]


@pytest.mark.spec("E3", "E8")
def test_control_uses_that_look_first(wang, monkeypatch):
    """Without the condition in the UPDATE, more than one spends it."""
    give(wang, hand_out(wang).secret)
    barrier, looked = threading.Barrier(8, timeout=30), threading.local()

    def careless(_):
        held = Slip.objects.filter(queries.OPEN, customer=wang).first()
        if not getattr(looked, "already", False):
            looked.already = True
            barrier.wait()
        with transaction.atomic():
            return Slip.objects.filter(pk=held.pk).update(used_at=clock.now())

    assert sum(in_threads(careless, 8)) > 1


@pytest.mark.spec("D5", "E3")
def test_of_four_slips_issued_at_once_one_is_open(wang):
    results = in_threads(lambda _: hand_out(wang), 4)
    assert count(results)["Handed"] >= 1
    assert set(count(results)) <= {"Handed", "Conflict"}
    assert Slip.objects.filter(queries.OPEN).count() == 1
