"""Hours of a counter for tests: on days that lie ahead, so that no test is bound to a day of the calendar."""

from datetime import UTC, datetime, timedelta

from certcenter.core import clock
from certcenter.institutions import rules, serving

_FIRST = timedelta(hours=2)  # ten in Taipei, after midnight in UTC


def ten_o_clock(slug: str = "example", *, after: datetime | None = None) -> datetime:
    """Ten in Taipei of the first day after `after` (else after today) on which staff may open a re-download."""
    institution = serving.get(slug)
    hours = institution.repair.hours
    assert hours is not None
    at = days_ten(after or clock.now()) + timedelta(days=1)
    while not rules.is_open(institution, hours, now=at):
        at += timedelta(days=1)
    return at


def saturday(after: datetime) -> datetime:
    """Ten in Taipei of the first Saturday after a moment."""
    at = days_ten(after) + timedelta(days=1)
    while at.isoweekday() != 6:
        at += timedelta(days=1)
    return at


def days_ten(moment: datetime) -> datetime:
    """Ten in Taipei of that day in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _FIRST
