"""Two programs at once on one store, as processes: a helper and a trading program, say. With the lock, and without it."""

import contextlib
import multiprocessing
import os
import time

import pytest
from sdk.tests.pki import NOW
from sdk.tests.stores import KINDS, PASSWORD, installed, open_store

from certcenter_sdk.errors import PfxRefused, Refused
from certcenter_sdk.store import files

pytestmark = [
    pytest.mark.usefixtures("few_iterations"),
    pytest.mark.skipif(os.name != "posix", reason="the children are forked with what the test has prepared"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]
ROUNDS = 12


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def at_once(work, count=2):
    """Fork, start together, and return how many ended well."""
    context = multiprocessing.get_context("fork")
    start = context.Barrier(count)

    def child(number):
        start.wait()
        work(number)

    children = [context.Process(target=child, args=(number,)) for number in range(count)]
    for each in children:
        each.start()
    for each in children:
        each.join(60)
    return sum(each.exitcode == 0 for each in children)


def changing(kind, folder):
    """Each child changes the password there and back; that the other one was faster is all that may stop it."""

    def work(_number):
        store = open_store(kind, folder)
        for _ in range(ROUNDS):
            for old, new in ((PASSWORD, "Another7"), ("Another7", PASSWORD)):
                try:
                    store.change_password(store.current(), old, new)
                except Refused as refused:
                    if refused.code not in {"changed", "wrong-password"}:
                        raise

    return work


@pytest.mark.spec("A9", "A10")
def test_two_programs_leave_one_whole_store(kind, tmp_path, issuing, root):
    entry = installed(open_store(kind, tmp_path), issuing, root, now=NOW)
    assert at_once(changing(kind, tmp_path)) == 2
    store = open_store(kind, tmp_path)
    assert store.damaged() == ()
    (found,) = store.certificates()
    assert found.certificate == entry.certificate
    opened = [password for password in (PASSWORD, "Another7") if _opens(store, found, password)]
    assert len(opened) == 1
    store.new_key(PASSWORD)
    assert not list(tmp_path.rglob(".tmp-*"))


def _opens(store, entry, password):
    try:
        store.unlock(entry, password)
    except PfxRefused:
        return False
    return True


def held_at_once(folder, times=50):
    """How often two processes were inside at the same time, and how far a counter of theirs came.

    Whoever is inside stays a while, so that the other one comes, be the machine ever so slow or have one processor.
    """
    context = multiprocessing.get_context("fork")
    inside, met = context.RawValue("i", 0), context.RawValue("i", 0)
    counter = folder / "counter"
    counter.write_text("0")

    def work(_number):
        for _ in range(times):
            with files.locked(folder / "lock"):
                inside.value += 1
                time.sleep(0.001)
                if inside.value > 1:
                    met.value += 1
                counter.write_text(str(int(counter.read_text() or 0) + 1))
                inside.value -= 1

    assert at_once(work) == 2
    return met.value, int(counter.read_text())


@pytest.mark.spec("A9")
def test_only_one_process_holds_the_lock(tmp_path):
    assert held_at_once(tmp_path) == (0, 100)


def test_without_the_lock_they_meet(tmp_path, monkeypatch):
    """The control: the same race with a lock that lets everybody in."""

    @contextlib.contextmanager
    def open_door(_path, *, seconds=10.0):
        yield

    monkeypatch.setattr(files, "locked", open_door)
    try:
        met, counted = held_at_once(tmp_path)
    except (AssertionError, ValueError):  # one of them read what the other was writing
        return
    assert met or counted < 100, "the race did not show; the test above proves nothing"
