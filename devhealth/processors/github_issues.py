"""GitHub's issues → work items with their history.

An issue is open or closed; that somebody works on it is only told by labels, which so belong to its
history. A milestone stands for a sprint: it is what a repository plans for, though it has no begin.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid5

from devhealth.models.records import Sprint, WorkItem, WorkScope
from devhealth.processors.github_nodes import labels, login, name, nodes, whole_thing
from devhealth.processors.histories import (
    UNTOLD,
    URGENT,
    Move,
    Scope,
    Status,
    Told,
    history,
    is_bug,
    is_expedite,
)
from devhealth.processors.local import REPOSITORIES
from devhealth.processors.reading import Raw, Unreadable, ident, instant, moment, part, text, whole
from devhealth.processors.told import ToldWorkItem
from devhealth.processors.work_ids import work_item_id

OPEN: Final = Status(raw="open", category="todo")
CLOSED: Final = Status(raw="closed", category="done")
NOT_PLANNED: Final = Status(raw="closed: not planned", category="canceled")
DUPLICATE: Final = Status(raw="closed: duplicate", category="canceled")
_REASONS: Final = {"NOT_PLANNED": NOT_PLANNED, "DUPLICATE": DUPLICATE}
_LABELS: Final = frozenset({"LabeledEvent", "UnlabeledEvent"})
_ASSIGNEES: Final = frozenset({"AssignedEvent", "UnassignedEvent"})
_MILESTONES: Final = frozenset({"MilestonedEvent", "DemilestonedEvent"})
_POINTS: Final = re.compile(r"(?:(?:story[ -]?)?points?: ?)(\d{1,3})|(\d{1,3}) points?", re.I)


def work_item(raw: Raw, scope: WorkScope) -> ToldWorkItem | None:
    """A node of GraphQL with all of its lists. Null: it is a pull request. Raises `Unreadable`."""
    whole_thing(raw)
    if text(raw, "__typename") != "Issue":
        return None
    status, sprint = _status(raw), _sprint(raw, scope)
    names = labels(raw)
    item = _item(raw, scope, status, names)
    item.sprint_id = sprint.sprint_id if sprint else None
    here = Scope(work_scope_id=scope.work_scope_id, scope_key=scope.scope_key)
    told = Told(
        item=item,
        status=status,
        scope=here,
        labels=sorted({each.lower() for each in names}),
        is_expedite=is_expedite(None, names),
        names={login(each, "self"): name(each, "self") for each in _assignees(raw)},
    )
    closed_at = None if status == OPEN else instant(raw, "closedAt")
    return ToldWorkItem(
        item=item,
        changes=history(told, _moves(raw, status, here, scope.source_id), closed_at),
        sprints=[sprint] if sprint else [],
    )


def points_of(names: list[str]) -> float | None:
    """Story points by a label: `points: 3`, `3 points`. Null: none, or several that differ."""
    found = {float(hit[1] or hit[2]) for each in names if (hit := _POINTS.fullmatch(each.strip()))}
    return found.pop() if len(found) == 1 else None


def _item(raw: Raw, scope: WorkScope, status: Status, names: list[str]) -> WorkItem:
    native_id, item_type = ident(raw, "fullDatabaseId"), _type(raw, names)
    return WorkItem(
        work_item_id=work_item_id(scope.source_id, native_id),
        work_scope_id=scope.work_scope_id,
        repo_id=scope.work_scope_id,
        source_id=scope.source_id,
        provider="github",
        native_id=native_id,
        item_key=f"gh:{scope.scope_key}#{whole(raw, 'number')}",
        title=text(raw, "title"),
        url=text(raw, "url"),
        item_type=item_type,
        is_bug=is_bug(item_type, names),
        status_raw=status.raw,
        labels=names,
        story_points=points_of(names),
        parent_id=_parent_id(raw, scope.source_id),
        created_at=moment(raw, "createdAt"),
        updated_at=moment(raw, "updatedAt"),
        reporter_login=login(raw, "author"),
        reporter_name=name(raw, "author"),
        assignee_logins=list(dict.fromkeys(login(each, "self") for each in _assignees(raw))),
    )


def _type(raw: Raw, names: list[str]) -> str:
    """The organisation's type of it, else what a label says plainly."""
    if told := text(part(raw, "issueType"), "name", "").strip().lower():
        return told
    if is_bug("", names):
        return "bug"
    spoken = {each.lower().removeprefix("type:").removeprefix("type::").strip() for each in names}
    return "incident" if "incident" in spoken & URGENT else "issue"


def _parent_id(raw: Raw, source_id: str) -> UUID | None:
    parent = part(raw, "parent")
    return work_item_id(source_id, ident(parent, "fullDatabaseId")) if parent else None


def _assignees(raw: Raw) -> list[Raw]:
    """Each under `self`, as those who did something stand below an event."""
    return [{"self": each} for each in nodes(raw, "assignees")]


