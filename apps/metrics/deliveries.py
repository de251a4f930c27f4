"""Deployments with what they brought and broke; incidents with what brought them."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from apps.cursors import Places
from apps.metrics.entities import Page, page_of
from apps.metrics.operations import DEPLOYMENTS_READ, INCIDENTS_READ
from apps.metrics.pull_requests import PullRequests
from apps.metrics.records import Asked, Beside, Window, given, read_of, records_page
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.models.records import Deployment, DeploymentChange, Incident, PullRequest

Key = tuple[Any, ...]

KEY = ("repo_id", "deployment_id")
UNTOLD = ("deleted_at", "deleted_reason")
UNTOLD_OF_CHANGES = (*KEY, "environment", "deployed_at", "is_production", *UNTOLD)

DeploymentStatus = Literal["pending", "success", "failed", "cancelled"]
DeploymentMoment = Literal["created_at", "finished_at"]
IncidentStatus = Literal["open", "resolved"]
IncidentMoment = Literal["started_at", "resolved_at"]


def deployments_asked(
    *,
    repositories: Sequence[UUID] | None = None,
    teams: Sequence[str] | None = None,
    environments: Sequence[str] | None = None,
    statuses: Sequence[str] | None = None,
    production: bool | None = None,
    counted: bool | None = None,
    window: Window | None = None,
) -> Asked:
    """None filters nothing, an empty list lets nothing pass. The newest first."""
    where = given(
        repo_id=repositories, team_id=teams, environment=environments, status=statuses,
        is_production=production, is_counted=counted,
    )  # fmt: skip
    return Asked(
        cls=Deployment,
        operation=DEPLOYMENTS_READ,
        where=where,
        window=window,
        order=(("created_at", "desc"),),
    )


def incidents_asked(
    *,
    repositories: Sequence[UUID] | None = None,
    teams: Sequence[str] | None = None,
    statuses: Sequence[str] | None = None,
    window: Window | None = None,
) -> Asked:
    """None filters nothing, an empty list lets nothing pass. The newest first."""
    where = given(repo_id=repositories, team_id=teams, status=statuses)
    return Asked(
        cls=Incident,
        operation=INCIDENTS_READ,
        where=where,
        window=window,
        order=(("started_at", "desc"),),
    )


def deliveries_page(
    asked: Asked, *, by: Member, limit: int, after: str | None = None
) -> Page[Cells]:
    """Of deployments or of incidents."""
    return records_page(asked, by=by, limit=limit, after=after)


class Deployments:
    """Some deployments with what belongs to them, each kind by one query for all."""

    def __init__(self, rows: list[Cells], by: Member) -> None:
        self.by = by
        self.beside = Beside(by, rows)
        self._keys = {_key(row) for row in rows}

    def changes(self, row: Cells, limit: int, after: str | None = None) -> Page[Cells]:
        """What people first got with it, by id."""
        found = self._changes.get(_key(row), [])
        return page_of(found, _change_place, self._places(DeploymentChange, row), limit, after)

    def incidents(self, row: Cells, limit: int, after: str | None = None) -> Page[Cells]:
        """That it is known to have brought, the oldest first."""
        found = self._incidents.get(_key(row), [])
        return page_of(found, _incident_place, self._places(Incident, row), limit, after)

    def pull_request(self, change: Cells) -> Cells | None:
        """Null: the change is a commit of none."""
        return self._pull_requests.get(_pull_request_key(change) or ())

    @cached_property
    def landed(self) -> PullRequests:
        """All of their pull requests."""
        return PullRequests(list(self._pull_requests.values()), self.by)

    @cached_property
    def broken(self) -> "Incidents":
        """All of their incidents."""
        return Incidents([row for rows in self._incidents.values() for row in rows], self.by)

    @cached_property
    def _changes(self) -> Mapping[Key, list[Cells]]:
        return read_of(DeploymentChange, self._keys, KEY, self.by)

    @cached_property
    def _incidents(self) -> Mapping[Key, list[Cells]]:
        return read_of(Incident, self._keys, KEY, self.by)

    @cached_property
    def _pull_requests(self) -> Mapping[Key, Cells]:
        changes = [change for rows in self._changes.values() for change in rows]
        keys = {key for change in changes if (key := _pull_request_key(change))}
        found = sink(self.by.organization).get(PullRequest, sorted(keys)).to_dicts()
        return {(row["repo_id"], row["number"]): row for row in found}

    def _places(self, cls: type[Any], row: Cells) -> Places:
        return Places(self.by.organization.id, "deployment", cls.table, *_key(row))


class Incidents:
    """Some incidents with what they are of, each kind by one query for all."""

    def __init__(self, rows: list[Cells], by: Member) -> None:
        self.by = by
        self.beside = Beside(by, rows)
        self._keys = {_key(row) for row in rows if row["deployment_id"] is not None}

    def deployment(self, row: Cells) -> Cells | None:
        """Null: none is known, or it is not stored any more."""
        return self._deployments.get(_key(row))

    @cached_property
    def brought(self) -> Deployments:
        """All that brought one."""
        return Deployments(list(self._deployments.values()), self.by)

    @cached_property
    def _deployments(self) -> Mapping[Key, Cells]:
        found = sink(self.by.organization).get(Deployment, sorted(self._keys)).to_dicts()
        return {_key(row): row for row in found}


def _key(row: Cells) -> Key:
    return tuple(row[name] for name in KEY)


def _pull_request_key(change: Cells) -> Key | None:
    """`#7` names a pull request, anything else a commit."""
    named: str = change["change_id"]
    return (change["repo_id"], int(named[1:])) if named.startswith("#") else None


def _change_place(row: Cells) -> list[Any]:
    return [row["environment"], row["change_id"]]


def _incident_place(row: Cells) -> list[Any]:
    return [row["started_at"].isoformat(), row["source_id"], row["incident_id"]]
