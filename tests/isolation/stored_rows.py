"""Two rows of every record and rollup class for an organisation, made from the classes' fields.

One row has a key that every organisation has, the other one of its own. A column that is new gets
a mark by itself; one that takes only certain words needs a line in `WORDS`.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from devhealth.sinks.tables import CLASSES, Column, Row, table_of
from tests.isolation.marks import SHARED, address_of, id_of, number_of

TODAY = datetime.now(UTC).date()
DAY = TODAY - timedelta(days=2)
NOON = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)

# Columns that name the same thing under several names.
SAME = {
    **dict.fromkeys(
        ("reviewer_id", "actor_id", "holder_id", "reporter_id", "assignee_ids", "co_author_ids"),
        "author_id",
    ),
    **dict.fromkeys(("commit_hash", "head_hash", "revision"), "hash"),
    **dict.fromkeys(("author_team_id", "reviewer_team_id"), "team_id"),
}
IDS = frozenset({"team_id", "work_scope_id", "author_id"})  # texts that hold UUIDs
NAMES = frozenset(  # texts by which one row points at another
    {"environment", "deployment_id", "incident_id", "sprint_id", "hash", "source_id"}
    | {"full_name", "address", "change_id"}
)
WORDS: dict[str, Any] = {  # columns whose values are from a list
    "actor_kind": "human",
    "author_kind": "human",
    "ai_assistance": "none",
    "failure_basis": "native",
    "link_basis": "native",
    "basis": "native",
    "population": "people",
    "provider": "github",
    "size_bucket": "small",
    "time_of_week": "working_hours",
    "work_theme": "quality",
    "work_subcategory": "bugfix",
    "status_category": "in_progress",
    "number": 7,
    "attempt": 1,
    "place": 0,
    "parent_count": 1,
    "author_utc_offset_minutes": 0,
    "target": "prs",
}
WORDS_OF: dict[tuple[str, str], Any] = {  # and those that are of another list in each table
    ("deployments", "kind"): "deployment",
    ("deployments", "status"): "success",
    ("incidents", "status"): "resolved",
    ("pipeline_runs", "status"): "success",
    ("pull_requests", "state"): "merged",
    ("reviews", "state"): "approved",
    ("comments", "kind"): "review",
    ("sprints", "state"): "active",
    ("work_items", "status"): "in_progress",
    ("work_item_changes", "status"): "in_progress",
    ("work_item_state_durations_daily", "status"): "in_progress",
}
NULL = frozenset({"deleted_at", "deleted_reason", "until", "canceled_at"})
FALSE = frozenset({"is_empty", "is_own", "is_archived", "is_fork", "is_binary", "is_revert"})


def rows_of(slug: str) -> list[list[Row]]:
    """A list for each class."""
    return [[row_of(cls, slug, owner) for owner in (SHARED, slug)] for cls in CLASSES]


def row_of(cls: type[Row], slug: str, owner: str) -> Row:
    table = table_of(cls)
    cells = {
        each.name: cell(each, table.name, slug, owner, is_key=each.name in table.key)
        for each in table.columns
    }
    return cls(**cells)


def cell(column: Column, table: str, slug: str, owner: str, *, is_key: bool) -> Any:
    name = SAME.get(column.name, column.name)
    if column.name in NULL:
        return None
    if (table, name) in WORDS_OF or name in WORDS:
        return WORDS_OF.get((table, name), WORDS.get(name))
    return VALUES[column.kind](name, slug, owner, is_key)


def text_of(name: str, slug: str, owner: str, is_key: bool) -> str:
    """What points at something is its owner's, every other text has the organisation's mark."""
    if name in IDS:
        return str(id_of(owner, name))
    if name == "email":
        return address_of(owner)
    if name == "name":  # two people of one name are suggested to be one
        return f"{slug} name"
    if name == "path":
        return f"{owner}-path/a.py"
    if name == "item_key":
        return f"jira:{owner}-item_key"
    return f"{owner}-{name}" if is_key or name in NAMES else f"{slug}-{name}-{owner}"


def uuid_of(name: str, slug: str, owner: str, is_key: bool) -> UUID:
    return id_of(owner, name)


def number(name: str, slug: str, owner: str, is_key: bool) -> int:
    return number_of(slug)


def texts(name: str, slug: str, owner: str, is_key: bool) -> list[str]:
    return [text_of(name, slug, owner, is_key)]


def yes(name: str, slug: str, owner: str, is_key: bool) -> bool:
    return name not in FALSE


def noon(name: str, slug: str, owner: str, is_key: bool) -> datetime:
    return NOON


def day(name: str, slug: str, owner: str, is_key: bool) -> date:
    return DAY


VALUES = {
    "uuid": uuid_of,
    "text": text_of,
    "texts": texts,
    "int": number,
    "float": number,
    "bool": yes,
    "instant": noon,
    "date": day,
}
