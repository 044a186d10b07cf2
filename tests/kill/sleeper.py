"""A worker that stands still when it has signed its first batch, and goes on when it is told to: a line on its input, whose end ends it.

It issues and does nothing else, so that it stands still between transactions: a process that is stopped just anywhere may hold
the lock that everybody waits for.
"""

import sys
import threading

from certcenter.ctl.main import set_up_django

set_up_django()

from certcenter.certificates import cycle, issuing  # noqa: E402 - Django first
from certcenter.core import faults  # noqa: E402
from certcenter.worker import loop  # noqa: E402

_pass = faults.point
_stop = threading.Event()


def _stand_still(name: str) -> None:
    _pass(name)
    if name == cycle.SIGNED:
        issuing.faults.point = _pass
        print("asleep", flush=True)
        sys.stdin.readline()
        threading.Thread(target=lambda: (sys.stdin.read(), _stop.set()), daemon=True).start()


if __name__ == "__main__":
    issuing.faults.point = _stand_still
    loop._lane(loop.ISSUING, _stop)
