"""Evidence, re-checked from its own bytes alone, years later (SPEC D8)."""

import base64
import hashlib
import json
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from certcenter.audit.models import AuditEvent
from certcenter.core.events import Event
from certcenter.identity.models import Customer
from certcenter.signing.models import Evidence
from certcenter_sdk import chain, cms
from certcenter_sdk.errors import ChainRefused, SignatureRefused, StructureRefused
from certcenter_sdk.orders import Order

PAGE = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Recheck:
    """What a re-check found. `findings` is empty when everything still stands; `order` None when it is no order any more."""

    order: Order | None
    signer: str
    findings: tuple[str, ...]


def recheck(evidence: Evidence) -> Recheck:
    """Verify the evidence at the time of its acceptance: signature, chain, and each column against the others.

    What one could change in the row and have it fit again (the times, a whole chain of another root) is caught by the
    digest in the history, which `audit.verifier` guards.
    """
    findings = [name for name, holds in _comparisons(evidence) if not holds]
    order = leaf = None
    try:
        order = Order.parse(bytes(evidence.order))
    except StructureRefused as refused:
        findings.append(f"order: {refused.code}")
    else:
        findings += [name for name, holds in _order_comparisons(evidence, order) if not holds]
    try:
        leaf, *others = (x509.load_der_x509_certificate(each) for each in _chain(evidence))
        chain.verify_chain(leaf, others[:-1], others[-1:], evidence.accepted_at)
        for root in others[-1:]:
            root.verify_directly_issued_by(root)
    except (ValueError, TypeError):  # base64, DER, other names
        findings.append("chain: unreadable")
    except InvalidSignature:
        findings.append("chain: root")
    except ChainRefused as refused:
        findings.append(f"chain: {refused.code}")
    try:
        signer = cms.verify_detached(bytes(evidence.order), bytes(evidence.signature)).certificate
        if signer != leaf:
            findings.append("another-signer")
    except SignatureRefused as refused:
        findings.append(refused.code)
    name = leaf.subject.rfc4514_string() if leaf is not None else ""
    return Recheck(order=order, signer=name, findings=tuple(findings))


def digest_of(evidence: Evidence) -> str:
    """Lower-case hex SHA-256 over everything that the evidence says; the history holds it (`order:verify:accepted`)."""
    fields = {
        "institution": evidence.institution,
        "customer": evidence.customer_id,
        "certificate": evidence.certificate_id,
        "nonce": evidence.nonce,
        "order": base64.b64encode(bytes(evidence.order)).decode(),
        "signature": base64.b64encode(bytes(evidence.signature)).decode(),
        "chain": evidence.chain,
        "status": evidence.status,
        "accepted_at": evidence.accepted_at.isoformat(),
    }
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _comparisons(evidence: Evidence) -> tuple[tuple[str, bool], ...]:
    certificate = evidence.certificate
    return (
        ("another-digest", _digest_in_history(evidence) == digest_of(evidence)),
        ("another-certificate", evidence.chain[:1] == [base64.b64encode(bytes(certificate.der)).decode()]),
        ("another-customer", evidence.customer_id == certificate.customer_id),
        ("another-status", evidence.status == "good"),
    )


def _order_comparisons(evidence: Evidence, order: Order) -> tuple[tuple[str, bool], ...]:
    return (
        ("another-nonce", evidence.nonce == order.nonce),
        ("another-institution", evidence.institution == order.institution),
    )


def _chain(evidence: Evidence) -> list[bytes]:
    return [base64.b64decode(each, validate=True) for each in evidence.chain]


def _digest_in_history(evidence: Evidence) -> str:
    rows = AuditEvent.objects.filter(subject=f"order:{evidence.pk}", event=Event.ORDER_ACCEPTED)
    details = rows.values_list("details", flat=True).first()
    return str(json.loads(details).get("sha256", "")) if details else ""


def history(customer: Customer, *, after: Evidence | None = None, limit: int = PAGE) -> list[Evidence]:
    """The customer's accepted orders, newest first, by keyset."""
    rows = Evidence.objects.filter(customer=customer).order_by("-accepted_at", "-id")
    if after is not None:
        rows = rows.filter(accepted_at__lte=after.accepted_at).exclude(
            accepted_at=after.accepted_at, id__gte=after.id
        )
    return list(rows[: min(limit, PAGE)])


def find(customer: Customer, evidence_id: str) -> Evidence | None:
    """One piece of evidence of this customer."""
    return Evidence.objects.filter(customer=customer, pk=evidence_id).first()


def digest(evidence: Evidence) -> str:
    """Lower-case hex SHA-256 of the order's bytes, for people to compare."""
    return hashlib.sha256(bytes(evidence.order)).hexdigest()
