"""Work items of two projects as stories: what happened to each, when, in order.

    story("2026-03-02 09:00", ("2026-03-03 10:00", "status", "in_progress"))

A story is told to the library through its own histories, and to plain Python as it stands.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

import polars as pl

from devhealth.models.directory import Directory
from devhealth.models.records import WorkItem, WorkItemChange
from devhealth.processors.histories import Move, Scope, Status, Told, history
from devhealth.processors.stamps import Stamps
from devhealth.processors.work_items import derived
from devhealth.sinks.values import frame_of

SITE = "acme.example"
OURS = Scope(work_scope_id=UUID(int=701), scope_key="OURS")
THEIRS = Scope(work_scope_id=UUID(int=702), scope_key="THEIRS")
SCOPES = {"OURS": OURS, "THEIRS": THEIRS}

STATUSES = {
    "todo": Status(raw="To Do", category="todo"),
    "in_progress": Status(raw="In Progress", category="in_progress"),
    "in_review": Status(raw="In Review", category="in_progress"),
    "blocked": Status(raw="Blocked", category="in_progress"),
    "done": Status(raw="Done", category="done"),
    "canceled": Status(raw="Canceled", category="canceled"),
}


def at(text: str | datetime) -> datetime:
    """UTC."""
    return text if isinstance(text, datetime) else datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Story:
    """`events`: (instant, field, value) of status, scope, holder (a login, '' nobody), flagged."""

    number: int
    created: datetime
    events: list[tuple[datetime, str, str]] = field(default_factory=list)
    scope: str = "OURS"
    holder: str = ""
    status: str = "todo"
    kind: str = "story"
    points: float | None = None

    @property
    def work_item_id(self) -> UUID:
        return uuid5(UUID(int=7), str(self.number))


def story(created, *events, number=1, **more) -> Story:
    told = [(at(when), what, value) for when, what, value in events]
    return Story(number=number, created=at(created), events=told, **more)


def told(one: Story) -> tuple[WorkItem, list[WorkItemChange]]:
    """As a processor tells it."""
    status, scope, holder, is_flagged = one.status, one.scope, one.holder, False
    moves = []
    for place, (when, what, value) in enumerate(one.events):
        move = Move(change_id=f"{place}", at=when, field=what)
        if what == "status":
            move = replace(move, was_status=STATUSES[status], status=STATUSES[value])
            status = value
        elif what == "scope":
            move = replace(move, was_scope=SCOPES[scope], scope=SCOPES[value])
            move = replace(move, before=f"jira:{scope}-{one.number}")
            scope = value
        elif what == "holder":
            move = replace(
                move, field="assignee", before=holder or None, after=value or None, after_name=value
            )
            holder = value
        else:
            move = replace(move, before="x" if is_flagged else None, after=value or None)
            is_flagged = bool(value)
        moves.append(move)
    item = WorkItem(
        work_item_id=one.work_item_id,
        work_scope_id=SCOPES[scope].work_scope_id,
        source_id=SITE,
        provider="jira",
        native_id=str(one.number),
        item_key=f"jira:{scope}-{one.number}",
        title=f"Item {one.number}",
        url=f"https://{SITE}/browse/{scope}-{one.number}",
        item_type=one.kind,
        is_bug=one.kind == "bug",
        status_raw=STATUSES[status].raw,
        story_points=one.points,
        created_at=one.created,
        updated_at=max([one.created, *(when for when, _, _ in one.events)]),
        assignee_logins=[holder] if holder else [],
    )
    made = Told(item=item, status=STATUSES[status], scope=SCOPES[scope], is_flagged=is_flagged)
    return item, history(made, moves)


def frames(stories, directory=None) -> dict[type, pl.DataFrame]:
    """As they are stored, stamps and all."""
    both = [told(each) for each in stories]
    found = {
        WorkItem: frame_of(WorkItem, [item for item, _ in both]),
        WorkItemChange: frame_of(WorkItemChange, [one for _, made in both for one in made]),
    }
    return dict(derived(found, Stamps(directory or Directory(), "")))


def records(stories, directory=None) -> list:
    """The same as objects."""
    made = []
    for cls, rows in frames(stories, directory).items():
        made += [cls(**_cells(cls, row)) for row in rows.to_dicts()]
    return made


def _cells(cls, row):
    ids = {name for name, kind in cls.__annotations__.items() if "UUID" in str(kind)}
    return {name: UUID(cell) if name in ids and cell else cell for name, cell in row.items()}
