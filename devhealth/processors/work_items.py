"""What follows from work items and their changes once statuses and people are known.

One definition, at sync and at restamp: statuses, whose and which team's they were, when they were
begun and over, how long that took, what kind of work it is. The history of each item is whole.
"""

from typing import Final

import polars as pl

from devhealth.models.directory import ACTIVE, OVER, WIP
from devhealth.models.fields import DTYPES
from devhealth.models.records import WorkItem, WorkItemChange
from devhealth.models.records.work import NOBODY
from devhealth.processors.categories import NONE, by_rules
from devhealth.processors.frames import Frames, hours
from devhealth.processors.naming import HOLDERS, MOVERS, REPORTERS, Naming, with_people, with_teams
from devhealth.processors.stamps import Stamps
from devhealth.processors.statuses import Statuses
from devhealth.processors.teams import Teams

ITEM: Final = "work_item_id"

_IS_THERE: Final = pl.col("deleted_at").is_null()
_IS_ACTIVE: Final = pl.col("status").is_in(ACTIVE)
_IS_WIP: Final = pl.col("status").is_in(WIP)
_IS_OVER: Final = pl.col("status").is_in(OVER)
_IS_BLOCKED: Final = ~_IS_OVER & ((pl.col("status") == "blocked") | pl.col("is_flagged"))
_SPENT: Final = hours("at", "until")


def derived(found: Frames, stamps: Stamps) -> Frames:
    """The same items and changes with all that is stamped, as it should be.

    Changes are all those of the items; what is stamped may be there already, of another time.
    Tombstones stay as they are. In no order.
    """
    told = {cls: found[cls].filter(_IS_THERE) for cls in (WorkItem, WorkItemChange)}
    changes = _with_status(told[WorkItemChange], stamps).sort(ITEM, "place")
    changes = _whose(_with_events(changes), stamps)
    reported = _people(told[WorkItem], REPORTERS, stamps)
    items = by_rules(reported, stamps.categories, "item_type")
    items = _with_assignees(_with_phases(items, changes), stamps)
    made = {WorkItem: items, WorkItemChange: _with_items(changes, items)}
    return {
        cls: pl.concat([rows.select(found[cls].columns), found[cls].filter(~_IS_THERE)])
        for cls, rows in made.items()
    }


