"""Times as customers read them: Taipei's clock; the Republic's calendar where manual M3 has it."""

from datetime import datetime, timedelta, timezone
from typing import Final

from certcenter_sdk import clock

#: Taiwan has had no summer time since 1979; a fixed offset needs no time zone data on the customer's computer.
TAIPEI: Final = timezone(timedelta(hours=8), "Asia/Taipei")
_ROC: Final = 1911


def roc_now(now: datetime | None = None) -> str:
    """現在時間 as M3 shows it: `102/04/11 16:29:38`."""
    here = (now or clock.now()).astimezone(TAIPEI)
    return f"{here.year - _ROC}/{here:%m/%d %H:%M:%S}"


def moment(value: datetime | None) -> str:
    """Date and time in Taipei; empty without one."""
    return f"{value.astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}" if value else ""


def day(value: datetime | None) -> str:
    """The day in Taipei; empty without one."""
    return f"{value.astimezone(TAIPEI):%Y-%m-%d}" if value else ""


def seconds_until(value: datetime, now: datetime | None = None) -> int:
    """Whole seconds that are left, 0 when it is over."""
    left = (value - (now or clock.now())).total_seconds()
    return max(0, round(left + 0.49))
