"""Sessions: keys, ends, institutions (SPEC E7)."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from tests.support import people

from certcenter.core import clock
from certcenter.identity import sessions
from certcenter.identity.models import Session
from certcenter.identity.sessions import SessionStore
from certcenter.institutions import serving


@pytest.fixture
def customer(sqlite_engine):
    return people.import_()


def signed_in(customer):
    store = SessionStore(institution=people.INSTITUTION)
    store.sign_in(customer)
    store["wish"] = "blue"
    store.save()
    return store


def at(key, institution=people.INSTITUTION, **arguments):
    return SessionStore(key, institution=institution, **arguments)


@pytest.mark.spec("E7")
def test_a_session_remembers_its_customer_and_what_was_put_in(customer):
    store = signed_in(customer)
    again = at(store.session_key)
    assert again.customer == customer
    assert again["wish"] == "blue"
    assert again.binding == store.binding


@pytest.mark.spec("E7")
def test_a_key_from_before_the_login_is_worth_nothing_after_it(customer):
    """Session fixation: the attacker's key, planted before, opens nothing."""
    store = SessionStore(institution=people.INSTITUTION)
    store["planted"] = True
    store.save()
    planted, binding = store.session_key, store.binding
    victim = at(planted)
    victim.sign_in(customer)
    victim.save()
    assert victim.session_key != planted
    assert victim.binding != binding
    assert at(planted).customer is None
    assert at(planted).get("planted") is None
    assert "planted" not in at(victim.session_key)


@pytest.mark.spec("E7")
def test_a_key_that_the_visitor_made_up_is_not_taken_over(customer):
    store = at("x" * 43)
    store["something"] = 1
    store.save()
    assert store.session_key != "x" * 43


@pytest.mark.spec("E7")
def test_a_step_up_changes_the_key_and_keeps_the_binding(customer):
    store = signed_in(customer)
    old, binding = store.session_key, store.binding
    store.step_up()
    store.save()
    assert at(old).customer is None
    assert at(store.session_key).binding == binding
    assert at(store.session_key)["wish"] == "blue"


@pytest.mark.spec("E7", "E10")
def test_a_step_up_does_not_revive_a_session_that_was_ended_meanwhile(customer):
    """Logged out in another tab while the code was checked: no mistake of ours, and no session either."""
    store = signed_in(customer)
    late = at(store.session_key)
    assert late.customer == customer
    store.flush()
    late.step_up()
    assert (late.customer, late.session_key, late.is_empty()) == (None, None, True)
    assert not Session.objects.exists()


@pytest.mark.spec("E7")
def test_at_another_institution_a_session_is_nothing(customer):
    store = signed_in(customer)
    assert at(store.session_key, "demo").customer is None
    assert at(store.session_key, sessions.STAFF).customer is None
    at(store.session_key, "demo").delete(store.session_key)
    assert at(store.session_key).customer == customer
    with pytest.raises(ValueError, match="bound"):
        SessionStore(institution="demo").sign_in(customer)


@pytest.mark.spec("E7")
def test_sessions_end_when_idle_and_in_any_case(customer):
    policy = serving.get(people.INSTITUTION).session
    begin = clock.now()
    with clock.at(begin):
        key = signed_in(customer).session_key
    idle = timedelta(minutes=policy.idle_minutes)
    moment = begin
    while moment + idle / 2 < begin + timedelta(minutes=policy.absolute_minutes):
        moment += idle / 2
        with clock.at(moment):
            assert at(key).customer == customer
    with clock.at(begin + timedelta(minutes=policy.absolute_minutes)):
        assert at(key).customer is None
    assert not Session.objects.exists()
    with clock.at(begin):
        key = signed_in(customer).session_key
    with clock.at(begin + idle):
        assert at(key).customer is None


@pytest.mark.spec("E7")
def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(customer):
    idle = timedelta(minutes=serving.get(people.INSTITUTION).session.idle_minutes)
    begin = clock.now()
    with clock.at(begin):
        key = signed_in(customer).session_key
    with clock.at(begin + idle * 0.9):
        assert at(key, touch=False).customer == customer
    with clock.at(begin + idle * 1.1):
        assert at(key).customer is None


@pytest.mark.spec("E7")
def test_key_and_data_do_not_lie_in_the_database(customer):
    store = signed_in(customer)
    token, _session = sessions.open_program_session(customer, actor=people.acting(customer))
    rows = str(list(Session.objects.values()))
    assert store.session_key not in rows
    assert token not in rows
    assert "blue" not in rows


@pytest.mark.spec("E7")
def test_programs_have_sessions_of_their_own_kind(customer):
    token, session = sessions.open_program_session(customer, actor=people.acting(customer))
    found = sessions.by_token(people.INSTITUTION, token)
    assert found == session
    assert found.customer == customer
    assert sessions.by_token("demo", token) is None
    assert sessions.by_token(people.INSTITUTION, token + "x") is None
    assert sessions.by_token(people.INSTITUTION, "") is None
    assert at(token).customer is None, "a bearer token is no cookie"
    assert sessions.by_token(people.INSTITUTION, signed_in(customer).session_key) is None, (
        "a cookie is no token"
    )
    sessions.close(session.pk, customer=customer, actor=people.acting(customer))
    assert sessions.by_token(people.INSTITUTION, token) is None


@pytest.mark.spec("E7")
def test_nobody_ends_anothers_session(customer):
    other = people.import_(people.OTHER)
    store = signed_in(customer)
    sessions.close(store.binding, customer=other, actor=people.acting(other))
    assert at(store.session_key).customer == customer


@pytest.mark.spec("E7")
def test_a_session_ended_elsewhere_can_not_be_written_back(customer):
    store = signed_in(customer)
    sessions.close(store.binding, customer=customer, actor=people.acting(customer))
    store["late"] = 1
    with pytest.raises(UpdateError):
        store.save()
    assert at(store.session_key).customer is None


def test_ended_sessions_are_cleared_away_when_others_begin(customer):
    with clock.at(clock.ago(days=2)):
        for _ in range(30):
            signed_in(customer)
    signed_in(customer)
    assert Session.objects.count() < 15
    SessionStore.clear_expired()
    assert Session.objects.count() == 1


def test_staff_sessions_serve_djangos_login(customer):
    from django.contrib.auth import SESSION_KEY

    from certcenter.identity.actions import create_staff
    from certcenter.identity.models import Role

    staff = create_staff(
        "lin", name="Lin", password="a long password", roles=[Role.AUDITOR], actor=people.anonymous()
    )
    assert staff.check_password("a long password")
    assert staff.password.startswith("argon2")
    store = SessionStore()
    store[SESSION_KEY] = str(staff.pk)
    store.save()
    assert Session.objects.get().staff == staff
    store.cycle_key()
    store.save()
    assert SessionStore(store.session_key)[SESSION_KEY] == str(staff.pk)
