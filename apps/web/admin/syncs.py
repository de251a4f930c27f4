"""Sync configs, runs with how far they are, watermarks."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.billing import tiers
from apps.billing.services import tier_of
from apps.orgs.members import Member
from apps.pipeline import operations
from apps.pipeline.models import SyncConfig, SyncRun
from apps.pipeline.services import configs, lists, progress, sources, syncs
from apps.web.admin.backfills import offer
from apps.web.admin.model_admin import OrganizationModelAdmin, ServiceForm, Step
from apps.web.admin.polled import PolledAdmin
from apps.web.admin.words import STATES, duration


class Lines(forms.CharField):
    """A text of lines as a list; nothing is an empty one."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


class ConfigForm(ServiceForm):
    provider = forms.ChoiceField(widget=UnfoldAdminSelectWidget())
    targets = forms.MultipleChoiceField(
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="git: commits. blame, after git: whose today's lines are.",
    )
    sources = Lines(help_text="Repositories, a line each: local paths, or names.")
    schedule_cron = forms.CharField(
        max_length=100,
        required=False,
        label="Schedule",
        widget=UnfoldAdminTextInputWidget(),
        help_text="Five cron fields, such as 0 5 * * *; empty: only when asked.",
    )
    options = forms.JSONField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text='What only this provider knows, as JSON: {"initial_days": 30}.',
    )
    version = forms.CharField(required=False, widget=forms.HiddenInput())

    def clean_options(self) -> Any:
        return self.cleaned_data["options"] or {}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if "provider" in self.fields:
            self.fields["provider"].choices = [(each, each) for each in sources.PROVIDERS]
        if "integration" in self.fields:
            self.fields["integration"].required = False
            self.fields["integration"].empty_label = "None: the machine's own disk"
        if "targets" in self.fields:
            named = {each: None for one in sources.PROVIDERS.values() for each in one.targets}
            self.fields["targets"].choices = [(each, each) for each in named]
        if "version" in self.fields and self.instance.updated_at:
            self.initial["version"] = configs.version(self.instance)


class ConfigAdmin(OrganizationModelAdmin):
    title, noun = "Sync configs", "sync config"
    reads, adds, changes, deletes = (
        operations.SYNC_CONFIGS_READ,
        operations.SYNC_CONFIGS_CREATE,
        operations.SYNC_CONFIGS_UPDATE,
        operations.SYNC_CONFIGS_DELETE,
    )
    views = ("changelist", "add", "change", "delete", "history")
    empty = "A sync config names repositories, and when they are synced."
    add_label = "Add a sync config"
    added = "It is there: sync it now, or wait for its schedule."
    delete_label = "Delete the sync config"
    delete_warning = "Its runs, backfills and schedule go with it. Facts and metrics stay."
    deleted = "The sync config is gone."
    steps = (
        Step(
            "sync",
            "Sync now",
            lambda row, by: syncs.start_run(row.pk, by=by),
            "The run is queued.",
            operations.RUNS_CREATE,
            lambda row: row.is_active,
            to="pipeline_syncrun_change",
        ),
    )

    list_display = ("name", "provider", "how_many", "schedule_cron", "is_active", "updated_at")
    search_fields = ("name",)
    search_help_text = "Name"
    ordering = ("name",)
    form = add_form = ConfigForm
    fields = (
        "name",
        "provider",
        "integration",
        "targets",
        "sources",
        "options",
        "schedule_cron",
        "timezone",
        "is_active",
        "version",
    )
    readonly_fields = ("provider", "integration")

    @display(description="Sources")
    def how_many(self, row: SyncConfig) -> int:
        return len(row.sources)

    def target(self, row: SyncConfig) -> str:
        return f"sync_config:{row.pk}"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With what the tier allows, in words."""
        tier = tier_of(request.member.organization.id)
        fields = self.get_fields(request, obj)
        return [(None, {"fields": fields, "description": _in_words(tier)})]

    def add_row(self, row: SyncConfig, given: Mapping[str, Any], by: Member) -> SyncConfig:
        return configs.create(row, by=by)

    def change_row(self, row: SyncConfig, given: Mapping[str, Any], by: Member) -> SyncConfig:
        changes = {name: given[name] for name in configs.EDITABLE}
        return configs.update(row.pk, changes, by=by, unless_changed_since=given["version"])

    def delete_row(self, row: SyncConfig, by: Member) -> None:
        configs.delete(row.pk, by=by)


def _in_words(tier: tiers.Tier) -> str:
    most = "any number of" if tier.repositories is None else f"{tier.repositories}"
    often = duration(tier.sync_interval_seconds)
    return f"{tier.name}: {most} repositories in all, synced every {often} at most."


class RunAdmin(PolledAdmin):
    title, noun = "Runs", "run"
    reads = operations.RUNS_READ
    empty = "A run is one sync of a config: start one on the config's page."
    fragment = "web/admin/run.html"

    list_display = ("config", "stage", "trigger", "created_at", "finished_at", "error")
    list_select_related = ("config",)
    list_filter = ("state",)
    looked_up = ("state__exact",)
    ordering = ("-created_at", "-id")

    @display(description="State", label=STATES, ordering="state")
    def stage(self, row: SyncRun) -> str:
        return str(row.state)

    def named(self, row: SyncRun) -> str:
        return f"{row.config.name}, {row.created_at:%Y-%m-%d %H:%M}"

    def told(self, row: SyncRun, by: Member) -> dict[str, Any]:
        run = lists.run_shown(row.pk)
        is_moving, units = progress.is_moving(run), lists.units_of(run)
        return {
            "run": run,
            "units": units,
            "is_told": any(each.drift is not None for each in units),
            "is_moving": is_moving,
            "offer": None if is_moving else offer(run.config, by),
        }


class WatermarkAdmin(OrganizationModelAdmin):
    title, noun = "Watermarks", "watermark"
    reads = operations.SYNC_CONFIGS_READ
    views = ("changelist",)
    empty = "How far each source is synced is told here after its first run."

    list_display = ("config", "source", "target", "synced_through", "covered_since")
    list_display_links = None
    list_select_related = ("config",)
    search_fields = ("source",)
    search_help_text = "Source"
    ordering = ("config__name", "source", "target", "id")
