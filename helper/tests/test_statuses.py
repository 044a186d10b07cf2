"""The one status of a certificate here (SPEC A2), as a table of all cases."""

from datetime import UTC, datetime, timedelta

import pytest

from certcenter_helper.core.statuses import Here, Standing, There, client_actions, client_status, ordered
from certcenter_helper.core.values import Action, ClientStatus, HostStatus

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(days=9), NOW - timedelta(days=9)


def here(standing: Standing = Standing.INSTALLED, *, name: str = "a", not_after: datetime = LATER) -> Here:
    return Here(id=name, standing=standing, not_after=not_after)


def there(status: HostStatus = HostStatus.VALID, name: str = "a") -> There:
    return There(spki=name, status=status)


CASES = [
    (None, None, ClientStatus.NONE),
    (None, there(), ClientStatus.ABSENT),
    (None, there(HostStatus.EXPIRING), ClientStatus.ABSENT),
    (None, there(HostStatus.REVOKED), ClientStatus.NONE),
    (here(), there(), ClientStatus.EXPORTABLE),
    (here(), there(HostStatus.EXPIRING), ClientStatus.EXPORTABLE),
    (here(), there(name="b"), ClientStatus.MISMATCH),
    (here(), None, ClientStatus.INVALID),
    (here(), there(HostStatus.REVOKED), ClientStatus.INVALID),
    (here(), there(HostStatus.SUSPENDED), ClientStatus.INVALID),
    (here(), there(HostStatus.AWAITING), ClientStatus.KEY_ONLY),
    (here(not_after=BEFORE), there(), ClientStatus.INVALID),
    (here(Standing.PENDING), there(HostStatus.AWAITING), ClientStatus.KEY_ONLY),
    (here(Standing.REPLACED), there(name="b"), ClientStatus.INVALID),
    (here(Standing.DAMAGED), there(), ClientStatus.DAMAGED),
]


@pytest.mark.spec("A2")
@pytest.mark.parametrize(
    ("mine", "centre", "status"), CASES, ids=[str(number) for number in range(len(CASES))]
)
def test_the_status_of_one_certificate(mine, centre, status):
    assert client_status(mine, centre, now=NOW, asked=True) is status


def test_offline_only_what_the_computer_knows_counts():
    assert client_status(here(), None, now=NOW, asked=False) is ClientStatus.EXPORTABLE
    assert client_status(here(not_after=BEFORE), None, now=NOW, asked=False) is ClientStatus.INVALID
    assert client_status(None, None, now=NOW, asked=False) is ClientStatus.NONE


@pytest.mark.spec("A1")
def test_only_what_makes_sense_is_offered():
    assert Action.EXPORT in client_actions(ClientStatus.EXPORTABLE, asked=True, redownload=False)
    assert client_actions(ClientStatus.INVALID, asked=True, redownload=False) == (Action.REMOVE,)
    assert Action.SIGN not in client_actions(ClientStatus.EXPORTABLE, asked=False, redownload=False)
    opened = client_actions(ClientStatus.KEY_ONLY, asked=True, redownload=True)
    assert opened == (Action.REDOWNLOAD,)


def test_the_pager_begins_with_the_centres_certificate():
    rows = [
        here(Standing.REPLACED, name="c"),
        here(Standing.PENDING, name="b"),
        here(name="a"),
        here(name="d"),
    ]
    assert [each.id for each in ordered(rows, there())] == ["a", "b", "d", "c"]