def _with_status(changes: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    statuses = Statuses(stamps.directory)
    told = ["status_raw", "status_category", "labels"]
    each = changes.select(told).unique()
    meant = [statuses.of(*row) for row in each.iter_rows()]
    known = each.with_columns(status=pl.Series(meant, dtype=pl.String))
    return changes.drop("status", strict=False).join(known, on=told, how="left")


def _with_events(changes: pl.DataFrame) -> pl.DataFrame:
    """What each change did to its item. A stretch is as long as a status stays the same."""
    before = pl.col("status").shift(1).over(ITEM)
    was_over = before.is_in(OVER).fill_null(False)
    is_first = before.ne_missing(pl.col("status"))
    marked = changes.with_columns(
        _stretch=is_first.cum_sum().over(ITEM),
        _is_first=is_first,
        is_reopening=is_first & was_over & ~_IS_OVER,
        wip_since=pl.when(_IS_WIP).then("at").min().over(ITEM),
        is_start=_IS_ACTIVE & (_IS_ACTIVE.cum_sum().over(ITEM) == 1),
    )
    is_last = pl.col("_is_first") & (pl.col("_stretch") == pl.col("_stretch").max().over(ITEM))
    return marked.with_columns(
        is_completion=is_last & (pl.col("status") == "done"),
        is_cancellation=is_last & (pl.col("status") == "canceled"),
        wip_since=pl.when(pl.col("wip_since") <= pl.col("at")).then("wip_since"),
    ).drop("_stretch", "_is_first")


def _whose(changes: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """With who did it, who had it, and for which team it counts."""
    named = _people(changes, MOVERS, stamps)
    held = _people(named, HOLDERS, stamps, keeps_kind=True)
    own = with_teams(held, HOLDERS, stamps.teams)
    owners = _owners(own, stamps)
    return own.join(owners, on=["provider", "scope_key"], how="left").with_columns(
        team_id=pl.coalesce("owner", HOLDERS.team_id)
    )


def _owners(changes: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """`owner` of each scope; null: nobody's."""
    scopes = changes.select("provider", "scope_key").unique()
    owners = [_owner(stamps, provider, key) for provider, key in scopes.iter_rows()]
    return scopes.with_columns(owner=pl.Series(owners, dtype=pl.String))


def _owner(stamps: Stamps, provider: str, scope_key: str) -> str | None:
    """Of a project, or of the repository under the name that it has now."""
    teams: Teams = stamps.teams
    if provider == "jira":
        return teams.of_project(scope_key)
    return stamps.owner or teams.of_project(scope_key)


def _people(
    rows: pl.DataFrame, naming: Naming, stamps: Stamps, *, keeps_kind: bool = False
) -> pl.DataFrame:
    """With their ids and kinds; of whom nothing is told, the nil UUID and a human."""
    is_told = pl.col(naming.address) != ""
    kind = rows["actor_kind"]
    place = rows.with_row_index("_row")
    told = with_people(place.filter(is_told), naming, stamps.people)
    others = place.filter(~is_told).with_columns(
        pl.lit(str(NOBODY)).alias(naming.id), actor_kind=pl.lit("human")
    )
    both = pl.concat([told.select(place.columns), others.select(place.columns)]).sort("_row")
    return both.drop("_row").with_columns(kind if keeps_kind else both["actor_kind"])


def _with_assignees(items: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    people = stamps.people
    ids = [
        [str(people.of_address(login).author_id) for login in logins]
        for logins in items["assignee_logins"].to_list()
    ]
    return items.with_columns(assignee_ids=pl.Series(ids, dtype=DTYPES["texts"]))


def _with_phases(items: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    at = pl.col("at")
    ends = changes.group_by(ITEM).agg(
        started_at=at.filter("is_start").first(),
        completed_at=at.filter("is_completion").first(),
        canceled_at=at.filter("is_cancellation").first(),
        status=pl.col("status").last(),
        team_id=pl.col("team_id").last(),
    )
    spent = changes.join(ends.select(ITEM, "started_at", "completed_at"), on=ITEM, how="left")
    is_within = (at >= pl.col("started_at")) & (pl.col("until") <= pl.col("completed_at"))
    is_working = _IS_ACTIVE & ~_IS_BLOCKED
    times = spent.group_by(ITEM).agg(
        active_hours=_SPENT.filter(is_within & is_working).sum(),
        waiting_hours=_SPENT.filter(is_within & ~is_working & ~_IS_OVER).sum(),
        blocked_hours=_SPENT.filter(_IS_BLOCKED).sum(),
    )
    names = [name for name in (*ends.columns, *times.columns) if name != ITEM]
    both = items.drop(names, strict=False).join(ends, on=ITEM, how="left")
    told = both.join(times, on=ITEM, how="left").with_columns(
        cycle_hours=hours("started_at", "completed_at"),
        lead_hours=hours("created_at", "completed_at"),
    )
    is_whole = pl.col("cycle_hours").is_not_null()
    return told.with_columns(
        active_hours=pl.when(is_whole).then(pl.col("active_hours").round(6)),
        waiting_hours=pl.when(is_whole).then(pl.col("waiting_hours").round(6)),
        blocked_hours=pl.col("blocked_hours").fill_null(0.0).round(6),
        status=pl.col("status").fill_null("todo"),
        team_id=pl.col("team_id").fill_null("unassigned"),
    )


def _with_items(changes: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """With what the items say of themselves: of all of their changes, or of their completion."""
    whole = pl.col("active_hours") + pl.col("waiting_hours")
    told = items.select(
        ITEM,
        "work_theme",
        "work_subcategory",
        cycle_hours="cycle_hours",
        lead_hours="lead_hours",
        flow_efficiency=pl.when(whole > 0).then((pl.col("active_hours") / whole).round(6)),
    )
    names = [name for name in told.columns if name != ITEM]
    joined = changes.drop(names, strict=False).join(told, on=ITEM, how="left")
    of_completion = ("cycle_hours", "lead_hours", "flow_efficiency")
    return joined.with_columns(
        *(pl.when("is_completion").then(name).alias(name) for name in of_completion),
        pl.col("work_theme").fill_null(NONE.work_theme),
        pl.col("work_subcategory").fill_null(NONE.work_subcategory),
    )
