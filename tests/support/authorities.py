"""Opening a CA costs a second (keys under PBKDF2, pkilint over each shape it can issue): the same CA is opened once a process.

What lies in its folder decides what is the same, to the byte. Tests of the opening itself call `open_ca`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def _each_ca_is_opened_once(pytestconfig: pytest.Config) -> Iterator[None]:
    if not pytestconfig.pluginmanager.has_plugin("django"):  # the SDK alone
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        remember_opened(patch)
        yield


def remember_opened(patch: pytest.MonkeyPatch) -> None:
    """Let the registries of this process share what they open."""
    from certcenter.ca import registry

    real, opened = registry.open_ca, {}

    def open_once(directory: Path, passphrase: Any, *, lint: bool = True) -> Any:
        files = sorted(each for each in directory.iterdir() if each.is_file())
        seen = tuple((each.name, each.stat().st_mode, each.read_bytes()) for each in files)
        known = (seen, passphrase.get_secret_value(), lint)
        if known not in opened:
            opened[known] = real(directory, passphrase, lint=lint)
        return opened[known]

    patch.setattr(registry, "open_ca", open_once)
