"""Work items as small as a test needs them, with the histories that their moves make; and at
random."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from devhealth.models.directory import CategoryRule, Directory, Team
from devhealth.models.records import WorkItem, WorkItemChange, WorkScope
from devhealth.processors.histories import Move, Scope, Status, Told, history
from devhealth.processors.stamps import Stamps
from devhealth.processors.work_items import derived
from devhealth.sinks import Sink
from tests.devhealth.metrics.worlds import at, frame

SITE = "https://acme.atlassian.net"
SHOP = Scope(work_scope_id=UUID(int=21), scope_key="SHOP")
DESK = Scope(work_scope_id=UUID(int=22), scope_key="DESK")
SCOPES = {scope.scope_key: scope for scope in (SHOP, DESK)}
STATUSES = {
    "todo": Status(raw="To Do", category="todo"),
    "in_progress": Status(raw="In Progress", category="in_progress"),
    "in_review": Status(raw="In Review", category="in_progress"),
    "blocked": Status(raw="Blocked", category="in_progress"),
    "done": Status(raw="Done", category="done"),
    "canceled": Status(raw="Canceled", category="canceled"),
}
# SHOP is web's, DESK is of who has the item; bugs are quality, stories features.
DIRECTORY = Directory(
    teams=(Team("web", "Web", projects=("shop",)),),
    categories=(
        CategoryRule(theme="quality", subcategory="bugfix", types=("bug",)),
        CategoryRule(theme="feature_delivery", subcategory="roadmap", types=("story",)),
    ),
)


@dataclass
class Item:
    """An item as it is told, and its moves."""

    told: Told
    moves: list[Move] = field(default_factory=list)

    @property
    def changes(self) -> list[WorkItemChange]:
        return history(self.told, self.moves)


def item(
    number: int,
    created: str | datetime,
    *moves: tuple[str | datetime, str],
    scope: Scope = SHOP,
    points: float | None = None,
    **more: Any,
) -> Item:
    """Filed to do. A move is when, and a status or what else it led to: `flagged`, `unflagged`, or
    `provider:login` of who got it; each of these two sites' projects has a number once."""
    made: list[Move] = []
    status, holder, flag = STATUSES["todo"], None, None
    for place, (when, what) in enumerate(moves):
        moment, name = _at(when), f"m{place}"
        if what in STATUSES:
            was, status = status, STATUSES[what]
            made.append(
                Move(
                    change_id=name, at=moment, field="status", before=was.raw, after=status.raw,
                    was_status=was, status=status,
                )
            )  # fmt: skip
        elif what in ("flagged", "unflagged"):
            was_flag, flag = flag, "flag" if what == "flagged" else None
            made.append(
                Move(change_id=name, at=moment, field="flagged", before=was_flag, after=flag)
            )
        else:
            was_holder, holder = holder, what
            made.append(
                Move(
                    change_id=name, at=moment, field="assignee", before=was_holder, after=holder,
                    after_name=what.partition(":")[2].title(),
                )
            )  # fmt: skip
    filed, key = _at(created), f"{scope.scope_key}-{number}"
    values = {"item_type": "story", "title": f"Item {number}", "reporter_login": "jira:ada"} | more
    record = WorkItem(
        work_item_id=UUID(int=scope.work_scope_id.int * 10**6 + number),
        work_scope_id=scope.work_scope_id,
        source_id="acme.atlassian.net",
        provider="jira",
        native_id=str(number),
        item_key=f"jira:{key}",
        url=f"{SITE}/browse/{key}",
        is_bug=values["item_type"] == "bug",
        status_raw=status.raw,
        created_at=filed,
        updated_at=max([filed, *(move.at for move in made)]),
        assignee_logins=[holder] if holder else [],
        story_points=points,
        **values,
    )
    told = Told(item=record, status=status, scope=scope, is_flagged=flag is not None)
    return Item(told, made)


def scopes() -> list[WorkScope]:
    return [
        WorkScope(
            work_scope_id=scope.work_scope_id, source_id="acme.atlassian.net", provider="jira",
            scope_key=scope.scope_key, name=scope.scope_key.title(),
            url=f"{SITE}/browse/{scope.scope_key}",
        )
        for scope in SCOPES.values()
    ]  # fmt: skip


def put(sink: Sink, items: Iterable[Item], directory: Directory = DIRECTORY) -> None:
    """Write them with what follows from them, and their scopes."""
    items = list(items)
    found = {
        WorkItem: frame(WorkItem, [each.told.item for each in items]),
        WorkItemChange: frame(WorkItemChange, [row for each in items for row in each.changes]),
    }
    for cls, rows in derived(found, Stamps(directory, "")).items():
        sink.write(rows.drop("synced_at", strict=False), cls)
    sink.write(scopes())


def _at(moment: str | datetime) -> datetime:
    return at(moment) if isinstance(moment, str) else moment


START = at("2026-01-01 00:00")
QUARTER = timedelta(minutes=15)
MOVES = (
    *("in_progress", "in_progress", "in_review", "blocked", "todo", "done", "done", "canceled"),
    *("flagged", "unflagged", "jira:ada", "jira:grace"),
)
waits = st.one_of(
    st.sampled_from([0, 1, 95, 96, 97]),
    st.integers(0, 30 * 96),
    st.integers(0, 20).map((96).__mul__),
).map(QUARTER.__mul__)


@st.composite
def any_item(draw: st.DrawFn) -> Item:
    """Filed in some weeks of January and February; its number is anything."""
    moment = START + draw(st.integers(0, 50 * 96)) * QUARTER
    created, moves = moment, []
    for wait, what in draw(st.lists(st.tuples(waits, st.sampled_from(MOVES)), max_size=7)):
        moment += wait
        moves.append((moment, what))
    return item(
        draw(st.integers(1, 10**5)),
        created,
        *moves,
        scope=draw(st.sampled_from([SHOP, DESK])),
        item_type=draw(st.sampled_from(["story", "bug", "task"])),
        points=draw(st.sampled_from([None, 0.0, 1.0, 3.0])),
    )


# Some weeks of two projects of a tracker; nothing of them is later than a year after.
many_items = st.lists(
    any_item(), max_size=8, unique_by=lambda each: each.told.item.work_item_id.int
)
