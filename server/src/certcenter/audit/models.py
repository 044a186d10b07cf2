"""Tables of the history. Nobody updates or deletes in `AuditEvent` and `Sequenced`: triggers refuse it (migration 0002)."""

from django.db import models


class AuditEvent(models.Model):
    """One thing that happened: a link in its writer's chain (audit.chain).

    `digest` authenticates the personal part (actor, subject, details), `mac` the link and the digest; so a logged
    purge can blank the personal part years later (SPEC D6) and the chain still holds.
    """

    id = models.BigAutoField(primary_key=True)
    writer = models.BigIntegerField()
    sequence = models.BigIntegerField()
    time = models.DateTimeField()
    event = models.CharField(max_length=80)
    institution = models.CharField(max_length=64, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=64, blank=True)
    session = models.CharField(max_length=80, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    #: Canonical JSON (sorted keys, no white space) as text: what the MAC covers must not be re-serialised.
    details = models.TextField()
    previous = models.BinaryField()
    digest = models.BinaryField()
    mac = models.BinaryField()

    class Meta:
        db_table = "audit_event"
        constraints = [models.UniqueConstraint(fields=["writer", "sequence"], name="audit_link_once")]
        indexes = [
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
            models.Index(fields=["institution", "-id"], name="audit_by_institution"),
        ]


class Pending(models.Model):
    """An event that waits for its place in the sequence. A trigger writes the row with the event."""

    event = models.OneToOneField(
        AuditEvent, on_delete=models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )


class Sequenced(models.Model):
    """The place of an event in the one order of the whole centre, and its leaf hash (RFC 9162 §2.1.1)."""

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(
        AuditEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    leaf = models.BinaryField()

    class Meta:
        db_table = "audit_sequence"


class TreeHead(models.Model):
    """The one row that holds the tree's size and frontier, so that it can be extended without reading it."""

    size = models.BigIntegerField()
    frontier = models.BinaryField()


class Checkpoint(models.Model):
    """A signed statement about the first `size` events (audit.checkpoints)."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    time = models.DateTimeField()
    #: SHA-256 of the checkpoint before; unique, so that two sequencers cannot fork the history.
    previous = models.BinaryField(unique=True)
    signature = models.BinaryField()


class RefusalTally(models.Model):
    """Equal refusals from one source in one minute; beyond the first ones they are only counted."""

    key = models.CharField(max_length=64)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField()
    event = models.CharField(max_length=80)
    institution = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=140)
    reason = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "minute"], name="audit_tally_once")]
