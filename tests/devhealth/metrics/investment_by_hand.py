"""investment_metrics_daily in plain Python: lines of merged pull requests, and of other commits."""

from collections import defaultdict
from datetime import UTC

UNKNOWN = "unclassified"


def investment_days(works, bucket, pulls):
    """Every row where there are no work items, by key; none of the commits is a pull request's."""
    rows = defaultdict(lambda: {"prs_merged": 0, "invested_loc": 0})
    for population in ("all", "people"):
        for commit in (commit for commit, _ in works):
            if population == "all" or commit.actor_kind == "human":
                day = bucket(commit.committed_at.astimezone(UTC).date())
                key = (str(commit.repo_id), commit.team_id, UNKNOWN, UNKNOWN, population, day)
                rows[key]["invested_loc"] += commit.loc_changed
        for pull in (each.pull_request for each in pulls):
            is_counted = population == "all" or pull.actor_kind == "human"
            if is_counted and pull.merged_at:
                day = bucket(pull.merged_at.astimezone(UTC).date())
                kind = (pull.work_theme, pull.work_subcategory)
                row = rows[str(pull.repo_id), pull.team_id, *kind, population, day]
                row["prs_merged"] += 1
                row["invested_loc"] += pull.loc_changed or 0
    names = ("repo_id", "team_id", "work_theme", "work_subcategory", "population", "day")
    nothing = {"is_empty": False, "items_completed": 0, "story_points_completed": 0.0}
    return [dict(zip(names, key, strict=True)) | nothing | rows[key] for key in sorted(rows)]
