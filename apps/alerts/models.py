"""When an organisation wants to be alerted, and when it was."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from apps.pipeline.models import SyncConfig


class Kind(models.TextChoices):
    """What a rule looks at."""

    STALE = "stale"
    FAILED_RUNS = "failed_runs"
    MEASURE = "measure"


class Scope(models.TextChoices):
    """Whose measure it is."""

    ORGANIZATION = "organization"
    TEAM = "team"
    REPOSITORY = "repository"


class Direction(models.TextChoices):
    """On which side of the threshold it fires."""

    ABOVE = "above"
    BELOW = "below"


class Rule(models.Model):
    """A condition of one kind; what another kind is made of is null."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True, help_text="Unique.")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    is_active = models.BooleanField(default=True, help_text="False: whatever it fired is over.")
    config = models.ForeignKey(
        SyncConfig, null=True, on_delete=models.CASCADE, related_name="alert_rules"
    )
    hours = models.IntegerField(
        null=True, help_text="stale: a source fires that was not synced for longer."
    )
    runs = models.IntegerField(
        null=True, help_text="failed_runs: so many in a row, canceled ones left out."
    )
    measure = models.CharField(
        max_length=100, null=True, help_text="measure: a name of the catalogue."
    )
    scope = models.CharField(max_length=20, null=True, choices=Scope.choices)
    scope_id = models.UUIDField(null=True, help_text="Of the team or repository.")
    days = models.IntegerField(
        null=True, help_text="measure: the last so many UTC days, today included."
    )
    direction = models.CharField(max_length=10, null=True, choices=Direction.choices)
    threshold = models.FloatField(null=True, help_text="It fires once the measure is beyond this.")
    clear = models.FloatField(
        null=True, help_text="It is over only once the measure is back at this, or past it."
    )
    error = models.CharField(
        max_length=300, blank=True, help_text="Why it could not be looked at last. '': it was."
    )
    evaluated_at = models.DateTimeField(null=True, help_text="Null: not yet.")
    created_by = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (models.Index(name="rule_newest", fields=("-created_at", "-id")),)

    def __str__(self) -> str:
        return str(self.name)


class Alert(models.Model):
    """A rule that fired, of one thing: from when until when."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="alerts")
    subject = models.CharField(
        max_length=1100, blank=True, help_text="Which source or config. '': the rule's measure."
    )
    text = models.TextField(help_text="What was found when it fired.")
    value = models.FloatField(help_text="Hours, runs, or in the measure's unit; then.")
    last_value = models.FloatField(help_text="The same when it was looked at last.")
    fired_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, help_text="Null: it goes on.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_alert_at_a_time", fields=("rule", "subject"), condition=Q(cleared_at=None)
            ),
        )
        indexes = (models.Index(name="alert_newest", fields=("-fired_at", "-id")),)

    def __str__(self) -> str:
        return str(self.text)
