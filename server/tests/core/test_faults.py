"""Fault points: named, registered, refused in production."""

import signal
import time

import pytest

from certcenter.core import faults

HERE = faults.register("test:here", "a test passes")


def test_nothing_happens_unasked():
    faults.point(HERE)


def test_a_point_must_be_registered():
    with pytest.raises(KeyError):
        faults.point("test:nowhere")
    assert faults.points()[HERE] == "a test passes"
    with pytest.raises(ValueError, match="two fault points"):
        faults.register(HERE, "another meaning")


def test_raise_at_the_third_passing():
    with faults.armed(f"raise@{HERE}#3"):
        faults.point(HERE)
        faults.point(HERE)
        with pytest.raises(faults.Fault):
            faults.point(HERE)
        faults.point(HERE)


def test_sleep():
    with faults.armed(f"sleep=0.05@{HERE}"):
        before = time.monotonic()
        faults.point(HERE)
        assert time.monotonic() - before >= 0.05


def test_kill_from_the_environment(sqlite_engine):
    code = "from certcenter.audit.actions import faults\nfaults.point('audit:recorded')"
    assert sqlite_engine.run(code).returncode == 0
    killed = sqlite_engine.run(code, check=False, CERTCENTER_FAULT="audit:recorded")
    assert killed.returncode == -signal.SIGKILL


def test_production_refuses(settings):
    settings.CONFIG = settings.CONFIG.model_copy(update={"mode": "production"})
    with faults.armed(f"raise@{HERE}"), pytest.raises(RuntimeError, match="refused"):
        faults.point(HERE)


@pytest.mark.parametrize("text", ["", "explode@", "@x", "kill@a#b"])
def test_other_forms_are_refused(text):
    with pytest.raises(ValueError, match="not a fault"):
        faults.Plan.parse(text)
