"""Pages of the client that answers lead on to, as it names them."""

from typing import Any

Cells = dict[str, Any]


def explore(metric: str) -> str:
    """What is behind a metric."""
    return f"/explore?metric={metric}"


def records(kind: str) -> str:
    """`prs` or `issues`, as a list."""
    return f"/explore?api=/api/v1/drilldown/{kind}"


def pull_request(row: Cells) -> str:
    return f"/prs/{row['repo_id']}:{row['number']}"


def work_item(row: Cells) -> str:
    return f"/issues/{row['work_item_id']}"


def deployment(row: Cells) -> str:
    return f"/deployments/{row['repo_id']}:{row['deployment_id']}"
