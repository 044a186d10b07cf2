"""Disk full, folder read-only, files deleted or half-written, two programs at once, kill -9 at every step (issue 3, Faults to survive)."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.helper_people import SECRET, Computer

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.errors import Kind as Trouble
from certcenter_helper.core.values import CheckResult, ClientStatus, Kind, RepairOutcome
from certcenter_helper.core.work import Cancel, Cancelled, Stage, Step

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("helper")]
PFX = "backup26"
ROOT = Path(__file__).resolve().parents[2]


def run_apart(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, with the packages of this house."""
    path = os.pathsep.join(str(ROOT / each) for each in ("sdk/src", "helper/src", "server/src", "."))
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": path, "CERTCENTER_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


#: Opens the store of a logged-in customer and does one thing; a HelperError is printed by its code.
ACT = """
import os, sys
from pathlib import Path
from certcenter_helper.core.commands import Commands
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.home import Home
{before}
core = Commands.open(home=Home(Path(sys.argv[1])))
try:
    {act}
    print("done")
except HelperError as error:
    print(error.kind.value, error.code)
"""
#: Root without its capabilities obeys the bits as everybody does (capabilities(7)).
POWERLESS = (
    "import ctypes; ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())"
)
CHANGE = "core.change_password(old='Secret42', new='Another9')"


def works(customer: Computer, *passwords: str) -> bool:
    """One of these passwords opens the certificate in use."""
    entry = customer.sit_down().desk.store.current()
    assert entry is not None
    for password in passwords:
        try:
            customer.core.desk.store.unlock(entry, password)
        except Exception:  # noqa: BLE001 - the next one
            continue
        return True
    return False


def test_a_full_disk_leaves_the_old_file(computer: Callable[..., Computer]):
    """RLIMIT_FSIZE: no file may grow beyond a few bytes, as on a disk that is full."""
    customer = computer()
    customer.obtain()
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))"
    printed = run_apart(ACT.format(before=full, act=CHANGE), str(customer.folder)).stdout
    assert printed.startswith("store "), printed
    assert works(customer, SECRET)
    assert customer.core.overview().client.status is ClientStatus.EXPORTABLE


