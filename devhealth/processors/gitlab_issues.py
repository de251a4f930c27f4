"""GitLab's issues, incidents and tasks → work items with their history.

An issue is opened or closed; that somebody works on it is only told by labels, which so belong to
its history. An iteration, else a milestone, stands for a sprint. Issues are REST's, with what
`gitlab_activity` reads beside.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from devhealth.models.records import Sprint, WorkItem, WorkScope
from devhealth.processors.gitlab_activity import (
    CLOSED,
    OPENED,
    Known,
    Said,
    day,
    moves,
    said_of,
)
from devhealth.processors.gitlab_notes import login_of, name_of
from devhealth.processors.histories import Scope, Status, Told, history, is_bug, is_expedite
from devhealth.processors.reading import (
    Raw,
    Unreadable,
    count,
    ident,
    instant,
    moment,
    part,
    parts,
    said,
    text,
    texts,
    whole,
)
from devhealth.processors.told import ToldWorkItem
from devhealth.processors.work_ids import work_item_id

MOVED: Final = Status(raw="closed: moved", category="canceled")
DUPLICATE: Final = Status(raw="closed: duplicate", category="canceled")
_STATES: Final = {"opened": OPENED, "closed": CLOSED}
_ITERATIONS: Final = {1: "future", 2: "active", 3: "closed"}
_DAY: Final = timedelta(days=1)
_FROM: Final = re.compile(r"moved from ([\w./-]+)#(\d{1,9})\b", re.I | re.ASCII)


def work_item(raw: Raw, scope: WorkScope) -> ToldWorkItem | None:
    """A body of REST's list. Raises `Unreadable`."""
    status, names, noted = _status(raw), texts(raw, "labels"), said_of(raw)
    sprint, number = _sprint(raw, scope)
    item = _item(raw, scope, status, names)
    item.former_keys = sorted(set(_former_keys(noted, scope)))
    item.sprint_id = sprint.sprint_id if sprint else None
    told = Told(
        item=item,
        status=status,
        scope=Scope(work_scope_id=scope.work_scope_id, scope_key=scope.scope_key),
        labels=sorted({each.lower() for each in names}),
        is_expedite=is_expedite(None, names),
        names=_names(raw, noted),
    )
    known = Known(
        status=status,
        closed_at=None if status == OPENED else instant(raw, "closed_at"),
        labels=part(raw, "label_names"),
        sprint=sprint,
        number=number,
        names=told.names,
    )
    return ToldWorkItem(
        item=item,
        changes=history(told, moves(noted, known), known.closed_at),
        sprints=[sprint] if sprint else [],
    )


def _item(raw: Raw, scope: WorkScope, status: Status, names: list[str]) -> WorkItem:
    native_id, author = ident(raw, "id"), part(raw, "author")
    item_type = text(raw, "issue_type", text(raw, "type", "issue")).lower()
    due, reporter = day(raw, "due_date"), login_of(author)
    weight = count(raw, "weight")
    return WorkItem(
        work_item_id=work_item_id(scope.source_id, native_id),
        work_scope_id=scope.work_scope_id,
        repo_id=scope.work_scope_id,
        source_id=scope.source_id,
        provider="gitlab",
        native_id=native_id,
        item_key=f"gitlab:{scope.scope_key}#{whole(raw, 'iid')}",
        title=text(raw, "title"),
        url=text(raw, "web_url"),
        item_type=item_type,
        is_bug=is_bug(item_type, names),
        status_raw=status.raw,
        labels=sorted(set(names)),
        story_points=None if weight is None else float(weight),
        created_at=moment(raw, "created_at"),
        updated_at=moment(raw, "updated_at"),
        due_at=due and due + _DAY,
        reporter_login=reporter,
        reporter_name=name_of(author, reporter),
        assignee_logins=list(dict.fromkeys(filter(None, map(login_of, _assignees(raw))))),
    )


def _status(raw: Raw) -> Status:
    """GitLab has no reasons; that it went elsewhere, or is another one's twin, is told apart."""
    status = _STATES.get(text(raw, "state"))
    if status is None:
        raise Unreadable("`state` is neither opened nor closed.")
    if status == CLOSED and raw.get("moved_to_id") is not None:
        return MOVED
    if status == CLOSED and part(raw, "_links").get("closed_as_duplicate_of") is not None:
        return DUPLICATE
    return status


def _assignees(raw: Raw) -> list[Raw]:
    return parts(raw, "assignees") if raw.get("assignees") is not None else []


def _names(raw: Raw, noted: list[Said]) -> dict[str, str]:
    """How accounts are named, as far as the issue shows them."""
    shown = [part(raw, "author"), *_assignees(raw)]
    found = {each.login: each.name for each in noted if each.login}
    return found | {login: name_of(each, login) for each in shown if (login := login_of(each))}


def _sprint(raw: Raw, scope: WorkScope) -> tuple[Sprint | None, str]:
    """And what its notes may call it instead of by its name."""
    iteration, milestone = part(raw, "iteration"), part(raw, "milestone")
    if iteration:
        state = _ITERATIONS.get(whole(iteration, "state"), "active")
        number = ident(iteration, "id")
        name = said(iteration, "title") or number
        return _dated(iteration, scope, f"iteration:{number}", name, state), number
    if not milestone:
        return None, ""
    state = "closed" if text(milestone, "state") == "closed" else "active"
    name, own = text(milestone, "title"), f"milestone:{ident(milestone, 'id')}"
    return _dated(milestone, scope, own, name, state), ident(milestone, "iid")


def _dated(raw: Raw, scope: WorkScope, own: str, name: str, state: str) -> Sprint:
    """Its last day belongs to it. When it was closed is not told."""
    due = day(raw, "due_date")
    return Sprint(
        source_id=scope.source_id,
        sprint_id=own,
        name=name,
        state=state,
        started_at=day(raw, "start_date"),
        ended_at=due and due + _DAY,
    )


def _former_keys(noted: list[Said], scope: WorkScope) -> Iterator[str]:
    """A project of the same group is named without it."""
    group = scope.scope_key.rpartition("/")[0]
    for each in noted:
        if found := _FROM.match(each.body):
            path = found[1] if "/" in found[1] else f"{group}/{found[1]}"
            yield f"gitlab:{path}#{found[2]}"
