"""Command lines in processes of their own, of a small whole centre on either engine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import people, postgres
from tests.support.processes import run_python


@pytest.fixture
def ctl(engine):
    """Run `certcenterctl` in another process of the engine's centre."""

    def run(*arguments, **more):
        return invoke(engine.environment(**more), *arguments)

    return run


def invoke(environment, *arguments):
    """Run `certcenterctl` with this environment; returns the completed process."""
    return run_python(
        ["-m", "certcenter.ctl", *map(str, arguments)], environment={**environment, "COLUMNS": "200"}
    )


def invoke_killed(environment, syscall, number, *arguments):
    """Run it under strace, it or a program that it runs killed at the `number`-th `syscall`; True when that ended it."""
    command = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={syscall}"]
    command += ["-e", f"inject={syscall}:signal=SIGKILL:when={number}"]
    process = subprocess.run(
        [*command, sys.executable, "-m", "certcenter.ctl", *map(str, arguments)],
        env=environment,
        check=False,
        capture_output=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    return process.returncode != 0


@pytest.fixture
def centre(engine):
    """A centre with a customer, a CA's folder, and a sequenced history."""
    from certcenter.audit import sequencer

    customer = people.with_password()
    folder = engine.home / "ca" / "demo"
    folder.mkdir(parents=True)
    (folder / "root.crt").write_text("a CA's file\n")
    while sequencer.run_once():
        pass
    return engine, customer


@pytest.fixture
def elsewhere(engine, tmp_path_factory, request):
    """The environment of another, empty place to restore to: no home, an empty database, no secrets."""
    home = tmp_path_factory.mktemp("elsewhere") / "home"
    url = engine.database_url
    if engine.vendor == "postgresql":
        server: postgres.Server = request.getfixturevalue("postgres_server")
        url = server.create(f"restored{os.urandom(4).hex()}")
    environment = engine.environment(CERTCENTER_HOME=str(home), CERTCENTER_DATABASE_URL=url)
    for name in engine.secrets:
        environment.pop(f"CERTCENTER_{name.upper()}")
    return environment


def home_of(environment) -> Path:
    """Return the home that an environment names."""
    return Path(environment["CERTCENTER_HOME"])
