"""The command `certcenter-helper`. It says in plain words where Qt is not installed, or this machine lacks what Qt needs."""

import sys

_ADVICE = (
    "The window needs Qt: pip install 'certcenter-helper[window]'\n"
    "視窗需要 Qt：pip install 'certcenter-helper[window]'\n"
    "On Debian Qt needs / Debian 上 Qt 需要: libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1\n"
)
#: Exit code of a program that can't be started (sysexits.h, EX_UNAVAILABLE).
_UNAVAILABLE = 69


def main() -> int:
    """Start the window; returns its exit code."""
    try:
        from certcenter_helper.window.app import main as run
    except ImportError as error:
        if not (error.name or "").startswith(("PySide6", "shiboken6")) and "lib" not in str(error):
            raise
        sys.stderr.write(f"{error}\n{_ADVICE}")
        return _UNAVAILABLE
    return run()


if __name__ == "__main__":
    sys.exit(main())
