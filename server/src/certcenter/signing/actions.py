"""Orders: drafted by the server, signed on the device, verified and kept as evidence (SPEC A15, E, docs/contracts.md)."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction

from certcenter.audit.actions import record, record_refusal
from certcenter.certificates import authority
from certcenter.certificates import queries as certificates
from certcenter.certificates.models import Certificate
from certcenter.core import clock
from certcenter.core.actor import Actor
from certcenter.core.errors import CentreError
from certcenter.core.events import Event
from certcenter.identity.models import Account, Customer
from certcenter.proof import nonces
from certcenter.proof.errors import NonceRefused
from certcenter.signing import errors
from certcenter.signing.evidence import digest_of
from certcenter.signing.models import Evidence
from certcenter_sdk import cms
from certcenter_sdk.chain import ChainVerifier
from certcenter_sdk.errors import ChainRefused, SignatureRefused, StructureRefused
from certcenter_sdk.orders import Order
from certcenter_sdk.structures import format_time

#: How far an order's time may lie from the centre's clock.
TOLERANCE = timedelta(minutes=5)
PURPOSE = "order"
#: What a draft is made of; the rest of an order is the server's.
FIELDS = ("account", "side", "symbol", "quantity", "price", "currency")


def draft_order(customer: Customer, *, fields: dict[str, str], origin: str, actor: Actor) -> Order:
    """Build the order that the customer will see and sign; nonce and time are the server's.

    `fields` holds account, side, symbol, quantity, price, currency. Raises OrderMalformed, OrderNotYours.
    """
    with _audited(customer, actor=actor):
        values = {name: fields.get(name, "") for name in FIELDS}
        _require_account(customer, values["account"])
        nonce = nonces.issue(customer.institution, purpose=PURPOSE, customer=customer, session=actor.session)
        try:
            return Order(
                institution=customer.institution,
                origin=origin,
                time=format_time(clock.now()),
                nonce=nonce,
                **values,
            )
        except StructureRefused as refused:
            raise errors.OrderMalformed(reason=refused.field or refused.code) from refused


def accept_order(
    customer: Customer, *, order: bytes, signature: bytes, origin: str, actor: Actor
) -> Evidence:
    """Verify a signed order and keep it as evidence. The same order and signature again return the same evidence.

    Raises OrderMalformed, OrderNotYours, SignatureWrong, CertificateUnusable, OrderStale, OrderSeenBefore; each
    refusal is audited with its reason.
    """
    with _audited(customer, actor=actor):
        parsed = _parse(order)
        if known := _same(customer, parsed.nonce, order, signature):
            return known
        _require_own(customer, parsed, origin)
        now = clock.now()
        if abs(parsed.moment - now) > TOLERANCE:
            raise errors.OrderStale
        certificate, chain = _verify(customer, order, signature, now)
        evidence = Evidence(
            institution=customer.institution,
            customer=customer,
            certificate=certificate,
            nonce=parsed.nonce,
            order=order,
            signature=signature,
            chain=[base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in chain],
            status="good",
            accepted_at=now,
        )
        try:
            _keep(evidence, actor=actor)
        except NonceRefused:
            # A twin of this very order may have won meanwhile; then its evidence is the answer.
            if known := _same(customer, parsed.nonce, order, signature):
                return known
            raise
    return evidence


def _keep(evidence: Evidence, *, actor: Actor) -> None:
    """Store the evidence and spend its nonce in one commit. Raises NonceRefused."""
    customer = evidence.customer
    with transaction.atomic():
        nonces.consume(
            customer.institution,
            value=evidence.nonce,
            purpose=PURPOSE,
            customer=customer,
            session=actor.session,
        )
        evidence.save(force_insert=True)
        record(
            Event.ORDER_ACCEPTED,
            actor=actor,
            subject=f"order:{evidence.pk}",
            customer=customer.pk,
            certificate=evidence.certificate.serial,
            sha256=digest_of(evidence),
        )


@contextmanager
def _audited(customer: Customer, *, actor: Actor) -> Iterator[None]:
    """Write each refusal of the block into the history (SPEC E9)."""
    try:
        yield
    except CentreError as refusal:
        reason = str(refusal.params.get("reason", refusal.code))
        record_refusal(
            Event.ORDER_REFUSED, actor=actor, subject=customer.subject, code=refusal.code, reason=reason
        )
        raise


def _parse(order: bytes) -> Order:
    try:
        return Order.parse(order)
    except StructureRefused as refused:
        raise errors.OrderMalformed(reason=refused.field or refused.code) from refused


def _same(customer: Customer, nonce: str, order: bytes, signature: bytes) -> Evidence | None:
    known = Evidence.objects.filter(nonce=nonce).first()
    if known is None:
        return None
    if known.customer_id != customer.pk or bytes(known.order) != order or bytes(known.signature) != signature:
        raise errors.OrderSeenBefore
    return known


def _require_own(customer: Customer, order: Order, origin: str) -> None:
    if order.institution != customer.institution:
        raise errors.OrderNotYours(reason="institution")
    if order.origin != origin:
        raise errors.OrderNotYours(reason="origin")
    _require_account(customer, order.account)


def _require_account(customer: Customer, display: str) -> None:
    branch, _, number = display.partition("-")
    if not Account.objects.filter(customer=customer, branch=branch, number=number).exists():
        raise errors.OrderNotYours(reason="account")


def _verify(
    customer: Customer, order: bytes, signature: bytes, now: datetime
) -> tuple[Certificate, tuple[x509.Certificate, ...]]:
    try:
        verified = cms.verify_detached(order, signature)
    except SignatureRefused as refused:
        raise errors.SignatureWrong(reason=refused.code) from refused
    signer = verified.certificate
    assert signer is not None, "the detached form embeds the signer's certificate"
    certificate = certificates.find_equal(customer, signer)
    if certificate is None:
        raise errors.CertificateUnusable(reason="not-yours")
    status = certificates.status_at(certificate, now)
    if not status.usable:
        raise errors.CertificateUnusable(reason=status.reason)
    try:
        chain = _verifier(certificate.ca).verify(signer, now)
    except ChainRefused as refused:
        raise errors.CertificateUnusable(reason=refused.code) from refused
    return certificate, chain.certificates


@lru_cache(maxsize=64)
def _verifier(ca_name: str) -> ChainVerifier:
    issuing, root = map(x509.load_der_x509_certificate, authority.chain(ca_name))
    return ChainVerifier(intermediates=[issuing], roots=[root])
