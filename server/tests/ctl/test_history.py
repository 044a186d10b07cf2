"""`certcenterctl audit` and `ca`: what an operator reads, and the exit codes that scripts rely on."""

import re

import pytest
from cryptography import x509
from django.db import connection
from tests.support import people

from certcenter.audit import sequencer
from certcenter.audit.models import AuditEvent


@pytest.fixture
def history(engine):
    for name in ("王小明", "王大明", "王中明"):
        people.import_(name=name)
    while sequencer.run_once():
        pass
    return engine


def change_an_event():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("DROP TRIGGER audit_event_no_update")
        cursor.execute("UPDATE audit_event SET actor_id = 'somebody' WHERE id = 2")


@pytest.mark.spec("D6", "D9")
def test_verify(history, ctl):
    first = ctl("audit", "verify")
    assert first.returncode == 0, first.stderr
    assert "in order 正確: 4 events" in first.stdout
    assert "in order 正確: 0 events" in ctl("audit", "verify").stdout  # begins where the clean run ended
    change_an_event()
    assert ctl("audit", "verify").returncode == 0
    found = ctl("audit", "verify", "--full")
    assert found.returncode == 1
    assert "changed: event 2:" in found.stdout
    assert "1 findings 項異常" in found.stdout


def test_show_lists_newest_first_by_keyset(history, ctl):
    result = ctl("audit", "show", "--limit", "2")
    numbers = [int(line.split()[0]) for line in result.stdout.splitlines()]
    assert numbers == [4, 3]
    assert "--before 3" in result.stderr
    rest = ctl("audit", "show", "--before", "3")
    assert [int(line.split()[0]) for line in rest.stdout.splitlines()] == [2, 1]
    assert rest.stderr == ""


def test_show_of_one_subject_and_since(history, ctl):
    subject = AuditEvent.objects.get(pk=2).subject
    result = ctl("audit", "show", "--subject", subject, "--institution", "sample")
    assert len(result.stdout.splitlines()) == 3
    assert all(subject in line for line in result.stdout.splitlines())
    assert ctl("audit", "show", "--since", "2199-01-01").stdout == ""
    assert ctl("audit", "show", "--since", "yesterday").returncode == 2


@pytest.mark.spec("D1")
class TestCa:
    """`ca show`."""

    @pytest.fixture
    def authorities(self, sqlite_ready):
        from certcenter.certificates import authority

        return sqlite_ready, authority.authorities().names()

    def test_shows_what_there_is(self, authorities):
        from .conftest import invoke

        engine, names = authorities
        result = invoke(engine.environment(), "ca", "show")
        assert result.returncode == 0, result.stderr
        for name in names:
            assert re.search(rf"^{name}$", result.stdout, re.MULTILINE)
        for words in ("http://127.0.0.1:8000", "Root CA", "Issuing CA", "p256", "已簽發     0"):
            assert words in result.stdout
        pem = invoke(engine.environment(), "ca", "show", names[0], "--pem")
        issuing, root = x509.load_pem_x509_certificates(pem.stdout.encode())
        issuing.verify_directly_issued_by(root)
        assert f"{issuing.serial_number:x}" in result.stdout

    def test_an_unknown_name(self, authorities):
        from .conftest import invoke

        result = invoke(authorities[0].environment(), "ca", "show", "../etc")
        assert result.returncode == 1
        assert "no CA named" in result.stderr

    def test_none_yet(self, sqlite_engine):
        from .conftest import invoke

        result = invoke(sqlite_engine.environment(), "ca", "show")
        assert result.returncode == 1
        assert "certcenterctl init" in result.stderr


def test_help_names_every_command():
    from click.testing import CliRunner

    from certcenter.ctl.main import main

    runner = CliRunner()
    listed = runner.invoke(main, ["--help"])
    assert listed.exit_code == 0
    for name in ("customers", "ca", "audit", "backup", "restore"):
        assert name in listed.output
        shown = runner.invoke(main, [name, "--help"])
        assert shown.exit_code == 0, shown.output
        assert re.search(r"[\u4e00-\u9fff]", shown.output)
