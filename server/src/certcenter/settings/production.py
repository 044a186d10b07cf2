"""A firm's own centre. `Config` refuses what production forbids (settings/model.py)."""

from certcenter.settings.base import *  # noqa: F403
