"""Policies whose counters and telephones are open day and night: for the tour, the figures and the tests that walk a centre from outside at any hour.

Staff unlock a login after a call (manual M2, SPEC B3) and open 憑證重新下載 (manual M3, 3) in service hours alone. What the pages say of the hours
stays as it is.
"""

import re
import shutil
from pathlib import Path
from typing import Final

from certcenter.institutions.registry import SHIPPED

_OFFICE: Final = re.compile(r"^hours = \{.*\}$", re.MULTILINE)
_ALWAYS: Final = 'hours = { opens = "00:00", closes = "23:59:59.999999", weekdays = [1, 2, 3, 4, 5, 6, 7], holidays = false }'


def write_open(folder: Path) -> Path:
    """Copy the shipped policies to `folder`, with other hours; return the folder. Raises ValueError where a file has none."""
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    for file in folder.glob("[!_]*.toml"):
        text, count = _OFFICE.subn(_ALWAYS, file.read_text(encoding="utf-8"))
        if not count:
            raise ValueError(f"{file.name}: no office hours")
        file.write_text(text, encoding="utf-8")
    return folder
