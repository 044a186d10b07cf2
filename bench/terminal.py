"""How long `certcenter status` takes without network, from the shell's view: a new process each time (issue 3, Speed)."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from bench import processes
from bench.table import Row, row
from certcenter_helper.core.commands import Commands
from certcenter_helper.core.home import Home, Known
from certcenter_helper.core.values import House
from certcenter_sdk import keys, pfx

IDENTITY = "A123456789"
PASSWORD = "Bench2026"
_POLICY = """
import django, json
django.setup()
from certcenter.api.policy import policy_of
from certcenter.institutions import serving
print(policy_of(serving.get("demo"), language="en", origin="http://127.0.0.1:9").model_dump_json())
"""


def run(*, quick: bool = False) -> list[Row]:
    """Show one certificate and one renewal in waiting, so many times."""
    with tempfile.TemporaryDirectory(prefix="certcenter-bench-") as folder:
        environment = {**os.environ, "CERTCENTER_HELPER_HOME": folder, "CERTCENTER_LANG": "en"}
        _furnish(Path(folder))
        seconds = [_once(environment) for _ in range(5 if quick else 21)]
        bare = [_once(environment, bare=True) for _ in range(5 if quick else 21)]
    taken = statistics.median(seconds)
    return [
        row(
            "`certcenter status --offline`, process and all", ours=f"{taken:.3f} s",
            peer=f"`python -c pass` {statistics.median(bare):.3f} s", value=taken, shown="–", goal="≤ 0.4 s",
        )
    ]  # fmt: skip


def _once(environment: dict[str, str], *, bare: bool = False) -> float:
    command = [sys.executable, "-c", "pass"]
    if not bare:
        command = [str(Path(sys.executable).with_name("certcenter")), "status", "--offline"]
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def _furnish(folder: Path) -> None:
    """A computer whose customer has a certificate, and a key that waits for the next one."""
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "certcenter.settings.test",
        "PYTHONPATH": os.pathsep.join(str(processes.ROOT / each) for each in ("sdk/src", "server/src")),
    }  # fmt: skip
    asked = subprocess.run(
        [sys.executable, "-c", _POLICY], env=environment, check=True, capture_output=True, text=True
    )
    home = Home(folder)
    home.keep_policy("demo", "en", json.loads(asked.stdout))
    house = House(slug="demo", url="http://127.0.0.1:9", name="Demo Securities")
    home.remember(Known(house=house, identity=IDENTITY, masked="A123****89"))
    core = Commands.open(home=home)
    file = folder / "backup.pfx"
    file.write_bytes(_certificate())
    core.import_pfx(file, password=PASSWORD)
    core.desk.store.new_key(PASSWORD, kind="renew", replaces=core.desk.store.current())


def _certificate() -> bytes:
    key, now = keys.generate(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{IDENTITY}-00-000001")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .sign(key, SHA256())
    )
    return pfx.write(key, certificate, [], PASSWORD, name="bench")
