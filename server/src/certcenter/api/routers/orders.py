"""Orders: drafted here, signed on the device, verified and kept (SPEC A15, D8)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Query, Router, Status

from certcenter.api.doors import CallerRequest
from certcenter.api.openapi import operation
from certcenter.api.values import MAX_SIGNATURE, MAX_STRUCTURE, Base64url, Digest, Input, Output, Serial, form
from certcenter.core.errors import NotFound
from certcenter.proof.errors import NonceRefused
from certcenter.signing import actions, errors, evidence
from certcenter.signing.models import Evidence

router = Router(tags=["orders"])

Structure = Annotated[bytes, Base64url(most=MAX_STRUCTURE)]
Signature = Annotated[bytes, Base64url(most=MAX_SIGNATURE)]


class DraftOrder(Input):
    """What the customer wants to trade."""

    account: Annotated[str, form(r"^[0-9A-Z]{1,8}-[0-9A-Z]{1,16}$", 25)]
    """The number of an account of `GET me`."""
    side: Annotated[str, form(r"^(buy|sell)$", 4)]
    symbol: Annotated[str, form(r"^[A-Z0-9.]{1,12}$", 12)]
    quantity: Annotated[str, form(r"^[1-9][0-9]{0,11}$", 12)]
    price: Annotated[str, form(r"^(market|(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?)$", 17)]
    currency: Annotated[str, form(r"^[A-Z]{3}$", 3)] = "TWD"


class DraftOut(Output):
    """The order to show and to sign: these bytes and no others."""

    order: Structure
    nonce: str


class SignedOrder(Input):
    """The order's bytes and the detached CMS signature over them (docs/contracts.md)."""

    order: Structure
    signature: Signature


class EvidenceOut(Output):
    """What the centre keeps of an accepted order."""

    id: UUID
    order: Structure
    signature: Signature
    sha256: Digest
    """Of the order's bytes."""
    certificate: Serial
    status: str
    """The certificate's, when the order was accepted."""
    accepted_at: datetime


class OrdersOut(Output):
    """Accepted orders, newest first."""

    orders: tuple[EvidenceOut, ...]
    next: UUID | None
    """Give it as `after` for the next page; null on the last one."""


@router.post("/orders/drafts", **operation(201, DraftOut, errors.OrderMalformed, errors.OrderNotYours))
def draft(request: CallerRequest, body: DraftOrder) -> Status[DraftOut]:
    """Build the order that the customer will see and sign; nonce and time are the centre's."""
    caller = request.auth
    order = actions.draft_order(
        caller.customer, fields=body.model_dump(), origin=caller.origin, actor=caller.actor
    )
    return Status(201, DraftOut(order=order.canonical(), nonce=order.nonce))


@router.post(
    "/orders",
    **operation(
        201,
        EvidenceOut,
        errors.OrderMalformed,
        errors.OrderNotYours,
        errors.SignatureWrong,
        errors.CertificateUnusable,
        errors.OrderStale,
        errors.OrderSeenBefore,
        NonceRefused,
    ),
)
def place(request: CallerRequest, body: SignedOrder) -> Status[EvidenceOut]:
    """Verify a signed order and keep it. The same order and signature again give the same evidence."""
    caller = request.auth
    kept = actions.accept_order(
        caller.customer,
        order=body.order,
        signature=body.signature,
        origin=caller.origin,
        actor=caller.actor,
    )
    return Status(201, _shown(kept))


@router.get("/orders", **operation(200, OrdersOut, NotFound))
def orders(
    request: CallerRequest,
    after: Annotated[UUID | None, Query(description="Id of the last page's last.")] = None,
) -> OrdersOut:
    """The customer's accepted orders by keyset."""
    customer = request.auth.customer
    begin = evidence.find(customer, str(after)) if after else None
    if after and begin is None:
        raise NotFound
    rows = evidence.history(customer, after=begin)
    return OrdersOut(
        orders=tuple(_shown(row) for row in rows), next=rows[-1].pk if len(rows) == evidence.PAGE else None
    )


def _shown(row: Evidence) -> EvidenceOut:
    return EvidenceOut(
        id=row.pk,
        order=bytes(row.order),
        signature=bytes(row.signature),
        sha256=evidence.digest(row),
        certificate=row.certificate.serial,
        status=row.status,
        accepted_at=row.accepted_at,
    )
