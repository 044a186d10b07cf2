"""The customer's settings on this machine: the security setting (SPEC A11)."""

import json
from enum import StrEnum
from pathlib import Path

from certcenter_sdk.store import files


class SecurityMode(StrEnum):
    """When signing an order asks for the certificate password."""

    EVERY_ORDER = "1"
    """每次下單均詢問憑證密碼: the key is unlocked for one signature."""
    FIRST_ORDER = "2"
    """登入後第一次下單詢問憑證密碼: unlocked at the first signature, until the session ends."""
    NEVER = "3"
    """永遠不詢問憑證密碼: a handle that the operating system's keychain opens."""


DEFAULT = SecurityMode.FIRST_ORDER


def read_mode(path: Path) -> SecurityMode:
    """The setting; the stricter default where there is none or it can't be read."""
    data = files.read(path)
    try:
        return SecurityMode(json.loads(data)["security"]) if data is not None else DEFAULT
    except (ValueError, KeyError, TypeError):
        return DEFAULT


def write_mode(path: Path, mode: SecurityMode) -> None:
    """Keep the setting."""
    files.write(path, json.dumps({"version": 1, "security": mode.value}).encode())
