"""Staff's passwords under the same pepper and parameters as the customers' (SPEC E1), as Django's hasher.

`backoffice.login` takes one of the process's slots around it.
"""

import hmac

from argon2 import Parameters
from django.contrib.auth.hashers import Argon2PasswordHasher

from certcenter.core import sealing
from certcenter.core.sealing import Use
from certcenter.passwords import hashing


class PepperedHasher(Argon2PasswordHasher):
    """argon2id over HMAC-SHA256(pepper, password). Hashes of Django's own hasher are renewed at the next login."""

    algorithm = "argon2-peppered"

    def encode(self, password: str, salt: str) -> str:
        """Return what is stored."""
        return super().encode(_peppered(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Compare by one run."""
        return super().verify(_peppered(password), encoded)

    def params(self) -> Parameters:
        """Return the parameters of the configuration."""
        return hashing.parameters()


def _peppered(password: str) -> str:
    key = sealing.key(Use.STAFF_PASSWORD)
    return hmac.new(key, password.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
