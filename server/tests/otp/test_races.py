"""Codes and grants under attack from many threads, on both engines, beside a control (SPEC E2, E3)."""

import threading

import pytest
from tests.support import people
from tests.support.engines import in_threads

from certcenter.core import clock, limits, taiwan
from certcenter.otp import actions
from certcenter.otp.actions import (
    CodeExpired,
    CodeUsedUp,
    CodeWait,
    CodeWrong,
)
from certcenter.otp.models import Challenge, Grant
from certcenter.outbox.models import Message as OutboxRow

from .support import check, code_of, send, use, wrong


@pytest.mark.spec("E2", "E3")
def test_of_many_parallel_guesses_three_are_compared(engine, monkeypatch):
    customer = people.import_()
    sent = send(customer)
    guess, compared = wrong(code_of(sent)), []
    real = actions._mac
    monkeypatch.setattr(actions, "_mac", lambda *arguments: compared.append(1) or real(*arguments))
    results = in_threads(lambda _number: check(customer, sent, guess), 20)
    assert len(compared) == 3
    assert all(isinstance(result, CodeWrong | CodeUsedUp) for result in results), results
    assert (
        limits.used("otp-wrong", subject=customer.subject, window=taiwan.taipei_day(clock.now()).isoformat())
        == 3
    )


@pytest.mark.spec("E3")
def test_of_eight_parallel_right_answers_one_gives_a_grant(engine):
    customer = people.import_()
    sent = send(customer)
    code = code_of(sent)
    results = in_threads(lambda _number: check(customer, sent, code), 8)
    assert sum(isinstance(result, Grant) for result in results) == 1
    assert Grant.objects.count() == 1
    assert all(isinstance(result, Grant | CodeExpired | CodeUsedUp) for result in results), results
    assert (
        limits.used("otp-wrong", subject=customer.subject, window=taiwan.taipei_day(clock.now()).isoformat())
        == 0
    )


@pytest.mark.spec("E3")
def test_of_eight_parallel_uses_of_a_grant_one_counts(engine):
    customer = people.import_()
    sent = send(customer)
    grant = check(customer, sent, code_of(sent))
    results = in_threads(lambda _number: use(customer, grant), 8)
    assert sum(result is None for result in results) == 1


@pytest.mark.spec("D4.2", "E2")
def test_of_eight_parallel_sends_one_code_goes_out(engine):
    customer = people.import_()
    results = in_threads(lambda _number: send(customer), 8)
    assert sum(isinstance(result, actions.SentCode) for result in results) == 1
    assert all(isinstance(result, actions.SentCode | CodeWait) for result in results), results
    assert OutboxRow.objects.filter(topic="message").count() == 1


@pytest.mark.spec("E3")
def test_control_without_the_condition_a_right_code_serves_twice(engine):
    """The race is real: look whether it was used, then say that it was, lets several through."""
    customer = people.import_()
    sent = send(customer)
    code_of(sent)
    looked = threading.Barrier(4)

    def naive(_number):
        challenge = Challenge.objects.get(pk=sent.challenge_id)
        looked.wait()
        if challenge.used_at is None:
            challenge.used_at = clock.now()
            challenge.save()
            return True
        return False

    assert sum(in_threads(naive, 4)) == 4
