"""What an organisation syncs, how far it is, and what it asked to be fetched from the past.

Everything here lives in the organisation's own schema; people are plain ids.
"""

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.integrations.models import Integration
from devhealth.models.states import State

STATES = [(state.value, state.value) for state in State]


class Stateful(models.Model):
    """Something that moves as `devhealth.models.states` says; the database refuses other moves."""

    state = models.CharField(max_length=12, choices=STATES, default=State.PENDING.value)
    error = models.TextField(
        default="", blank=True, help_text="What happened last and what to do, or ''."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, help_text="Null: not yet.")
    finished_at = models.DateTimeField(null=True, help_text="Null: not yet.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk} ({self.state})"


class SyncConfig(models.Model):
    """Which sources of one provider are synced, what of them, and when."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    provider = models.CharField(max_length=20)
    integration = models.ForeignKey(
        Integration,
        null=True,
        on_delete=models.PROTECT,
        related_name="sync_configs",
        help_text="By which the provider is asked. Null: it is the machine's own disk.",
    )
    targets = ArrayField(models.CharField(max_length=20), help_text="What is fetched: git, …")
    sources = ArrayField(
        models.CharField(max_length=1000), help_text="Repositories: local paths, or names."
    )
    options = models.JSONField(default=dict, help_text="What only this provider knows.")
    schedule_cron = models.CharField(
        max_length=100, blank=True, help_text="Five cron fields; '': only when asked."
    )
    timezone = models.CharField(max_length=64, default="UTC", help_text="Of the schedule; IANA.")
    is_active = models.BooleanField(default=True, help_text="False: nothing new is started.")
    created_by = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.name)


class SyncRun(Stateful):
    """One sync of a config: a unit for each of its sources."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="runs")
    trigger = models.CharField(max_length=10, help_text="manual or schedule.")
    requested_by = models.UUIDField(null=True, help_text="Null: the schedule.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_run_of_a_config_at_a_time",
                fields=("config",),
                condition=Q(state__in=[State.PENDING.value, State.RUNNING.value]),
            ),
        )
        indexes = (models.Index(name="run_newest", fields=("-created_at", "-id")),)


class SyncUnit(Stateful):
    """One source within a run."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="units")
    source = models.CharField(max_length=1000)
    work_unit_id = models.BigIntegerField(null=True)
    attempts = models.IntegerField(default=0, help_text="Times that a worker began it.")
    retry_at = models.DateTimeField(null=True, help_text="Put off until then.")
    records_fetched = models.BigIntegerField(default=0)
    rows_written = models.BigIntegerField(default=0)
    drift = models.BigIntegerField(
        null=True,
        help_text="Changed things that no webhook had told. Null: none tells of it.",
    )
    directory_version = models.BigIntegerField(
        null=True, help_text="The Directory's when it first began: its records may say the same."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_unit_of_each_source", fields=("run", "source")),
        )


class SyncWatermark(models.Model):
    """Up to when a source's target is synced. It never goes back, and no backfill moves it."""

    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="watermarks")
    source = models.CharField(max_length=1000)
    target = models.CharField(max_length=20)
    synced_through = models.DateTimeField()
    covered_since = models.DateField(
        null=True,
        help_text="The first sync's first day (UTC). Null: from the beginning.",
    )
    etags = models.JSONField(
        default=dict, help_text="Entity tags of what is stored: the next sync asks by them."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="one_watermark_each", fields=("config", "source", "target")
            ),
        )

    def __str__(self) -> str:
        return f"{self.target} of {self.source}: {self.synced_through}"


class BackfillJob(Stateful):
    """Days of the past, fetched chunk by chunk, one at a time."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    config = models.ForeignKey(SyncConfig, on_delete=models.CASCADE, related_name="backfills")
    since = models.DateField(help_text="First day (UTC).")
    before = models.DateField(help_text="Day after the last (UTC).")
    chunk_days = models.PositiveSmallIntegerField()
    order = models.CharField(max_length=6, help_text="newest or oldest: which chunk is first.")
    tier = models.CharField(max_length=20, help_text="The organisation's when it was asked for.")
    requested_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="backfill_has_days", condition=Q(since__lt=models.F("before"))
            ),
        )
        indexes = (models.Index(name="backfill_newest", fields=("-created_at", "-id")),)


class BackfillChunk(Stateful):
    """A few days of one source."""

    job = models.ForeignKey(BackfillJob, on_delete=models.CASCADE, related_name="chunks")
    index = models.PositiveIntegerField(help_text="Its turn, from 0.")
    source = models.CharField(max_length=1000)
    since = models.DateField(help_text="First day (UTC).")
    before = models.DateField(help_text="Day after the last (UTC).")
    work_unit_id = models.BigIntegerField(null=True)
    attempts = models.IntegerField(default=0, help_text="Times that a worker began it.")
    retry_at = models.DateTimeField(null=True, help_text="Put off until then.")
    records_fetched = models.BigIntegerField(default=0)
    rows_written = models.BigIntegerField(default=0)
    directory_version = models.BigIntegerField(
        null=True, help_text="The Directory's when it first began: its records may say the same."
    )
    is_beyond_tier = models.BooleanField(
        default=False, help_text="Canceled because the tier does not reach so far back."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(name="one_chunk_of_each_index", fields=("job", "index")),
        )


class Recompute(Stateful):
    """Metrics of days that somebody asked to be computed anew."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    since = models.DateField(null=True, help_text="First day (UTC). Null: from the beginning.")
    before = models.DateField(null=True, help_text="Day after the last (UTC). Null: to the end.")
    rows_written = models.BigIntegerField(default=0, help_text="Rows that came out differently.")
    requested_by = models.UUIDField()


class DirtyDays(models.Model):
    """Days whose records were about to be written, so that their metrics must be computed.

    Noted before the write, by a unit of work; computed when that unit is over.
    """

    table = models.CharField(max_length=40)
    partition = models.CharField(max_length=200)
    days = ArrayField(models.DateField())
    work_unit_id = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{len(self.days)} days of {self.table} {self.partition}"


class Stamping(models.Model):
    """By what all stored records were stamped last: one row, or none before the first restamp."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    directory_version = models.BigIntegerField()
    release = models.IntegerField(help_text="Of the library's rules: `devhealth.restamp.RELEASE`.")
    rows_written = models.BigIntegerField(help_text="Records and identities that said otherwise.")
    finished_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (models.CheckConstraint(name="one_row_of_stamping", condition=Q(id=1)),)

    def __str__(self) -> str:
        return f"version {self.directory_version}, release {self.release}"
