"""Units of work, and how many an organisation may have running."""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from devhealth.models.states import State

PUBLIC = UUID(int=0)  # the organisation of work that is nobody's

MOST_RUNNING = 32  # the highest limit of a share: how many levels a claim looks at

STATES = [(state.value, state.value) for state in State]
IS_PENDING = Q(state=State.PENDING.value)


class WorkUnit(models.Model):
    """One thing to do, for one organisation.

    No foreign key: the queue stands below the organisations.
    """

    organization_id = models.UUIDField(help_text="Nil: nobody's, it runs on the public schema.")
    queue = models.CharField(max_length=20)
    actor = models.CharField(max_length=60)
    ids = models.JSONField(default=dict, help_text="What the actor is told. Never a secret.")
    state = models.CharField(max_length=12, choices=STATES, default=State.PENDING.value)
    dedupe_key = models.CharField(max_length=200, help_text="At most one is pending. '': any.")
    slots = ArrayField(models.CharField(max_length=300), help_text="What it must have to run.")
    waits_for = models.CharField(max_length=300, null=True, help_text="The slot that was taken.")
    request_id = models.CharField(max_length=64, help_text="Of the request that asked for it.")
    created_at = models.DateTimeField(db_default=models.functions.Now())
    not_before = models.DateTimeField()
    starts = models.SmallIntegerField(default=0, help_text="In a row, without an orderly end.")
    delays = models.SmallIntegerField(default=0, help_text="Times in a row it was put off.")
    fence = models.BigIntegerField(default=0, help_text="Raised by each claim; the newest rules.")
    claimed_at = models.DateTimeField(null=True, help_text="The version of all that it writes.")
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=100, default="", help_text="Host and process.")
    stop_requested = models.BooleanField(default=False)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(default="", help_text="What happened last, as a sentence.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_pending_of_each_key",
                fields=("organization_id", "dedupe_key"),
                condition=IS_PENDING & ~Q(dedupe_key=""),
            ),
            models.CheckConstraint(
                name="unit_state_is_known", condition=Q(state__in=[each.value for each in State])
            ),
            models.CheckConstraint(
                name="a_running_unit_has_a_lease",
                condition=Q(state=State.RUNNING.value, lease_until__isnull=False)
                | (~Q(state=State.RUNNING.value) & Q(lease_until__isnull=True)),
            ),
        )
        indexes = (
            models.Index(
                name="unit_claimable",
                fields=("organization_id", "queue", "not_before", "id"),
                condition=IS_PENDING & Q(waits_for=None),
            ),
            models.Index(
                name="unit_waiting",
                fields=("organization_id", "waits_for", "not_before", "id"),
                condition=IS_PENDING & ~Q(waits_for=None),
            ),
            models.Index(name="unit_lease", fields=("lease_until",), condition=Q(state="running")),
            models.Index(
                name="unit_finished", fields=("finished_at",), condition=~Q(finished_at=None)
            ),
            models.Index(
                name="unit_of_concern",
                fields=("id",),
                condition=Q(state__in=[State.FAILED.value, State.QUARANTINED.value]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.actor} {self.id} ({self.state})"


class QueueShare(models.Model):
    """What one organisation has of one queue. A claim locks this row, and nothing else waits."""

    organization_id = models.UUIDField()
    queue = models.CharField(max_length=20)
    running = models.IntegerField(default=0)
    limit = models.IntegerField(help_text="How many may run at once.")
    tier = models.CharField(max_length=20, help_text="Whose limit that is; a label for metrics.")
    next_at = models.DateTimeField(null=True, help_text="When the first is due. Null: none waits.")
    claimed_at = models.DateTimeField(null=True, help_text="Of the newest claim; never goes back.")
    is_held = models.BooleanField(
        db_default=False, default=False, help_text="Nothing of it is claimed; what waits, waits."
    )
    expiries = models.BigIntegerField(default=0, help_text="Leases that ended by themselves.")
    redeliveries = models.BigIntegerField(default=0, help_text="Claims of what had begun before.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_share_of_each_queue", fields=("organization_id", "queue")
            ),
            models.CheckConstraint(name="share_is_not_negative", condition=Q(running__gte=0)),
            models.CheckConstraint(
                name="share_limit_is_within_reach", condition=Q(limit__lte=MOST_RUNNING)
            ),
        )
        indexes = (
            models.Index(
                name="share_due",
                fields=("queue", "running", "next_at"),
                condition=~Q(next_at=None) & Q(running__lt=F("limit"), is_held=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.queue} of {self.organization_id}: {self.running} of {self.limit}"


class Slot(models.Model):
    """Something of an organisation that few units may use at once: a source, a credential."""

    organization_id = models.UUIDField()
    name = models.CharField(max_length=300)
    running = models.IntegerField(default=0)
    limit = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_slot_of_each_name", fields=("organization_id", "name")
            ),
            models.CheckConstraint(name="slot_is_not_negative", condition=Q(running__gte=0)),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.running} of {self.limit}"


class Answer(models.Model):
    """What a request with an `Idempotency-Key` was answered. Written with what it made."""

    organization_id = models.UUIDField()
    key = models.CharField(max_length=64, help_text="SHA-256 of the token's id and the key.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.SmallIntegerField()
    body = models.JSONField()
    headers = models.JSONField()
    created_at = models.DateTimeField(db_default=models.functions.Now(), db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_answer_to_each_key", fields=("organization_id", "key")
            ),
        )

    def __str__(self) -> str:
        return f"{self.status} to {self.key}"
