"""What the audit costs: transactions a second with and without it, and how fast the verifier reads.

    python -m bench audit [--quick]

Eight processes write to one database on this machine (fsync on). A transaction is what an action does: it reads a row,
updates it on a condition, inserts two rows; with audit, `record` besides. Pairs are interleaved, the median ratio counts;
the goal is to keep 60 % (issue 2, point 12). The sequencer runs beside the audited half, as it does in a centre.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.centre import databases
from bench.processes import ROOT
from bench.table import Row, interleaved, median_ratio, row

GOAL = 0.6
WRITERS = 8

WRITER = """
import django; django.setup()
import sys, time, uuid
from django.db import connection, transaction
from certcenter.audit.actions import record
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.events import Event
from certcenter.core.limits import take, used
from certcenter.outbox.models import Message
from certcenter.core import clock
audited, seconds = sys.argv[1] == "audit", float(sys.argv[2])
actor = Actor(kind=ActorKind.CUSTOMER, institution="sample", id="12", address="192.0.2.7", session="ab" * 32)
me = uuid.uuid4().hex
used("bench", subject=me, window="w")
print("ready", flush=True)
sys.stdin.readline()
done, end = 0, time.monotonic() + seconds
while time.monotonic() < end:
    with transaction.atomic():
        used("bench", subject=me, window="w")
        take("bench", subject=me, window="w", limit=10**9)
        now = clock.now()
        for part in "ab":
            Message.objects.create(topic="bench", key=f"{me}{done}{part}", payload={}, created_at=now, not_before=now)
        if audited:
            record(Event.CERTIFICATE_ISSUED, actor=actor, subject=f"certificate:{done:032x}", application=me)
    done += 1
print(done)
"""

SEQUENCER = """
import django; django.setup()
import sys, time
from certcenter.audit import sequencer
print("ready", flush=True)
sys.stdin.readline()
end = time.time() + float(sys.argv[1])
while time.time() < end:
    began = time.time()
    sequencer.run_once()
    time.sleep(max(0, 0.5 - (time.time() - began)))
"""

FILL = """
import django; django.setup()
import sys, time
from django.db import transaction
from certcenter.audit import sequencer, verifier
from certcenter.audit.actions import record
from certcenter.core.actor import Actor, ActorKind
from certcenter.core.events import Event
rows = int(sys.argv[1])
actor = Actor(kind=ActorKind.CUSTOMER, institution="sample", id="12", address="192.0.2.7", session="ab" * 32)
for start in range(0, rows, 1000):
    with transaction.atomic():
        for number in range(start, start + 1000):
            record(Event.CERTIFICATE_ISSUED, actor=actor, subject=f"certificate:{number:032x}", application="x" * 32)
began = time.perf_counter()
while sequencer.run_once():
    pass
sequenced = time.perf_counter() - began
size = sequencer.head().size
began = time.perf_counter()
report = verifier.verify()
whole = time.perf_counter() - began
assert report.clean, report.findings
verifier.remember(report)
began = time.perf_counter()
assert verifier.verify(since=verifier.remembered()).clean
again = time.perf_counter() - began
import resource
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(size, sequenced, whole, again, peak)
"""


def run(*, quick: bool = False, engines: Sequence[str] = ("postgresql", "sqlite")) -> list[Row]:
    """Measure each engine."""
    seconds, pairs, rows = (1.0, 4, 5_000) if quick else (4.0, 6, 200_000)
    found = []
    for engine in engines:
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="certcenter-bench-")))
            url, _ = stack.enter_context(databases(engine))
            environment = _environment(home, url)
            found += _measure(engine, environment, seconds=seconds, pairs=pairs, rows=rows)
    return found


def _measure(engine: str, environment: dict[str, str], *, seconds: float, pairs: int, rows: int) -> list[Row]:
    _python(
        environment, "from django.core.management import call_command; call_command('migrate', verbosity=0)"
    )
    measured = interleaved(
        lambda _: _throughput("audit", seconds, environment),
        lambda _: _throughput("plain", seconds, environment),
        pairs,
    )
    audited, plain, ratio = median_ratio(measured)
    size, sequenced, whole, again, peak = map(float, _python(environment, FILL, str(rows)).split())
    return [
        row(
            f"audit, {WRITERS} writers, {engine}",
            ours=f"{audited:,.0f}/s", peer=f"without it {plain:,.0f}/s", value=ratio, goal=f"≥ {GOAL}",
        ),
        row(
            f"  sequenced; verified; again, nothing new; peak memory, {engine}",
            ours=f"{rows / sequenced:,.0f}/s; {size / whole:,.0f}/s; {again * 1000:,.0f} ms; {peak:,.0f} MB",
        ),
    ]  # fmt: skip


def _throughput(kind: str, seconds: float, environment: dict[str, str]) -> float:
    """Return transactions a second of all writers together."""
    codes = [(WRITER, kind)] * WRITERS + ([(SEQUENCER, "")] if kind == "audit" else [])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, *filter(None, [mode]), str(seconds)],
            env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for code, mode in codes
    ]  # fmt: skip
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate()[0] for process in processes]
    return sum(map(int, outputs[:WRITERS])) / seconds


def _python(environment: dict[str, str], code: str, *arguments: str) -> str:
    code = code if code.startswith("\n") else f"import django; django.setup()\n{code}"
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return ended.stdout


def _environment(home: Path, database_url: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("CERTCENTER_")},
        "DJANGO_SETTINGS_MODULE": "certcenter.settings.test",
        "CERTCENTER_MODE": "test",
        "CERTCENTER_HOME": str(home),
        "CERTCENTER_DATABASE_URL": database_url,
    }
