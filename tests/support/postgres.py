"""A PostgreSQL server of our own for one test run, in a temporary folder, on a free loopback port."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from certcenter.demo.ports import free_port

USER = "postgres"


class NoPostgres(RuntimeError):
    """There is no PostgreSQL to start; the text says why."""


@dataclass(frozen=True)
class Server:
    """A running server; its databases need no password."""

    port: int

    def url(self, name: str) -> str:
        """Return the value for CERTCENTER_DATABASE_URL."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str) -> None:
        """Execute one statement in the maintenance database."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def create(self, name: str, *, template: str = "template0") -> str:
        """Create a database and return its URL."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def binaries() -> Path:
    """Return the folder of initdb and postgres: of the newest version installed. Raises NoPostgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise NoPostgres("no PostgreSQL server is installed (apt install postgresql)")
    return found[-1].parent if found else Path(on_path or "").parent


@contextmanager
def server(*options: str) -> Iterator[Server]:
    """Run a fresh server inside the block; `options` are settings such as `fsync=off`. Raises NoPostgres.

    It ends with this process, even by a kill.
    """
    folder = Path(tempfile.mkdtemp(prefix="certcenter-postgres-"))
    try:
        _own(folder)
        data = folder / "data"
        initdb = [
            str(binaries() / "initdb"),
            "-D",
            str(data),
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(
            _as_user([*initdb, "--locale=C.UTF-8"]), check=True, stdout=subprocess.DEVNULL, cwd=folder
        )
        port = free_port()
        command = [
            str(binaries() / "postgres"),
            "-D",
            str(data),
            "-p",
            str(port),
            "-k",
            str(folder),
            "-h",
            "127.0.0.1",
        ]
        for option in options:
            command += ["-c", option]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(_as_user(command), stdout=log, stderr=log, cwd=folder)
        try:
            yield _ready(Server(port), process, folder / "log")
        finally:
            process.terminate()  # SIGTERM waits for clients; SIGINT ends them
            process.send_signal(2)
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ready(candidate: Server, process: "subprocess.Popen[bytes]", log: Path) -> Server:
    import psycopg

    end = time.monotonic() + 90
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            candidate.run("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return candidate
    raise NoPostgres(f"PostgreSQL did not start: {log.read_text()[-2000:]}")


def _as_user(command: list[str]) -> list[str]:
    """As root, run as the user that the package made; PostgreSQL refuses root."""
    mortal = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        mortal += [f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    return [*mortal, *command]


def _own(folder: Path) -> None:
    if os.geteuid() != 0:
        return
    try:
        shutil.chown(folder, USER, USER)
    except LookupError as error:
        raise NoPostgres("there is no user `postgres` to run the server as") from error