def _status(raw: Raw) -> Status:
    state = text(raw, "state")
    if state not in ("OPEN", "CLOSED"):
        raise Unreadable("`state` is neither OPEN nor CLOSED.")
    return OPEN if state == "OPEN" else _closed(raw)


def _closed(raw: Raw) -> Status:
    """Without a reason, as in the years before there were any, it is done."""
    return _REASONS.get(text(raw, "stateReason", ""), CLOSED)


def _sprint(raw: Raw, scope: WorkScope) -> Sprint | None:
    milestone = part(raw, "milestone")
    if not milestone:
        return None
    is_open = text(milestone, "state") == "OPEN"
    return Sprint(
        source_id=scope.source_id,
        sprint_id=ident(milestone, "id"),
        name=text(milestone, "title"),
        state="active" if is_open else "closed",
        ended_at=instant(milestone, "dueOn"),
        completed_at=None if is_open else instant(milestone, "closedAt"),
    )


def _moves(raw: Raw, now: Status, here: Scope, source_id: str) -> list[Move]:
    """Events in the order in which they happened; of one instant as they are told."""
    told = {ident(each, "id"): each for each in nodes(raw, "timelineItems")}
    events = sorted(told.values(), key=lambda each: moment(each, "createdAt"))
    found = [
        *(_state_moves(events, now) or _closing(raw, now)),
        *_scope_moves(events, here, source_id),
    ]
    for event in events:
        move = _plain_move(event)
        if move:
            found.append(move)
    place = {ident(event, "id"): at for at, event in enumerate(events)}
    return sorted(found, key=lambda move: (move.at, place.get(move.change_id, len(place))))


def _move(event: Raw, field: str, before: str | None, after: str | None) -> Move:
    return Move(
        change_id=ident(event, "id"),
        at=moment(event, "createdAt"),
        field=field,
        before=before,
        after=after,
        actor_login=login(event, "actor"),
        actor_name=name(event, "actor"),
    )


def _plain_move(event: Raw) -> Move | None:
    """Null: of a status or scope, of another kind, or of what is no more (a label, an account)."""
    kind = text(event, "__typename")
    is_gone = kind.startswith(("Un", "De"))
    if kind in _LABELS:
        field, value = "label", text(part(event, "label"), "name", "").lower()
    elif kind in _ASSIGNEES:
        field, value = "assignee", login(event, "assignee")
    elif kind in _MILESTONES:
        field, value = "sprint", text(event, "milestoneTitle")
    else:
        return None
    if not value:
        return None
    move = _move(event, field, value if is_gone else None, None if is_gone else value)
    is_come = field == "assignee" and not is_gone
    return replace(move, after_name=name(event, "assignee")) if is_come else move


def _closing(raw: Raw, now: Status) -> list[Move]:
    """Of an issue whose events were lost, as they are where it was brought from elsewhere."""
    at = instant(raw, "closedAt")
    if now == OPEN or at is None:
        return []
    return [
        Move(
            change_id=f"{UNTOLD}:status",
            at=at,
            field="status",
            before=OPEN.raw,
            after=now.raw,
            was_status=OPEN,
            status=now,
        )
    ]


def _state_moves(events: list[Raw], now: Status) -> list[Move]:
    """An event that tells the state that it was in says nothing. How it was closed last the issue
    itself knows best: GitHub tells duplicates of events only since 2025."""
    steps = [
        (event, OPEN if kind == "ReopenedEvent" else _closed(event))
        for event in events
        if (kind := text(event, "__typename")) in ("ClosedEvent", "ReopenedEvent")
    ]
    if steps and OPEN not in (steps[-1][1], now):
        steps[-1] = (steps[-1][0], now)
    state, found = OPEN, []
    for event, after in steps:
        if after != state:
            move = _move(event, "status", state.raw, after.raw)
            found.append(replace(move, was_status=state, status=after))
        state = after
    return found


def _scope_moves(events: list[Raw], here: Scope, source_id: str) -> Iterator[Move]:
    """Where it came from is told by name, of a repository that may have another one by now."""
    came = [each for each in events if text(each, "__typename") == "TransferredEvent"]
    known = [
        (event, full_name)
        for event in came
        if (full_name := text(part(event, "fromRepository"), "nameWithOwner", ""))
    ]
    scopes = [
        *(Scope(work_scope_id=_repo_id(source_id, each), scope_key=each) for _, each in known),
        here,
    ]
    for (event, _), before, after in zip(known, scopes, scopes[1:], strict=False):
        move = _move(event, "scope", before.scope_key, after.scope_key)
        yield replace(move, was_scope=before, scope=after)


def _repo_id(source_id: str, full_name: str) -> UUID:
    return uuid5(REPOSITORIES, f"{source_id}/{full_name}".lower())
