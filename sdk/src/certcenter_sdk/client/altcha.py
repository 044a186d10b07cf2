"""Solving the captcha's proof of work (altcha, version 2 challenges), so that programs log in as pages do."""

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

_MOST_COST = 10_000_000
_LARGEST_COUNTER = 2**32 - 1
_DIGESTS = {"PBKDF2/SHA-256": "sha256", "PBKDF2/SHA-384": "sha384", "PBKDF2/SHA-512": "sha512"}


class ChallengeUnsolved(Exception):
    """The challenge is of an unknown kind, or was not solved in time."""


def solve(challenge: Mapping[str, Any], *, seconds: float = 60.0) -> str:
    """The base64 payload that answers `challenge` (the JSON object that the server gave).

    Args:
        challenge: `{"parameters": {…}, "signature": …}`; PBKDF2 with SHA-256, -384 or -512.
        seconds: how long to try; half a second is usual.

    Raises:
        ChallengeUnsolved: not a challenge of this kind, or no solution in time.
    """
    began = time.monotonic()
    try:
        parameters = challenge["parameters"]
        digest = _DIGESTS[parameters["algorithm"]]
        nonce, salt = bytes.fromhex(parameters["nonce"]), bytes.fromhex(parameters["salt"])
        cost, length = int(parameters["cost"]), int(parameters.get("keyLength", 32))
        prefix = str(parameters.get("keyPrefix", "00")).lower()
    except (KeyError, TypeError, ValueError):
        raise ChallengeUnsolved("not an altcha challenge by PBKDF2") from None
    if not 1 <= cost <= _MOST_COST:
        raise ChallengeUnsolved("the challenge's cost is absurd")
    for counter in range(_LARGEST_COUNTER + 1):
        derived = hashlib.pbkdf2_hmac(digest, nonce + counter.to_bytes(4), salt, cost, length).hex()
        if derived.startswith(prefix):
            took = round((time.monotonic() - began) * 1000)
            return _payload(challenge, {"counter": counter, "derivedKey": derived, "time": took})
        if time.monotonic() - began > seconds:
            break
    raise ChallengeUnsolved(f"no solution within {seconds:g} seconds")


def _payload(challenge: Mapping[str, Any], solution: Mapping[str, Any]) -> str:
    answer = {"challenge": dict(challenge), "solution": solution}
    return base64.b64encode(json.dumps(answer).encode()).decode()
