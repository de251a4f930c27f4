"""What runs, what does not, and what Stripe told: read only, but for taking up work again."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from unfold.decorators import display

from apps.inbound.models import InboundEvent
from apps.orgs import staff
from apps.orgs.models import Organization
from apps.queue.models import WorkUnit
from apps.web.admin.model_admin import Step
from apps.web.admin.staff_admin import StaffAdmin
from apps.web.admin.words import STATES
from devhealth.models.states import State

AGAIN = (State.FAILED, State.CANCELED, State.QUARANTINED)


def _with_slug(rows: QuerySet[Any]) -> QuerySet[Any]:
    slug = Organization.objects.filter(pk=OuterRef("organization_id")).values("slug")
    return rows.annotate(slug=Subquery(slug))


class WorkAdmin(StaffAdmin):
    title, noun = "Work", "unit of work"
    empty = "Nothing was ever asked for."
    list_display = ("id", "stage", "actor", "whose", "not_before", "starts", "error")
    list_filter = ("state", "queue")
    looked_up = ("state__exact", "queue")
    search_fields = ("actor", "=organization_id", "=request_id")
    search_help_text = "Actor, organisation's id or request's id"
    ordering = ("-id",)
    fields = (
        "stage",
        "actor",
        "queue",
        "whose",
        "ids",
        "created_at",
        "not_before",
        "starts",
        "delays",
        "claimed_at",
        "finished_at",
        "worker",
        "waits_for",
        "request_id",
        "error",
    )
    readonly_fields = ("stage", "whose")
    steps = (
        Step(
            "requeue",
            "Take it up again",
            lambda row, by: staff.requeue(row.pk, by=by),
            "It is pending again.",
            is_offered=lambda row: row.state in AGAIN,
        ),
    )

    @display(description="State", label=STATES, ordering="state")
    def stage(self, row: WorkUnit) -> str:
        return str(row.state)

    @display(description="Organisation")
    def whose(self, row: Any) -> str:
        return row.slug or "nobody's"

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkUnit]:
        return _with_slug(super().get_queryset(request))


class EventAdmin(StaffAdmin):
    """Stripe's, each once: that it was told, and what became of it."""

    title, noun = "Events", "event"
    empty = "No provider has told anything yet."
    list_display = ("received_at", "provider", "kind", "whose", "handled_at", "outcome")
    list_filter = ("provider",)
    looked_up = ("provider",)
    search_fields = ("kind", "=event_id", "=subject", "=organization_id")
    search_help_text = "Kind, or an id"
    ordering = ("-id",)
    fields = (
        "provider",
        "kind",
        "event_id",
        "subject",
        "whose",
        "received_at",
        "handled_at",
        "outcome",
    )
    readonly_fields = ("whose",)

    @display(description="Organisation")
    def whose(self, row: Any) -> str:
        return row.slug or "nobody's"

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundEvent]:
        return _with_slug(super().get_queryset(request))
