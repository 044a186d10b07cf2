"""The voice password as a telephone takes it: letters by the keypad's table (SPEC B4; manual M2, 轉換規則對照表).

A voice password that mirrors the web password weakens it: whoever learns the digits has at most 9 candidates for each
place. So nothing is converted unless the institution's policy turns it on (docs/adr/0012).
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from certcenter.audit.actions import record
from certcenter.core.actor import Actor
from certcenter.core.events import Event
from certcenter.identity import queries
from certcenter.identity.models import Customer
from certcenter.institutions.policy import Institution
from certcenter.passwords import clients, login, store
from certcenter.passwords.admission import admitted
from certcenter.passwords.errors import PasswordRefused
from certcenter.passwords.models import CredentialKind

#: The keypad of ITU-T E.161: digit → the letters that it stands for, capital or not.
KEYPAD: Final[dict[str, str]] = {
    "1": "",
    "2": "ABC",
    "3": "DEF",
    "4": "GHI",
    "5": "JKL",
    "6": "MNO",
    "7": "PQRS",
    "8": "TUV",
    "9": "WXYZ",
    "0": "",
}
_DIGIT_OF: Final = {
    letter: digit for digit, letters in KEYPAD.items() for letter in digit + letters + letters.lower()
}
_UNMAPPED = _("This has characters that a telephone cannot enter; only letters and digits can be converted.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinVerified:
    """Who has dialled, and which accounts the PIN opens; None: all."""

    customer: Customer
    opened: tuple[UUID, ...] | None


def to_digits(password: str, *, field: str = "password") -> str:
    """Return what is dialled for `password`. Raises PasswordRefused for anything but ASCII letters and digits."""
    try:
        return "".join(_DIGIT_OF[character] for character in password)
    except KeyError:
        raise PasswordRefused({field: _UNMAPPED}) from None


@admitted
def verify_pin(
    institution: Institution,
    *,
    client_id: str,
    client_secret: str,
    identity: str,
    pin: str,
    actor: Actor,
) -> PinVerified:
    """Check a voice password for the institution's telephone system, a registered program.

    The lock is the login's (SPEC E2): a wrong PIN counts with the wrong passwords, a right one clears nothing, since
    the shorter secret must not reset the counter of the longer. Unknown, wrong and locked cost and answer the same
    (SPEC E4). Raises admission.Crowded, ClientRefused, Invalid, LoginRefused, Busy.
    """
    clients.require(institution, client_id=client_id, client_secret=client_secret, actor=actor)
    number = login.normalised(identity, pin)
    customer = queries.by_identity(institution.slug, number)
    found = store.rows(customer, CredentialKind.VOICE)
    right = login.compare(
        institution,
        customer,
        number=number,
        found=found,
        password=pin,
        kind=CredentialKind.VOICE,
        actor=actor,
    )
    assert customer is not None
    with transaction.atomic():
        record(Event.VOICE_ACCEPTED, actor=actor, subject=customer.subject)
    return PinVerified(customer=customer, opened=store.opened(right))
