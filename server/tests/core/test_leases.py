"""Leases: claimed by one statement, by one worker, for a time."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Q
from tests.support.engines import in_threads, meeting

from certcenter.core import clock, leases
from certcenter.outbox.actions import enqueue
from certcenter.outbox.models import Message

WAITING = leases.Queue(Message, where=Q(state="waiting"))


@pytest.fixture
def rows(engine):
    with transaction.atomic():
        for number in range(40):
            enqueue("test:x", {}, key=f"{number:02}")
    return engine


def claim(limit=10, order=("id",), **more):
    queue = WAITING if order == ("id",) else leases.Queue(Message, where=Q(state="waiting"), order=order)
    return queue.claim(limit=limit, **more)


@pytest.mark.spec("E8")
def test_each_row_goes_to_one_worker(rows):
    claimed = in_threads(lambda _: [row.pk for _ in range(4) for row in claim(limit=3)[1]], 4)
    taken = [pk for one in claimed for pk in one]
    assert len(taken) == len(set(taken)) == 40


def test_without_the_statement_two_workers_take_the_same_row(rows):
    """Control: read the free rows, then mark them."""
    meet = meeting(4)

    def naive(_):
        free = list(Message.objects.filter(lease__isnull=True)[:10])
        meet()
        Message.objects.filter(pk__in=[row.pk for row in free]).update(lease=leases.ids.new_uuid())
        return [row.pk for row in free]

    taken = [pk for one in in_threads(naive, 4) for pk in one]
    assert len(taken) > len(set(taken))


@pytest.mark.spec("E8")
def test_claims_what_satisfies_the_condition_and_nothing_else(rows):
    Message.objects.exclude(key__in=["02", "03", "04"]).update(state=Message.State.DONE)
    lease, claimed = claim(limit=2)
    assert [row.key for row in claimed] == ["02", "03"]
    assert Message.objects.filter(lease=lease).count() == 2
    assert [row.key for row in claim()[1]] == ["04"]
    assert claim()[1] == []


def test_rows_come_in_order_and_carry_the_lease(rows):
    lease, first = claim(limit=3, order=("key",))
    assert [row.key for row in first] == ["00", "01", "02"]
    assert {row.lease for row in first} == {lease}
    _, last = claim(limit=3, order=("-key",))
    assert [row.key for row in last] == ["39", "38", "37"]


@pytest.mark.spec("E8")
def test_a_lease_ends(rows):
    now = clock.now()
    with clock.at(now):
        lease, _ = claim(limit=40, seconds=60)
        assert claim()[1] == []
    with clock.at(now + timedelta(seconds=59)):
        assert claim()[1] == []
        assert leases.renew(Message, lease, seconds=60) == 40
    with clock.at(now + timedelta(seconds=100)):
        assert claim()[1] == []
        assert leases.release(Message, lease, where=Q(key="00")) == 1
        assert [row.key for row in claim()[1]] == ["00"]
    with clock.at(now + timedelta(seconds=120)):
        assert len(claim()[1]) == 10


def test_a_condition_with_a_percent_sign(rows):
    assert leases.Queue(Message, where=Q(key__contains="%")).claim(limit=5)[1] == []
    assert len(leases.Queue(Message, where=Q(key__startswith="0")).claim(limit=50)[1]) == 10


def test_durable_refuses_an_outer_transaction(rows):
    with pytest.raises(RuntimeError), transaction.atomic():
        claim(durable=True)


def test_rows_held_by_another_transaction_are_passed_over(rows):
    if rows.vendor != "postgresql":
        pytest.skip("on SQLite writers queue")
    import psycopg

    with psycopg.connect(rows.database_url) as other:
        other.execute("SELECT * FROM outbox_message WHERE key < '05' FOR UPDATE")
        assert [row.key for row in claim(limit=2, order=("key",))[1]] == ["05", "06"]
