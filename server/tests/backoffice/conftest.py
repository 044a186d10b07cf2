"""Staff of every role at the staff's own host."""

import pytest
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from tests.support import people

from certcenter.core.actor import system
from certcenter.identity.actions import create_staff
from certcenter.identity.models import Role
from certcenter.identity.sessions import SessionStore

HOST = "staff.localhost"
PASSWORD = "staff-Secret-2026"


@pytest.fixture
def hire(sqlite_engine):
    """Create a member of staff."""

    def create(*roles, username="someone", institution=""):
        return create_staff(
            username,
            name="周小姐",
            password=PASSWORD,
            roles=[Role(role) for role in roles],
            institution=institution,
            actor=system("tests"),
        )

    return create


@pytest.fixture
def browser(sqlite_engine, settings):
    """A browser at the staff's host; with `staff` it is signed in already. English, so that tests can be read."""

    def open_(staff=None, host=HOST):
        client = Client(HTTP_HOST=host, enforce_csrf_checks=False, raise_request_exception=True)
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        if staff is not None:
            session = SessionStore()
            session.create()
            session[SESSION_KEY] = str(staff.pk)
            session[HASH_SESSION_KEY] = staff.get_session_auth_hash()
            session.save()
            client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    return open_


@pytest.fixture
def signed_in(hire, browser):
    """A browser of a fresh member of staff with these roles."""

    def open_(*roles, institution=""):
        return browser(hire(*roles, username="-".join(roles) or "nobody", institution=institution))

    return open_


@pytest.fixture
def customer(sqlite_engine):
    """Mr Wang of 樣本證券, with a password."""
    return people.with_password()
