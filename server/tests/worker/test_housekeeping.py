"""Housekeeping deletes what has served its time and nothing else (SPEC D6)."""

from datetime import timedelta

import pytest
from tests.support.engines import on_both_engines

from certcenter.core import clock, limits
from certcenter.core.gates import Gate
from certcenter.core.models import CountedLimit, GateRow
from certcenter.passwords import sources
from certcenter.passwords.models import Source
from certcenter.worker import housekeeping


def fail(subject):
    with Gate("login", subject=subject, limit=3).admit() as attempt:
        attempt.failure()


@on_both_engines
@pytest.mark.spec("D6", "E2")
def test_gates_of_nobody_go_and_customers_counters_stay():
    with clock.at(clock.ago(days=30)):
        fail("nobody:abc")
        fail("customer:1")
        sources.arrive("192.0.2.1")
    with clock.at(clock.ago(days=1)):
        fail("nobody:def")
    housekeeping.run_once()
    assert set(GateRow.objects.values_list("subject", flat=True)) == {"customer:1", "nobody:def"}
    assert not Source.objects.exists()


@on_both_engines
@pytest.mark.spec("A5")
def test_this_years_revocations_stay_counted():
    with clock.at(clock.ago(days=360)):
        limits.take("revocations", subject="customer:1", window="2026", limit=2)
    with clock.at(clock.now() - timedelta(days=500)):
        limits.take("revocations", subject="customer:2", window="2025", limit=2)
    housekeeping.run_once()
    assert list(CountedLimit.objects.values_list("subject", flat=True)) == ["customer:1"]


@on_both_engines
def test_what_a_lock_demands_is_committed_with_it_or_not_at_all():
    def broken(state):
        raise RuntimeError("no audit, no lock")

    gate = Gate("login", subject="customer:1", limit=3)
    with pytest.raises(RuntimeError), gate.admit() as attempt:
        attempt.failure(then=broken)
    assert gate.state().failed == 0
