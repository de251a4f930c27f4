"""The lists are the documentation: who is in a folder is in its list, and all have one shape."""

from dataclasses import fields
from pathlib import Path

import polars as pl
import pytest

import devhealth.metrics
from devhealth.metrics import METRICS, metrics
from devhealth.models.fields import DTYPES, Measure, types_of
from devhealth.models.records import RECORDS
from devhealth.models.rollups import ROLLUPS
from devhealth.sinks.query import measures_of
from devhealth.sinks.tables import table_of

SOURCES = [(metric, source) for metric in metrics() for source in metric.sources]
each_metric = pytest.mark.parametrize("metric", metrics(), ids=lambda metric: metric.rollup.table)
each_source = pytest.mark.parametrize(("metric", "source"), SOURCES)


def test_every_module_of_a_rollup_is_in_the_list():
    folder = Path(devhealth.metrics.__file__).parent
    modules = {path.stem for path in folder.glob("*_daily.py")}
    assert {name.rpartition(".")[2] for name in METRICS} == modules


def test_every_rollup_has_one_module_of_its_tables_name():
    assert [name.rpartition(".")[2] for name in METRICS] == [cls.table for cls in ROLLUPS]
    assert [metric.rollup for metric in metrics()] == list(ROLLUPS)


@each_metric
def test_every_column_is_filled_in_its_own_type(metric):
    empty = {
        source.key: pl.DataFrame(schema=table_of(source.cls).schema) for source in metric.sources
    }
    declared = {name: DTYPES[kind] for name, (kind, _) in types_of(metric.rollup).items()}
    assert metric.compute(empty).schema == declared


@each_metric
def test_only_the_columns_that_are_asked_for_are_used(metric):
    asked = {
        source.key: pl.DataFrame(
            schema={
                name: table_of(source.cls).schema[name]
                for name in (*source.columns, source.at, source.until)
                if name
            }
        )
        for source in metric.sources
    }
    assert metric.compute(asked).is_empty()


@each_metric
def test_every_measure_is_given_once_or_is_a_share_of_others(metric):
    given = [name for part in metric.parts for name in part.gives]
    assert len(given) == len(set(given))
    assert set(measures_of(metric.rollup)) == (
        set(given) & set(measures_of(metric.rollup)) | set(metric.shares) | set(metric.made)
    )


@each_metric
def test_a_measure_alone_is_what_it_is_among_all(metric):
    frames = {
        source.key: pl.DataFrame(schema=table_of(source.cls).schema) for source in metric.sources
    }
    for name in measures_of(metric.rollup):
        assert name in metric.compute(frames, measures=[name]).columns


@each_source
def test_sources_are_records_read_by_an_instant_of_theirs(metric, source):
    assert source.cls in RECORDS
    assert not source.at or source.at in source.cls.instants
    assert not source.until or source.until in source.cls.instants
    # A tracker's project stands where a repository does: work items are of either.
    same = {"work_scope_id": "repo_id"}
    partition = source.cls.partition
    assert metric.rollup.partition in ("", partition, same.get(partition))


@each_source
def test_what_shows_that_records_reach_into_later_days_is_a_measure(metric, source):
    assert not source.shown_by or source.shown_by in measures_of(metric.rollup)
    assert source.window > 1 or source.until or not source.shown_by
    assert source.shown_by or not source.until


@pytest.mark.parametrize("rollup", ROLLUPS)
def test_every_measure_says_what_it_is(rollup):
    for spec in fields(rollup):
        definition = spec.metadata["definition"]
        assert definition.definition.endswith(".")
        assert not isinstance(definition, Measure) or definition.unit


@pytest.mark.parametrize("rollup", ROLLUPS)
def test_a_statistic_has_its_sample_beside_it_and_null_for_none(rollup):
    types = types_of(rollup)
    for name, measure in measures_of(rollup).items():
        nullable = types[name][1]
        assert nullable == (measure.sample is not None or measure.rolls_up.kind == "ratio")
        assert measure.sample is None or measure.sample in measures_of(rollup)


@pytest.mark.parametrize("rollup", ROLLUPS)
def test_the_key_ends_in_the_day_and_is_never_null(rollup):
    types = types_of(rollup)
    assert rollup.key[-1] == "day"
    assert not any(types[name][1] for name in rollup.key)
