"""`python -m bench [names] [--quick | --full]`: run the scripts one after the other, print one table."""

import argparse
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

from bench.table import show

#: The issue's own four first, then what the rooms measure of themselves.
SCRIPTS = (
    "issue",
    "overview",
    "page",
    "memory",
    "logins",
    "timing",
    "orders",
    "ca",
    "audit",
    "terminal",
    "window",
)


def main() -> int:
    """Return 1 when a goal was missed or a script failed."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every block ends what it started
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # tests.support starts PostgreSQL
    rows, failed = [], []
    began = time.monotonic()
    for name in options.names or SCRIPTS:
        print(f"{name} …", file=sys.stderr, flush=True)
        arguments = {"quick": options.quick} | ({"full": options.full} if name == "overview" else {})
        try:
            rows += import_module(f"bench.{name}").run(**arguments)
        except Exception as error:  # noqa: BLE001 - one script that cannot run must not cost the others' rows
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            failed.append(name)
    form = "quick form: too short to judge" if options.quick else "medians of interleaved pairs"
    show(rows, title=f"Certcenter beside its peers ({form}; {time.monotonic() - began:,.0f} s)")
    if failed:
        print(f"not run: {', '.join(failed)}")
    missed = any(each.missed for each in rows) and not options.quick
    return int(bool(failed) or missed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*SCRIPTS, []], help="which scripts; all by default")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--quick", action="store_true", help="small counts: does everything run?")
    form.add_argument(
        "--full", action="store_true", help="the overview with 1,000,000 certificates and 5,000,000 events"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
