"""`certcenterctl staff`: the first administrator of a new centre, and a locked one."""

import pytest
from tests.support.processes import run_python

from certcenter.backoffice import login
from certcenter.core.gates import State
from certcenter.identity.models import Staff

pytestmark = pytest.mark.spec("D5", "D9")


def run(engine, *arguments, password=""):
    if password:
        arguments += ("--password-fd", "0")
    command = ["-m", "certcenter.ctl", "staff", *arguments]
    return run_python(command, environment=engine.environment(), given=f"{password}\n")


def test_create_and_unlock(sqlite_engine):
    create = ("create", "boss", "--name", "何先生", "--role", "administrator", "--role", "auditor")
    assert run(sqlite_engine, *create, password="long-enough-2026").returncode == 0
    boss = Staff.objects.get()
    assert boss.check_password("long-enough-2026")
    assert (boss.roles, boss.institution) == (["administrator", "auditor"], "")
    again = run(sqlite_engine, *create, password="long-enough-2026")
    assert (again.returncode, "taken" in again.stderr or "使用" in again.stderr) == (1, True)
    gate = login.gate(f"staff:{boss.pk}")
    for _ in range(login.WRONG_LIMIT):
        with gate.admit() as attempt:
            attempt.failure()
    assert gate.state().state is State.LOCKED
    assert run(sqlite_engine, "unlock", "boss").returncode == 0
    assert gate.state().state is State.ACTIVE


def test_refused(sqlite_engine):
    create = ("create", "boss", "--name", "何先生", "--role")
    assert run(sqlite_engine, *create, "auditor", password="short").returncode == 1
    assert run(sqlite_engine, *create, "king", password="long-enough-2026").returncode == 2
    assert (
        run(sqlite_engine, *create, "auditor", "--institution", "x", password="long-enough-2026").returncode
        == 2
    )
    assert run(sqlite_engine, "unlock", "nobody").returncode == 1
    assert not Staff.objects.exists()
