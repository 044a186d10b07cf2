"""Windows without a screen. Where this machine lacks what Qt needs they are not collected, and tests/run.sh says so."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before the first QApplication: a test needs no screen

try:
    from PySide6 import QtWidgets  # noqa: F401 - does it load?
except ImportError:
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.support.windows import newcomer, qt, window

    __all__ = ["newcomer", "qt", "window"]
