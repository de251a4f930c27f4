"""The ground truth of work items: what was filed, and what became of it. See `world`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status of the tracker's.

    category  what the tracker counts it as: todo, in_progress, done or canceled
    means     what it is: todo, in_progress, in_review, blocked, done or canceled
    """

    name: str
    category: str
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """owner  the key of the team that owns it; None: items count for whoever has them"""

    key: str
    name: str
    native_id: str
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sprint:
    """ended_at is when it was to end, completed_at when it was closed; None: it is not."""

    sprint_id: str
    name: str
    started_at: datetime | None
    ended_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an item was like. Null: nobody, nothing, none."""

    project: str
    status: str
    assignee: str | None = None
    points: int | None = None
    sprint: str | None = None
    is_flagged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of one field of an item: status, assignee, points, sprint, flagged or scope.

    before, after  as `State` has them, texts all; a flag is `flagged` or None, a scope is told by
                   what the item is called there: PLAT-7
    is_mid_sprint  it brought the item into a sprint that had begun by then
    """

    change_id: str
    at: datetime
    field: str
    before: str | None
    after: str | None
    actor: str
    is_mid_sprint: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A work item; `filed` is what it was like at first, `now` what became of it by `changes`.

    key          as it is called now: PLAT-7
    former_keys  before it was moved, sorted
    item_type    story, task, bug, spike or incident
    """

    native_id: str
    key: str
    title: str
    item_type: str
    reporter: str
    created_at: datetime
    updated_at: datetime
    filed: State
    now: State
    changes: tuple[Change, ...]
    labels: tuple[str, ...] = ()
    priority: str | None = None
    due_at: datetime | None = None
    parent: str | None = None
    former_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All work items that are in a project now, by native id, and the sprints of the project."""

    project: Project
    sprints: tuple[Sprint, ...]
    items: tuple[Item, ...]
