"""Hashing takes the memory that its cap says, whoever asks for it (SPEC E1)."""

import os
import subprocess
import sys

import pytest

THREADS = 12
#: Threads that live on, as a server's do, hash one after the other with 19 MiB; then the process says how many MiB it grew.
PROGRAM = f"""
import threading
import django
django.setup()
from certcenter.passwords import hashing

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4 // 1024

def ask():
    hashing.verify(stored, "after0")
    done.set()
    end.wait()

stored = hashing.hash_password("before0")
before, end = resident(), threading.Event()
for _ in range({THREADS}):
    done = threading.Event()
    threading.Thread(target=ask).start()
    done.wait()
print(resident() - before)
end.set()
"""


@pytest.mark.spec("E1")
def test_memory_is_that_of_the_slots_however_many_threads_ask(tmp_path):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "certcenter.settings.test",
        "CERTCENTER_HOME": str(tmp_path),
        "CERTCENTER_ARGON2_MEMORY_KIB": str(19 * 1024),
        "CERTCENTER_HASH_SLOTS": "1",
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert int(ran.stdout) < 2 * 19  # in the requests' threads it was 228
