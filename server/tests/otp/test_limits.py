"""How many codes: waits, the day's wrong ones, floods (SPEC D4.2, E2, E3)."""

from datetime import timedelta

import pytest
from tests.support import people

from certcenter.audit.models import AuditEvent
from certcenter.core import clock, limits, taiwan
from certcenter.core.errors import CentreError
from certcenter.institutions import serving
from certcenter.otp.actions import (
    CodesStopped,
    CodeUsedUp,
    CodeWait,
    CodeWrong,
    Purpose,
    SendsUsedUp,
)

from .support import check, code_of, send, texts, wrong


@pytest.fixture
def customer(sqlite_engine):
    return people.import_()


@pytest.mark.spec("D4.2")
def test_a_new_code_has_to_wait_also_after_three_wrong_ones(customer):
    sent = send(customer)
    with pytest.raises(CodeWait) as raised:
        send(customer)
    assert 55 <= raised.value.params["seconds"] <= 61
    for _ in range(3):
        with pytest.raises(CentreError):
            check(customer, sent, wrong(code_of(sent)))
    with pytest.raises(CodeWait):
        send(customer, purpose=Purpose.REVOKE)
    send(customer, later=61)


@pytest.mark.spec("E3", "D7")
def test_ten_wrong_codes_in_a_day_stop_codes_until_midnight_in_taipei(customer):
    begin = taiwan.taipei_midnight(taiwan.taipei_day(clock.now())) + timedelta(hours=1)
    counted, number = 0, 0
    purposes = list(Purpose)
    with clock.at(begin):
        while counted < 10:
            with clock.at(begin + timedelta(minutes=2 * number)):
                purpose = purposes[number % 3]
                sent = send(customer, purpose=purpose)
                for _ in range(min(3, 10 - counted)):
                    with pytest.raises(CodesStopped if counted == 9 else (CodeWrong, CodeUsedUp)):
                        check(customer, sent, wrong(code_of(sent)), purpose=purpose)
                    counted += 1
            number += 1
        with clock.at(begin + timedelta(hours=3)), pytest.raises(CodesStopped):
            send(customer)
        assert AuditEvent.objects.filter(event="code:day:stopped").count() == 1
        assert len([message for message in texts() if "驗證碼的次數過多" in message.text]) == 2
    with clock.at(taiwan.taipei_midnight(taiwan.taipei_day(begin) + timedelta(days=1))):
        sent = send(customer)
        assert check(customer, sent, code_of(sent))


@pytest.mark.spec("E3")
def test_right_codes_do_not_use_up_the_day(customer):
    begin = clock.now()
    for number in range(12):
        with clock.at(begin + timedelta(seconds=number)):
            sent = send(customer)
            check(customer, sent, code_of(sent))
    assert (
        limits.used("otp-wrong", subject=customer.subject, window=taiwan.taipei_day(begin).isoformat()) == 0
    )


@pytest.mark.spec("E3")
def test_a_new_code_does_not_forget_the_wrong_ones(customer):
    sent = send(customer)
    with pytest.raises(CodeWrong):
        check(customer, sent, wrong(code_of(sent)))
    sent = send(customer, later=61)
    check(customer, sent, code_of(sent))
    assert (
        limits.used("otp-wrong", subject=customer.subject, window=taiwan.taipei_day(clock.now()).isoformat())
        == 1
    )


@pytest.mark.spec("E2")
def test_a_flood_of_codes_is_stopped_per_person_and_per_source(customer):
    codes = serving.get(people.INSTITUTION).codes
    begin = taiwan.taipei_midnight(taiwan.taipei_day(clock.now()))
    for number in range(codes.daily_sends):
        with clock.at(begin + timedelta(minutes=10 * number)):
            send(customer)
    with clock.at(begin + timedelta(hours=20)), pytest.raises(SendsUsedUp):
        send(customer)
