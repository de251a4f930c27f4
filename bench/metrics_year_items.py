"""Work items of a seeded year with coherent histories, and what was built, deployed and broken.

An item goes one of a few ways: each step changes it after some hours, in the mean those that the
step names. What would lie after the last day has not happened yet.
"""

import polars as pl

from bench.metrics_year_world import (
    HOUR,
    SEED,
    TEAMS,
    Draws,
    Frames,
    Size,
    after_hours,
    end_of_year,
    ids,
    team,
)
from devhealth.models.records import (
    Deployment,
    DeploymentChange,
    Incident,
    PipelineRun,
    WorkItemChange,
)

# How many of a hundred items go it, and its steps: what changes, the state from then on, the hours
# that it takes to come to it.
WAYS = (
    (38, "created:todo:0 assignee:todo:40 status:in_progress:30 status:in_review:40 "
         "status:done:20"),
    (14, "created:todo:0 status:in_progress:60 status:blocked:20 status:in_progress:30 "
         "status:in_review:30 status:done:10"),
    (14, "created:todo:0 points:todo:20 sprint:todo:60 status:in_progress:50 status:in_review:40 "
         "status:done:20"),
    (7, "created:todo:0 status:in_progress:30 status:done:30 status:todo:90 status:in_progress:20 "
        "status:done:40"),
    (12, "created:todo:0 assignee:todo:30 status:in_progress:30 flagged:in_progress:20 "
         "flagged:in_progress:30 status:in_review:30 status:done:20"),
    (9, "created:todo:0 assignee:todo:90 status:canceled:300"),
    (4, "created:todo:0 assignee:todo:60 status:in_progress:200"),
    (2, "created:todo:0"),
)  # fmt: skip
TYPES = {"story": 0.5, "bug": 0.25, "task": 0.2, "incident": 0.05}
THEMES = {"story": "feature", "bug": "quality", "task": "maintenance", "incident": "operations"}
WIP = ("in_progress", "in_review", "blocked")


def work(size: Size) -> Frames:
    """Changes of work items, pipelines, deployments and what they brought, incidents."""
    draws = Draws(SEED + 1_000)
    yield WorkItemChange, _changes(draws, _items(draws, size))
    yield PipelineRun, _runs(draws, size)
    deployments = _deployments(draws, size)
    yield Deployment, deployments
    yield DeploymentChange, _brought(draws, deployments)
    yield Incident, _incidents(draws, size)


def _ways() -> pl.DataFrame:
    steps = [
        (way, place, *step.split(":"), len(told.split()))
        for way, (_, told) in enumerate(WAYS)
        for place, step in enumerate(told.split())
    ]
    schema = ["way", "place", "field", "status", "mean", "steps"]
    return pl.DataFrame(steps, schema, orient="row").with_columns(pl.col("mean").cast(pl.Float64))


def _items(draws: Draws, size: Size) -> pl.DataFrame:
    count = size.of(100_000)
    scope = draws.weighted(count, [1 / (rank + 3) for rank in range(size.scopes)])
    own = pl.Series(scope % 4 != 0)
    holder = (scope + draws.below(count, 3)) % TEAMS
    return pl.DataFrame(
        {
            "work_item_id": ids("item", count),
            "work_scope_id": ids("scope", size.scopes).gather(scope),
            "item_type": draws.of(count, TYPES),
            "way": draws.weighted(count, [often for often, _ in WAYS]),
            "created": draws.instants(count, size),
            "story_points": draws.below(count, 8).cast(pl.Float64),
            "team": (scope % TEAMS).zip_with(own, holder),
        }
    ).with_columns(
        team_id=team(pl.col("team")),
        is_bug=pl.col("item_type") == "bug",
        work_theme=pl.col("item_type").replace(THEMES),
    )


def _changes(draws: Draws, items: pl.DataFrame) -> pl.DataFrame:
    """As far as they have happened; each lasts until the next one."""
    rows = items.join(_ways(), on="way").sort("work_item_id", "place")
    spent = (draws.exponential(rows.height, 1) * rows["mean"] * HOUR).cast(pl.Int64) + 1
    is_later = (pl.col("place") > 0).cast(pl.Int64)
    waited = (pl.col("spent") * is_later).cum_sum().over("work_item_id")
    dated = rows.with_columns(spent=spent).with_columns(
        at=pl.col("created") + pl.duration(milliseconds=waited, time_unit="ms")
    )
    known = dated.filter(pl.col("at") <= end_of_year())
    return _flow(_states(known))


