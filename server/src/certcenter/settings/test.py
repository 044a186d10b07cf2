"""Settings of the test suite: a throw-away home, cheap password hashes and captchas, the same code."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("CERTCENTER_MODE", "test")
os.environ.setdefault("CERTCENTER_HOME", str(Path(tempfile.gettempdir()) / f"certcenter-test-{os.getuid()}"))
os.environ.setdefault("CERTCENTER_ARGON2_MEMORY_KIB", "256")
os.environ.setdefault("CERTCENTER_ARGON2_TIME", "1")
os.environ.setdefault("CERTCENTER_CAPTCHA_COST", "10")

from certcenter.settings.base import *  # noqa: F403
