"""Whose password is reissued."""

import pytest
from tests.support.life import Person

from certcenter.passwords.actions import set_password

from .support import PASSWORD


@pytest.fixture
def person(sqlite_ready):
    found = Person()
    set_password(found.customer, PASSWORD, actor=found.actor)
    return found
