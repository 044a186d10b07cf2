"""The outbox table: one row for each thing that must happen after a commit."""

from django.db import models
from django.db.models import Q

from certcenter.core.models import Leased


class Message(Leased):
    """Something to do, once per (topic, key); `attempts` counts how often a worker has begun it."""

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    payload = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    #: The last error, or why it is dead; a class name and a message, never a payload.
    reason = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "key"], name="outbox_once")]
        indexes = [
            # SQLite uses a partial index only for a condition without parameters: not for `state = ?`.
            models.Index(
                fields=["not_before", "id"], name="outbox_due", condition=Q(finished_at__isnull=True)
            ),
            models.Index(fields=["state", "finished_at"], name="outbox_ended"),
        ]
