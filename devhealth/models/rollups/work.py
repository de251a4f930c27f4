"""How work went on a day: items and their flow, time spent in each state, and what it was for."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from devhealth.models.fields import RECORD, STOCK, SUM, column, measure
from devhealth.models.rollups.rollup import Rollup

SCOPE = "The scope: Jira's project, elsewhere the repository. Where items were at the time."
TEAM = "The scope's owner, else the team of who had the item at the time; `unassigned` where none."


@dataclass(slots=True, kw_only=True)
class WorkItemDay(Rollup):
    """One team's work items of one scope, one UTC day.

    An item counts where and for whom it was at the time; what it does later rewrites no past day.
    Work in progress is in progress, in review or blocked, at the end of the day (Kanban Guide,
    2025: started and not finished).
    """

    table: ClassVar[str] = "work_item_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("provider", "work_scope_id", "team_id", "day")
    partition: ClassVar[str] = "work_scope_id"

    provider: str = column("jira, github or gitlab.")
    work_scope_id: UUID = column(SCOPE)
    team_id: str = column(TEAM)
    items_created: int = measure("items", "Filed that day.", SUM)
    items_started: int = measure(
        "items", "First in progress or in review that day, if only for a moment.", SUM
    )
    items_completed: int = measure(
        "items",
        "Done that day, and not taken up again since; canceled ones are none.",
        SUM,
        better="higher",
    )
    items_canceled: int = measure("items", "Canceled that day, and not taken up again since.", SUM)
    items_reopened: int = measure(
        "items", "Moves out of done or canceled, each time.", SUM, better="lower"
    )
    bugs_created: int = measure("items", "Filed that day that are bugs.", SUM, better="lower")
    bugs_completed: int = measure("items", "Done that day that are bugs.", SUM)
    unplanned_count: int = measure(
        "items",
        "That came unplanned that day: bugs, incidents and expedites that were filed, others that "
        "were added to a sprint that had begun; once an item.",
        SUM,
        better="lower",
    )
    story_points_completed: float = measure(
        "story points", "Of items done that day, as they are estimated now.", SUM
    )
    cycle_hours_p50: float | None = measure(
        "hours",
        "Median over items done that day that were begun, start to completion. Null: none.",
        RECORD,
        sample="cycle_hours_n",
        better="lower",
    )
    cycle_hours_p85: float | None = measure(
        "hours", "85th percentile of the same.", RECORD, sample="cycle_hours_n", better="lower"
    )
    cycle_hours_p95: float | None = measure(
        "hours", "95th percentile of the same.", RECORD, sample="cycle_hours_n", better="lower"
    )
    cycle_hours_n: int = measure("items", "Done that day that were begun.", SUM)
    lead_hours_p50: float | None = measure(
        "hours",
        "Median over items done that day, filed to completion. Null: none.",
        RECORD,
        sample="items_completed",
        better="lower",
    )
    lead_hours_p85: float | None = measure(
        "hours", "85th percentile of the same.", RECORD, sample="items_completed", better="lower"
    )
    flow_efficiency_p50: float | None = measure(
        "ratio",
        "Median over items done that day of active ÷ (active + waiting) hours between start and "
        "completion. Null: none was begun, or none took any time.",
        RECORD,
        sample="flow_efficiency_n",
        better="higher",
    )
    flow_efficiency_n: int = measure("items", "Done that day that took any time.", SUM)
    items_open: int = measure("items", "Neither done nor canceled at the end of the day.", STOCK)
    wip: int = measure("items", "In progress at the end of the day.", STOCK)
    wip_unassigned: int = measure("items", "Of these, such that nobody had.", STOCK, better="lower")
    wip_age_hours_p50: float | None = measure(
        "hours",
        "Median over work in progress, since it was that first until the end of the day. Null: "
        "none.",
        RECORD,
        sample="wip",
        better="lower",
    )
    wip_age_hours_p85: float | None = measure(
        "hours", "85th percentile of the same.", RECORD, sample="wip", better="lower"
    )
    blocked_hours: float = measure(
        "hours",
        "That items spent blocked or flagged that day, all of them together; today until its end.",
        SUM,
        better="lower",
    )
    throughput_7d: int = measure(
        "items", "Done on this day and the six before it.", RECORD, better="higher"
    )
    wip_congestion: float = measure(
        "items per item", "wip ÷ throughput_7d, or ÷ 1 where that is 0.", RECORD, better="lower"
    )
    completed_or_wip: int = measure("items", "throughput_7d + wip.", RECORD)
    completed_share: float | None = measure(
        "ratio",
        "throughput_7d ÷ completed_or_wip. Null: neither.",
        RECORD,
        sample="completed_or_wip",
        better="higher",
    )


@dataclass(slots=True, kw_only=True)
class WorkItemStateDay(Rollup):
    """How long one team's items of one scope were in a state, one UTC day; of what is not over."""

    table: ClassVar[str] = "work_item_state_durations_daily"
    key: ClassVar[tuple[str, ...]] = ("provider", "work_scope_id", "team_id", "status", "day")
    partition: ClassVar[str] = "work_scope_id"

    provider: str = column("jira, github or gitlab.")
    work_scope_id: UUID = column(SCOPE)
    team_id: str = column(TEAM)
    status: str = column("todo, in_progress, in_review or blocked.")
    state_hours: float = measure(
        "hours", "Spent in the state, all items together; today until its end.", SUM
    )
    state_items: int = measure("items", "That were in the state at some time, each once.", RECORD)
    state_items_left: int = measure("items", "In the state at the end of the day.", STOCK)


@dataclass(slots=True, kw_only=True)
class InvestmentDay(Rollup):
    """What one team's work in one place was for, one UTC day.

    Work that no rule matches is `unclassified`, and so are commits of no pull request.
    """

    table: ClassVar[str] = "investment_metrics_daily"
    key: ClassVar[tuple[str, ...]] = (
        "repo_id", "team_id", "work_theme", "work_subcategory", "population", "day",
    )  # fmt: skip

    repo_id: UUID = column("The repository; of items of a project, its `work_scope_id`.")
    team_id: str = column("Owning team.")
    work_theme: str = column("What kind of work: a theme of the category rules.")
    work_subcategory: str = column("The same, closer.")
    population: str = column("`all`, or `people`: pull requests and commits of bots left out.")
    items_completed: int = measure(
        "items",
        "Done that day, and not taken up again since; canceled ones are none.",
        SUM,
        better="higher",
    )
    story_points_completed: float = measure(
        "story points", "Of items done that day, as they are estimated now.", SUM
    )
    prs_merged: int = measure("pull requests", "Merged that day.", SUM, better="higher")
    invested_loc: int = measure(
        "lines",
        "Changed by the pull requests merged that day, and by commits of no pull request.",
        SUM,
    )
