"""The demo on one machine: SQLite, embedded CA, outbox instead of SMS and mail."""

from certcenter.settings.base import *  # noqa: F403
