"""Expiry reminders by message (SPEC A14): on the days that policy names, not where a successor is under way."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from certcenter.audit.actions import record
from certcenter.certificates.lifecycle import OPEN, CertificateState
from certcenter.certificates.models import Application, Certificate
from certcenter.core import clock
from certcenter.core.actor import system
from certcenter.core.events import Event
from certcenter.core.taiwan import to_taipei
from certcenter.institutions import serving
from certcenter.notifications.actions import notify

ACTOR = system("reminders")


def run_once(limit: int = 100) -> int:
    """Remind the customers whose certificate ends soon; return how many. Each row in a transaction of its own.

    Days nearest to the end first: whoever was forgotten while the worker stood still hears once, not once a day missed.
    """
    return sum(
        _remind(certificate, days)
        for institution in serving.served().all()
        for days in sorted(institution.notices.reminder_days)
        for certificate in list(_due(institution.slug, days)[:limit])
    )


def _due(institution: str, days: int) -> QuerySet[Certificate]:
    """Live certificates with at most `days` days left that were not reminded since they had so many."""
    now = clock.now()
    successor = Application.objects.filter(holder=OuterRef("holder"), state__in=OPEN)
    due = Certificate.objects.filter(
        _not_reminded(days),
        ~Exists(successor),
        institution=institution,
        state=CertificateState.ACTIVE,
        not_after__gt=now,
        not_after__lte=now + timedelta(days=days),
    )
    return due.select_related("customer").order_by("not_after")


def _not_reminded(days: int) -> Q:
    return Q(reminded_at__isnull=True) | Q(reminded_at__lt=F("not_after") - timedelta(days=days))


def _remind(certificate: Certificate, days: int) -> int:
    with transaction.atomic():
        mine = Certificate.objects.filter(_not_reminded(days), pk=certificate.pk)
        if not mine.update(reminded_at=clock.now()):
            return 0
        record(
            Event.CERTIFICATE_EXPIRING,
            actor=ACTOR,
            subject=f"certificate:{certificate.serial}",
            customer=certificate.customer_id,
        )
        notify(
            Event.CERTIFICATE_EXPIRING,
            customer=certificate.customer,
            details={"serial": certificate.serial, "ends": f"{to_taipei(certificate.not_after):%Y-%m-%d}"},
            key=f"expiring:{certificate.serial}:{days}",
        )
    return 1
