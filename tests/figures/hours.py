"""Policies whose counters and telephones are open day and night: `python -m tests.figures.hours FOLDER`, then CERTCENTER_INSTITUTIONS_DIR=FOLDER make demo.

Staff open 憑證重新下載 (manual M3, 3) and unlock a login after a call (manual M2, SPEC B3) in service hours alone; figures and
tests from outside walk them at any time. What the pages say of the hours stays as it is.
"""

import re
import shutil
import sys
from pathlib import Path

from certcenter.institutions.registry import SHIPPED

_OFFICE = re.compile(r"^hours = \{.*\}$", re.MULTILINE)
_ALWAYS = 'hours = { opens = "00:00", closes = "23:59:59.999999", weekdays = [1, 2, 3, 4, 5, 6, 7], holidays = false }'


def write_open(folder: Path) -> Path:
    """Copy the shipped policies to `folder`, with other hours; return the folder."""
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    for file in folder.glob("[!_]*.toml"):
        text, count = _OFFICE.subn(_ALWAYS, file.read_text(encoding="utf-8"))
        assert count, f"{file.name}: no office hours"
        file.write_text(text, encoding="utf-8")
    return folder


if __name__ == "__main__":
    write_open(Path(sys.argv[1]))
