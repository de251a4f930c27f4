"""Teams and who is in them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from apps.metrics import directory_teams as services
from apps.metrics import operations
from apps.metrics.models import PatternKind, Team, TeamMembership
from apps.orgs.members import Member
from apps.web.admin.model_admin import OrganizationModelAdmin, ServiceForm
from apps.web.admin.syncs import Lines

OWNED = "Full names, a line each; with a * at the end: how they begin."


class TeamForm(ServiceForm):
    repositories = Lines(required=False, help_text=OWNED)
    projects = Lines(required=False, help_text=OWNED)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.instance.created_at:
            self.initial["repositories"] = services.owned(self.instance, PatternKind.REPOSITORY)
            self.initial["projects"] = services.owned(self.instance, PatternKind.PROJECT)


class TeamAdmin(OrganizationModelAdmin):
    title, noun = "Teams", "team"
    reads, adds, changes, deletes = (
        operations.DIRECTORY_READ,
        operations.TEAMS_CREATE,
        operations.TEAMS_UPDATE,
        operations.TEAMS_DELETE,
    )
    views = ("changelist", "add", "change", "delete", "history")
    empty = "A team has people, and owns repositories and projects: numbers are told by team then."
    add_label = "Add a team"
    added = "The team is there: say who is in it."
    changed = "Saved; records and numbers follow in a moment."
    delete_label = "Delete the team"
    delete_warning = "What was its work is another team's then, or nobody's."
    deleted = "The team is gone."

    list_display = ("name", "repositories", "projects", "created_at")
    search_fields = ("name",)
    search_help_text = "Name"
    ordering = ("name",)
    form = add_form = TeamForm
    fields = ("name", "repositories", "projects")

    @display(description="Repositories")
    def repositories(self, row: Team) -> str:
        return ", ".join(services.owned(row, PatternKind.REPOSITORY))

    @display(description="Projects")
    def projects(self, row: Team) -> str:
        return ", ".join(services.owned(row, PatternKind.PROJECT))

    def target(self, row: Team) -> str:
        return f"team:{row.pk}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).prefetch_related("patterns")

    def _links(self, row: Team) -> list[tuple[str, str]]:
        who = reverse("admin:metrics_teammembership_changelist")
        return [("Who is in it", f"{who}?team={row.pk}"), *super()._links(row)]

    def add_row(self, row: Team, given: Mapping[str, Any], by: Member) -> Team:
        made = services.create(given["name"], by=by)
        return services.own(made.pk, given["repositories"], given["projects"], by=by)

    def change_row(self, row: Team, given: Mapping[str, Any], by: Member) -> Team:
        stored = services.team_of(row.pk, by=by)
        if given["name"] != stored.name:
            services.rename(row.pk, given["name"], by=by)
        owned = [
            services.owned(stored, each) for each in (PatternKind.REPOSITORY, PatternKind.PROJECT)
        ]
        if [given["repositories"], given["projects"]] != owned:
            services.own(row.pk, given["repositories"], given["projects"], by=by)
        return row

    def delete_row(self, row: Team, by: Member) -> None:
        services.delete(row.pk, by=by)


class ByTeam(SimpleListFilter):
    title, parameter_name = "team", "team"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (str(id), name) for id, name in Team.objects.order_by("name").values_list("id", "name")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        known = {id for id, _ in self.lookup_choices}
        return queryset.filter(team_id=self.value()) if self.value() in known else queryset


class DatedForm(ServiceForm):
    since = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget(),
        help_text="From then on (UTC). Empty: always so.",
    )
    until = forms.SplitDateTimeField(
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget(),
        help_text="No more from then on. Empty: for ever.",
    )


class JoinForm(DatedForm):
    team = forms.ModelChoiceField(Team.objects.none(), widget=UnfoldAdminSelectWidget())
    person = forms.CharField(
        max_length=320,
        widget=UnfoldAdminTextInputWidget(),
        help_text="An address, provider:login or a name that records know them by.",
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if "team" in self.fields:
            self.fields["team"].queryset = Team.objects.order_by("name")


class TeamMembershipAdmin(OrganizationModelAdmin):
    title, noun = "Who is in which team", "membership"
    reads, adds, changes, deletes = (
        operations.DIRECTORY_READ,
        operations.MEMBERSHIPS_CREATE,
        operations.MEMBERSHIPS_UPDATE,
        operations.MEMBERSHIPS_DELETE,
    )
    views = ("changelist", "add", "change", "delete")
    empty = "Say who is in which team, and from when on: several at once are allowed."
    add_label = "Add somebody to a team"
    added = changed = "Saved; records and numbers follow in a moment."
    delete_label = "Forget it"
    delete_warning = "As if they had never been in the team. Who leaves gets an end instead."
    deleted = "It is forgotten."

    list_display = ("person", "team", "since", "until", "is_primary")
    list_select_related = ("team",)
    list_filter = (ByTeam,)
    looked_up = ("team",)
    search_fields = ("person",)
    search_help_text = "Person"
    ordering = ("person", "id")
    form = DatedForm
    add_form = JoinForm
    fields = ("team", "person", "since", "until", "is_primary")
    readonly_fields = ("team", "person")

    def named(self, row: TeamMembership) -> str:
        return f"{row.person} in {row.team.name}"

    def add_row(self, row: TeamMembership, given: Mapping[str, Any], by: Member) -> TeamMembership:
        return services.join(given["team"].pk, row, by=by)

    def change_row(
        self, row: TeamMembership, given: Mapping[str, Any], by: Member
    ) -> TeamMembership:
        changes = {name: given[name] for name in services.DATED if name in given}
        return services.change_membership(row.team_id, row.pk, changes, by=by)

    def delete_row(self, row: TeamMembership, by: Member) -> None:
        services.forget_membership(row.team_id, row.pk, by=by)
