"""Policies whose counters are open day and night: `python -m tests.figures.hours FOLDER`, then CERTCENTER_INSTITUTIONS_DIR=FOLDER make demo.

憑證重新下載 is opened by staff on business days from 08:30 to 17:00 in Taipei (manual M3, 3); its figures are walked at any time.
"""

import shutil
import sys
from pathlib import Path

from certcenter.institutions.registry import SHIPPED

_OFFICE = 'hours = { opens = "08:30", closes = "17:00" }'
_ALWAYS = 'hours = { opens = "00:00", closes = "23:59", weekdays = [1, 2, 3, 4, 5, 6, 7], holidays = false }'


def main() -> int:
    """Copy the shipped policies to the folder that was named, M3's with other hours of its re-download."""
    folder = Path(sys.argv[1])
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
    file = folder / "example.toml"
    before, repair, after = file.read_text(encoding="utf-8").partition("[repair]")
    assert _OFFICE in after, f"{file.name}: no office hours in [repair]"
    file.write_text(before + repair + after.replace(_OFFICE, _ALWAYS, 1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
