"""`certcenterctl institutions check`."""

import shutil

from click.testing import CliRunner

from certcenter.ctl.institutions import institutions
from certcenter.institutions.registry import SHIPPED


def run(*arguments):
    return CliRunner().invoke(institutions, ["check", *map(str, arguments)])


def test_shipped_files_are_in_order():
    result = run(SHIPPED)
    assert result.exit_code == 0, result.output
    assert "4 institutions in order" in result.output
    assert "樣本證券 Sample Securities" in result.output


def test_every_problem_is_named(tmp_path):
    folder = shutil.copytree(SHIPPED, tmp_path / "policies")
    path = folder / "sample.toml"
    path.write_text(
        path.read_text().replace("yearly_limit = 2", "yearly_limit = 0").replace("before = 720", "before = 0")
    )
    result = run(folder)
    assert result.exit_code == 1
    assert "sample.toml: revocation.yearly_limit: " in result.output
    assert "sample.toml: renewal.window.before: " in result.output
    assert "2 wrong" in result.output


def test_a_folder_that_is_not_there(tmp_path):
    result = run(tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "nowhere: no such directory" in result.output
