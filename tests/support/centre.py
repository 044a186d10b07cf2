"""A running centre for tests that come from outside: server and worker on a free port, a demo's people in it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.processes import run_python

from certcenter.core.db.sqlite.lock import FileLock
from certcenter.demo.hours import write_open
from certcenter.demo.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CONTROL = [sys.executable, "-m", "certcenter.ctl"]

#: Hashes and captchas cost here what they cost in settings.test; the tour and the benches pay in full.
CHEAP = {
    "CERTCENTER_ARGON2_MEMORY_KIB": "256",
    "CERTCENTER_ARGON2_TIME": "1",
    "CERTCENTER_CAPTCHA_COST": "10",
}


@dataclass
class Centre:
    """One running centre; `describe` is its demo.json."""

    home: Path
    port: int
    environment: dict[str, str]
    describe: dict[str, Any]
    server: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes]
    given: dict[str, int] = field(default_factory=dict)

    def url(self, slug: str = "sample") -> str:
        """The institution's own origin, as a browser sees it."""
        return f"http://{slug}.localhost:{self.port}"

    def people(self, *, slug: str = "sample") -> list[dict[str, Any]]:
        """All customers of an institution."""
        institution = next(each for each in self.describe["institutions"] if each["slug"] == slug)
        people: list[dict[str, Any]] = institution["customers"]
        return people

    def person(self, certificate: str, *, number: int = 0, slug: str = "sample") -> dict[str, Any]:
        """A customer of the demo whose certificate is in that state at the start."""
        people = [each for each in self.people(slug=slug) if each["certificate"] == certificate]
        found: dict[str, Any] = people[number]
        return found

    def newcomer(self, certificate: str = "none") -> dict[str, Any]:
        """A customer whom no other test has met, with a certificate in that state at the start (support/newcomers.py)."""
        number = self.given.get(certificate, 0)
        self.given[certificate] = number + 1
        newcomers = [each for each in self.people() if each["note"] == "newcomer"]
        fitting = [each for each in newcomers if each["certificate"] == certificate]
        assert number < len(fitting), f"no newcomer with {certificate} is left; see COUNTS in newcomers.py"
        return dict(fitting[number])

    def backup(self, person: dict[str, Any], *, slug: str = "sample") -> Path:
        """The PFX of a customer who came with a certificate; its password is `pfx_password`."""
        return Path(self.describe["pfx"]["folder"]) / f"{slug}-{person['id']}.pfx"

    @property
    def pfx_password(self) -> str:
        """The password of all backups that the demo has made."""
        return str(self.describe["pfx"]["password"])

    def code(self, identification: str, *, slug: str = "sample") -> str:
        """The verification code that follows the identification code in the outbox."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            answer = httpx.get(self.describe["outbox"]["json"], params={"institution": slug})
            for message in answer.raise_for_status().json()["messages"]:
                if found := re.search(rf"{identification}-(\d{{4,8}})", message["text"]):
                    return found.group(1)
            time.sleep(0.1)
        raise AssertionError(f"no message with {identification}")

    def run(self, code: str) -> str:
        """Run Python code in a process of this centre, as an operator or the passing of time would; its output."""
        script = f"from certcenter.ctl.main import set_up_django; set_up_django()\n{code}"
        done = run_python(["-c", script], environment=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop_worker(self) -> None:
        """Freeze the worker, but not while it writes, or all would wait for it: nothing is issued and nothing is sent."""
        while True:
            self.worker.send_signal(signal.SIGSTOP)
            _await_stop(self.worker.pid)
            lock = FileLock(self.home / "certcenter.sqlite3.write.lock")
            if lock.try_acquire():
                lock.close()
                return
            lock.close()
            self.resume_worker()
            time.sleep(0.01)

    def resume_worker(self) -> None:
        """Let the worker go on where it was."""
        self.worker.send_signal(signal.SIGCONT)

    def restart_server(self) -> None:
        """Kill the web server without warning and start it again."""
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()
        self.server = _start("serve", "--workers", "1", home=self.home, environment=self.environment)
        _await_health(f"http://127.0.0.1:{self.port}/healthz", self.server)

    def control(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run certcenterctl against this centre."""
        return run_python(["-m", "certcenter.ctl", *arguments], environment=self.environment)


@contextmanager
def running_centre(home: Path, **variables: str) -> Iterator[Centre]:
    """Prepare the demo in `home`, run server and worker, stop both at the end."""
    port = free_port()
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CERTCENTER_", "DJANGO_")) or name == "CERTCENTER_SOAK"
        },
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("sdk/src", "server/src", ".")),
        "CERTCENTER_MODE": "demo",
        "CERTCENTER_HOME": str(home),
        "CERTCENTER_PORT": str(port),
        "CERTCENTER_PUBLICATION_URL": f"http://127.0.0.1:{port}",
        # Whatever the hour of the test, the telephone is answered and the counter open: the rules' own tests see to the hours.
        "CERTCENTER_INSTITUTIONS_DIR": str(write_open(home / "policies")),
        **variables,
    }
    run_python(["-m", "tests.support.newcomers"], environment=environment, check=True, timeout=600)
    server = _start("serve", "--workers", "1", home=home, environment=environment)
    worker = _start("worker", home=home, environment=environment)
    running = Centre(home, port, environment, {}, server, worker)
    try:
        _await_health(f"http://127.0.0.1:{port}/healthz", server)
        running.describe = json.loads((home / "demo.json").read_text(encoding="utf-8"))
        yield running
    finally:
        running.resume_worker()
        for process in (running.worker, running.server):
            process.terminate()
        for process in (running.worker, running.server):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_stop(pid: int) -> None:
    """Until each thread stands still: one that was in a system call may take the lock on its way out."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        states = [
            (task / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
            for task in Path(f"/proc/{pid}/task").iterdir()
        ]
        if set(states) == {"T"}:
            return
        time.sleep(0.001)
    raise AssertionError("the worker does not stop")


def _start(*arguments: str, home: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    with (home / "centre.log").open("ab") as log:
        return subprocess.Popen(
            [*CONTROL, *arguments], env=environment, stdout=log, stderr=log, start_new_session=True
        )


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """One running demo for all tests of a session; each test uses a customer of its own."""
    with running_centre(tmp_path_factory.mktemp("centre"), **CHEAP) as running:
        yield running


def _await_health(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server does not answer")
