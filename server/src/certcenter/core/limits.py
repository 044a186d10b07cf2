"""Counted limits (SPEC E2): so many in a period, decided by one statement, so that no race gets one more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from certcenter.core import clock
from certcenter.core.errors import TooMany
from certcenter.core.models import CountedLimit

_TAKE = """
    INSERT INTO core_countedlimit (name, subject, period, count, changed_at) VALUES (%s, %s, %s, 1, %s)
    ON CONFLICT (name, subject, period)
    DO UPDATE SET count = core_countedlimit.count + 1, changed_at = EXCLUDED.changed_at
    WHERE core_countedlimit.count < %s
    RETURNING count
"""


class LimitReached(TooMany):
    """The limit `name` is used up for this subject and period; `limit` says how many there are."""

    code = "limit-reached"
    message = _("The limit of %(limit)s is used up.")


@dataclass(frozen=True, slots=True)
class Taken:
    """One was taken: it was the `count`-th, and `left` remain."""

    count: int
    left: int


def take(name: str, *, subject: str, window: str, limit: int, using: str = DEFAULT_DB_ALIAS) -> Taken:
    """Count one of `limit` for `subject` in `window` (any text that names the period, such as `2026-11-20`).

    Inside `atomic()` it is taken with the commit and given back by a rollback. Raises LimitReached.
    """
    if limit > 0:
        with connections[using].cursor() as cursor:
            cursor.execute(_TAKE, [name, subject, window, _now(using), limit])
            row = cursor.fetchone()
        if row is not None:
            return Taken(count=row[0], left=limit - row[0])
    raise LimitReached(name=name, limit=limit)


def give_back(name: str, *, subject: str, window: str) -> None:
    """Undo one `take`; what was never taken is not given back."""
    CountedLimit.objects.filter(name=name, subject=subject, period=window, count__gt=0).update(
        count=F("count") - 1, changed_at=clock.now()
    )


def used(name: str, *, subject: str, window: str) -> int:
    """Return how many were taken."""
    counts = CountedLimit.objects.filter(name=name, subject=subject, period=window)
    return counts.values_list("count", flat=True).first() or 0


def reset(name: str, *, subject: str, window: str | None = None) -> None:
    """Forget what was taken in `window`, or in all windows (staff resets a limit, SPEC D5)."""
    counts = CountedLimit.objects.filter(name=name, subject=subject)
    (counts if window is None else counts.filter(period=window)).delete()


def purge(*, before: datetime) -> int:
    """Delete counts that were last changed before `before`; returns how many. Keep the longest period in use."""
    return CountedLimit.objects.filter(changed_at__lt=before).delete()[0]


def _now(using: str) -> Any:
    return connections[using].ops.adapt_datetimefield_value(clock.now())
