"""What is asked again when a code, a link or an initial password is redeemed (SPEC B3): things that may have changed."""

from uuid import UUID

from cryptography import x509

from certcenter.certificates.queries import status_for_use
from certcenter.core import clock
from certcenter.identity import queries
from certcenter.identity.models import Customer
from certcenter.identity.queries import require_not_frozen
from certcenter.recovery.errors import DetailsChanged, LinkGone
from certcenter.recovery.models import Flow, Link


def require_still(flow: Flow) -> Customer:
    """Return the run's customer where all that it was begun with still holds.

    Raises CustomerFrozen (staff), DetailsChanged (contact, certificate), LinkGone (used, replaced by a newer request).
    """
    customer = flow.customer
    assert customer is not None, "only a proven run is redeemed"
    require_not_frozen(customer)
    wanted = [flow.contact_id]
    if flow.link is not None:
        require_live(flow.link)
        wanted += [flow.link.phone_id, flow.link.email_id]
    _require_contacts(customer, {each for each in wanted if each is not None})
    if flow.certificate is not None:
        certificate = x509.load_der_x509_certificate(bytes(flow.certificate))
        if status_for_use(customer, certificate, at=clock.now()) is not None:
            raise DetailsChanged
    return customer


def require_live(link: Link) -> None:
    """Raise LinkGone for a link that was replaced or ended; a used one is this run's own."""
    if Link.objects.filter(pk=link.pk, ended_at__isnull=False).exists():
        raise LinkGone


def _require_contacts(customer: Customer, wanted: set[UUID]) -> None:
    if queries.live_contacts(customer).filter(pk__in=wanted).count() != len(wanted):
        raise DetailsChanged
