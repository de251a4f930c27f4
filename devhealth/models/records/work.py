"""Work items (issues, tickets) and their history: what was asked for, by whom, and how it went on.

A change says what it changed and what the item was like from then on until the next one: it is an
event and a span at once, so that everything that is counted of work items is counted of their
changes, where and for whom they were at the time. What an item does later rewrites no past day.

People are `provider:login` (`jira:accountId`), lower case; '' where nobody is told. What depends on
the Directory is stamped: statuses, people, teams and categories, and what follows from statuses.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from devhealth.models.directory import UNASSIGNED
from devhealth.models.fields import column
from devhealth.models.records.record import Record

SCOPE = "The scope: Jira's project, elsewhere the repository."
LOGIN = "provider:login, lower case; '' where nobody is told."
NOBODY = UUID(int=0)  # before the Directory was asked, or where there is nobody


@dataclass(slots=True, kw_only=True)
class WorkScope(Record):
    """Where work items are kept: a project of Jira, elsewhere a repository."""

    table: ClassVar[str] = "work_scopes"
    key: ClassVar[tuple[str, ...]] = ("work_scope_id",)
    partition: ClassVar[str] = "work_scope_id"

    work_scope_id: UUID = column(
        "The repository's `repo_id`; of a project the UUID5 of its site and the site's own id, so "
        "that it stays through new names."
    )
    source_id: str = column("Host of the site: acme.atlassian.net.")
    provider: str = column("jira, github or gitlab.")
    scope_key: str = column("As people call it: ABC, or owner/name.")
    name: str = column("Its title.")
    url: str = column("Where a person opens it.")
    native_id: str | None = column("The provider's own id. Null: not told.", None)
    is_archived: bool = column("Nobody works in it any more.", False)


@dataclass(slots=True, kw_only=True)
class WorkItem(Record):
    """A work item as it is now, and how long it took, in hours.

    `started_at` is the first instant at which it was in progress or in review, `completed_at` its
    last move to done, `canceled_at` its last move to canceled, each null if that was left again.
    """

    table: ClassVar[str] = "work_items"
    key: ClassVar[tuple[str, ...]] = ("work_item_id",)
    instants: ClassVar[tuple[str, ...]] = ("created_at", "completed_at", "updated_at")
    partition: ClassVar[str] = "work_scope_id"

    work_item_id: UUID = column("UUID5 of the site and the provider's own id.")
    work_scope_id: UUID = column(f"{SCOPE} Where it is now.")
    repo_id: UUID = column("The repository; the nil UUID of an item of a project.", NOBODY)
    source_id: str = column("Host of the site.")
    provider: str = column("jira, github or gitlab.")
    native_id: str = column("The provider's own id, which stays when the item is moved.")
    item_key: str = column("As people call it: `jira:ABC-1`, `gh:owner/name#7`, `gitlab:g/p#7`.")
    former_keys: list[str] = column(
        "What it was called before it was moved, sorted.", default_factory=list
    )
    title: str = column("As it reads now.")
    url: str = column("Where a person opens it.")
    item_type: str = column("In the provider's words, lower case: bug, story, incident, issue.")
    is_bug: bool = column("Its type or a label says that it is a bug or defect.", False)
    priority: str | None = column("In the provider's words. Null: not told.", None)
    status_raw: str = column("In the provider's words, as it is now.")
    labels: list[str] = column("As they read now, sorted.", default_factory=list)
    story_points: float | None = column("Null: not estimated.", None)
    sprint_id: str | None = column("The sprint it is in, or was in last. Null: none.", None)
    parent_id: UUID | None = column("Its parent's `work_item_id`. Null: none.", None)
    created_at: datetime = column("When it was filed.")
    updated_at: datetime = column("When anything of it last changed, by the provider.")
    due_at: datetime | None = column("Null: no date was set.", None)
    reporter_login: str = column(LOGIN, "")
    reporter_name: str = column("As the account is named; '' where it is not told.", "")
    assignee_logins: list[str] = column("Who has it now, in the order given.", default_factory=list)
    reporter_id: UUID = column(
        "The reporter's identity; the nil UUID where nobody is told.", NOBODY
    )
    actor_kind: str = column("human or bot: its reporter.", "human")
    assignee_ids: list[str] = column("Their identities.", default_factory=list)
    team_id: str = column(
        "Owning team: the scope's, else that of who has it now; `unassigned` where none.",
        UNASSIGNED,
    )
    status: str = column("todo, in_progress, in_review, blocked, done or canceled.", "todo")
    started_at: datetime | None = column("Null: never begun.", None)
    completed_at: datetime | None = column("Null: not done.", None)
    canceled_at: datetime | None = column("Null: not canceled.", None)
    cycle_hours: float | None = column("started → completed. Null: not both.", None)
    lead_hours: float | None = column("created → completed. Null: not done.", None)
    active_hours: float | None = column(
        "Between start and completion, in progress or in review and not flagged. Null: not both.",
        None,
    )
    waiting_hours: float | None = column(
        "Between start and completion, to do, blocked or flagged. Null: not both.", None
    )
    blocked_hours: float = column("Blocked or flagged, as far as that is over.", 0.0)
    work_theme: str = column(
        "What kind of work it is, by the first rule that matches.", "unclassified"
    )
    work_subcategory: str = column("The same, closer.", "unclassified")
    category_rule: str = column("The rule that decided; '' where none did.", "")


@dataclass(slots=True, kw_only=True)
class WorkItemChange(Record):
    """One change of a work item, its filing being the first, and its state until the next one."""

    table: ClassVar[str] = "work_item_changes"
    key: ClassVar[tuple[str, ...]] = ("work_item_id", "change_id")
    instants: ClassVar[tuple[str, ...]] = ("at", "until")
    spans: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = (("at", ("until",)),)
    apart: ClassVar[tuple[str, ...]] = ("status", "is_flagged", "is_assigned", "team_id")
    partition: ClassVar[str] = "work_scope_id"

    work_item_id: UUID = column("The item.")
    change_id: str = column("The provider's own id, and what it changed; `created` of the filing.")
    work_scope_id: UUID = column(f"{SCOPE} Where it was from then on.")
    scope_key: str = column("The scope as it was called.", "")
    provider: str = column("jira, github or gitlab.")
    at: datetime = column("When.")
    place: int = column("Its place among the item's changes, from 0.")
    until: datetime | None = column("The next change's instant. Null: there is none.", None)
    field: str = column(
        "What it changed: created, status, assignee, scope, type, points, sprint, flagged, label."
    )
    from_value: str | None = column("What it was, in the provider's words. Null: nothing.", None)
    to_value: str | None = column("What it became. Null: nothing.", None)
    actor_login: str = column(f"Who did it: {LOGIN}", "")
    actor_name: str = column("As the account is named; '' where it is not told.", "")
    status_raw: str = column("From then on, in the provider's words.")
    status_category: str = column(
        "What the provider counts that status as: todo, in_progress, done or canceled.", "todo"
    )
    labels: list[str] = column(
        "From then on, lower case, where labels may stand for a status.", default_factory=list
    )
    is_flagged: bool = column("From then on, as an impediment.", False)
    is_assigned: bool = column("From then on, to somebody.", False)
    holder_login: str = column(f"Who got it last, of those who had it from then on: {LOGIN}", "")
    holder_name: str = column("As the account is named; '' where it is not told.", "")
    is_unplanned: bool = column(
        "By it the item came unplanned: a bug, an incident or an expedite when it was filed, "
        "anything else when it was added to a sprint that had begun; once an item.",
        False,
    )
    item_type: str = column("The item's type, as it is now.")
    is_bug: bool = column("The item is a bug, by what it is now.", False)
    story_points: float | None = column("The item's, as they are now. Null: not estimated.", None)
    actor_id: UUID = column("Who did it; the nil UUID where nobody is told.", NOBODY)
    actor_kind: str = column("human or bot: who did it.", "human")
    holder_id: UUID = column("Who had it; the nil UUID where nobody did.", NOBODY)
    team_id: str = column(
        "Owning team: the scope's, else that of who had it; `unassigned` where none.", UNASSIGNED
    )
    status: str = column(
        "From then on: todo, in_progress, in_review, blocked, done or canceled.", "todo"
    )
    wip_since: datetime | None = column(
        "Since when it has been work in progress: first in progress, in review or blocked. Null: "
        "not by then.",
        None,
    )
    is_start: bool = column("By it the item was begun.", False)
    is_completion: bool = column("By it the item was done, and it has been since.", False)
    is_cancellation: bool = column("By it the item was canceled, and it has been since.", False)
    is_reopening: bool = column(
        "By it an item that was done or canceled was taken up again.", False
    )
    cycle_hours: float | None = column("The item's, of its completion. Null else.", None)
    lead_hours: float | None = column("The item's, of its completion. Null else.", None)
    flow_efficiency: float | None = column(
        "Of its completion, active ÷ (active + waiting) hours. Null else, or where both are 0.",
        None,
    )
    work_theme: str = column("The item's.", "unclassified")
    work_subcategory: str = column("The item's.", "unclassified")


@dataclass(slots=True, kw_only=True)
class Sprint(Record):
    """A stretch of time that a team plans for."""

    table: ClassVar[str] = "sprints"
    key: ClassVar[tuple[str, ...]] = ("source_id", "sprint_id")
    instants: ClassVar[tuple[str, ...]] = ("started_at",)
    partition: ClassVar[str] = "source_id"

    source_id: str = column("Host of the site.")
    sprint_id: str = column("The provider's own id.")
    name: str = column("As it is called.")
    state: str = column("future, active or closed.")
    started_at: datetime | None = column("Null: not begun.", None)
    ended_at: datetime | None = column("When it is to end. Null: not told.", None)
    completed_at: datetime | None = column("When it was closed. Null: not closed.", None)
