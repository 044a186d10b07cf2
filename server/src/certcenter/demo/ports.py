"""Ports for a server that is started in a moment: the demo's, the tour's, and those of the tests."""

import random
import socket
from typing import Final

#: Below those that the system gives to whoever connects (net.ipv4.ip_local_port_range begins at 32,768): a port that is free when
#: it is chosen is still free when its server, or the one started again after a kill, comes to take it.
_FIRST: Final = 20_000
_LAST: Final = 32_000


def is_free(port: int) -> bool:
    """Whether nobody listens on that port of 127.0.0.1.

    To be asked beforehand: the web server shares its port (SO_REUSEPORT), so a second centre would start without a word
    and get half of the first one's customers.
    """
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # connections that have just ended are nobody
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on just now."""
    chosen = random.SystemRandom()  # other than another process's, whatever seed a test has set
    while True:
        port = chosen.randint(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
