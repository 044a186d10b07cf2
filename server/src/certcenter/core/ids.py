"""Identifiers that people read aloud and that machines compare."""

import secrets
import uuid

# Crockford's base 32 without I, L, O, U: nothing that is misread over the telephone.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def reference_number() -> str:
    """Return a fresh reference number such as `7K2M-91QD` for a message to the customer (SPEC E10), 40 bits."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{text[:4]}-{text[4:]}"


def new_uuid() -> uuid.UUID:
    """Return a random UUID (RFC 9562 version 4)."""
    return uuid.uuid4()
