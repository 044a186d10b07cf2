"""What the page's key store needs to know: whose keys, which session, which rules, what the centre holds."""

import hashlib
from typing import Any

from certcenter.certificates import queries
from certcenter.certificates.queries import Overview
from certcenter.identity.models import Customer
from certcenter.institutions.vocabulary import ClientStatus
from certcenter.portal.site import CustomerRequest
from certcenter.portal.templatetags.portal import say

#: Key types of policy as WebCrypto's users name them (browser/src/keys.ts).
_KEY_TYPES = {"p256": "P-256", "rsa2048": "RSA-2048", "rsa3072": "RSA-3072"}


def reference(customer: Customer) -> str:
    """The customer's name in the browser's storage: stable, and of no use elsewhere."""
    return hashlib.sha256(
        f"certcenter key store\n{customer.institution}\n{customer.pk}".encode()
    ).hexdigest()[:32]


def page_data(request: CustomerRequest, *, overview: Overview | None = None, **more: Any) -> dict[str, Any]:
    """The data block of a page that works with keys."""
    institution, customer = request.institution, request.customer
    seen = overview or queries.overview(customer)
    rule = institution.key.password
    return {
        "store": {
            "customer": reference(customer),
            "session": request.session.binding,
            "iterations": institution.key.pbkdf2_iterations,
        },
        "keyType": _KEY_TYPES[institution.key.default_type.value],
        "backdateMinutes": institution.validity.backdate_minutes,
        "password": {"min": rule.min_length, "max": rule.max_length} if rule else None,
        "securityMode": institution.security.default.value if institution.security.default else None,
        "host": _host(seen),
        "application": _application(seen),
        "subjects": sorted({each.common_name for each in queries.history(customer)}),
        "statuses": {
            status.value: {
                "word": say(institution.statuses.word(status).label()),
                "advice": say(institution.statuses.word(status).advice),
            }
            for status in ClientStatus
        },
        **more,
    }


def _host(seen: Overview) -> dict[str, Any] | None:
    if seen.host is None:
        return None
    return {
        "serial": seen.host.serial,
        "status": seen.status.value,
        "spki": seen.host.spki_sha256,
        "subject": seen.host.common_name,
        "notAfter": seen.host.not_after.isoformat(),
    }


def _application(seen: Overview) -> dict[str, Any] | None:
    if seen.application is None:
        return None
    return {
        "uuid": str(seen.application.request_uuid),
        "spki": seen.application.spki_sha256,
        "state": str(seen.application.state),
        "subject": seen.application.common_name,
    }
