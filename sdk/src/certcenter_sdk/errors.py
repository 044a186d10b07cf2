"""The one root of everything this package refuses."""

from certcenter_sdk.advice import ADVICE, DEFAULTS


class Refused(Exception):
    """Something was looked at and not accepted.

    Attributes:
        code: stable, lower-case, with hyphens; for programs and for translated messages.
        detail: one English sentence for logs; it never holds a secret.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    @property
    def advice(self) -> str:
        """What to do about it, in one English sentence; programs with customers of their own translate by code."""
        return ADVICE.get(self.code) or DEFAULTS.get(type(self).__name__, "")

    def __reduce__(self) -> tuple[type["Refused"], tuple[str, ...]]:
        """Survive the way through a process pool."""
        return type(self), (self.code, self.detail)


class StructureRefused(Refused):
    """An order or a proof is not what docs/contracts.md says.

    Attributes:
        field: the key at fault; empty where the structure as a whole is.
    """

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(code, detail)
        self.field = field

    def __reduce__(self) -> tuple[type[Refused], tuple[str, ...]]:
        """Survive the way through a process pool."""
        return type(self), (self.code, self.detail, self.field)


class SignatureRefused(Refused):
    """A CMS signature is not of the one accepted shape, or does not verify."""


class ChainRefused(Refused):
    """A certificate does not lead to a trusted root at the time in question."""


class RequestRefused(Refused):
    """A certificate request is malformed, oversized, badly signed or holds a weak key."""


class KeyRefused(Refused):
    """A private key can't be read or does not do its work."""


class PfxRefused(Refused):
    """A PFX file can't be read, or must not be written as asked."""


class StoreRefused(Refused):
    """The key store can't do what was asked, or must not; what was there before is there still."""


class TransferRefused(Refused):
    """A pairing code can't be read, is for somewhere else, or what was sent does not open (upload to a phone)."""
