"""A consistent copy of the database in one file, and back: SQLite's online backup, PostgreSQL's pg_dump."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Where Debian keeps PostgreSQL's programs when they are not on the PATH.
_DEBIAN = Path("/usr/lib/postgresql")
_COUNT_TABLES = (
    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
)


class DumpFailed(Exception):
    """The database can't be copied or filled; the text says why."""


def sqlite_dump(source: Path, target: Path) -> None:
    """Copy an SQLite database while others write to it (https://www.sqlite.org/backup.html). Raises DumpFailed."""
    try:
        opened = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
        with closing(opened) as database, closing(sqlite3.connect(target)) as copy:
            database.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without -wal beside it
            (answer,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise DumpFailed(f"SQLite: {error}") from error
    if answer != "ok":
        raise DumpFailed(f"SQLite: {answer}")


def postgres_dump(url: str, target: Path) -> None:
    """Dump a PostgreSQL database in one snapshot, in pg_dump's custom format. Raises DumpFailed."""
    _run(url, ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"])


def postgres_load(url: str, source: Path) -> None:
    """Fill an empty PostgreSQL database in one transaction: whole or not at all. Raises DumpFailed."""
    database = unquote(urlsplit(url).path.lstrip("/"))
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(url, ["pg_restore", *options, f"--dbname={database}", str(source)])


def postgres_is_empty(url: str) -> bool:
    """Whether nothing is in the database's public schema. Raises DumpFailed where it can't be reached."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            row = connection.execute(_COUNT_TABLES).fetchone()
    except psycopg.Error as error:
        raise DumpFailed(f"PostgreSQL: {error}".strip()) from error
    return row == (0,)


def _run(url: str, command: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs; the password goes through the environment, never the command line."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CERTCENTER_")}
    program = _program(command[0])
    try:
        subprocess.run(  # noqa: S603 - our own arguments
            [program, *command[1:]],
            env=environment | _connection(url),
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        raise DumpFailed(f"{command[0]}: {error.stderr.strip()}") from error


def _program(name: str) -> str:
    found = shutil.which(name) or next((str(path) for path in _newest(name)), None)
    if found is None:
        raise DumpFailed(f"{name} is not installed (apt install postgresql-client). 未安裝 {name}。")
    return found


def _newest(name: str) -> list[Path]:
    return sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]), reverse=True)


def _connection(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    values = {
        "PGHOST": unquote(parts.hostname or ""),
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    return {name: value for name, value in values.items() if value}