def _states(rows: pl.DataFrame) -> pl.DataFrame:
    """How an item is from each change on."""
    at, status = pl.col("at"), pl.col("status")
    begun = at.filter(status.is_in(["in_progress", "in_review"])).min().over("work_item_id")
    is_over = status.is_in(["done", "canceled"])
    flags = (pl.col("field") == "flagged").cum_sum().over("work_item_id")
    return rows.with_columns(
        provider=pl.lit("jira"),
        change_id=pl.format("{}", "place"),
        until=at.shift(-1).over("work_item_id"),
        begun=begun,
        wip_since=pl.when(begun <= at).then(begun),
        is_flagged=(flags == 1) & ~is_over,
        is_assigned=pl.col("place") > 0,
        was_over=is_over.shift(1, fill_value=False).over("work_item_id"),
        status_raw=status,
    )


def _flow(rows: pl.DataFrame) -> pl.DataFrame:
    """What each change was to the item: its start, its end."""
    at, status, is_last = pl.col("at"), pl.col("status"), pl.col("until").is_null()
    is_done = is_last & (status == "done")
    cycle = (at - pl.col("begun")).dt.total_milliseconds() / HOUR
    lead = (at - pl.col("created")).dt.total_milliseconds() / HOUR
    return rows.with_columns(
        is_start=(at == pl.col("begun")).fill_null(False),
        is_completion=is_done,
        is_cancellation=is_last & (status == "canceled"),
        is_reopening=pl.col("was_over") & (status == "todo"),
        is_unplanned=(pl.col("place") == 0) & pl.col("item_type").is_in(["bug", "incident"]),
        cycle_hours=pl.when(is_done).then(cycle),
        lead_hours=pl.when(is_done).then(lead),
        flow_efficiency=pl.when(is_done).then((cycle / (cycle + 24)).clip(0, 1)),
    )


def _runs(draws: Draws, size: Size) -> pl.DataFrame:
    count = size.of(60_000)
    place = draws.below(count, size.repositories)
    ended = draws.instants(count, size)
    return pl.DataFrame(
        {
            "repo_id": ids("repository", size.repositories).gather(place),
            "run_id": pl.int_range(count, eager=True).cast(pl.String),
            "attempt": 1,
            "is_default_branch": True,
            "status": draws.of(count, {"success": 0.85, "failed": 0.12, "cancelled": 0.03}),
            "queued_at": ended,
            "finished_at": ended,
            "queue_minutes": draws.exponential(count, 2),
            "duration_minutes": draws.exponential(count, 9),
        }
    ).with_columns(team_id=pl.format("team-{}", place % TEAMS))


def _deployments(draws: Draws, size: Size) -> pl.DataFrame:
    count = size.of(12_000)
    ended = draws.instants(count, size)
    return pl.DataFrame(
        {
            "repo_id": ids("repository", size.repositories).gather(
                draws.below(count, size.repositories)
            ),
            "deployment_id": pl.int_range(count, eager=True).cast(pl.String),
            "environment": draws.of(count, {"production": 0.7, "staging": 0.3}),
            "status": draws.of(count, {"success": 0.95, "failed": 0.05}),
            "created_at": ended,
            "finished_at": ended,
            "deploy_minutes": draws.exponential(count, 6),
        }
    ).with_columns(is_production=pl.col("environment") == "production")


def _brought(draws: Draws, deployments: pl.DataFrame) -> pl.DataFrame:
    """Three changes each."""
    rows = deployments.with_columns(_=pl.int_ranges(0, 3)).explode("_")
    lead = draws.exponential(rows.height, 30)
    return rows.with_columns(
        change_id=pl.format("{} {}", "deployment_id", "_"),
        deployed_at="finished_at",
        merged_at=pl.col("finished_at") - after_hours(pl.lit(lead)),
        lead_merge_hours=lead,
        lead_first_commit_hours=lead * 2,
    )


def _incidents(draws: Draws, size: Size) -> pl.DataFrame:
    count = size.of(2_000)
    hours, began = draws.exponential(count, 6), draws.instants(count, size)
    frame = pl.DataFrame(
        {
            "source_id": "acme.atlassian.net",
            "incident_id": pl.int_range(count, eager=True).cast(pl.String),
            "repo_id": ids("repository", size.repositories).gather(
                draws.below(count, size.repositories)
            ),
            "started_at": began,
            "hours": hours,
        }
    )
    ended = pl.col("started_at") + after_hours(pl.col("hours"))
    return frame.with_columns(
        status=pl.lit("resolved"),
        resolved_at=pl.when(ended < end_of_year()).then(ended),
        restore_hours=pl.when(ended < end_of_year()).then("hours"),
    )
