"""The user code instead of the overt ID (SPEC E2, E4; issue 4: against locking other people out)."""

import pytest
from tests.support import people

from certcenter.core.errors import Invalid, NotFound
from certcenter.core.gates import State
from certcenter.institutions import serving
from certcenter.passwords import codes, login
from certcenter.passwords.errors import LoginRefused

pytestmark = pytest.mark.spec("E2", "E4")


@pytest.fixture
def customer(sqlite_engine):
    return people.with_password(institution="demo")


def sign_in(identity, password=people.PASSWORD, institution="demo"):
    return login.sign_in(
        serving.get(institution),
        identity=identity,
        password=password,
        captcha="",
        device_token=None,
        actor=people.anonymous(institution=institution),
    )


def test_with_a_code_the_id_opens_nothing_and_locks_nobody_out(customer):
    codes.choose(customer, "KiteFlyer", actor=people.acting(customer))
    for _ in range(4):
        with pytest.raises(LoginRefused):
            sign_in("A123456789")
    assert login.gate(customer).state().state is State.ACTIVE
    assert sign_in(" kiteFLYER ").customer == customer
    for _ in range(3):
        with pytest.raises(LoginRefused):
            sign_in("kiteflyer", "Guess1234")
    assert login.gate(customer).state().state is State.LOCKED


def test_without_one_the_id_logs_in_again(customer):
    codes.choose(customer, "kiteflyer", actor=people.acting(customer))
    codes.choose(customer, "", actor=people.acting(customer))
    assert sign_in("A123456789").customer == customer
    with pytest.raises(LoginRefused):
        sign_in("kiteflyer")


@pytest.mark.parametrize(
    "typed", ["short", "1kiteflyer", "a123456789", "xx123456789", "ki te flyer", "kiteflyer-", "ab12345678"]
)
def test_a_code_that_may_not_be_is_refused(customer, typed):
    with pytest.raises(Invalid):
        codes.choose(customer, typed, actor=people.acting(customer))
    assert codes.current(customer) == ""


def test_a_code_is_one_customers(customer):
    other = people.import_(people.OTHER, institution="demo")
    codes.choose(customer, "kiteflyer", actor=people.acting(customer))
    with pytest.raises(Invalid):
        codes.choose(other, "KITEFLYER", actor=people.acting(other))


def test_where_policy_has_none_there_is_none(sqlite_engine):
    wang = people.with_password(institution="sample")
    with pytest.raises(NotFound):
        codes.choose(wang, "kiteflyer", actor=people.acting(wang))
    with pytest.raises(Invalid):
        sign_in("kiteflyer", institution="sample")
