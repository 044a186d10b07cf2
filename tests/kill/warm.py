"""A warm process that forks a child for each run, so that a kill costs a fork and not a start of Django.

Run as `python -m tests.kill.warm module:function`. For each line `{"number": …, "fault": …}` on stdin it forks, says the
child's process id, waits for a line (the driver has attached its tracer), lets the child go, and says its wait status.
"""

import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable


def main(target: str) -> None:
    """Serve runs until stdin ends."""
    import django

    django.setup()
    _open_authorities()
    module, _, name = target.partition(":")
    work: Callable[[int], None] = getattr(importlib.import_module(module), name)
    while order := sys.stdin.readline():
        wanted = json.loads(order)
        waits, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(waits, 1)
            _run(work, wanted["number"], wanted["fault"])
        os.close(waits)
        print(child, flush=True)
        sys.stdin.readline()
        os.write(go, b".")
        os.close(go)
        print(os.waitpid(child, 0)[1], flush=True)


def _open_authorities() -> None:
    """A worker that has been running has its CAs open: a second each, which no run has to pay."""
    from certcenter.certificates import authority

    for name in authority.authorities().names():
        authority.named(name)


def _run(work: Callable[[int], None], number: int, fault: str) -> None:
    """Do the work as a process that ends in order, in a child that never returns from here."""
    from django.conf import settings
    from django.db import connections

    try:
        settings.CONFIG = settings.CONFIG.model_copy(update={"fault": fault})
        work(number)
        connections.close_all()
    except BaseException:  # noqa: BLE001 - reported by text and status
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
