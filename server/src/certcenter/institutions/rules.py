"""Questions that need only policy, an identity and dates. Pure: no clock, no database."""

from datetime import UTC, datetime, timedelta

from certcenter.core.masks import mask_identity
from certcenter.core.taiwan import (
    Identity,
    add_months,
    add_years,
    end_of_taipei_day,
    taipei_day,
    to_taipei,
)
from certcenter.institutions.base import ServiceHours
from certcenter.institutions.policy import Institution
from certcenter.institutions.vocabulary import RenewalBase, ValidityEnd, WindowUnit


def renewal_window(
    institution: Institution, not_before: datetime, not_after: datetime
) -> tuple[datetime, datetime]:
    """First and last moment (UTC, both inside) at which a certificate of these dates may be renewed.

    The window never begins before the certificate does.
    """
    window = institution.renewal.window
    end = to_taipei(not_after)
    if window.unit is WindowUnit.MONTHS:
        first, last = add_months(end, -window.before), add_months(end, window.after)
    else:
        unit = timedelta(hours=1) if window.unit is WindowUnit.HOURS else timedelta(days=1)
        first, last = end - window.before * unit, end + window.after * unit
    return max(first.astimezone(UTC), not_before.astimezone(UTC)), last.astimezone(UTC)


def in_renewal_window(
    institution: Institution, not_before: datetime, not_after: datetime, *, now: datetime
) -> bool:
    """Whether `now` lies inside the renewal window of a certificate of these dates."""
    first, last = renewal_window(institution, not_before, not_after)
    return first <= now <= last


def validity(
    institution: Institution, issued_at: datetime, old_end: datetime | None = None
) -> tuple[datetime, datetime]:
    """(notBefore, notAfter) in UTC, whole seconds, of a certificate issued at `issued_at` (SPEC D1).

    `old_end` is the end of the certificate that is renewed. 29 February ends on the 28th.
    """
    policy = institution.validity
    issued_at = issued_at.replace(microsecond=0)
    not_before = issued_at.astimezone(UTC) - timedelta(minutes=policy.backdate_minutes)
    base = old_end if old_end is not None and policy.renewed_from is RenewalBase.OLD_END else issued_at
    last = add_years(to_taipei(base.replace(microsecond=0)), policy.years)
    if policy.end is ValidityEnd.END_OF_DAY:
        return not_before, end_of_taipei_day(last.date())
    return not_before, last.astimezone(UTC)


def is_expiring(institution: Institution, not_after: datetime, *, now: datetime) -> bool:
    """Whether a certificate that still runs is 即將到期 by this policy."""
    return now <= not_after < now + timedelta(days=institution.validity.expiring_days)


def subject_common_name(institution: Institution, identity: Identity | str, sequence: int) -> str:
    """The subject's CN, such as A123456789-00-000001."""
    policy = institution.subject
    return policy.common_name.format(id=identity, sequence=f"{sequence:0{policy.sequence_digits}d}")


def export_file_name(institution: Institution, identity: Identity | str, not_after: datetime) -> str:
    """The name that an exported PFX gets, such as A120XXXX53-SAMPLE(2027-04-25).pfx.

    The masked ID is covered with X: Windows refuses asterisks in file names.
    """
    return institution.export.file_name.format(
        id=identity,
        masked_id=mask_identity(identity, star="X"),
        broker=institution.branding.broker_code,
        end_date=taipei_day(not_after).isoformat(),
    )


def is_open(institution: Institution, hours: ServiceHours, *, now: datetime) -> bool:
    """Whether the counter is open at `now`: a business day, within its hours."""
    local = to_taipei(now)
    if local.isoweekday() not in hours.weekdays or (hours.holidays and local.date() in institution.holidays):
        return False
    return hours.opens <= local.time() < hours.closes


def closes_at(hours: ServiceHours, *, now: datetime) -> datetime:
    """When (UTC) the counter closes on the Taipei day of `now`: what staff opened today ends then."""
    local = to_taipei(now)
    return datetime.combine(local.date(), hours.closes, local.tzinfo).astimezone(UTC)
