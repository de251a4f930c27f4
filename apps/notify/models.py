"""Whom an organisation wants to be told of what, what there was to tell, and how that went."""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Event(models.TextChoices):
    """What may be told. An endpoint names those that it takes."""

    BACKFILL_COMPLETED = "backfill.completed"
    SYNC_FAILED = "sync.failed"
    METRICS_UPDATED = "metrics.updated"
    ALERT_FIRED = "alert.fired"


TEST = "test"  # the kind of a message that somebody asked for, to one endpoint


class Endpoint(models.Model):
    """An address of the organisation's that is told, and the secrets that sign what it is told."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization_id = models.UUIDField(db_index=True)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True, help_text="For people.")
    events = ArrayField(models.CharField(max_length=40), help_text="What it is told.")
    sealed = models.TextField(help_text="The secret that signs.")
    old_sealed = models.TextField(blank=True, help_text="The one before. '': it signs no more.")
    old_until = models.DateTimeField(
        null=True, help_text="Until then the secret before signs, too. Null: there is none."
    )
    is_active = models.BooleanField(default=True, help_text="False: it is told nothing.")
    off_reason = models.TextField(
        blank=True, help_text="Why it was switched off by itself. '': it was not."
    )
    failing_since = models.DateTimeField(
        null=True, help_text="Of the first refusal since it took one. Null: it takes all."
    )
    created_by = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """Something that happened, in the words in which everybody is told: the outbox."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    body = models.TextField(help_text="The JSON that is sent and signed, byte for byte.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(name="message_by_age", fields=("created_at",)),
            models.Index(name="message_of_organization", fields=("organization_id",)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class DeliveryState(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(models.Model):
    """A message on its way to one endpoint."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization_id = models.UUIDField()
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    attempts = models.IntegerField(default=0, help_text="Since it was asked for last.")
    log = models.JSONField(default=list, help_text="The last attempts, the newest last.")
    last_status = models.IntegerField(
        null=True, help_text="HTTP's, of the last attempt. Null: none, or nobody answered."
    )
    error = models.CharField(max_length=300, blank=True, help_text="Of the last attempt.")
    next_at = models.DateTimeField(null=True, help_text="When it is tried. Null: it is over.")
    delivered_at = models.DateTimeField(null=True, help_text="Null: it was not taken yet.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_delivery_of_a_message_to_an_endpoint", fields=("message", "endpoint")
            ),
            models.CheckConstraint(
                name="delivery_is_tried_while_pending",
                condition=Q(state="pending", next_at__isnull=False)
                | Q(~Q(state="pending"), next_at=None),
            ),
        )
        indexes = (
            models.Index(name="delivery_newest", fields=("organization_id", "-created_at", "-id")),
        )

    def __str__(self) -> str:
        return f"{self.state}, {self.attempts} attempts"
