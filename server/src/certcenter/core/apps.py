"""Django's entry for this room."""

import sys

from django.apps import AppConfig

#: Seconds (CPython's own: 0.005). Whoever holds a row, or on SQLite the place of the one writer, gives the interpreter away
#: at each statement and waits so long for it if another thread computes; everybody waits with it.
SWITCH_INTERVAL = 0.0005


class CoreConfig(AppConfig):
    """The `core` room."""

    name = "certcenter.core"
    label = "core"

    def ready(self) -> None:
        """Let threads take turns more often."""
        sys.setswitchinterval(SWITCH_INTERVAL)