@pytest.mark.skipif(sys.platform != "linux", reason="gives up its capabilities as Linux has them")
def test_a_read_only_folder_is_told_and_mended(computer: Callable[..., Computer]):
    customer = computer()
    customer.obtain()
    private = customer.core.desk.store.location.private
    folders = [private, *(each for each in private.rglob("*") if each.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        told = run_apart(ACT.format(before=POWERLESS, act=CHANGE), str(customer.folder))
        assert told.stdout.startswith("store not-writable"), told
        mended = run_apart(
            ACT.format(before=POWERLESS, act=f"core.fix_all(); {CHANGE}"), str(customer.folder)
        )
        assert mended.stdout == "done\n", mended
    finally:
        for folder in folders:
            folder.chmod(0o700)
    assert works(customer, "Another9")


@pytest.mark.spec("A13")
def test_open_permissions_are_found_and_closed(computer: Callable[..., Computer]):
    customer = computer()
    customer.obtain()
    entry = customer.core.desk.store.current()
    assert entry is not None
    entry.path.chmod(0o644)
    row = next(each for each in customer.core.check_environment().rows if each.key == "permissions")
    assert row.result is CheckResult.FAILED
    assert row.fixable
    fixed = customer.core.fix("permissions")
    assert fixed.row.result is CheckResult.PASSED
    assert entry.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_file_that_was_changed_is_seen_and_replaced_from_the_backup(
    damage: str, computer: Callable[..., Computer], tmp_path: Path
):
    customer = computer()
    customer.obtain()
    backup = customer.core.export(tmp_path, password=SECRET, new_password="Backup26").path
    entry = customer.core.desk.store.current()
    assert entry is not None
    whole = entry.path.read_bytes()
    entry.path.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"\0" * len(whole))
    assert ClientStatus.DAMAGED in {each.status for each in customer.core.overview().clients}
    told = customer.core.repair(password=SECRET)
    assert told.outcome is RepairOutcome.KEY_MISSING
    assert "Import your backup." in told.advice[0]
    customer.core.import_pfx(backup, password="Backup26")
    assert customer.core.overview().client.status is ClientStatus.EXPORTABLE


def test_a_file_that_was_deleted_is_said_to_be_missing(computer: Callable[..., Computer]):
    customer = computer()
    customer.obtain()
    entry = customer.core.desk.store.current()
    assert entry is not None
    entry.path.unlink()
    assert customer.core.overview().client.status is ClientStatus.ABSENT
    told = customer.core.repair()
    assert told.outcome is RepairOutcome.KEY_MISSING
    assert told.advice[0] == "Import your backup."


def test_two_programs_repair_one_store_at_once(computer: Callable[..., Computer]):
    """Both take up the same waiting key; one certificate comes of it, and neither fails badly."""
    customer = computer()
    procedure = customer.proven(Kind.APPLY)
    _stop_after_sending(customer, procedure)
    results: list[object] = []

    def repair() -> None:
        try:
            results.append(customer.sit_down().repair(password=SECRET).outcome)
        except HelperError as error:
            results.append(error)

    threads = [threading.Thread(target=repair) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert RepairOutcome.REPAIRED in results or RepairOutcome.NOTHING in results, results
    customer.core = customer.sit_down()
    assert customer.core.repair(password=SECRET).outcome in {RepairOutcome.NOTHING, RepairOutcome.REPAIRED}
    assert len(customer.core.desk.store.certificates()) == 1
    assert customer.core.overview().client.status is ClientStatus.EXPORTABLE


def _stop_after_sending(customer: Computer, procedure: object) -> None:
    cancel = Cancel()

    def stop(step: Step) -> None:
        if step.stage is Stage.WAITING:
            cancel.cancel()

    with pytest.raises(Cancelled):
        customer.core.obtain(procedure, password=SECRET, progress=stop, cancel=cancel)  # type: ignore[arg-type]  # the procedure of this core


def test_a_key_that_another_program_made_meanwhile_is_not_put_aside(computer: Callable[..., Computer]):
    """The centre refuses this program's request just when another one has made its key and not sent it yet."""
    customer = computer()
    procedure = customer.proven(Kind.APPLY)
    customer.core.obtain(procedure, password=SECRET)
    others = customer.sit_down().desk.store
    made = []

    def meanwhile(step: Step) -> None:
        if step.stage is Stage.SENDING:
            made.append(others.new_key("Another9"))

    with pytest.raises(HelperError) as refused:  # the procedure was used
        customer.core.obtain(procedure, password=SECRET, progress=meanwhile)
    assert refused.value.kind is Trouble.REFUSED
    assert [each.request for each in others.pending()] == [each.request for each in made]


@pytest.mark.spec("A9")
def test_a_record_that_was_cut_off_is_said_to_be_missing(computer: Callable[..., Computer]):
    """The waiting key itself is lost: nothing can mend that, and what to do is said."""
    customer = computer()
    _stop_after_sending(customer, customer.proven(Kind.APPLY))
    (record,) = (customer.core.desk.store.location.private / "pending").glob("*.json")
    record.write_bytes(record.read_bytes()[:100])
    told = customer.sit_down().repair(password=SECRET)
    assert told.outcome is RepairOutcome.KEY_MISSING
    assert told.advice[-1] == "If that one is lost: revoke the certificate and apply again."


#: Obtains with a proven procedure: home, procedure, kind, password, password of the certificate that is renewed.
OBTAIN = """
import os, signal, sys
from pathlib import Path
from uuid import UUID
from certcenter_helper.core.commands import Commands
from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.home import Home
from certcenter_sdk.client import custody
{before}
core = Commands.open(home=Home(Path(sys.argv[1])))
procedure, kind, password, present = sys.argv[2:6]
store, line = core.desk.store, core.desk.line()
old = store.unlock(store.current(), present) if kind == "renew" else None
try:
    line.run(custody.obtain(line.place, store, UUID(procedure), password, kind=kind, old=old))
    print("ended")
except HelperError as error:
    print(error.kind.value, error.code)
"""
#: The process dies at the N-th call that makes something lasting.
DIE = """
left = [{number}]
def counted(real):
    def call(*arguments, **options):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **options)
    return call
os.fsync, os.replace = counted(os.fsync), counted(os.replace)
"""


def apart(customer: Computer, kind: Kind, before: str) -> subprocess.CompletedProcess[str]:
    """Apply or renew in a process of its own, to which something happens."""
    procedure = customer.proven(kind)
    arguments = (str(customer.folder), str(procedure.id), kind.value, SECRET, PFX)
    return run_apart(OBTAIN.format(before=before), *arguments)


def holder(computer: Callable[..., Computer]) -> Computer:
    """A customer whose certificate ends soon and is on this computer."""
    customer = computer("expiring")
    customer.core.import_pfx(customer.centre.backup(customer.person, slug="demo"), password=PFX)
    return customer


def mends(customer: Computer, kind: Kind) -> None:
    """Repair ends with a working certificate; or says that nothing was sent, and the same can be done again."""
    customer.core = customer.sit_down()
    if kind is Kind.RENEW:
        assert works(customer, SECRET, PFX), "never without a working certificate"
    told = customer.core.repair(password=SECRET)
    if told.outcome is RepairOutcome.NOT_SENT:
        (waiting,) = customer.core.desk.store.pending()
        done = customer.obtain(kind, old=PFX if kind is Kind.RENEW else None)
        assert done.panel.id == waiting.spki_sha256
    elif told.outcome is RepairOutcome.NOTHING and kind.value in customer.core.overview().actions:
        return  # it died before the key was written
    assert customer.core.overview().client.status is ClientStatus.EXPORTABLE
    assert works(customer, SECRET)


@pytest.mark.spec("A4", "A9")
@pytest.mark.parametrize("room", [64, 2048], ids=["no-room-for-the-key", "no-room-for-the-certificate"])
def test_a_disk_that_fills_up_during_a_renewal(room: int, computer: Callable[..., Computer]):
    """RLIMIT_FSIZE again: the key's record has a kilobyte, with its certificate several."""
    customer = holder(computer)
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    done = apart(customer, Kind.RENEW, full)
    assert done.stdout.startswith("store "), done
    assert len(customer.sit_down().desk.store.pending()) == (room > 1000)
    mends(customer, Kind.RENEW)


@pytest.mark.spec("A4", "A9")
@pytest.mark.parametrize("number", [20, 40])
def test_a_renewal_that_is_killed_leaves_something_that_repair_finishes(
    number: int, computer: Callable[..., Computer]
):
    die_at(number, holder(computer), Kind.RENEW)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_renewal_that_is_killed_at_every_step(computer: Callable[..., Computer]):
    number = 1
    while not die_at(number, holder(computer), Kind.RENEW):
        number += 1
    assert number > 20


def die_at(number: int, customer: Computer, kind: Kind) -> bool:
    """Whether the process ended by itself, because it has fewer calls than that."""
    done = apart(customer, kind, DIE.format(number=number))
    if done.returncode == 0:
        assert done.stdout == "ended\n", done
        return True
    assert done.returncode == -signal.SIGKILL, done.stderr
    mends(customer, kind)
    return False


@pytest.mark.spec("A9", "E8")
@pytest.mark.parametrize("number", [1, 9, 22, 30, 40])
def test_a_kill_leaves_something_that_repair_finishes(number: int, computer: Callable[..., Computer]):
    die_at(number, computer(), Kind.APPLY)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_kill_at_every_step(computer: Callable[..., Computer]):
    number = 1
    while not die_at(number, computer(), Kind.APPLY):
        number += 1
    assert number > 20
