"""The helper's window: from the start of its process until it can be used, and what it holds after a walk through its pages."""

import json
import statistics
import tempfile
import time
from pathlib import Path

from bench import centre, processes
from bench.table import Row, row

#: Functions of the menu that a walk opens, each twice.
_WALK = ("import", "repair", "faq", "instructions", "announcements", "environment-check", "overview") * 2

#: In a process of its own: `argv` is the address, the helper's folder and whether to walk.
_CHILD = """
import json, os, sys, time
began = float(sys.argv[1])
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from certcenter_helper.core.home import Home
from certcenter_helper.window.app import open_window
from certcenter_helper.window.centres import Centres
from pathlib import Path
shell = open_window(Centres(Home(Path(sys.argv[3])), address=sys.argv[2]), english=False)
field = shell.findChild(QLineEdit, "identity")
while not field.hasFocus() and not field.isVisible():
    QTest.qWait(1)
QTest.keyClicks(field, "A")
shell.grab()
usable, cpu = time.time() - began, time.process_time()
for function in json.loads(sys.argv[4]):
    shell.open(function)
    while not shell.jobs.idle:
        QTest.qWait(5)
    QTest.qWait(50)
    shell.grab()
with open("/proc/self/status") as status:
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
print(json.dumps({"usable": usable, "cpu": cpu, "resident": resident}))
shell.close()
"""

#: Asks the centre for its policy once, as the first visit does.
_MEET = """
import sys
from pathlib import Path
from certcenter_helper.core.home import Home
from certcenter_helper.window.centres import Centres
centres = Centres(Home(Path(sys.argv[2])), address=sys.argv[1])
centres.meet(centres.core("zh-Hant"))
"""


def run(*, quick: bool = False) -> list[Row]:
    """Start it again and again; the first start, which fills the disk's cache, is not counted."""
    with centre.running(worker=False) as running, tempfile.TemporaryDirectory() as folder:
        address = f"http://127.0.0.1:{running.port}{running.api}/"
        variables = running.environment | {"QT_QPA_PLATFORM": "offscreen"}
        processes.python(variables, "-c", _MEET, address, folder)
        starts = [_start(variables, address, Path(folder)) for _ in range(3 if quick else 9)][1:]
        walked = _start(variables, address, Path(folder), walk=_WALK)
    usable = statistics.median(each["usable"] for each in starts)
    cpu = statistics.median(each["cpu"] for each in starts)
    resident = walked["resident"]
    return [
        row("helper's window: from start to usable", ours=f"{usable:.2f} s, {cpu:.2f} s of CPU", value=usable, shown="–", goal="≤ 1.5 s"),
        row(f"  resident after {len(_WALK)} pages", ours=f"{resident:.0f} MB", value=resident, shown="–", goal="≤ 200 MB"),
    ]  # fmt: skip


def _start(
    variables: dict[str, str], address: str, folder: Path, *, walk: tuple[str, ...] = ()
) -> dict[str, float]:
    arguments = (f"{time.time()}", address, str(folder), json.dumps(walk))
    told: dict[str, float] = json.loads(processes.python(variables, "-c", _CHILD, *arguments))
    return told
