"""A demo whose counters and telephones are open day and night: `python -m tests.figures.hours FOLDER`, then CERTCENTER_INSTITUTIONS_DIR=FOLDER make demo."""

import sys
from pathlib import Path

from certcenter.demo.hours import write_open

if __name__ == "__main__":
    write_open(Path(sys.argv[1]))
