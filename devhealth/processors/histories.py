"""A work item's history, in order: from what changed to what the item was like in between.

Providers tell an item as it is now, and what changed. What it was like when it was filed follows
from both, backward from now; then each change is told with the state that it led to. Where a
history does not lead to what is told of now, a last change says so, of the newest instant at which
it may have happened: nobody knows a better one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from devhealth.models.records import WorkItem, WorkItemChange

CREATED: Final = "created"
UNTOLD: Final = "untold"

# Types and words that were not planned for, in lower case.
BUGS: Final = frozenset({"bug", "defect", "type: bug", "type::bug", "kind/bug", "fehler"})
URGENT: Final = frozenset({"incident", "type: incident", "type::incident", "expedite", "expedited"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status in the provider's words, and what it counts it as: todo, in_progress, done or
    canceled."""

    raw: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    work_scope_id: UUID
    scope_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change as the provider tells it; of `field` see `WorkItemChange`.

    before, after  texts that people read; null: nothing. Of an assignee their login, of a label its
                   name in lower case, of `flagged` anything or null
    after_name     of an assignee, as the account is named
    status, scope  what it led to, of these two fields; `was_` what it was before
    is_mid_sprint  it brought the item into a sprint that had begun by then
    """

    change_id: str
    at: datetime
    field: str
    before: str | None = None
    after: str | None = None
    after_name: str = ""
    actor_login: str = ""
    actor_name: str = ""
    was_status: Status | None = None
    status: Status | None = None
    was_scope: Scope | None = None
    scope: Scope | None = None
    is_mid_sprint: bool = False


@dataclass(slots=True, kw_only=True)
class _State:
    status: Status
    scope: Scope
    holders: list[str]
    labels: list[str]
    is_flagged: bool

    def apply(self, move: Move) -> None:
        if move.field == "assignee":
            _swap(self.holders, move.before, move.after)
        elif move.field == "label":
            _swap(self.labels, move.before, move.after)
        elif move.field == "flagged":
            self.is_flagged = move.after is not None
        self.status = move.status or self.status
        self.scope = move.scope or self.scope

    def undo(self, move: Move) -> None:
        if move.field == "assignee":
            _swap(self.holders, move.after, move.before)
        elif move.field == "label":
            _swap(self.labels, move.after, move.before)
        elif move.field == "flagged":
            self.is_flagged = move.before is not None
        self.status = move.was_status or self.status
        self.scope = move.was_scope or self.scope

    def copy(self) -> "_State":
        return _State(
            status=self.status,
            scope=self.scope,
            holders=[*self.holders],
            labels=[*self.labels],
            is_flagged=self.is_flagged,
        )


def _swap(held: list[str], gone: str | None, come: str | None) -> None:
    if gone in held:
        held.remove(gone)
    if come and come not in held:
        held.append(come)


@dataclass(slots=True, kw_only=True)
class Told:
    """An item as it is now, beside what `WorkItem` says of it.

    names  login → as the account is named, of everybody who has it or had it
    labels in lower case, of providers whose labels may stand for a status; else none
    """

    item: WorkItem
    status: Status
    scope: Scope
    labels: list[str] = field(default_factory=list)
    is_flagged: bool = False
    is_expedite: bool = False
    names: dict[str, str] = field(default_factory=dict)


def history(
    told: Told, moves: Iterable[Move], ended_at: datetime | None = None
) -> list[WorkItemChange]:
    """Its changes in order, the filing first. Those of one instant keep the order they are told in.

    `ended_at` is when it was closed, as the provider tells it now; null where it is open. Moves of
    before it was filed count as of its filing.
    """
    ordered = sorted(moves, key=lambda move: move.at)
    now = _State(
        status=told.status,
        scope=told.scope,
        holders=[*told.item.assignee_logins],
        labels=sorted(told.labels),
        is_flagged=told.is_flagged,
    )
    state = now.copy()
    for move in reversed(ordered):
        state.undo(move)
    names = told.names | {move.after: move.after_name for move in ordered if move.after}
    made = [_filed(told, state, names)]
    made += _first_holders(told, state, names)
    for move in (*ordered, *_missing(told, ordered, state, now, ended_at)):
        state.apply(move)
        made.append(_change(told, move, state, names))
    return _in_order(made)


def _missing(
    told: Told, moves: list[Move], first: _State, now: _State, ended_at: datetime | None
) -> list[Move]:
    """What the moves do not lead to."""
    end = first.copy()
    for move in moves:
        end.apply(move)
    newest = max((move.at for move in moves), default=told.item.created_at)
    at = max(newest, ended_at or told.item.updated_at)
    found = []
    if end.status != now.status:
        found.append(
            Move(
                change_id=f"{UNTOLD}:status", at=at, field="status", before=end.status.raw,
                after=now.status.raw, status=now.status,
            )
        )  # fmt: skip
    if end.scope != now.scope:
        found.append(
            Move(
                change_id=f"{UNTOLD}:scope", at=at, field="scope", before=end.scope.scope_key,
                after=now.scope.scope_key, scope=now.scope,
            )
        )  # fmt: skip
    if end.is_flagged != now.is_flagged:
        flag = "flagged"
        found.append(
            Move(
                change_id=f"{UNTOLD}:flagged", at=at, field="flagged",
                before=flag if end.is_flagged else None, after=flag if now.is_flagged else None,
            )
        )  # fmt: skip
    return found


def _filed(told: Told, state: _State, names: dict[str, str]) -> WorkItemChange:
    item = told.item
    move = Move(
        change_id=CREATED,
        at=item.created_at,
        field=CREATED,
        after=state.status.raw,
        actor_login=item.reporter_login,
        actor_name=item.reporter_name,
    )
    filed = _change(told, move, state, names)
    filed.is_unplanned = item.is_bug or item.item_type in URGENT or told.is_expedite
    return filed


def _first_holders(told: Told, state: _State, names: dict[str, str]) -> list[WorkItemChange]:
    """Who had it from the beginning, each by a change of their own, so that all are named."""
    growing = state.copy()
    growing.holders = []
    made = []
    for login in state.holders:
        move = Move(
            change_id=f"{CREATED}:{login}",
            at=told.item.created_at,
            field="assignee",
            after=login,
            actor_login=told.item.reporter_login,
            actor_name=told.item.reporter_name,
        )
        growing.apply(move)
        made.append(_change(told, move, growing, names))
    return made


def _change(told: Told, move: Move, state: _State, names: dict[str, str]) -> WorkItemChange:
    item, holder = told.item, state.holders[-1] if state.holders else ""
    return WorkItemChange(
        work_item_id=item.work_item_id,
        change_id=move.change_id,
        work_scope_id=state.scope.work_scope_id,
        scope_key=state.scope.scope_key,
        provider=item.provider,
        at=max(move.at, item.created_at),
        place=0,
        field=move.field,
        from_value=move.before,
        to_value=move.after,
        actor_login=move.actor_login,
        actor_name=move.actor_name,
        status_raw=state.status.raw,
        status_category=state.status.category,
        labels=sorted(state.labels),
        is_flagged=state.is_flagged,
        is_assigned=bool(holder),
        holder_login=holder,
        holder_name=names.get(holder, ""),
        is_unplanned=move.is_mid_sprint,
        item_type=item.item_type,
        is_bug=item.is_bug,
        story_points=item.story_points,
    )


def _in_order(made: list[WorkItemChange]) -> list[WorkItemChange]:
    """With places and ends; unplanned it becomes once."""
    is_unplanned = False
    for place, change in enumerate(made):
        change.place = place
        change.until = made[place + 1].at if place + 1 < len(made) else None
        change.is_unplanned &= not is_unplanned
        is_unplanned |= change.is_unplanned
    return made


def is_bug(item_type: str, labels: Iterable[str] = ()) -> bool:
    """By its type, or by one of its labels, however they are written."""
    return item_type.lower() in BUGS or any(label.lower() in BUGS for label in labels)


def is_expedite(priority: str | None, labels: Iterable[str] = ()) -> bool:
    """What jumps the queue: by its priority or a label. An incident by a label is one, too."""
    return any(each.lower() in URGENT for each in (priority or "", *labels))
