"""Backfills: what one would take, then the job, steered."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.billing import tiers
from apps.billing.services import tier_of
from apps.orgs.members import Member
from apps.pipeline import operations
from apps.pipeline.models import BackfillJob, SyncConfig
from apps.pipeline.services import backfills, beginning, lists, progress
from apps.web.admin.model_admin import REFUSALS, Step, known, tell
from apps.web.admin.polled import PolledAdmin
from apps.web.admin.words import STATES, duration
from apps.web.steps import backfill_url
from devhealth.models.states import State

MOVING = (State.PENDING, State.RUNNING)


def _step(name: str, label: str, run: Any, said: str, *states: State) -> Step:
    return Step(
        name,
        label,
        lambda row, by: run(row.pk, by=by),
        said,
        getattr(operations, f"BACKFILLS_{name.upper()}"),
        lambda row: row.state in states,
    )


class BackfillAdmin(PolledAdmin):
    title, noun = "Backfills", "backfill"
    reads, adds = operations.BACKFILLS_READ, operations.BACKFILLS_CREATE
    views = ("changelist", "change", "history")
    empty = "A backfill fetches days of the past: see first what it would take."
    add_label = "Fetch days of the past"
    fragment = "web/admin/backfill.html"
    steps = (
        _step("pause", "Pause", backfills.pause, "It stops at the next boundary.", *MOVING),
        _step("resume", "Go on", backfills.resume, "It goes on.", State.PAUSED),
        _step(
            "cancel",
            "Cancel",
            backfills.cancel,
            "No more of it is fetched; what is stored stays.",
            *MOVING,
            State.PAUSED,
        ),
        _step(
            "retry",
            "Take up what is missing",
            backfills.retry,
            "What failed or was canceled is fetched again.",
            *backfills.UNDONE,
        ),
    )

    list_display = ("config", "stage", "days", "how_far", "tier", "created_at")
    list_select_related = ("config",)
    list_filter = ("state",)
    looked_up = ("state__exact",)
    ordering = ("-created_at", "-id")

    @display(description="State", label=STATES, ordering="state")
    def stage(self, row: BackfillJob) -> str:
        return str(row.state)

    @display(description="Days")
    def days(self, row: BackfillJob) -> str:
        return f"{row.since} – {row.before - timedelta(days=1)}"

    @display(description="Fetched")
    def how_far(self, row: Any) -> str:
        return f"{row.completed_chunks} of {row.total_chunks} chunks"

    def named(self, row: BackfillJob) -> str:
        return f"{row.config.name}, {self.days(row)}"

    def target(self, row: BackfillJob) -> str:
        return f"backfill:{row.pk}"

    def add_url(self) -> str:
        return reverse("admin:backfill_new")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Only the chunks of the page's own jobs are counted."""
        found = super().get_changelist_instance(request)
        shown = backfills.jobs().in_bulk([row.pk for row in found.result_list])
        found.result_list = [shown[row.pk] for row in found.result_list if row.pk in shown]
        return found

    def told(self, row: BackfillJob, by: Member) -> dict[str, Any]:
        job = lists.job_shown(row.pk)
        seconds = progress.eta_seconds(job)
        return {
            "job": job,
            "last_day": job.before - timedelta(days=1),
            "targets": progress.fetched(job),
            "percent": round(100 * progress.progress(job)),
            "left": duration(seconds) if seconds is not None else "",
            "is_moving": progress.is_moving(job),
        }


@dataclass(frozen=True, slots=True)
class Offer:
    """Days of the past, and the form that fetches them, filled in."""

    days: int
    since: date
    url: str


class BackfillForm(forms.Form):
    config = forms.ModelChoiceField(
        SyncConfig.objects.none(), label="Sync config", widget=UnfoldAdminSelectWidget()
    )
    since = forms.DateField(label="From", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    last = forms.DateField(
        required=False,
        label="To",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="The last day (UTC); empty: today.",
    )
    order = forms.ChoiceField(
        choices=[("newest", "The newest days first"), ("oldest", "The oldest days first")],
        widget=UnfoldAdminSelectWidget(),
    )

    def asked(self) -> backfills.Asked:
        given = self.cleaned_data
        last = given["last"]
        before = last + timedelta(days=1) if last else progress.tomorrow()
        return backfills.Asked(given["config"].pk, given["since"], before, given["order"])


def new_backfill(site: Any, request: HttpRequest) -> HttpResponse:
    """A preview first; the same form then starts it. A link may have filled it in (`offer`)."""
    by: Member = request.member
    told = request.POST if request.method == "POST" else request.GET
    form = BackfillForm(told if "config" in told else None, initial=_initial(by))
    form.fields["config"].queryset = SyncConfig.objects.order_by("name")
    preview = None
    if form.is_valid():
        try:
            preview = backfills.preview(form.asked(), by=by)
            if "start" in request.POST:
                job = backfills.start(form.asked(), by=by)
                messages.success(request, "The backfill is queued.")
                return redirect("admin:pipeline_backfilljob_change", job.pk)
        except REFUSALS as error:
            tell(form, known(error))
    may_start = preview is not None and preview.is_allowed
    return site.page(
        request,
        "form_page",
        BackfillAdmin.add_label,
        form=form,
        lead=_reach(by),
        buttons=[("start", "Start it")] * may_start + [("preview", "What would it take?")],
        below="web/admin/preview.html" if preview else "",
        preview=preview,
        took=duration(preview.seconds) if preview else "",
        list_title=BackfillAdmin.title,
        list_url=reverse("admin:pipeline_backfilljob_changelist"),
    )


def offer(config: SyncConfig, by: Member) -> Offer | None:
    """What lies before the first run, as far as the tier reaches. None: nothing, or not theirs."""
    past = beginning.past_of(config, by=by) if by.may(operations.BACKFILLS_CREATE) else None
    if past is None:
        return None
    url = backfill_url(config, past)
    return Offer(days=(past.before - past.since).days, since=past.since, url=url)


def _initial(by: Member) -> dict[str, Any]:
    floor = tiers.floor(tier_of(by.organization.id), progress.tomorrow() - timedelta(days=1))
    return {"since": floor or progress.tomorrow() - timedelta(days=90)}


def _reach(by: Member) -> str:
    tier = tier_of(by.organization.id)
    if tier.backfill_days is None:
        return f"{tier.name} reaches back as far as there is anything."
    return f"{tier.name} reaches {tier.backfill_days} days back."
