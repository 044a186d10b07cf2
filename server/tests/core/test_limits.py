"""Counted limits: one statement, no race (SPEC E2)."""

import pytest
from tests.support.engines import in_threads, meeting

from certcenter.core import limits
from certcenter.core.limits import LimitReached, take
from certcenter.core.models import CountedLimit

WHERE = {"subject": "customer:12", "window": "2026"}


@pytest.mark.spec("E2")
def test_fifty_at_once_get_exactly_the_limit(engine):
    results = in_threads(lambda _: take("revoke", limit=3, **WHERE), 50)
    taken = [result for result in results if isinstance(result, limits.Taken)]
    assert sorted(one.count for one in taken) == [1, 2, 3]
    assert sorted(one.left for one in taken) == [0, 1, 2]
    assert all(isinstance(one, LimitReached) for one in results if one not in taken)
    assert limits.used("revoke", **WHERE) == 3


def test_without_the_statement_the_race_exists(engine):
    """Control: read, then write, lets more than the limit pass."""
    meet = meeting(50)

    def naive(_):
        if limits.used("naive", **WHERE) < 3:
            meet()
            take("naive", limit=1000, **WHERE)
            return True
        return False

    assert sum(result is True for result in in_threads(naive, 50)) == 50


def test_subjects_windows_and_names_count_apart(engine):
    for name, subject, window in [("a", "x", "1"), ("b", "x", "1"), ("a", "y", "1"), ("a", "x", "2")]:
        assert take(name, subject=subject, window=window, limit=1).left == 0
        with pytest.raises(LimitReached) as refused:
            take(name, subject=subject, window=window, limit=1)
        assert (refused.value.code, refused.value.status) == ("limit-reached", 429)


def test_give_back_and_reset(engine):
    take("a", limit=1, **WHERE)
    limits.give_back("a", **WHERE)
    limits.give_back("a", **WHERE)
    assert limits.used("a", **WHERE) == 0
    take("a", limit=1, **WHERE)
    limits.reset("a", subject=WHERE["subject"])
    assert take("a", limit=1, **WHERE).count == 1


def test_a_limit_of_nothing_admits_nobody(engine):
    with pytest.raises(LimitReached):
        take("a", limit=0, **WHERE)
    assert not CountedLimit.objects.exists()


def test_a_rollback_gives_back(engine):
    from django.db import transaction

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        take("a", limit=1, **WHERE)
        raise ZeroDivisionError
    assert limits.used("a", **WHERE) == 0
