"""What can go wrong with a CA as a whole. A single bad row is never an error: it is `api.Refused`."""

from enum import StrEnum


class CaErrorCode(StrEnum):
    """Why a CA could not be created, opened or used. Operators see these; customers never do."""

    EXISTS = "ca.exists"
    MISSING = "ca.missing"
    CONFIG = "ca.config"
    PASSPHRASE = "ca.passphrase"  # noqa: S105 - a code, not a secret
    PERMISSIONS = "ca.permissions"
    DAMAGED = "ca.damaged"
    LINT = "ca.lint"


class CaError(Exception):
    """A CA that cannot be created or opened. `code` is for programs, `detail` for the operator's log."""

    def __init__(self, code: CaErrorCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Refusal(StrEnum):
    """Why one request was refused (`api.Refused.code`)."""

    KEY_MALFORMED = "ca.key.malformed"
    KEY_TYPE = "ca.key.type"
    KEY_WEAK = "ca.key.weak"
    KEY_OF_CA = "ca.key.of-ca"
    SUBJECT = "ca.subject"
    VALIDITY = "ca.validity"
    PROFILE = "ca.profile"
    SLOT = "ca.slot"
    ISSUER = "ca.issuer"
    SIGNATURE = "ca.signature"
    UNKNOWN = "ca.reference.unknown"


class RequestRefusedError(Exception):
    """Raised inside the CA for one row, and turned into `api.Refused` before it leaves the CA."""

    def __init__(self, code: Refusal, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
