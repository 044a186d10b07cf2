"""Fixtures for every test of the workspace (tests/README.md)."""

import pytest

pytest_plugins = ["tests.support.centre", "tests.support.engines", "tests.support.life"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """Databases in memory belong to one process; the suffix would make files of them (our engine has its own name)."""
