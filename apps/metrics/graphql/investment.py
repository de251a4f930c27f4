"""What work was for."""

from datetime import date

import strawberry
from strawberry.types import Info

from apps.cost import Cost
from apps.metrics.graphql.catalog import member_of
from apps.metrics.graphql.inputs import FilterInput, selection
from apps.metrics.investment import MEASURES, Amount, Asked, investment
from apps.metrics.schema import DateRangeInput, Population
from apps.metrics.services import Asked as Days
from apps.metrics.services import shift
from devhealth.models.rollups import InvestmentDay

COST = Cost(questions=len(MEASURES) + 1)  # repositories that share commits


@strawberry.type(description="How much, and which share of all of it.")
class InvestedAmount:
    value: float | None = strawberry.field(description="Null: not told for these filters.")
    share: float | None = strawberry.field(description="Null: not told, or of nothing.")


@strawberry.type(description="What was done for one theme.")
class ThemeInvestment:
    theme: str
    items_completed: InvestedAmount
    story_points_completed: InvestedAmount
    prs_merged: InvestedAmount
    invested_loc: InvestedAmount = strawberry.field(
        description="Lines of pull requests merged, and of commits of none, which are unclassified."
    )


@strawberry.type(description="A measure that is not told.")
class NotTold:
    measure: str
    reason: str


@strawberry.type(description="What work was for, over some days.")
class Investment:
    since: date = strawberry.field(description="First day.")
    until: date = strawberry.field(description="Day after the last.")
    themes: list[ThemeInvestment] = strawberry.field(
        description="By name, what is unclassified last."
    )
    unclassified: ThemeInvestment = strawberry.field(description="What no rule matches.")
    degraded: list[NotTold]


def read_investment(
    info: Info,
    range: DateRangeInput,
    filters: FilterInput | None = None,
    population: Population = Population.PEOPLE,
    org_id: str | None = None,
) -> Investment:
    by = member_of(info, org_id)
    days = Days(rollup=InvestmentDay, since=range.start_date, until=shift(range.end_date, 1))
    found = investment(Asked(days=days, chosen=selection(filters, population)), by=by)
    return Investment(
        since=found.since,
        until=found.until,
        themes=[theme_investment(theme, found.of(theme)) for theme in found.themes],
        unclassified=theme_investment("unclassified", found.unclassified),
        degraded=[
            NotTold(measure=name.upper(), reason=reason) for name, reason in found.reasons.items()
        ],
    )


def theme_investment(theme: str, amounts: dict[str, Amount]) -> ThemeInvestment:
    told = {
        name: InvestedAmount(value=each.value, share=each.share) for name, each in amounts.items()
    }
    return ThemeInvestment(theme=theme, **told)
