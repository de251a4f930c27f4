"""What arrives before anybody knows whose it is."""

from django.db import models
from django.db.models import Q


class InboundEvent(models.Model):
    """Something that a provider told us: that it did, and of whom. Never what it says."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255, help_text="The provider's; it may come again.")
    kind = models.CharField(max_length=100, help_text="The provider's word.")
    subject = models.CharField(max_length=255, blank=True, help_text="Of whom, in its words.")
    organization_id = models.UUIDField(null=True, help_text="Null: nobody's here.")
    received_at = models.DateTimeField(db_default=models.functions.Now())
    handled_at = models.DateTimeField(null=True, help_text="Null: its work is not done yet.")
    outcome = models.CharField(max_length=200, blank=True, help_text="What became of it.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_inbound_event_of_each_id", fields=("provider", "event_id")
            ),
        )
        indexes = (
            models.Index(
                name="inbound_waiting",
                fields=("organization_id", "provider"),
                condition=Q(handled_at=None),
            ),
            models.Index(name="inbound_handled", fields=("handled_at",)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
