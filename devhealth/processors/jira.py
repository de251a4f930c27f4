"""Jira's words → records, before the Directory is asked.

An issue comes with all its `histories`, as the bulk or the single list has them, and with what its
site calls things (`known`): `fields` by what they are for, `statuses` by their ids. People are
`jira:accountId`. Every function raises `Unreadable` for what lacks what Jira promises.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from math import isfinite
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from devhealth.models.records import Sprint, WorkItem, WorkScope
from devhealth.processors.histories import Told, history, is_bug, is_expedite
from devhealth.processors.jira_entries import Entry, People, entries_of, former_keys
from devhealth.processors.jira_moves import moves
from devhealth.processors.jira_site import FLAG_LABELS, Site, current_status
from devhealth.processors.reading import Raw, Unreadable, ident, instant, moment, part, text, texts
from devhealth.processors.told import ToldWorkItem
from devhealth.processors.work_ids import work_item_id, work_scope_id

__all__ = ["address", "known_by", "project", "work_item"]

_EVER = datetime.min.replace(tzinfo=UTC)


def project(raw: Raw) -> WorkScope:
    site, native_id, key = text(raw, "site").rstrip("/"), ident(raw, "id"), text(raw, "key")
    host = urlsplit(site).hostname
    if not host:
        raise Unreadable("`site` is no address.")
    return WorkScope(
        work_scope_id=work_scope_id(host, native_id),
        source_id=host,
        provider="jira",
        scope_key=key,
        name=text(raw, "name"),
        url=f"{site}/browse/{key}",
        native_id=native_id,
        is_archived=raw.get("archived") is True,
    )


def work_item(raw: Raw, scope: WorkScope) -> ToldWorkItem:
    """An issue with its whole history, and the sprints that it was or is in."""
    site = Site.of(raw, scope)
    fields = site.fields
    people, entries, sprints = People(), entries_of(raw), _sprints(site)
    told = Told(
        item=_item(raw, scope, site, people, entries, sprints),
        status=current_status(site),
        scope=site.scope,
        is_flagged=_is_flagged(site),
        is_expedite=is_expedite(_name(fields, "priority"), texts(fields, "labels")),
    )
    changed = moves(entries, site, told.item, {each.sprint_id: each for each in sprints}, people)
    told.names = people.names
    changes = history(told, changed, _ended_at(site))
    return ToldWorkItem(item=told.item, changes=changes, sprints=sprints)


def known_by(target: str, raw: Raw) -> str:
    """The site's own id: a key changes when its issue is moved."""
    return ident(raw, "id")


def address(target: str, raw: Any) -> str:
    """What to call an issue that could not be read."""
    if not isinstance(raw, Mapping):
        return "issue of no shape"
    for name in ("key", "id"):
        if isinstance(raw.get(name), int | str) and raw[name] != "":
            return f"issue {raw[name]}"
    return "issue without `key`"


def _item(
    raw: Raw,
    scope: WorkScope,
    site: Site,
    people: People,
    entries: list[Entry],
    sprints: list[Sprint],
) -> WorkItem:
    fields, native_id, key = site.fields, ident(raw, "id"), text(raw, "key")
    item_type = text(part(fields, "issuetype"), "name").lower()
    labels = sorted(texts(fields, "labels"))
    reporter = people.of(part(fields, "reporter"))
    assignee = people.of(part(fields, "assignee"))
    return WorkItem(
        work_item_id=work_item_id(scope.source_id, native_id),
        work_scope_id=site.scope.work_scope_id,
        source_id=scope.source_id,
        provider="jira",
        native_id=native_id,
        item_key=f"jira:{key}",
        former_keys=former_keys(entries, key),
        title=text(fields, "summary"),
        url=f"{scope.url.rpartition('/browse/')[0]}/browse/{key}",
        item_type=item_type,
        is_bug=is_bug(item_type, labels),
        priority=_name(fields, "priority"),
        status_raw=current_status(site).raw,
        labels=labels,
        story_points=_points(site),
        sprint_id=_sprint_now(sprints),
        parent_id=_parent(fields, scope.source_id),
        created_at=moment(fields, "created"),
        updated_at=moment(fields, "updated"),
        due_at=_day(fields, "duedate"),
        reporter_login=reporter,
        reporter_name=people.names.get(reporter, ""),
        assignee_logins=[assignee] if assignee else [],
    )


def _name(fields: Raw, key: str) -> str | None:
    found = part(fields, key)
    return text(found, "name") if found else None


def _parent(fields: Raw, source_id: str) -> UUID | None:
    found = part(fields, "parent")
    return work_item_id(source_id, ident(found, "id")) if found else None


def _day(fields: Raw, key: str) -> datetime | None:
    """Midnight of a day, UTC: nobody tells a zone."""
    told = text(fields, key, "")
    if not told:
        return None
    try:
        found = date.fromisoformat(told)
    except ValueError as error:
        raise Unreadable(f"`{key}` is no day.") from error
    return instant({key: datetime.combine(found, time(), UTC).isoformat()}, key)


def _points(site: Site) -> float | None:
    """Of the first such field that has any: teams of one site use different ones."""
    for name in site.ids("points"):
        value = site.fields.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise Unreadable(f"`{name}` is no number.")
        return float(value)
    return None


def _is_flagged(site: Site) -> bool:
    labels = {each.lower() for each in texts(site.fields, "labels")}
    return any(site.fields.get(name) for name in site.ids("flagged")) or bool(labels & FLAG_LABELS)


def _ended_at(site: Site) -> datetime | None:
    """Null: it is not over."""
    if current_status(site).category not in ("done", "canceled"):
        return None
    return instant(site.fields, "resolutiondate") or instant(
        site.fields, "statuscategorychangedate"
    )


def _sprints(site: Site) -> list[Sprint]:
    found: dict[str, Sprint] = {}
    for name in site.ids("sprint"):
        listed = site.fields.get(name)
        if not isinstance(listed, list | None) or not all(
            isinstance(each, dict) for each in listed or ()
        ):
            raise Unreadable(f"`{name}` is no list of sprints.")
        for each in listed or ():
            sprint = _sprint(each, site.source_id)
            found[sprint.sprint_id] = sprint
    return [*found.values()]


def _sprint(raw: Raw, source_id: str) -> Sprint:
    state = text(raw, "state").lower()
    if state not in ("future", "active", "closed"):
        raise Unreadable("`state` is none that is known.")
    return Sprint(
        source_id=source_id,
        sprint_id=ident(raw, "id"),
        name=text(raw, "name"),
        state=state,
        # Of a sprint to come it is when it is meant to begin.
        started_at=None if state == "future" else instant(raw, "startDate"),
        ended_at=instant(raw, "endDate"),
        completed_at=instant(raw, "completeDate"),
    )


def _sprint_now(sprints: list[Sprint]) -> str | None:
    """The active one, else the last that was closed, else the next."""
    order = {"active": 2, "closed": 1, "future": 0}

    def place(each: Sprint) -> tuple[int, datetime, int]:
        number = int(each.sprint_id) if each.sprint_id.isdecimal() else 0
        return order[each.state], each.completed_at or each.started_at or _EVER, number

    return max(sprints, key=place).sprint_id if sprints else None
