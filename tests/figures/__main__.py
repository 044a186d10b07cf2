"""Walks manuals M0 and M3 at the real window on a real X screen and keeps a picture of each figure, to be looked at.

    make demo &                                     # PORT and CERTCENTER_HOME as you like
    xvfb-run -s '-screen 0 1280x900x24' .venv/bin/python -m tests.figures --home var --out /tmp/figures --lang en

The window is driven by `tests/support/hand.py`, as the tests drive it; each walk has a new customer and a store of its own.
"""

import argparse
import tempfile
from pathlib import Path

from tests.figures.stage import Look, Stage, running
from tests.figures.walks import WALKS


def main() -> int:
    """Walk; returns how many walks broke off."""
    given = arguments()
    centre, broken = running(given.home), 0
    for name in given.walk or WALKS:
        for language in given.lang:
            look = Look(english=language == "en", dark=given.dark, steps=given.larger, size=tuple(given.size))
            with tempfile.TemporaryDirectory() as folder:
                stage = Stage(centre, given.out / f"{name}-{language}{look.suffix}", Path(folder), look)
                broken += not stage.play(WALKS[name])
    return broken


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.figures", description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True, help="CERTCENTER_HOME of a running `make demo`")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--lang", nargs="+", choices=("zh", "en"), default=["zh", "en"])
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--larger", type=int, default=0, help="so many times Ctrl and +; 3 is 150 %%")
    parser.add_argument("--size", type=int, nargs=2, default=[1180, 800], help="of the window, in pixels")
    parser.add_argument("--walk", nargs="+", choices=tuple(WALKS), help="all of them without this")
    given = parser.parse_args()
    if not (given.home / "demo.json").exists():
        parser.error(f"{given.home / 'demo.json'} is not there: is a demo running?")
    return given


if __name__ == "__main__":
    raise SystemExit(main())
