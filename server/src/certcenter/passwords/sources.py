"""How often one source may try to log in: the generic cell rate algorithm in one statement (GCRA, ITU-T I.371).

A source gets `BURST` tries at once and then one each `EVERY` seconds: whole offices share an address, machines don't
type. The row holds the theoretical arrival time alone; nothing is counted, so nothing has to be reset.
"""

from math import ceil

from django.db import connection

from certcenter.core import clock
from certcenter.core.db.fleeting import fleeting
from certcenter.passwords.errors import LoginTooOften
from certcenter.passwords.models import Source

EVERY = 2.0
BURST = 30

_ARRIVE = """
    INSERT INTO passwords_source (address, arrival) VALUES (%s, %s)
    ON CONFLICT (address) DO UPDATE
    SET arrival = CASE WHEN passwords_source.arrival > %s THEN passwords_source.arrival ELSE %s END + %s
    WHERE passwords_source.arrival <= %s
    RETURNING arrival
"""


def arrive(source: str) -> None:
    """Take one try of `source` (`Actor.source`). Raises LoginTooOften with `retry_after`: the seconds, rounded up, after which one try passes."""
    if not source:
        return
    now = clock.now().timestamp()
    # That somebody came is worth no wait for the disk: after a power cut everybody may have one try more.
    with fleeting(), connection.cursor() as cursor:
        cursor.execute(_ARRIVE, [source, now + EVERY, now, now, EVERY, now + EVERY * (BURST - 1)])
        if cursor.fetchone() is not None:
            return
    arrival = Source.objects.filter(address=source).values_list("arrival", flat=True).first() or now
    raise LoginTooOften(retry_after=max(1, ceil(arrival - EVERY * (BURST - 1) - now)))


def purge() -> int:
    """Delete the sources that may come again with all their tries; returns how many."""
    return Source.objects.filter(arrival__lt=clock.now().timestamp()).delete()[0]
