"""Databases for tests with real commits, threads and processes, on both engines (tests/README.md).

`engine` is parametrised: a test that uses it runs on an SQLite file and on PostgreSQL. Each test gets a fresh,
migrated database, copied from one that was migrated once.
"""

import os
import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.support import postgres
from tests.support.processes import run_python

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Engine:
    """A fresh, migrated centre: a home folder and a database that this process is connected to."""

    vendor: str
    database_url: str
    home: Path
    secrets: dict[str, str] = field(repr=False)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment for a process of the same centre."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("CERTCENTER_")},
            "DJANGO_SETTINGS_MODULE": "certcenter.settings.test",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "sdk/src"), str(ROOT / "server/src"), str(ROOT)]),
            "CERTCENTER_MODE": "test",
            "CERTCENTER_HOME": str(self.home),
            "CERTCENTER_DATABASE_URL": self.database_url,
            **{f"CERTCENTER_{name.upper()}": value for name, value in self.secrets.items()},
            **more,
        }

    def run(self, code: str, *, check: bool = True, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run Python code in another process of the same centre, Django set up; `more` goes into its environment."""
        script = f"import django; django.setup()\n{code}"
        return run_python(["-c", script], environment=self.environment(**more), check=check, timeout=100)


def in_threads(function: Callable[[int], T], count: int) -> list[T | BaseException]:
    """Call `function(number)` in `count` threads that start together; errors are returned, connections closed."""
    from django.db import connections

    barrier = threading.Barrier(count)
    results: list[T | BaseException] = [RuntimeError("did not run")] * count

    def work(number: int) -> None:
        barrier.wait()
        try:
            results[number] = function(number)
        except BaseException as error:  # noqa: BLE001 - it is the result
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def meeting(count: int) -> Callable[[], None]:
    """Return what `count` threads call to wait for one another, as often as they like.

    A control that reads, meets and then writes shows its race on any machine; one that reads, sleeps and writes hopes for it.
    """
    barrier = threading.Barrier(count, timeout=60)

    def meet() -> None:
        barrier.wait()

    return meet


on_both_engines = pytest.mark.usefixtures("engine")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A fresh database with real commits, once for SQLite (a file) and once for PostgreSQL."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


@pytest.fixture
def sqlite_engine(
    tmp_path: Path, sqlite_template: Path, serve: Callable[[str, str, Path], AbstractContextManager[Engine]]
) -> Iterator[Engine]:
    """A fresh SQLite file with real commits."""
    shutil.copy(sqlite_template, tmp_path / "certcenter.sqlite3")
    with serve("sqlite", "sqlite", tmp_path) as engine:
        yield engine


@pytest.fixture
def postgres_engine(
    tmp_path: Path,
    postgres_server: postgres.Server,
    postgres_template: str,
    serve: Callable[[str, str, Path], AbstractContextManager[Engine]],
) -> Iterator[Engine]:
    """A fresh PostgreSQL database with real commits."""
    name = f"t{uuid.uuid4().hex[:12]}"
    url = postgres_server.create(name, template=postgres_template)
    with serve("postgresql", url, tmp_path) as engine:
        yield engine
    postgres_server.drop(name)


@pytest.fixture
def serve(
    django_db_blocker: Any, settings: Any
) -> Callable[[str, str, Path], AbstractContextManager[Engine]]:
    """Point this process's default connection and `settings.CONFIG` at another database."""

    @contextmanager
    def point(vendor: str, url: str, home: Path) -> Iterator[Engine]:
        config = settings.CONFIG
        settings.CONFIG = config.model_copy(update={"home": home, "database_url": url})
        with django_db_blocker.unblock(), connected(settings.CONFIG):
            yield Engine(vendor, url, home, _secrets(config))
        settings.CONFIG = config

    return point


@contextmanager
def connected(config: Any) -> Iterator[None]:
    """Let `connections["default"]`, in all threads, mean the database of `config` inside the block."""
    from django.db import connections

    from certcenter.passwords import admission
    from certcenter.settings.base import _database

    admission.house.cache_clear()  # it remembers sources that another database's counters told to wait
    before, settings_before = connections["default"], dict(connections.settings["default"])
    fresh = {
        **settings_before,
        "HOST": "",
        "PORT": "",
        "USER": "",
        "PASSWORD": "",
        "OPTIONS": {},
        **_database(config),
    }
    connections.settings["default"] = fresh
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = settings_before
        connections["default"] = before


@pytest.fixture(scope="session")
def sqlite_template(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any, django_test_environment: None
) -> Path:
    """An SQLite file that was migrated once."""
    home = tmp_path_factory.mktemp("sqlite-template")
    migrate(django_db_blocker, home=home, database_url="sqlite")
    return home / "certcenter.sqlite3"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server for this test run; without one the test is skipped, with the reason."""
    try:
        running = postgres.server("fsync=off", "max_connections=200")
        server = running.__enter__()
    except postgres.NoPostgres as reason:
        pytest.skip(str(reason))
    yield server
    running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server: postgres.Server,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: Any,
    django_test_environment: None,
) -> str:
    """The name of a PostgreSQL database that was migrated once."""
    url = postgres_server.create("migrated")
    migrate(django_db_blocker, home=tmp_path_factory.mktemp("postgres-template"), database_url=url)
    return "migrated"


def migrate(django_db_blocker: Any, *, home: Path, database_url: str) -> None:
    """Apply all migrations to the database."""
    from django.conf import settings
    from django.core.management import call_command

    config = settings.CONFIG.model_copy(update={"home": home, "database_url": database_url})
    with django_db_blocker.unblock(), connected(config):
        call_command("migrate", verbosity=0)


def _secrets(config: Any) -> dict[str, str]:
    from certcenter.settings.model import SECRET_NAMES

    return {name: getattr(config, name).get_secret_value() for name in SECRET_NAMES}
