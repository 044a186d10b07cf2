"""Hours of a counter for tests: on days that lie ahead, so that no test is bound to a day of the calendar."""

from datetime import UTC, datetime, timedelta

from certcenter.core import clock
from certcenter.core.actor import system
from certcenter.identity.models import CompanyUser, Customer
from certcenter.institutions import rules, serving
from certcenter.institutions.base import ServiceHours
from certcenter.passwords import calls
from certcenter.passwords.calls import Call

_FIRST = timedelta(hours=2)  # ten in Taipei, after midnight in UTC


def ten_o_clock(slug: str = "example", *, after: datetime | None = None) -> datetime:
    """Ten in Taipei of the first day after `after` (else after today) on which staff may open a re-download."""
    hours = serving.get(slug).repair.hours
    assert hours is not None
    return _open(slug, hours, after=after)


def in_service_hours(slug: str, *, after: datetime | None = None) -> datetime:
    """Ten in Taipei of the first day after `after` (else after today) on which the institution's telephone is answered."""
    return _open(slug, serving.get(slug).contact.hours, after=after)


def unlock(customer: Customer, *, user: CompanyUser | None = None) -> None:
    """Unlock a login as staff do after a call: in the service hours, enough questions answered rightly."""
    policy = serving.get(customer.institution).calls
    call = Call(answers={each.key: True for each in policy.questions[: policy.right_answers]})
    with clock.at(in_service_hours(customer.institution)):
        calls.unlock(customer, call=call, user=user, actor=system("tests", institution=customer.institution))


def _open(slug: str, hours: ServiceHours, *, after: datetime | None) -> datetime:
    institution = serving.get(slug)
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
