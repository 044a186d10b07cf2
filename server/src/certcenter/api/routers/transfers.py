"""Upload to a phone: the relay of one sealed parcel between the customer's computer and phone (SPEC A12)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from ninja import Query, Router, Status

from certcenter.api import waiting
from certcenter.api.doors import CallerRequest
from certcenter.api.openapi import operation
from certcenter.api.signed import Signed
from certcenter.api.values import Base64url, Input, Output
from certcenter.core.errors import Conflict
from certcenter.identity.queries import CustomerFrozen
from certcenter.proof.errors import NonceRefused, ProofRefused
from certcenter.transfers import actions, errors, queries

router = Router(tags=["upload to a phone"])

X25519_KEY: Final = 32
#: RFC 9180 §7.1: the encapsulated key, then at least the tag of AES-GCM.
SHORTEST, LONGEST = 32 + 16 + 1, 20_000


class Progress(StrEnum):
    """How far a pairing is."""

    OPEN = "open"
    SEALED = "sealed"
    FETCHED = "fetched"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OpenTransfer(Input):
    """A phone waits for a certificate."""

    public_key: Annotated[bytes, Base64url(least=X25519_KEY, most=X25519_KEY)]
    """The phone's fresh X25519 key (RFC 7748). It is tried out, not kept: the computer reads it from the phone's screen."""


class TransferOut(Output):
    """A pairing; what it holds is not shown."""

    session: UUID
    state: Progress
    expires_at: datetime


class SendParcel(Input):
    """The PFX, sealed to the phone's key (docs/contracts.md, upload to a phone)."""

    ciphertext: Annotated[bytes, Base64url(least=SHORTEST, most=LONGEST)]
    """Encapsulated key and ciphertext of HPKE."""
    proof: Signed
    """Of the purpose `phone`, by the customer's live certificate."""


class CollectParcel(Input):
    """Nothing is said; the session says it all."""


class ParcelOut(Output):
    """What the computer sealed. It is not held any more."""

    ciphertext: Annotated[bytes, Base64url(least=SHORTEST, most=LONGEST)]


@router.post(
    "/transfers",
    **operation(
        201,
        TransferOut,
        errors.PhoneUploadOff,
        errors.NothingToUpload,
        errors.PhoneKeyUnfit,
        errors.PairingsUsedUp,
        CustomerFrozen,
        Conflict,
    ),
)
def open_transfer(request: CallerRequest, body: OpenTransfer) -> Status[TransferOut]:
    """Begin to wait, for policy's minutes; the customer's earlier pairing ends."""
    caller = request.auth
    opened = actions.open_(caller.customer, public_key=body.public_key, actor=caller.actor)
    return Status(201, TransferOut(session=opened.pk, state=Progress.OPEN, expires_at=opened.expires_at))


@router.get("/transfers/{uuid:session}", **operation(200, TransferOut, errors.TransferGone))
def transfer(
    request: CallerRequest,
    session: UUID,
    wait: Annotated[int, Query(ge=0, le=waiting.LONGEST, description="Seconds to wait for a change.")] = 0,
    known: Annotated[Progress, Query(description="The state that the caller knows already.")] = Progress.OPEN,
) -> TransferOut:
    """How far the pairing is; with `wait` as soon as it is not in the state `known` any more, or then."""
    customer = request.auth.customer
    seen = waiting.until(
        lambda now: now.state != known,
        lambda: queries.seen(customer, session),
        seconds=wait,
    )
    return TransferOut(session=seen.id, state=Progress(seen.state), expires_at=seen.expires_at)


@router.post(
    "/transfers/{uuid:session}/parcel",
    **operation(
        201,
        TransferOut,
        errors.PhoneUploadOff,
        errors.TransferGone,
        errors.AlreadySent,
        errors.ClientMismatch,
        errors.ParcelTooLarge,
        CustomerFrozen,
        ProofRefused,
        NonceRefused,
    ),
)
def send(request: CallerRequest, session: UUID, body: SendParcel) -> Status[TransferOut]:
    """Hand over the sealed certificate, once; only the centre's live one (SPEC A12)."""
    caller = request.auth
    sealed = actions.send(
        caller.customer,
        session,
        ciphertext=body.ciphertext,
        proof=body.proof.at(caller),
        actor=caller.actor,
    )
    return Status(201, TransferOut(session=sealed.pk, state=Progress.SEALED, expires_at=sealed.expires_at))


@router.post("/transfers/{uuid:session}/collection", **operation(200, ParcelOut, errors.TransferGone))
def collect(request: CallerRequest, session: UUID, body: CollectParcel) -> ParcelOut:  # noqa: ARG001 - a body without members
    """Take the parcel, once, in the session that opened the pairing; the relay deletes it."""
    caller = request.auth
    return ParcelOut(ciphertext=actions.fetch(caller.customer, session, actor=caller.actor))


@router.delete("/transfers/{uuid:session}", **operation(204, None, errors.TransferGone))
def cancel(request: CallerRequest, session: UUID) -> Status[None]:
    """End the pairing, such as after codes that do not match; what it held is deleted."""
    actions.cancel(request.auth.customer, session, actor=request.auth.actor)
    return Status(204, None)
