"""密碼補發: the day's five, midnight in Taipei, and one right code used several times at once (SPEC B9, E2, E3)."""

import threading
from datetime import timedelta

import pytest
from tests.support.engines import in_threads
from tests.support.life import Person, code_of, national_id

from certcenter.core import clock, limits
from certcenter.passwords.actions import set_password
from certcenter.recovery import flows, requests
from certcenter.recovery.errors import FlowGone
from certcenter.recovery.lifecycle import FlowState
from certcenter.recovery.models import Flow

from .steps import begin, check, mails, opened, redeem, refused, request, send
from .support import INSTITUTION, PASSWORD, sign_in, visitor


@pytest.mark.spec("B9", "E2", "E4")
def test_the_days_five_answer_alike_and_a_stranger_cannot_use_them_up(person):
    for changes in ({"birth_date": "19000101"}, {"identity": national_id(9_000_003)}, {}):
        for _ in range(5):
            request(person, **changes)
        problem = refused("reissues-used-up", request, person, **changes)
        assert problem.params == {"limit": 5}
    assert len(mails()) == 1  # the newest of the person's five; older ones were replaced before they went out
    assert sign_in(person)
    with clock.at(clock.now() + timedelta(days=1)):
        request(person)


@pytest.mark.spec("B9", "E2", "F3")
def test_the_day_ends_at_midnight_in_taipei(person):
    midnight = (clock.now() + timedelta(days=1)).replace(hour=16, minute=0, second=0, microsecond=0)
    with clock.at(midnight - timedelta(seconds=1)):
        for _ in range(5):
            request(person)
        refused("reissues-used-up", request, person)
    with clock.at(midnight):
        request(person)


@pytest.mark.spec("B9", "E2")
def test_of_ten_requests_at_once_five_are_taken(ready):
    person = Person()
    begun = [begin(person) for _ in range(10)]

    def ask(number):
        token, shown = begun[number]
        requests.request(INSTITUTION, token=token, account_id=shown.accounts[0].id, actor=visitor())

    codes = [getattr(result, "code", "sent") for result in in_threads(ask, 10)]
    assert codes.count("sent") == 5, codes
    assert codes.count("reissues-used-up") == 5


@pytest.mark.spec("B9", "E2", "F3")
def test_ten_at_once_on_either_side_of_midnight_in_taipei(ready):
    """Ten in the day's last second, ten in the next day's first: five of each, whoever comes when."""
    person = Person()
    midnight = (clock.now() + timedelta(days=1)).replace(hour=16, minute=0, second=0, microsecond=0)
    moments = [midnight - timedelta(seconds=1), midnight] * 10
    with clock.at(midnight - timedelta(seconds=2)):
        begun = [begin(person) for _ in moments]

    def ask(number):
        token, shown = begun[number]
        with clock.at(moments[number]):
            requests.request(INSTITUTION, token=token, account_id=shown.accounts[0].id, actor=visitor())

    codes = [getattr(result, "code", "sent") for result in in_threads(ask, len(moments))]
    assert (codes[0::2].count("sent"), codes[1::2].count("sent")) == (5, 5), codes
    assert set(codes) == {"sent", "reissues-used-up"}


@pytest.mark.spec("E2")
def test_control_without_the_statement_more_than_five_requests_are_taken(ready, monkeypatch):
    """The race is real: count, then write, lets more through."""
    looked = threading.Barrier(10, timeout=60)

    def naive(name, *, subject, window, limit):
        if limits.used(name, subject=subject, window=window) >= limit:
            raise limits.LimitReached(name=name, limit=limit)
        looked.wait()
        return real(name, subject=subject, window=window, limit=1000)

    real = limits.take
    monkeypatch.setattr(requests.limits, "take", naive)
    subject = {"subject": "customer:1", "window": "2026-11-21", "limit": 5}
    results = in_threads(lambda _number: requests.limits.take(requests.REQUESTS, **subject), 10)
    assert not any(isinstance(each, Exception) for each in results), results
    assert limits.used(requests.REQUESTS, subject="customer:1", window="2026-11-21") == 10


@pytest.mark.spec("E2", "E3")
def test_eight_uses_of_one_right_code(ready):
    person = Person()
    set_password(person.customer, PASSWORD, actor=person.actor)
    request(person)
    token = opened(person)
    sent = send(token)
    code = code_of(sent.identification)
    results = in_threads(lambda _: check(token, sent, code), 8)
    assert sum(isinstance(result, str) for result in results) == 1, results
    initial = next(result for result in results if isinstance(result, str))
    done = in_threads(lambda _: redeem(token, initial), 2)
    assert sum(not isinstance(result, Exception) for result in done) == 1, done


@pytest.mark.spec("E2", "E3")
def test_control_without_the_conditions_a_right_code_serves_several(ready):
    """The race is real: read the run's step, then write the next one, lets several take it."""
    person = Person()
    request(person)
    flow = flows.find(INSTITUTION.slug, opened(person))
    looked = threading.Barrier(4, timeout=60)

    def naive(_number):
        mine = Flow.objects.get(pk=flow.pk)
        looked.wait()
        if mine.state != FlowState.PROVEN:
            raise FlowGone
        Flow.objects.filter(pk=flow.pk).update(state=FlowState.SENT)
        return True

    assert sum(each is True for each in in_threads(naive, 4)) == 4
