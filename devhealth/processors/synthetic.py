"""The words of the made-up provider → records: GitHub's are read as such, the tracker's here.

People are `github:login`, for that is what they are known by; the provider is `synthetic`.
"""

from dataclasses import replace
from typing import Any, Final

from devhealth.models.records import (
    Deployment,
    Incident,
    PipelineRun,
    Repository,
    Sprint,
    WorkItem,
    WorkScope,
)
from devhealth.processors import github
from devhealth.processors.github_nodes import login
from devhealth.processors.histories import Move, Scope, Status, Told, history, is_bug, is_expedite
from devhealth.processors.reading import (
    Raw,
    ident,
    instant,
    moment,
    needed,
    part,
    parts,
    said,
    text,
    texts,
)
from devhealth.processors.told import ToldPullRequest, ToldWorkItem
from devhealth.processors.work_ids import work_item_id, work_scope_id

PROVIDER: Final = "synthetic"
HOST: Final = "synthetic.example"
_RULE: Final = "named"  # in the text of the pull request


def project(raw: Raw) -> WorkScope:
    """Raises `Unreadable`."""
    key, native_id = text(raw, "key"), ident(raw, "id")
    return WorkScope(
        work_scope_id=work_scope_id(HOST, native_id),
        source_id=HOST,
        provider=PROVIDER,
        scope_key=key,
        name=text(raw, "name"),
        url=f"https://{HOST}/projects/{key}",
        native_id=native_id,
    )


def item_key(key: str) -> str:
    """As people call it: `synthetic:PLAT-7`."""
    return f"{PROVIDER}:{key}"


def repository(raw: Raw) -> Repository:
    """Raises `Unreadable`."""
    return replace(github.repository(raw), provider=PROVIDER)


def pull_request(raw: Raw, repository: Repository) -> ToldPullRequest:
    """With the work items that it names. Raises `Unreadable`."""
    told = github.pull_request(raw, repository)
    named = (f"{_RULE} {item_key(each)}" for each in texts(raw, "refersTo"))
    told.pull_request.refers_to = sorted(named)
    return told


def pipeline_runs(raw: Raw, repository: Repository) -> list[PipelineRun]:
    return github.pipeline_runs(raw, repository)


def deployments(raw: Raw, repository: Repository) -> list[Deployment]:
    return github.deployments(raw, repository)


def incident(raw: Raw, repository: Repository) -> Incident | None:
    return github.incident(raw, repository)


def work_item(raw: Raw, scope: WorkScope) -> ToldWorkItem:
    """An item with its whole history. Raises `Unreadable`."""
    item = _item(raw, scope)
    told = Told(
        item=item,
        status=_status(part(raw, "status")),
        scope=Scope(work_scope_id=scope.work_scope_id, scope_key=scope.scope_key),
        is_flagged=bool(raw.get("flagged")),
        is_expedite=is_expedite(item.priority, item.labels),
        names=_names(raw),
    )
    return ToldWorkItem(
        item=item,
        changes=history(told, [_move(each) for each in parts(raw, "changes")]),
        sprints=[_sprint(each) for each in parts(raw, "sprints")],
    )


def known_by(target: str, raw: Raw) -> str:
    """Raises `Unreadable`."""
    return ident(raw, "id") if target == "work-items" else github.known_by(target, raw)


def address(target: str, raw: Any) -> str:
    return github.address(target, raw)


def _item(raw: Raw, scope: WorkScope) -> WorkItem:
    labels = sorted(texts(raw, "labels"))
    kind, parent, points = text(raw, "type"), said(raw, "parent"), raw.get("points")
    assignee = login(raw, "assignee")
    return WorkItem(
        work_item_id=work_item_id(HOST, ident(raw, "id")),
        work_scope_id=scope.work_scope_id,
        source_id=scope.source_id,
        provider=PROVIDER,
        native_id=ident(raw, "id"),
        item_key=item_key(text(raw, "key")),
        former_keys=sorted(item_key(each) for each in texts(raw, "former_keys")),
        title=text(raw, "title"),
        url=text(raw, "url"),
        item_type=kind,
        is_bug=is_bug(kind, labels),
        priority=said(raw, "priority"),
        status_raw=text(part(raw, "status"), "name"),
        labels=labels,
        story_points=None if points is None else float(points),
        sprint_id=said(raw, "sprint"),
        parent_id=work_item_id(HOST, parent) if parent else None,
        created_at=moment(raw, "created"),
        updated_at=moment(raw, "updated"),
        due_at=instant(raw, "due"),
        reporter_login=login(raw, "reporter"),
        reporter_name=text(part(raw, "reporter"), "name", ""),
        assignee_logins=[assignee] if assignee else [],
    )


def _move(raw: Raw) -> Move:
    """One change; which sides it has depends on its field."""
    field = text(raw, "field")
    move = Move(
        change_id=ident(raw, "id"),
        at=moment(raw, "at"),
        field=field,
        actor_login=login(raw, "by"),
        actor_name=text(part(raw, "by"), "name", ""),
        is_mid_sprint=bool(needed(raw, "is_mid_sprint")),
    )
    if field == "status":
        return _between_statuses(move, _status(part(raw, "from")), _status(part(raw, "to")))
    if field == "scope":
        return _between_scopes(move, part(raw, "from"), part(raw, "to"))
    if field == "assignee":
        before, after = (login(raw, side) or None for side in ("from", "to"))
        name = text(part(raw, "to"), "name", "")
        return replace(move, before=before, after=after, after_name=name)
    return replace(move, before=said(raw, "from"), after=said(raw, "to"))


def _between_statuses(move: Move, before: Status, after: Status) -> Move:
    return replace(move, before=before.raw, after=after.raw, was_status=before, status=after)


def _between_scopes(move: Move, before: Raw, after: Raw) -> Move:
    """Told by what the item was called in either, so that it is found by that, too."""
    return replace(
        move,
        before=item_key(text(before, "key")),
        after=item_key(text(after, "key")),
        was_scope=_scope(part(before, "project")),
        scope=_scope(part(after, "project")),
    )


def _scope(raw: Raw) -> Scope:
    return Scope(work_scope_id=work_scope_id(HOST, ident(raw, "id")), scope_key=text(raw, "key"))


def _status(raw: Raw) -> Status:
    return Status(raw=text(raw, "name"), category=text(raw, "category"))


def _sprint(raw: Raw) -> Sprint:
    return Sprint(
        source_id=HOST,
        sprint_id=ident(raw, "id"),
        name=text(raw, "name"),
        state=text(raw, "state"),
        started_at=instant(raw, "started"),
        ended_at=instant(raw, "ends"),
        completed_at=instant(raw, "completed"),
    )


def _names(raw: Raw) -> dict[str, str]:
    """Of all who ever had it."""
    changes = parts(raw, "changes")
    held = (each.get("from") for each in changes if each.get("field") == "assignee")
    holders = [{"who": each} for each in (raw.get("assignee"), *held) if each]
    return {login(each, "who"): text(part(each, "who"), "name", "") for each in holders}
