"""What an organisation is connected to. It lives in the organisation's own schema."""

from uuid import uuid4

from django.db import models


class Provider(models.TextChoices):
    GITHUB = "github", "GitHub"
    GITLAB = "gitlab", "GitLab"
    JIRA = "jira", "Jira"


class Kind(models.TextChoices):
    """By what the provider is asked."""

    TOKEN = "token", "a token that somebody made there"
    OAUTH = "oauth", "what somebody allowed there"
    APP = "app", "an installation of a GitHub App"


class Health(models.TextChoices):
    OK = "ok", "ok"
    EXPIRING = "expiring", "expires soon"
    RECONNECT = "reconnect", "connect again"


class Integration(models.Model):
    """A connection to one provider's site."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    provider = models.CharField(max_length=10, choices=Provider.choices)
    url = models.URLField(max_length=300, help_text="The site, as people open it.")
    cloud_id = models.CharField(
        max_length=64, blank=True, help_text="Jira: Atlassian's host is asked for this site."
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    account = models.CharField(
        max_length=254, blank=True, help_text="Whose credential it is, in the provider's words."
    )
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.OK)
    health_reason = models.TextField(default="", blank=True, help_text="What to do. '': nothing.")
    checked_at = models.DateTimeField(null=True, help_text="When the provider was asked last.")
    created_by = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="integration_provider_is_known",
                condition=models.Q(provider__in=Provider.values),
            ),
        )

    def __str__(self) -> str:
        return str(self.name)

    @property
    def held(self) -> "Credential | None":
        """Its credential. None: it was restored from an archive, which has no secrets."""
        return getattr(self, "credential", None)


class Credential(models.Model):
    """What a provider is asked by, sealed (`apps.secret_keys`) for its organisation and row."""

    integration = models.OneToOneField(
        Integration, primary_key=True, on_delete=models.CASCADE, related_name="credential"
    )
    sealed = models.TextField(help_text="A JSON object.")
    last_four = models.CharField(max_length=4, help_text="How the token ends.")
    expires_at = models.DateTimeField(null=True, help_text="Null: nobody has said.")
    warned_days = models.SmallIntegerField(
        null=True, help_text="So many days before its end people were told. Null: not yet."
    )
    granted_at = models.DateTimeField(null=True, help_text="OAuth: when people allowed it.")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"of {self.integration_id}"
