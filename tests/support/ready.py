"""A whole centre for tests, with CAs and consents: `ready` gives it on both engines, `sqlite_ready` on an SQLite file alone (tests/README.md).

The CAs are made once a run.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.support import postgres
from tests.support.engines import Engine, connected

#: Centres of tests are older than any life that is lived in them.
AGE = timedelta(days=1200)


@pytest.fixture(scope="session")
def authorities_home(tmp_path_factory: pytest.TempPathFactory, django_test_environment: None) -> Path:
    """A home folder whose `ca/` holds the CAs that the shipped policies name, made once a run."""
    from django.conf import settings

    from certcenter.certificates import authority
    from certcenter.core import clock
    from certcenter.institutions import serving

    home, before = tmp_path_factory.mktemp("authorities"), settings.CONFIG
    settings.CONFIG = before.model_copy(update={"home": home})
    try:
        forget_authorities()
        with clock.at(clock.now() - AGE):
            authority.create_missing(serving.served())
        authority.maintain()
    finally:
        settings.CONFIG = before
        forget_authorities()
    return home


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ready(request: pytest.FixtureRequest) -> Engine:
    """A centre that is ready to serve, once on SQLite (a file) and once on PostgreSQL."""
    found: Engine = request.getfixturevalue(f"{request.param}_ready")
    return found


@pytest.fixture
def sqlite_ready(
    tmp_path: Path, sqlite_ready_template: Path, serve: Any, authorities_home: Path
) -> Iterator[Engine]:
    """A centre on a fresh SQLite file."""
    shutil.copy(sqlite_ready_template, tmp_path / "certcenter.sqlite3")
    with serve("sqlite", "sqlite", tmp_path) as engine, _with_authorities(tmp_path, authorities_home):
        yield engine


@pytest.fixture
def postgres_ready(
    tmp_path: Path,
    postgres_server: postgres.Server,
    postgres_ready_template: str,
    serve: Any,
    authorities_home: Path,
) -> Iterator[Engine]:
    """A centre on a fresh PostgreSQL database."""
    name = f"c{uuid4().hex[:12]}"
    url = postgres_server.create(name, template=postgres_ready_template)
    with serve("postgresql", url, tmp_path) as engine, _with_authorities(tmp_path, authorities_home):
        yield engine
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def sqlite_ready_template(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, django_db_blocker: Any
) -> Path:
    """An SQLite file with the shipped texts published."""
    home = tmp_path_factory.mktemp("sqlite-centre")
    shutil.copy(sqlite_template, home / "certcenter.sqlite3")
    _publish(django_db_blocker, home=home, database_url="sqlite")
    return home / "certcenter.sqlite3"


@pytest.fixture(scope="session")
def postgres_ready_template(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: postgres.Server,
    postgres_template: str,
    django_db_blocker: Any,
) -> str:
    """The name of a PostgreSQL database with the shipped texts published."""
    url = postgres_server.create("centre", template=postgres_template)
    _publish(django_db_blocker, home=tmp_path_factory.mktemp("postgres-centre"), database_url=url)
    return "centre"


def _publish(django_db_blocker: Any, *, home: Path, database_url: str) -> None:
    from django.conf import settings

    from certcenter.content.actions import load_texts
    from certcenter.core import clock
    from certcenter.institutions import serving

    config = settings.CONFIG.model_copy(update={"home": home, "database_url": database_url})
    with django_db_blocker.unblock(), connected(config), clock.at(clock.now() - AGE):
        load_texts(serving.served())


@contextmanager
def _with_authorities(home: Path, authorities_home: Path) -> Iterator[None]:
    (home / "ca").symlink_to(authorities_home / "ca")
    forget_authorities()
    yield
    forget_authorities()


def forget_authorities() -> None:
    """Let this process look for its CAs again."""
    from certcenter.certificates import authority
    from certcenter.signing import actions

    authority.authorities.cache_clear()
    actions._verifier.cache_clear()
