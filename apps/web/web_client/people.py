"""People as the client asks for them: who they are to who may read the directory; their numbers
only as far as the organisation tells people apart (METRICS: breakdowns by person)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from apps.errors import NotFound
from apps.metrics import identities
from apps.metrics.identities import Known
from apps.metrics.labels import privacy_of
from apps.metrics.questions import Selection
from apps.metrics.services import identities as named
from apps.orgs.members import Member
from apps.web.web_client.figures import Group, Metric, courses, groups
from apps.web.web_client.filters import Chosen
from devhealth.analytics.parts import change
from devhealth.analytics.questions import Dimension

MOST_REPOSITORIES = 20
MEASURES = (
    "commits_count", "prs_opened", "prs_merged", "reviews_given", "reviews_received",
    "comments_given",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Own:
    """A person's metric. `value` null: not measured, or not told to who asks."""

    metric: Metric
    value: float | None
    points: Mapping[date, float | None]
    prior: float | None = None

    @property
    def delta_pct(self) -> float | None:
        return change(self.value, self.prior)


def person_id(text: str, *, by: Member) -> str:
    """Raises `NotFound`."""
    try:
        wanted = str(UUID(text))
    except ValueError as error:
        raise NotFound("There is no such person here.") from error
    if not named([wanted], by=by):
        raise NotFound("There is no such person here.")
    return wanted


def person(author_id: UUID, *, by: Member) -> Known:
    """Raises `NotFound`."""
    return identities.identity_of(author_id, by=by)


def own(author_id: UUID, metric: Metric, asked: Chosen, *, by: Member) -> Own:
    """The person's among everybody's, for whoever is told apart at all."""
    found = courses(metric, Dimension.AUTHOR, "day", asked, compare=True, by=by)
    mine = found.get((str(author_id),))
    if mine is None:
        return Own(metric, None, {})
    return Own(metric, mine.total, mine.points, mine.prior)


def by_repository(author_id: UUID, metric: Metric, asked: Chosen, *, by: Member) -> list[Group]:
    """Of oneself; nobody else is looked at so closely."""
    if str(author_id) not in privacy_of(by).own:
        return []
    where = {**asked.selection.where, Dimension.AUTHOR: (str(author_id),)}
    mine = replace(asked, selection=Selection(where=where))
    return groups(metric, Dimension.REPO, mine, top=MOST_REPOSITORIES, by=by)
