"""kill -9 at every call by which the store makes something lasting (fsync, rename), in every change that it can make.

A child process does the change and kills itself before its N-th call, N rising until a child ends by itself. Before an
fsync the file loses its second half first, as it may when the power goes. What is left must be the old state or the
new one, and doing the change again must end well (FINDINGS, "Repair that holds").
"""

import os
import shutil
import signal
import stat
import warnings
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from asn1crypto import pkcs12
from sdk.tests.pki import NOW, ORDER_FIELDS
from sdk.tests.stores import IDENTITY, KINDS, PASSWORD, installed, issue, open_store

from certcenter_sdk import cms, keys, pfx
from certcenter_sdk.errors import PfxRefused
from certcenter_sdk.orders import Order
from certcenter_sdk.store import SecurityMode, Standing, State

pytestmark = [
    pytest.mark.usefixtures("few_iterations"),
    pytest.mark.skipif(os.name != "posix", reason="fork and SIGKILL are POSIX's"),
]
ORDER = Order(**ORDER_FIELDS)
NEW = "Another7"


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def dies(number, work):
    """Do the work in a child that kills itself before its N-th lasting call; was it killed?"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _arm(number)
        try:
            work()
        except BaseException:  # noqa: BLE001 - the child never returns into pytest
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WIFSIGNALED(status), "the change failed by itself"
    return status != 0


def _arm(number):
    calls = count(1)
    fsync, replace = os.fsync, os.replace

    def killing(call, prepare):
        def wrapped(*arguments):
            if next(calls) == number:
                prepare(*arguments)
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments)

        return wrapped

    os.fsync, os.replace = killing(fsync, _tear), killing(replace, lambda *_: None)


def _tear(descriptor):
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode):
        os.ftruncate(descriptor, found.st_size // 2)


def killed_everywhere(prepared, tmp_path, work, check):
    """Kill the work at each call in a fresh copy of what was prepared; `check` looks, and finishes. Returns the tally."""
    tally = Counter()
    for number in count(1):
        folder = tmp_path / f"run{number}"
        shutil.copytree(prepared, folder)
        killed = dies(number, lambda folder=folder: work(folder))
        tally[check(folder)] += 1
        shutil.rmtree(folder)
        if not killed:
            assert number > 3, "nothing was killed"
            return tally
    raise AssertionError("counting never ends")


def signs(store, entry, *passwords):
    """The entry signs with one of these passwords, and with no other."""
    opened = []
    for password in passwords:
        try:
            signature = store.unlock(entry, password).sign(ORDER)
        except PfxRefused:
            continue
        assert cms.verify_detached(ORDER.canonical(), signature).certificate == entry.certificate
        opened.append(password)
    assert len(opened) == 1
    return opened[0]


def whole(store):
    """Nothing half-written lies where anybody looks."""
    assert store.damaged() == ()
    for path in store.location.folder.rglob("*.pfx"):
        pkcs12.Pfx.load(path.read_bytes(), strict=True).native  # noqa: B018 - parses it all


@pytest.mark.spec("A3", "A9", "E8")
def test_applying(kind, tmp_path, issuing, root):
    """Whatever the centre has heard of has its key on the disk."""
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    heard = tmp_path / "heard"

    def work(folder):
        store = open_store(kind, folder)
        waiting = store.pending()
        record = waiting[0] if waiting else store.new_key(PASSWORD)
        heard.write_text(f"{record.request}")  # the network call comes after the record
        store.submitted(record.request)
        issue(store, record, issuing, root)
        store.install(record.request, PASSWORD, now=NOW)
        store.acknowledged(record.request)

    def check(folder):
        store = open_store(kind, folder)
        whole(store)
        states = [record.state.value for record in store.pending()]
        if store.current() and not states:
            states = [State.ACKED.value]
        if heard.exists():
            assert states, "the centre knows a key that is lost"
            heard.unlink()
        if states != [State.ACKED.value]:
            work(folder)
            heard.unlink()
        (entry,) = store.certificates()
        assert entry.standing is Standing.ACTIVE
        assert store.pending() == ()
        signs(store, entry, PASSWORD)
        assert not list(folder.rglob(".tmp-*"))
        return states[0] if states else "nothing"

    tally = killed_everywhere(prepared, tmp_path, work, check)
    assert set(tally) == {"nothing", *(state.value for state in State)}, tally


@pytest.mark.spec("A4", "A9")
def test_renewing(kind, tmp_path, issuing, root):
    """At every moment the certificate that the centre holds to be in force signs."""
    prepared = tmp_path / "prepared"
    installed(open_store(kind, prepared), issuing, root, now=NOW)

    def work(folder):
        store = open_store(kind, folder)
        waiting = store.pending()
        if not waiting and store.current().certificate != old.certificate:
            return
        record = waiting[0] if waiting else store.new_key(NEW, kind="renew", replaces=store.current())
        issue(store, record, issuing, root)
        store.install(record.request, NEW, now=NOW)
        store.acknowledged(record.request)

    old = open_store(kind, prepared).current()

    def check(folder):
        store = open_store(kind, folder)
        whole(store)
        states = [record.state.value for record in store.pending()]
        acknowledged = store.current().certificate != old.certificate
        assert not (acknowledged and states)
        signs(store, store.current(), NEW if acknowledged else PASSWORD)
        work(folder)
        new, replaced = store.certificates()
        assert (new.standing, replaced.standing) == (Standing.ACTIVE, Standing.REPLACED)
        assert replaced.certificate == old.certificate
        signs(store, new, NEW)
        signs(store, replaced, PASSWORD)
        return states[0] if states else "acked" if acknowledged else "nothing"

    tally = killed_everywhere(prepared, tmp_path, work, check)
    assert set(tally) == {"nothing", "generated", "issued", "installed", "acked"}, tally


@pytest.mark.spec("A10")
def test_changing_the_password(kind, tmp_path, issuing, root):
    prepared = tmp_path / "prepared"
    installed(open_store(kind, prepared), issuing, root, now=NOW)

    def work(folder):
        store = open_store(kind, folder)
        store.change_password(store.current(), PASSWORD, NEW)

    def check(folder):
        store = open_store(kind, folder)
        whole(store)
        return signs(store, store.current(), PASSWORD, NEW)

    tally = killed_everywhere(prepared, tmp_path, work, check)
    assert set(tally) == {PASSWORD, NEW}


@pytest.mark.spec("A7")
def test_importing(kind, tmp_path, issuing, root):
    prepared = tmp_path / "prepared"
    installed(open_store(kind, prepared), issuing, root, now=NOW)
    key = keys.generate()
    foreign = issuing.issue(key, f"{IDENTITY}-00-000009")
    data = pfx.write(key, foreign, [issuing.certificate], NEW, name="x", iterations=1_000)

    def work(folder):
        open_store(kind, folder).import_pfx(data, NEW)

    def check(folder):
        store = open_store(kind, folder)
        whole(store)
        state = "both" if len(store.certificates()) == 2 else "one"
        work(folder)
        found = store.certificates()
        assert len(found) == 2
        assert {signs(store, entry, PASSWORD, NEW) for entry in found} == {PASSWORD, NEW}
        return state

    tally = killed_everywhere(prepared, tmp_path, work, check)
    assert set(tally) == {"one", "both"}


@pytest.mark.spec("A8")
def test_removing(kind, tmp_path, issuing, root):
    """The certificate is in use or in the backup, and the pending key stays."""
    prepared = tmp_path / "prepared"
    store = open_store(kind, prepared)
    entry = installed(store, issuing, root, now=NOW)
    record = store.new_key(NEW)

    def work(folder):
        there = open_store(kind, folder)
        there.remove(there.current())

    def check(folder):
        there = open_store(kind, folder)
        whole(there)
        there.open_pending(record.request, NEW)
        if there.current():
            signs(there, there.current(), PASSWORD)
            return "there"
        (backup,) = there.shelf.removed_folder.iterdir()
        assert pfx.read(backup.read_bytes(), PASSWORD).certificate == entry.certificate
        return "removed"

    tally = killed_everywhere(prepared, tmp_path, work, check)
    assert set(tally) == {"there", "removed"}


@pytest.mark.spec("A11")
def test_setting_the_security_mode(kind, tmp_path, issuing, root):
    prepared = tmp_path / "prepared"
    installed(open_store(kind, prepared), issuing, root, now=NOW)

    def work(folder):
        open_store(kind, folder).change_security(SecurityMode.NEVER, PASSWORD)

    def check(folder):
        store = open_store(kind, folder)  # the child's keychain died with it: the session asks and goes on
        asks = []
        with store.session(ask=lambda entry: asks.append(entry) or PASSWORD) as session:
            session.sign(ORDER)
        return store.security().value

    tally = killed_everywhere(prepared, tmp_path, work, check)
    assert set(tally) == {"2", "3"}


def test_every_name_is_forced_to_the_disk_before_anything_relies_on_it(
    kind, tmp_path, issuing, root, monkeypatch
):
    """What a kill can't show: without these calls only a power cut would (the file before its name, the name after)."""
    store = open_store(kind, tmp_path)
    trace = []
    fsync, replace = os.fsync, os.replace

    def tracing_fsync(descriptor):
        trace.append(("sync", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def tracing_replace(source, target):
        trace.append(("rename", str(source), str(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", tracing_fsync)
    monkeypatch.setattr(os, "replace", tracing_replace)
    installed(store, issuing, root, now=NOW)
    renames = [number for number, call in enumerate(trace) if call[0] == "rename"]
    assert len(renames) > 6
    for number in renames:
        _, source, target = trace[number]
        if ".tmp-" in source:
            assert trace[number - 1] == ("sync", source)
        assert trace[number + 1] == ("sync", str(Path(target).parent))
