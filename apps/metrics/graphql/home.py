"""An organisation at a glance."""

from datetime import date, datetime

import strawberry
from strawberry.types import Info

from apps.cost import Cost
from apps.errors import BadRequest
from apps.metrics import home
from apps.metrics.graphql.catalog import POLARITY, member_of
from apps.metrics.graphql.inputs import FilterInput, selection
from apps.metrics.home import LABELS, Asked
from apps.metrics.schema import Population
from apps.metrics.services import Asked as Days
from apps.metrics.services import shift
from devhealth.models.rollups import RepoDay

MOST_POINTS = 21
COST = Cost(questions=2 * len(LABELS), values=MOST_POINTS * len(LABELS), rows=len(LABELS))


@strawberry.input(description="UTC days. Default: the last thirty, today included.")
class HomeWindowInput:
    range_days: int | None = strawberry.field(default=None, description="The last so many.")
    start_date: date | None = strawberry.field(default=None, description="With `endDate`.")
    end_date: date | None = strawberry.field(default=None, description="Included.")
    compare_days: int | None = strawberry.field(
        default=None,
        description="Null, or as many as the window has: sums of unequal spans do not compare.",
    )


@strawberry.type(description="A figure over some days, weeks or months, by their first day.")
class SparkPoint:
    ts: date
    value: float | None = strawberry.field(description="Null: not measured.")


@strawberry.type(description="A figure of the window beside that of as many days before it.")
class HomeDelta:
    metric: str = strawberry.field(description="As rows, REST and columns name it.")
    measure: str = strawberry.field(description="As `MeasureInput` names it.")
    label: str
    unit: str
    polarity: str
    value: float | None = strawberry.field(description="Null: not measured, or not told.")
    prior: float | None
    delta_pct: float | None = strawberry.field(
        description="In percent. Null: not measured, or there was nothing before."
    )
    reason: str | None = strawberry.field(description="Why it is not told for these filters.")
    spark: list[SparkPoint] = strawberry.field(
        description="Of days in up to 21 of them, of whole weeks in up to 120, else of months."
    )


@strawberry.type(description="Something that stands out.")
class HomeSignal:
    kind: str = strawberry.field(
        description="WORSENED or IMPROVED by a fifth or more, of five or more things then and now; "
        "SOURCE_UNREACHABLE, SOURCE_STALE: not seen for two days."
    )
    text: str
    measure: str | None
    source_id: str | None


@strawberry.type(description="A provider's host.")
class FreshnessSource:
    provider: str = strawberry.field(description="The host.")
    status: str = strawberry.field(
        description="ok, degraded: some cannot be seen or were not of late, or down: none can."
    )
    last_success_at: datetime | None


@strawberry.type(description="In percent. Null: there is nothing to be covered.")
class Coverage:
    repos_covered_pct: float | None = strawberry.field(
        description="Repositories of which every target could be seen last."
    )
    prs_linked_to_issues_pct: float | None = strawberry.field(
        description="Pull requests merged in the last thirty days that name a known work item."
    )


@strawberry.type(description="How old the numbers are.")
class Freshness:
    told: strawberry.Private[home.Home]
    last_ingested_at: datetime | None = strawberry.field(
        description="The newest success of any source. Null: none in thirty days."
    )
    sources: list[FreshnessSource]

    @strawberry.field(description="When rows were computed last. Null: never.")
    def computed_at(self) -> datetime | None:
        return self.told.freshness[0]

    @strawberry.field(description="The newest day that has rows. Null: none.")
    def computed_through(self) -> date | None:
        return self.told.freshness[1]

    @strawberry.field(metadata={"cost": Cost(questions=2)})
    def coverage(self) -> Coverage:
        return Coverage(
            repos_covered_pct=self.told.covered_percent,
            prs_linked_to_issues_pct=self.told.linked_percent,
        )


@strawberry.type(description="An organisation at a glance.")
class Home:
    since: date = strawberry.field(description="First day.")
    until: date = strawberry.field(description="Day after the last.")
    deltas: list[HomeDelta]
    told: strawberry.Private[home.Home]

    @strawberry.field(
        description="Of sources first, then what got worse, the largest change first.",
        metadata={"cost": Cost(questions=2)},
    )
    def signals(self) -> list[HomeSignal]:
        return [signal(each) for each in self.told.signals()]

    @strawberry.field(metadata={"cost": Cost(questions=2)})
    def freshness(self) -> Freshness:
        return Freshness(
            told=self.told,
            last_ingested_at=self.told.last_success_at,
            sources=[
                FreshnessSource(
                    provider=each.source_id,
                    status=each.status,
                    last_success_at=each.last_success_at,
                )
                for each in self.told.sites
            ],
        )


def read_home(
    info: Info,
    window: HomeWindowInput | None = None,
    filters: FilterInput | None = None,
    population: Population = Population.PEOPLE,
    org_id: str | None = None,
) -> Home:
    by = member_of(info, org_id)
    asked = Asked(days=days_of(window or HomeWindowInput()), chosen=selection(filters, population))
    found = home.home(asked, by=by)
    return Home(
        since=found.since,
        until=found.until,
        deltas=[delta(each) for each in found.deltas],
        told=found,
    )


def days_of(window: HomeWindowInput) -> Days:
    """Raises `BadRequest` for a window that is told in two ways, or in half of one."""
    if (window.start_date is None) != (window.end_date is None):
        raise BadRequest("Give `startDate` and `endDate` together.", code="half_a_window")
    until = shift(window.end_date, 1) if window.end_date else None
    asked = Days(rollup=RepoDay, since=window.start_date, until=until)
    if window.range_days is not None and window.start_date is None:
        asked = home.last_days(max(window.range_days, 0))
    first, after = asked.window()
    if window.compare_days not in (None, (after - first).days):
        raise BadRequest(
            f"`compareDays` is as many as the window has: {(after - first).days}.",
            code="unequal_windows",
        )
    return asked


def delta(found: home.Delta) -> HomeDelta:
    return HomeDelta(
        metric=found.entry.name,
        measure=found.entry.name.upper(),
        label=found.label,
        unit=found.entry.unit,
        polarity=POLARITY[found.entry.better],
        value=found.value,
        prior=found.prior,
        delta_pct=found.percent,
        reason=found.reason,
        spark=[SparkPoint(ts=each.day, value=each.value) for each in found.spark],
    )


def signal(found: home.Signal) -> HomeSignal:
    return HomeSignal(
        kind=found.kind.name,
        text=found.text,
        measure=found.delta.entry.name.upper() if found.delta else None,
        source_id=found.site.source_id if found.site else None,
    )
