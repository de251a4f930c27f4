"""The records behind a number as somebody may open them: what they are called, whose, and where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.metrics.labels import Labels
from apps.metrics.services import Cells
from apps.orgs.services import Member
from devhealth.analytics.questions import Dimension
from devhealth.models.records import (
    Comment,
    Commit,
    Deployment,
    Incident,
    PipelineRun,
    PullRequest,
    Review,
    WorkItem,
)
from devhealth.models.records.work import NOBODY
from devhealth.sinks import Sink


@dataclass(frozen=True, slots=True)
class Record:
    """One record behind a number, as somebody may open it."""

    place: Sequence[Any]
    kind: str
    at: datetime
    repo_id: str
    repository: str | None
    hash: str | None
    path: str | None
    number: int | None
    record_id: str | None
    key: str | None
    environment: str | None
    title: str | None
    author_id: str | None
    author_name: str | None
    url: str | None


# Where what somebody may read of a record stands, by the columns that name it.
TOLD: Mapping[type[Any], tuple[str, ...]] = {
    Commit: ("repo_id", "hash"),
    PullRequest: ("repo_id", "number"),
    Review: ("repo_id", "number", "record_id"),
    Comment: ("repo_id", "number", "record_id"),
    PipelineRun: ("repo_id", "record_id", "attempt"),
    Deployment: ("repo_id", "record_id"),
    Incident: ("source_id", "record_id"),
    WorkItem: ("record_id",),
}
# What is told of a kind: by which record, and who made it.
SUBJECTS: Mapping[str, tuple[type[Any], type[Any], str]] = {
    "commit": (Commit, Commit, "author_id"),
    "file change": (Commit, Commit, "author_id"),
    "pull request": (PullRequest, PullRequest, "author_id"),
    "review": (PullRequest, Review, "reviewer_id"),
    "comment": (PullRequest, Comment, "author_id"),
    "pipeline run": (PipelineRun, PipelineRun, ""),
    "deployment": (Deployment, Deployment, ""),
    "incident": (Incident, Incident, ""),
    "work item": (WorkItem, WorkItem, "reporter_id"),
}
TITLES: Mapping[str, str] = {
    "commit": "subject",
    "file change": "subject",
    "pipeline run": "name",
    "deployment": "environment",
}


def _subjects(row: Mapping[str, Any]) -> tuple[type[Any], type[Any], str]:
    """A change is told as the pull request or the commit that it is."""
    if row["kind"] == "change":
        return SUBJECTS["pull request" if row["number"] else "commit"]
    return SUBJECTS[row["kind"]]


def opened(here: Sink, rows: Sequence[Mapping[str, Any]], by: Member) -> list[Record]:
    """With what stands in the records themselves, by one query a class; names by two more."""
    wanted: dict[type[Any], set[tuple[Any, ...]]] = {}
    for row in rows:
        for cls in _subjects(row)[:2]:
            wanted.setdefault(cls, set()).add(_key(row, cls))
    found = {
        cls: {
            tuple(each[name] for name in cls.key): each
            for each in here.get(cls, sorted(keys)).to_dicts()
        }
        for cls, keys in wanted.items()
    }
    read = []
    for row in rows:
        subject, made, who = _subjects(row)
        told, made_by = (found[cls].get(_key(row, cls), {}) for cls in (subject, made))
        person = made_by.get(who)
        read.append((row, told, None if person == str(NOBODY) else person))
    labels = Labels(by)
    labels.want(Dimension.REPO, [(_repo_id(row, told),) for row, told, _ in read])
    labels.want(Dimension.AUTHOR, [(who,) for _, _, who in read if who])
    return [_record(row, told, who, labels) for row, told, who in read]


def _key(row: Mapping[str, Any], cls: type[Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in TOLD[cls])


def _repo_id(row: Mapping[str, Any], told: Cells) -> str:
    """The nil UUID where it is of none. A work item is found by its own id, wherever it is."""
    return row["repo_id"] or told.get("repo_id") or str(NOBODY)


def _record(row: Mapping[str, Any], told: Cells, who: str | None, labels: Labels) -> Record:
    repo_id = _repo_id(row, told)
    repository = labels.repository(repo_id)
    return Record(
        place=list(row.values()),
        kind=row["kind"],
        at=row["at"],
        repo_id=repo_id,
        repository=repository.get("full_name"),
        hash=row["hash"] or None,
        path=row["path"] or None,
        number=row["number"] or None,
        record_id=row["record_id"] or None,
        key=told.get("item_key"),
        environment=row["environment"] or None,
        title=told.get(TITLES.get(row["kind"], "title"), told.get("subject")),
        author_id=who,
        author_name=labels.person(who).get("name") if who else None,
        url=told.get("url") or commit_url(repository.get("url"), row["hash"]),
    )


def commit_url(repository_url: str | None, commit: str) -> str | None:
    """Where a person opens a commit. Null: the repository has no address that a browser knows."""
    if not commit or not repository_url or not repository_url.startswith("https://"):
        return None
    host = repository_url.removeprefix("https://").partition("/")[0]
    middle = "-/commit" if "gitlab" in host else "commit"
    return f"{repository_url}/{middle}/{commit}"
