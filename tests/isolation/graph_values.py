"""What of an organisation stands for each argument of GraphQL; `values.py` says the same of REST's.

Names are as exact as they must be: `repositoryIds`, or `ownership.path` where another is meant.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from apps.global_ids import written
from tests.isolation.stored_rows import DAY
from tests.isolation.values import OF as REST
from tests.isolation.values import Of

RANGE = {"startDate": str(DAY - timedelta(days=7)), "endDate": str(DAY)}

OF: Mapping[str, Of] = {
    # --- ids
    "repositoryIds": REST["repo_id"],
    "repositoryId": REST["repo_id"],
    "repos": REST["repo_id"],
    "scope.ids": REST["repo_id"],
    "personIds": REST["author_id"],
    "authorIds": REST["author_id"],
    "assigneeIds": REST["author_id"],
    "developers": REST["author_id"],
    "teamIds": REST["team_id"],
    "workScopeIds": REST["work_scope_id"],
    "workScopes": REST["work_scope_id"],
    "scopeIds": REST["work_scope_id"],
    "workItem.id": REST["work_item_id"],
    "configId": REST["config_id"],
    "integrationId": REST["integration_id"],
    "node.id": lambda owner: written("Repository", [REST["repo_id"](owner)]),
    # --- names by which things are found
    "paths": REST["path"],
    "ownership.path": REST["read_ownership.path"],
    "environments": REST["environment"],
    "sourceIds": REST["source_id"],
    "sprintIds": REST["sprint_id"],
    "keys": REST["key"],
    "types": REST["item_type"],
    "issueType": REST["item_type"],
    "search": lambda owner: owner,
}

PLAIN: Mapping[str, Any] = {
    "providers": "github",
    "themes": "quality",
    "workCategory": "quality",
    "subcategories": "bugfix",
    "statuses": "success",
    "flowStage": "in_progress",
    "timeseries.id": "a",  # given back as it was sent
    "breakdowns.id": "b",
    "quadrants.id": "c",
    "heatmaps.id": "d",
}

GIVEN_OUT = {"after", "orgId"}  # `test_pages` and `test_tokens` send these

REQUIRED: Mapping[str, Any] = {
    "DateRangeInput": RANGE,
    "repositoryId": REST["repo_id"],
    "workItem.id": REST["work_item_id"],
    "node.id": lambda owner: written("Repository", [REST["repo_id"](owner)]),
    "scope": {"level": "ORG"},
    "AnalyticsRequestInput": {
        "timeseries": [
            {"measure": "LOC_ADDED", "interval": "DAY", "dateRange": RANGE, "dimension": "REPO"}
        ],
        "breakdowns": [{"measure": "LOC_ADDED", "dimension": "REPO", "dateRange": RANGE}],
        "sankey": {"measure": "INVESTED_LOC", "path": ["THEME", "REPO"], "dateRange": RANGE},
        "flowMatrix": {"dimension": "AUTHOR", "dateRange": RANGE},
        "quadrants": [
            {"entity": "REPO", "x": "LOC_ADDED", "y": "COMMITS_COUNT", "dateRange": RANGE}
        ],
        "heatmaps": [
            {
                "rows": "REPO",
                "columns": "HOUR_OF_DAY",
                "measure": "LOC_ADDED",
                "dateRange": RANGE,
            }
        ],
    },
}

CLOSED: Mapping[str, Any] = {"MeasureInput": "PRS_MERGED", "Date": str(DAY), "Int": 7}


def measured(measure: str, dimension: str) -> Mapping[str, Any]:
    """Another measure of the batch: one that the filter counts for."""
    return {
        "batch.timeseries.measure": measure,
        "batch.timeseries.dimension": dimension,
        "batch.breakdowns.measure": measure,
        "batch.breakdowns.dimension": dimension,
    }


WITH: Mapping[str, Mapping[str, Any]] = {  # what must be asked beside a value, so that it counts
    "analytics.batch.filters.what.environments": measured("DEPLOYMENTS_COUNT", "ENVIRONMENT"),
    "analytics.batch.filters.what.workScopes": measured("ITEMS_COMPLETED", "TEAM"),
    "analytics.batch.filters.why.issueType": measured("ITEMS_COMPLETED", "WORK_TYPE"),
    "analytics.batch.filters.scope.ids": {"batch.filters.scope.level": "REPO"},
    "ownership.path": {"repositoryId": REST["repo_id"]},
    "evidence.filters.what.environments": {"measure": "DEPLOYMENTS_COUNT"},
    "evidence.filters.what.workScopes": {"measure": "ITEMS_COMPLETED"},
    "evidence.filters.why.issueType": {"measure": "ITEMS_COMPLETED"},
    "evidence.scope.ids": {"scope.level": "REPO"},
    "filters.scope.ids": {"filters.scope.level": "REPO"},
}

ADVICE = (
    "{place} has no case: say in tests/isolation/graph_values.py what of an organisation stands "
    "for `{name}` (OF), or that it is a word of nobody's (PLAIN)."
)

UNANSWERED: Mapping[str, str] = {  # what is refused to everybody, so that nothing of acme's is seen
    "evidence.filters.what.paths": "evidence is told of no file",
    "syncRuns.integrationId": "what is seeded goes by no integration",
    "backfillJobs.integrationId": "the same",
    "investment.filters.what.paths": "no amount is told by file",
    "investment.filters.what.environments": "no amount is told by environment",
}
