"""How what came onto the default branch reached people, and what broke, in one repository.

A change is a pull request that was merged into the default branch, or a commit of it that came
without one; merges are none. It stands where it came onto the branch. A deployment contains all up
to the commit that it brought; a change belongs to the first success of an environment that contains
it. The first success of an environment carries none, for nobody knows what was there before, and
one of no more than an earlier one brought carries none. Where merges are deployments, each brings
itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from devhealth.synthetic.expected.pipeline_days import DEFAULT
from devhealth.synthetic.world import Deployment, History, Incident, PullRequest

PRODUCTION: Final = "production"


@dataclass(frozen=True, slots=True)
class Change:
    """`number` of a pull request; None: it is a commit."""

    number: int | None
    place: int
    begun_at: datetime | None
    merged_at: datetime


@dataclass(slots=True, kw_only=True)
class Brought:
    """A deployment that ended, of the kind that counts, and the changes that people got first with
    it."""

    deployment_id: str
    environment: str
    is_production: bool
    status: str
    started_at: datetime | None
    finished_at: datetime
    place: int
    changes: list[Change] = field(default_factory=list)


def brought(history: History) -> list[Brought]:
    changes = [*_changes(history)]
    if history.repository.counts == "merge":
        return [_of_merge(each) for each in changes if each.number]
    places = {each.hash: place for place, each in enumerate(history.commits)}
    found = [
        _of_deployment(each, places[each.commit], each.finished_at)
        for each in history.deployments
        if each.kind == history.repository.counts and each.finished_at
    ]
    _carry(found, changes)
    return found


def landed(history: History) -> Iterator[PullRequest]:
    """Pull requests that came onto the default branch."""
    return (each for each in history.pull_requests if each.merged_at and _is_into_default(each))


def _is_into_default(pull: PullRequest) -> bool:
    return pull.base_branch == DEFAULT


def _changes(history: History) -> Iterator[Change]:
    places = {each.hash: place for place, each in enumerate(history.commits)}
    within: set[str | None] = set()
    for pull in landed(history):
        within |= {pull.merge_commit, *(each.hash for each in pull.commits)}
        begun_at = min((each.authored_at for each in pull.commits), default=None)
        if pull.merged_at and pull.merge_commit:
            yield Change(pull.number, places[pull.merge_commit], begun_at, pull.merged_at)
    for place, each in enumerate(history.commits):
        if len(each.parents) < 2 and each.hash not in within:
            yield Change(None, place, each.authored_at, each.committed_at)


def _of_merge(change: Change) -> Brought:
    return Brought(
        deployment_id=f"merge:{change.number}",
        environment=PRODUCTION,
        is_production=True,
        status="success",
        started_at=None,
        finished_at=change.merged_at,
        place=change.place,
        changes=[change],
    )


def _of_deployment(of: Deployment, place: int, finished_at: datetime) -> Brought:
    return Brought(
        deployment_id=of.deployment_id,
        environment=of.environment,
        is_production=of.is_production,
        status=of.status,
        started_at=of.started_at,
        finished_at=finished_at,
        place=place,
    )


def _carry(found: Iterable[Brought], changes: Iterable[Change]) -> None:
    lines: dict[str, list[Brought]] = defaultdict(list)
    for each in sorted(found, key=lambda each: (each.finished_at, each.deployment_id)):
        if each.status == "success":
            lines[each.environment].append(each)
    for line in lines.values():
        before = line[0].place
        for each in line[1:]:
            each.changes = [change for change in changes if before < change.place <= each.place]
            before = max(before, each.place)


def blamed(history: History, found: Iterable[Brought]) -> dict[int, Brought | None]:
    """By the ids of incidents the deployment that each is put down to: the one that its title leads
    to, else what went to production last before it."""
    found = [each for each in found if each.is_production and each.status == "success"]
    return {each.incident_id: _cause(each, found) for each in history.incidents}


def _cause(incident: Incident, successes: Iterable[Brought]) -> Brought | None:
    if incident.broken_by:
        return next(each for each in successes if each.deployment_id == incident.broken_by)
    before = (each for each in successes if each.finished_at < incident.opened_at)
    return max(before, key=lambda each: (each.finished_at, each.deployment_id), default=None)


def broken(history: History, found: Iterable[Brought]) -> set[str]:
    """Ids of the successes that people got something broken by: an incident is put down to them, or
    a later merge took back one of their changes."""
    ids = {each.deployment_id for each in blamed(history, found).values() if each}
    reverts: dict[int | None, list[datetime]] = defaultdict(list)
    for pull in landed(history):
        if pull.reverts and pull.merged_at:
            reverts[pull.reverts].append(pull.merged_at)
    for each in found:
        taken_back = (at for change in each.changes for at in reverts.get(change.number, ()))
        if any(at > each.finished_at for at in taken_back):
            ids.add(each.deployment_id)
    return ids
