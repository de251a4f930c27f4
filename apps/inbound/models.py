"""What arrives before anybody knows whose it is."""

from django.db import models
from django.db.models import Q


class InboundEvent(models.Model):
    """Something that a provider told us: that it did, and of whom. Never what it says."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255, help_text="The provider's; it may come again.")
    kind = models.CharField(max_length=100, help_text="The provider's word.")
    subject = models.CharField(max_length=255, blank=True, help_text="Of whom, in its words.")
    integration_id = models.UUIDField(null=True, help_text="By whose webhook. Null: by none.")
    asks = models.JSONField(default=dict, help_text="What to look at: names by target.")
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
            models.Index(
                name="inbound_of_integration",
                fields=("organization_id", "integration_id", "-received_at"),
                condition=Q(integration_id__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class WebhookEndpoint(models.Model):
    """Where a provider tells of one integration, and by what is known that it was the provider.

    Secrets lie sealed for the organisation and the integration. Events of a GitHub App all come to
    one address under the App's own secret, and are of the installation that they name.
    """

    organization_id = models.UUIDField()
    integration_id = models.UUIDField(help_text="Two organisations may have the same: restored.")
    provider = models.CharField(max_length=10)
    key = models.CharField(
        max_length=64, unique=True, null=True, help_text="In its address. Null: it is the App's."
    )
    installation_id = models.CharField(
        max_length=20, blank=True, db_index=True, help_text="Of the App. '': it has a key."
    )
    sealed = models.TextField(blank=True, help_text="The secret. '': it is the App's.")
    sealed_older = models.TextField(blank=True, help_text="The one before. '': none.")
    older_until = models.DateTimeField(null=True, help_text="Until when the older one is good.")
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_webhook_of_an_integration", fields=("organization_id", "integration_id")
            ),
            models.CheckConstraint(
                name="webhook_by_key_or_installation",
                condition=Q(key=None, sealed="") ^ Q(installation_id=""),
            ),
        )

    def __str__(self) -> str:
        return f"of {self.integration_id}"


class OAuthState(models.Model):
    """An authorization that a browser has begun at a provider, until it comes back, once.

    Its text goes to the provider; here is the digest. What else is needed then lies sealed.
    """

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the text.")
    organization_id = models.UUIDField()
    session_id = models.UUIDField(help_text="Of the browser that began; no other one ends it.")
    provider = models.CharField(max_length=10)
    url = models.CharField(max_length=300, help_text="The site that is to be connected.")
    purpose = models.CharField(max_length=10, help_text="authorize, or choose one of several sites")
    integration_id = models.UUIDField(null=True, help_text="To connect again. Null: a new one.")
    sealed = models.TextField(help_text="A JSON object.")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.provider}"
