"""Tables of counted limits and gates (SPEC E2), and the columns of leased work. Written by their own modules alone."""

from django.db import models


class CountedLimit(models.Model):
    """How often something was done by a subject in a period (core.limits)."""

    name = models.CharField(max_length=64)
    subject = models.CharField(max_length=160)
    period = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "subject", "period"], name="core_limit_once")]


class GateRow(models.Model):
    """The counters of one gate: failures apart from reservations in flight (core.gates)."""

    name = models.CharField(max_length=64)
    subject = models.CharField(max_length=160)
    failed = models.PositiveIntegerField(default=0)
    total_failed = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    #: Whether the one unlock until the next success was used (SPEC B3).
    unlocked = models.BooleanField(default=False)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "subject"], name="core_gate_once")]


class Reservation(models.Model):
    """One admitted attempt whose outcome is not known yet; abandoned when older than its gate's `abandoned_after`."""

    gate = models.ForeignKey(GateRow, on_delete=models.CASCADE, related_name="reservations")
    since = models.DateTimeField()


class Leased(models.Model):
    """Columns of a row that is work: whoever holds the lease does it, until the lease ends (core.leases)."""

    lease = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
