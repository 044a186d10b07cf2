"""The package stands by itself."""

from certcenter_helper.cli.main import run
from certcenter_helper.core.values import CheckResult, CheckRow, EnvironmentReport


def test_the_version_is_the_packages(capsys):
    from importlib.metadata import version

    assert run(["--version"]) == 0
    assert version("certcenter-helper") in capsys.readouterr().out


def test_a_report_with_a_failed_row_has_not_passed():
    row = CheckRow(key="x", item="x", purpose="", recommended="", current="", result=CheckResult.FAILED)
    assert not EnvironmentReport(machine=(), rows=(row,)).passed
    assert EnvironmentReport(machine=(), rows=()).passed
