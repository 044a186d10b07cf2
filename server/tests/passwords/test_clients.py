"""Registered programs: a credential for the captcha's place, not for the password's (issue 2 point 10)."""

import pytest
from tests.support import people

from certcenter.core.gates import State
from certcenter.institutions import serving
from certcenter.passwords import clients, login
from certcenter.passwords.errors import ClientRefused, LoginRefused
from certcenter.passwords.models import Client

INSTITUTION = "sample"


@pytest.fixture
def registered(sqlite_engine):
    people.with_password()
    return clients.register(serving.get(INSTITUTION), name="trading desk", actor=people.anonymous())


def sign_in(registered, *, password=people.PASSWORD, institution=INSTITUTION, secret=None, client_id=None):
    return clients.sign_in(
        serving.get(institution),
        client_id=client_id if client_id is not None else registered[0],
        client_secret=secret if secret is not None else registered[1],
        identity="A123456789",
        password=password,
        device_token=None,
        actor=people.anonymous(institution=institution),
    )


def test_a_program_logs_a_customer_in_with_the_customers_password(registered):
    assert sign_in(registered).customer.national_id == "A123456789"
    assert registered[1] not in str(list(Client.objects.values()))


@pytest.mark.spec("E2")
def test_its_wrong_passwords_count_at_the_same_gate(registered):
    for _ in range(4):
        with pytest.raises(LoginRefused):
            sign_in(registered, password="Wrong123")
    customer = sign_in_customer()
    assert login.gate(customer).state().state is State.LOCKED


def sign_in_customer():
    from certcenter.identity import queries

    return queries.by_identity(INSTITUTION, "A123456789")


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": ""},
        {"secret": "x"},
        {"secret": "x" * 1000},
        {"client_id": ""},
        {"client_id": "x" * 1000},
        {"institution": "demo"},
    ],
)
def test_a_wrong_credential_is_refused_before_the_password_is_looked_at(registered, wrong):
    with pytest.raises(ClientRefused):
        sign_in(registered, **wrong)


def test_a_disabled_program_is_refused(registered):
    clients.disable(serving.get(INSTITUTION), client_id=registered[0], actor=people.anonymous())
    with pytest.raises(ClientRefused):
        sign_in(registered)
