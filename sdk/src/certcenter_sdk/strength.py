"""How hard the password of a key at rest is to guess."""

from typing import Final

KEY_ITERATIONS: Final = 600_000
"""Of PBKDF2-HMAC-SHA256 (SPEC policy table: at least so many)."""
