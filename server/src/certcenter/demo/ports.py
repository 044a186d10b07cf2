"""A port for a server that is started in a moment: the tour's, and that of the tests."""

import random
import socket
from typing import Final

#: Below those that the system gives to whoever connects (net.ipv4.ip_local_port_range begins at 32,768): a port that is free when
#: it is chosen is still free when its server, or the one started again after a kill, comes to take it.
_FIRST: Final = 20_000
_LAST: Final = 32_000


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
