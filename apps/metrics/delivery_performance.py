"""DORA's figures, as both APIs tell them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.cursors import Places
from apps.metrics import directory
from apps.metrics.entities import Page, page_of
from apps.metrics.operations import DORA_READ
from apps.metrics.records import Beside
from apps.metrics.services import Asked as Days
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.analytics import dora
from devhealth.analytics.dora import Dora, Figure, Profile
from devhealth.models.rollups import DeployDay

FIGURES = (
    "deployment_frequency", "change_lead_time", "change_fail_rate",
    "failed_deployment_recovery_time", "time_to_restore", "deployment_rework_rate",
)  # fmt: skip

NOTHING = str(UUID(int=2**128 - 1))  # an id that nothing has


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which days, as `Days` has them; of these repositories and teams. None: all; an empty list
    names none at all."""

    days: Days = field(default_factory=lambda: Days(rollup=DeployDay))
    repositories: Sequence[UUID] | None = None
    teams: Sequence[str] | None = None
    profile: Profile = "first_commit"
    heuristics: bool = True

    def question(self) -> dora.Asked:
        since, until = self.days.window()
        return dora.Asked(
            since=since,
            until=until,
            repositories=_named(self.repositories),
            teams=_named(self.teams),
            profile=self.profile,
            heuristics=self.heuristics,
        )


@dataclass(frozen=True, slots=True)
class Performance:
    """The figures, and what the repositories are called."""

    found: Dora
    beside: Beside
    places: Places

    def figures(self) -> dict[str, Figure]:
        return {name: getattr(self.found, name) for name in FIGURES}

    def kinds(self, limit: int, after: str | None = None) -> Page[tuple[str, str]]:
        """(repo_id, what counts as a deployment of it), by id."""
        return page_of(list(self.found.kinds.items()), list, self.places, limit, after)


def performance(asked: Asked, *, by: Member) -> Performance:
    """By a constant number of queries. Raises `BadRequest` for days that cannot be asked."""
    by.require(DORA_READ)
    today = timezone.now().astimezone(UTC).date()
    question, known = asked.question(), directory.load().directory
    found = dora.dora(sink(by.organization), question, today=today, directory=known)
    beside = Beside(by, [{"repo_id": each} for each in found.kinds])
    places = Places(by.organization.id, "deployment kinds", question.repositories)
    return Performance(found, beside, places)


def _named(ids: Sequence[Any] | None) -> tuple[str, ...]:
    """`dora.Asked` takes no ids at all for all of them."""
    return () if ids is None else tuple(sorted(map(str, ids))) or (NOTHING,)
