"""Every store answers any query as the polars reference does, row for row."""

from uuid import uuid4

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from devhealth.sinks.query import Query, additive_measures, reference
from devhealth.sinks.tables import table_of
from tests.devhealth.sinks.classes import GardenDay
from tests.devhealth.sinks.rows import HERBS, ROSES, at, day, garden

VERSIONS = 4
LAST = 40
BEDS = ("", "North", "a'b", "ä\n")
POPULATIONS = ("all", "people")
MEASURES = [name for name, _ in additive_measures(GardenDay)]

few = st.integers(0, 3)
quarters = st.none() | st.integers(0, 8).map(lambda number: number / 4)  # their sums are exact
days = st.integers(0, LAST)

rows = st.builds(
    garden,
    days,
    garden_id=st.sampled_from([ROSES, HERBS]),
    bed=st.sampled_from(BEDS),
    population=st.sampled_from(POPULATIONS),
    is_empty=st.integers(0, 5).map(lambda number: number == 0),
    picked=few,
    ripe=few,
    picked_kg=quarters,
    plants=few,
    ill=few,
    water=quarters,
)
written = st.lists(
    st.tuples(st.integers(0, VERSIONS - 1), st.lists(rows, max_size=12)),
    max_size=VERSIONS,
    unique_by=lambda batch: batch[0],
)


def wheres(by):
    """Filters on the key; both populations at once only where they stand side by side."""
    ids = st.sampled_from([ROSES, str(HERBS)])
    populations = st.sampled_from(POPULATIONS)
    several = st.lists(populations, max_size=2 if "population" in by else 1)
    return st.fixed_dictionaries(
        {},
        optional={
            "garden_id": ids | st.lists(ids, max_size=2),
            "bed": st.sampled_from(BEDS) | st.lists(st.sampled_from(BEDS), max_size=3),
            "population": populations | several,
        },
    )


@st.composite
def queries(draw):
    measures = draw(st.lists(st.sampled_from(MEASURES), min_size=1, max_size=5, unique=True))
    by = draw(st.lists(st.sampled_from(["garden_id", "bed", "population"]), unique=True))
    since, until = draw(st.tuples(days, days).map(sorted) | st.tuples(days, days))
    sortable = st.sampled_from(["bucket", *by, *measures])
    ways = st.sampled_from(["asc", "desc"])
    return Query(
        rollup=GardenDay,
        measures=tuple(measures),
        since=day(since),
        until=day(until),
        bucket=draw(st.sampled_from(["day", "week", "month", "all"])),
        by=tuple(by),
        where=draw(wheres(by)),
        order=tuple(draw(st.lists(st.tuples(sortable, ways), unique_by=lambda part: part[0]))),
        limit=draw(st.none() | st.integers(0, 5)),
        as_of=draw(st.none() | st.integers(-1, VERSIONS).map(at)),
        closed=draw(st.none() | days.map(day)),
    )


def newest(batches, as_of):
    """The newest row of each key, found without a store; of a batch's equal keys the last."""
    found = {}
    for version, batch in sorted(batches, key=lambda batch: batch[0]):
        if as_of is None or at(version) <= as_of:
            found |= {(row.garden_id, row.bed, row.population, row.day): row for row in batch}
    names = table_of(GardenDay).names
    cells = [[getattr(row, name) for name in names] for row in found.values()]
    return pl.DataFrame(
        [
            [str(cell) if names[i] == "garden_id" else cell for i, cell in enumerate(row)]
            for row in cells
        ],
        schema={name: table_of(GardenDay).schema[name] for name in names},
        orient="row",
    )


@given(written, queries())
def test_a_store_answers_as_the_reference_does(store, batches, query):
    org = uuid4()
    for version, batch in batches:
        store.for_org(org, version=at(version)).write(batch)
    answer = store.for_org(org).aggregate(query)
    assert_frame_equal(answer, reference(query, newest(batches, query.as_of)), check_exact=True)


def test_the_questions_cover_every_additive_kind():
    kinds = {plan.kind for _, plan in additive_measures(GardenDay)}
    assert kinds == {"sum", "ratio", "per_day", "stock", "stock_ratio"}
