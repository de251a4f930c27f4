"""What Jira's changelog tells of an issue → moves, in order.

A status that ends an issue means what its resolution says: "Done" with the resolution "Won't Do" is
"Done: Won't Do", and canceled. So both are followed together, and so are the flag and the labels
that mean the same. Statuses have the name that their id has now; those that are no more have the
name of then.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from devhealth.models.records import Sprint, WorkItem
from devhealth.processors.histories import Move, Scope, Status
from devhealth.processors.jira_entries import Entry, Item, People, number
from devhealth.processors.jira_site import FLAG_LABELS, Site, ended, status_of
from devhealth.processors.reading import part, text
from devhealth.processors.work_ids import work_scope_id

_PREFIX: Final = re.compile(r"(?P<project>.+)-\d+")


def moves(
    entries: list[Entry], site: Site, item: WorkItem, sprints: Mapping[str, Sprint], people: People
) -> list[Move]:
    """All that it tells of status, assignee, scope, type, points, sprints and the flag."""
    following = _Following.before(entries, site)
    found = [*_filed_into(entries, site, item, sprints)]
    for entry in entries:
        found += [move for move in _simple(entry, site, sprints, people)]
        found += _scopes(entry, site, people)
        found += following.after(entry, site, people)
    return found


def _simple(
    entry: Entry, site: Site, sprints: Mapping[str, Sprint], people: People
) -> Iterator[Move]:
    for item in entry.items:
        kind = site.kind(item)
        if kind in ("type", "points"):
            yield entry.move(
                item, kind, people, before=item.before or None, after=item.after or None
            )
        elif kind == "assignee":
            before = people.named(item.from_id, item.before)
            after = people.named(item.to_id, item.after)
            yield entry.move(
                item, kind, people, before=before or None, after=after or None,
                after_name=people.names.get(after, ""),
            )  # fmt: skip
        elif kind == "sprint":
            come = _listed(item.to_id) - _listed(item.from_id)
            yield entry.move(
                item, kind, people, before=item.from_id or None, after=item.to_id or None,
                is_mid_sprint=_is_begun(come, sprints, entry.at),
            )  # fmt: skip


def _listed(ids: str | None) -> set[str]:
    return {each.strip() for each in (ids or "").split(",")} - {""}


def _is_begun(ids: set[str], sprints: Mapping[str, Sprint], at: datetime) -> bool:
    """One of them had begun by then and was not over."""
    there = (sprints[each] for each in ids if each in sprints)
    return any(
        each.started_at
        and each.started_at <= at
        and (not each.completed_at or at < each.completed_at)
        for each in there
    )


def _filed_into(
    entries: list[Entry], site: Site, item: WorkItem, sprints: Mapping[str, Sprint]
) -> Iterator[Move]:
    """The sprint that it was filed into, where that had begun: no change tells of it."""
    told = (each for entry in entries for each in entry.items if site.kind(each) == "sprint")
    first = next(told, None)
    ids = _listed(first.from_id) if first else set(sprints)
    if _is_begun(ids, sprints, item.created_at):
        yield Move(
            change_id="created:sprint",
            at=item.created_at,
            field="sprint",
            after=", ".join(sorted(ids, key=number)),
            actor_login=item.reporter_login,
            actor_name=item.reporter_name,
            is_mid_sprint=True,
        )


def _scopes(entry: Entry, site: Site, people: People) -> Iterator[Move]:
    """From one project to another; the keys that the issue had are told beside."""
    where = next((each for each in entry.items if each.field == "project"), None)
    if where is None or not where.from_id or not where.to_id:
        return
    key = next((each for each in entry.items if each.field == "Key"), where)
    yield entry.move(
        where,
        "scope",
        people,
        before=_called(key.before, key is where),
        after=_called(key.after, key is where),
        was_scope=_scope(where.from_id, key.before, site),
        scope=_scope(where.to_id, key.after, site),
    )


def _called(told: str | None, is_project: bool) -> str | None:
    return f"jira:{told}" if told and not is_project else told


def _scope(native_id: str, told: str | None, site: Site) -> Scope:
    """Under the key that it has now where that is known: it stays one project."""
    scope_id: UUID = work_scope_id(site.source_id, native_id)
    if scope_id == site.scope.work_scope_id:
        return site.scope
    found = _PREFIX.fullmatch(told or "")
    return Scope(work_scope_id=scope_id, scope_key=found["project"] if found else told or "")


@dataclass(slots=True)
class _Following:
    """What is followed together, as it is after so many entries."""

    status: Status
    resolution: str | None
    is_flagged: bool
    labels: frozenset[str]

    @staticmethod
    def before(entries: list[Entry], site: Site) -> "_Following":
        """As it was filed: what the first change of each was from, else what it is now."""
        first: dict[str, Item] = {}
        for entry in entries:
            for each in entry.items:
                first.setdefault(site.kind(each) or each.field, each)
        now, labels = site.fields, site.fields.get("labels")
        told = part(now, "resolution")
        resolution = text(told, "name") if told else None
        status = first.get("status")
        return _Following(
            status=site.status(status.from_id, status.before)
            if status
            else status_of(part(now, "status")),
            resolution=first["resolution"].before if "resolution" in first else resolution,
            is_flagged=bool(first["flagged"].before)
            if "flagged" in first
            else any(now.get(name) for name in site.ids("flagged")),
            labels=_words(first["labels"].before)
            if "labels" in first
            else frozenset(str(each).lower() for each in labels or ()),
        )

    def after(self, entry: Entry, site: Site, people: People) -> Iterator[Move]:
        """Moves of an entry; of a status it is as if its resolution had come with it."""
        was, was_flagged = ended(self.status, self.resolution), self._flag()
        moved: Item | None = None
        flagged: Item | None = None
        for item in entry.items:
            if item.field == "status":
                was = ended(site.status(item.from_id, item.before), self.resolution)
                self.status, moved = site.status(item.to_id, item.after), item
            elif item.field == "resolution":
                self.resolution, moved = item.after or None, moved or item
            elif site.kind(item) == "flagged":
                self.is_flagged, flagged = bool(item.after), flagged or item
            elif item.field == "labels":
                self.labels, flagged = _words(item.after), flagged or item
        becomes, flag = ended(self.status, self.resolution), self._flag()
        if moved and (was != becomes or moved.field == "status"):
            yield entry.move(
                moved, "status", people, before=was.raw, after=becomes.raw,
                was_status=was, status=becomes,
            )  # fmt: skip
        if flagged and flag != was_flagged:
            yield entry.move(flagged, "flagged", people, before=was_flagged, after=flag)

    def _flag(self) -> str | None:
        return "flagged" if self.is_flagged or self.labels & FLAG_LABELS else None


def _words(told: str | None) -> frozenset[str]:
    return frozenset((told or "").lower().split())
