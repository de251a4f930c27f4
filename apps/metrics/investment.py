"""What work was for: the share of each theme in what was done, and what nobody could tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date

from django.utils import timezone

from apps.metrics.operations import INVESTMENT_READ
from apps.metrics.questions import Selection
from apps.metrics.services import Asked as Days
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.analytics.answers import Answer, ask
from devhealth.analytics.questions import Dimension, Question, Unanswerable
from devhealth.models.directory import UNCLASSIFIED
from devhealth.models.rollups import InvestmentDay

MEASURES = ("items_completed", "story_points_completed", "prs_merged", "invested_loc")


@dataclass(frozen=True, slots=True)
class Amount:
    """Of one measure and theme. `value` null: not told for these filters; `share` null: of 0."""

    value: float | None
    share: float | None


NOT_TOLD = Amount(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which days, as `Days` has them, and whose work."""

    days: Days = field(default_factory=lambda: Days(rollup=InvestmentDay))
    chosen: Selection = field(default_factory=Selection)

    def question(self, measure: str) -> Question:
        since, until = self.days.window()
        return Question(
            measure=measure,
            since=since,
            until=until,
            dimension=Dimension.THEME,
            where=tuple(sorted(self.chosen.where.items())),
            population=self.chosen.population,
        )


@dataclass(frozen=True, slots=True)
class Investment:
    """themes   measure → theme → how much of it
    reasons  measure → why it is not told"""

    since: date
    until: date
    amounts: Mapping[str, Mapping[str, Amount]]
    reasons: Mapping[str, str]

    @property
    def themes(self) -> list[str]:
        """By name, what is unclassified last."""
        found = {theme for of_measure in self.amounts.values() for theme in of_measure}
        return [*sorted(found - {UNCLASSIFIED}), *(found & {UNCLASSIFIED})]

    def of(self, theme: str) -> dict[str, Amount]:
        """By measure; nothing of a measure that is told is 0."""
        return {name: self._amount(name, theme) for name in MEASURES}

    @property
    def unclassified(self) -> dict[str, Amount]:
        return self.of(UNCLASSIFIED)

    def _amount(self, measure: str, theme: str) -> Amount:
        known = self.amounts.get(measure)
        if known is None:
            return NOT_TOLD
        return known.get(theme) or Amount(0.0, 0.0 if known else None)


def investment(asked: Asked, *, by: Member) -> Investment:
    """By at most one query of the store a measure. Raises `BadRequest` for days that cannot be
    asked."""
    by.require(INVESTMENT_READ)
    asked.chosen.require_apart(by)
    asking = [asked.question(measure) for measure in MEASURES]
    today = timezone.now().astimezone(UTC).date()
    outcomes = ask(sink(by.organization), asking, today=today)
    amounts, reasons = {}, {}
    for measure, outcome in zip(MEASURES, outcomes, strict=True):
        if isinstance(outcome, Answer):
            amounts[measure] = _amounts(outcome)
        elif isinstance(outcome, Unanswerable):
            reasons[measure] = str(outcome)
        else:
            raise outcome
    return Investment(asking[0].since, asking[0].until, amounts, reasons)


def _amounts(answer: Answer) -> dict[str, Amount]:
    found = dict(answer.values().select("work_theme", "value").rows())
    whole = sum(found.values())
    return {
        theme: Amount(value, round(value / whole, 6)) for theme, value in found.items() if value
    }
