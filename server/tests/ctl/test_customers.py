"""`certcenterctl customers`: import with a report, initial passwords."""

import os
import subprocess
import sys

import pytest
from tests.support import people

HEADING = "national_id,name,birth_date,phones,emails,accounts\n"
GOOD = "A123456789,王小明,1987-12-05,0936123054,,securities:1020-0324338\n"
BAD = "A123456788,陳小姐,1990-01-01,,,\n"


@pytest.fixture
def file(tmp_path):
    def write(*rows):
        path = tmp_path / "customers.csv"
        path.write_text(HEADING + "".join(rows), encoding="utf-8")
        return path

    return write


def test_all_taken(ctl, file):
    result = ctl("customers", "import", file(GOOD), "--institution", "sample")
    assert result.returncode == 0, result.stderr
    assert "1 rows 列: 1 created 新增" in result.stdout
    assert "100 %" in result.stderr
    again = ctl("customers", "import", file(GOOD), "--institution", "sample")
    assert "1 unchanged 未變" in again.stdout


def test_a_refused_row_is_named_and_stops_no_other(ctl, file):
    result = ctl("customers", "import", file(BAD, GOOD), "--institution", "sample")
    assert result.returncode == 3
    assert "line 第 2 列, national_id: identity-checksum:" in result.stdout
    assert "檢查碼" in result.stdout
    assert "check digit" in result.stdout
    assert "1 created 新增" in result.stdout


def test_the_report_goes_to_a_file(ctl, file, tmp_path):
    report = tmp_path / "refused.csv"
    result = ctl("customers", "import", file(BAD), "--institution", "sample", "--report", report)
    assert result.returncode == 3
    heading, row = report.read_text(encoding="utf-8-sig").splitlines()
    assert heading == "line,column,code,reason_zh,reason_en"
    assert row.startswith("2,national_id,identity-checksum,")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["FILE", "--institution", "nowhere"], 2, "沒有此機構"),
        (["missing.csv", "--institution", "sample"], 2, "missing.csv"),
        (["FILE"], 2, "--institution"),
    ],
)
def test_wrong_calls(ctl, file, arguments, code, words):
    arguments = [file(GOOD) if each == "FILE" else each for each in arguments]
    result = ctl("customers", "import", *arguments)
    assert result.returncode == code
    assert words in result.stderr


def test_a_file_without_its_columns(ctl, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    result = ctl("customers", "import", path, "--institution", "sample")
    assert result.returncode == 1
    assert "national_id" in result.stderr


class TestPassword:
    """`customers password`: never on the command line."""

    def set(self, engine, identity, password):
        read, write = os.pipe()
        os.write(write, f"{password}\n".encode())
        os.close(write)
        command = [sys.executable, "-m", "certcenter.ctl", "customers", "password", identity]
        command += ["--institution", "sample", "--password-fd", str(read)]
        result = subprocess.run(
            command,
            check=False,
            env=engine.environment(),
            pass_fds=[read],
            capture_output=True,
            text=True,
            timeout=60,
        )
        os.close(read)
        return result

    @pytest.mark.spec("B3", "E1")
    def test_sets_it_and_clears_the_lock(self, engine):
        from certcenter.core.gates import State
        from certcenter.passwords import hashing, login
        from certcenter.passwords.models import Credential

        customer = people.import_()
        for _ in range(3):
            login.count_failure(customer, actor=people.anonymous())
        assert login.gate(customer).state().state is State.LOCKED
        result = self.set(engine, "A123456789", "Fresh2026")
        assert result.returncode == 0, result.stderr
        credential = Credential.objects.get(customer=customer)
        assert hashing.verify(hashing.Hashed(credential.hash, credential.pepper_id), "Fresh2026")
        assert credential.must_change
        assert login.gate(customer).state().state is State.ACTIVE

    def test_the_rule_holds(self, engine):
        people.import_()
        result = self.set(engine, "A123456789", "a-b")
        assert result.returncode == 1
        assert "Error" in result.stderr

    @pytest.mark.parametrize(("identity", "code"), [("A800000014", 1), ("A123456788", 2), ("", 2)])
    def test_nobody(self, engine, identity, code):
        assert self.set(engine, identity, "Fresh2026").returncode == code
