"""The catalogue, generated from the rollup classes; the words that questions are asked in."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

import strawberry
from strawberry.types import Info

from apps.metrics import questions
from apps.metrics.charts import MOST_BANDS
from apps.metrics.prices import MOST_PARTS
from apps.metrics.questions import MOST_TOP
from apps.metrics.services import MOST_DAYS
from apps.orgs.services import Member
from devhealth.analytics.catalogue import Entry, catalogue
from devhealth.analytics.heatmaps import Time
from devhealth.analytics.questions import Dimension


def enum_of(name: str, values: Iterable[str], description: str) -> Any:
    """`commits_count` → `COMMITS_COUNT`."""
    made = Enum(name, {value.upper(): value for value in values})  # type: ignore[misc]
    return strawberry.enum(made, description=description)


MEASURE: Any = enum_of("MeasureInput", catalogue(), "Every measure of the catalogue.")
DIMENSION: Any = enum_of("DimensionInput", Dimension, "What numbers are told apart by.")
INTERVAL: Any = enum_of(
    "BucketIntervalInput", ("day", "week", "month"), "UTC days, ISO weeks, calendar months."
)
ORDER: Any = enum_of(
    "GroupOrder",
    ("value_desc", "value_asc", "key"),
    "Nulls last. Default: KEY for AUTHOR, since people are not ranked, else VALUE_DESC.",
)
AXIS: Any = enum_of(
    "HeatmapAxis",
    (*Time, *Dimension),
    "HOUR_OF_DAY and DAY_OF_WEEK of the instants that count, UTC days put together, or groups.",
)
LEVEL: Any = enum_of("ScopeLevelInput", ("org", "team", "repo", "developer"), "Of whose work.")


@strawberry.type(description="A measure: what it means and how it may be asked for.")
class CatalogMeasure:
    key: str = strawberry.field(description="As `MeasureInput` names it.")
    name: str = strawberry.field(description="As rows, REST and columns name it.")
    description: str
    unit: str
    polarity: str = strawberry.field(
        description="HIGHER_IS_BETTER, LOWER_IS_BETTER or NEUTRAL: as far as a number alone can say"
    )
    aggregation: str = strawberry.field(
        description="SUM, RATIO, PER_DAY, STOCK, STOCK_RATIO, or RECORD: the same expression again "
        "over the records of any span."
    )
    dimensions: list[str] = strawberry.field(description="What it may be grouped by.")
    intervals: list[str]
    source_tables: list[str] = strawberry.field(description="Its rollup tables, by grain.")
    source_records: list[str] = strawberry.field(description="Tables of the records behind it.")
    sample: str | None = strawberry.field(
        description="The measure that is the size of its sample. Null: it is no statistic."
    )
    definition_version: int


@strawberry.type(description="A way to tell numbers apart.")
class CatalogDimension:
    key: str
    name: str
    measures: list[str] = strawberry.field(description="What can be grouped by it.")


@strawberry.type(description="How much one question may ask.")
class CatalogLimits:
    max_days: int
    max_top_n: int
    max_sankey_nodes: int
    max_sankey_edges: int
    max_sub_requests: int


@strawberry.type(description="Everything that can be asked about measures.")
class CatalogResult:
    measures: list[CatalogMeasure]
    dimensions: list[CatalogDimension]
    limits: CatalogLimits


POLARITY = {
    "higher": "HIGHER_IS_BETTER",
    "lower": "LOWER_IS_BETTER",
    "neither": "NEUTRAL",
}


def catalog_measure(entry: Entry) -> CatalogMeasure:
    return CatalogMeasure(
        key=entry.name.upper(),
        name=entry.name,
        description=entry.definition,
        unit=entry.unit,
        polarity=POLARITY[entry.better],
        aggregation=entry.kind.upper(),
        dimensions=[each.name for each in entry.dimensions],
        intervals=[each.name for each in INTERVAL],
        source_tables=[grain.rollup.table for grain in entry.grains],
        source_records=list(entry.sources),
        sample=entry.sample,
        definition_version=entry.version,
    )


def member_of(info: Info, claim: str | None) -> Member:
    member: Member = info.context.member
    member.require_claim(claim)
    return member


def read_catalog(info: Info, org_id: str | None = None) -> CatalogResult:
    found = questions.entries(by=member_of(info, org_id))
    return CatalogResult(
        measures=[catalog_measure(entry) for entry in found],
        dimensions=[
            CatalogDimension(
                key=each.name,
                name=each.value,
                measures=[entry.name.upper() for entry in found if each in entry.dimensions],
            )
            for each in Dimension
        ],
        limits=CatalogLimits(
            max_days=MOST_DAYS,
            max_top_n=MOST_TOP,
            max_sankey_nodes=MOST_TOP,
            max_sankey_edges=MOST_BANDS,
            max_sub_requests=MOST_PARTS,
        ),
    )
