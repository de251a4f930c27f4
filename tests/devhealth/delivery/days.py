"""The rows that a world of things makes, on the pure way: resolved, then rolled up."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from devhealth.metrics import DAY, Metric
from devhealth.metrics.cicd_metrics_daily import METRIC as OF_PIPELINES
from devhealth.metrics.deploy_metrics_daily import METRIC as OF_DEPLOYMENTS
from devhealth.metrics.incident_metrics_daily import METRIC as OF_INCIDENTS
from devhealth.models.directory import Directory
from devhealth.models.records import PipelineRun, Record
from devhealth.processors.resolve import runs
from devhealth.processors.stamps import Stamps
from tests.devhealth.delivery.things import resolved
from tests.devhealth.metrics.worlds import frame

Row = dict[str, Any]


def rows(
    metrics: Iterable[Metric],
    things: Iterable[Record],
    directory: Directory | None = None,
    bucket: pl.Expr = DAY,
) -> list[list[Row]]:
    """Of acme/api, of each table, by key."""
    things = list(things)
    attempts = frame(PipelineRun, [each for each in things if isinstance(each, PipelineRun)])
    stamps = Stamps(directory or Directory(), "acme/api")
    found = {**resolved(things, directory), PipelineRun: runs(attempts, stamps)}
    return [
        metric.compute(
            {each.key: found[each.cls].drop_nulls(each.at) for each in metric.sources}, bucket
        ).to_dicts()
        for metric in metrics
    ]


def every_day(things: Iterable[Record], **more: Any) -> list[list[Row]]:
    return rows((OF_PIPELINES, OF_DEPLOYMENTS, OF_INCIDENTS), things, **more)


def pipeline_days(things: Iterable[Record], **more: Any) -> list[Row]:
    return rows([OF_PIPELINES], things, **more)[0]


def deployment_days(things: Iterable[Record], **more: Any) -> list[Row]:
    return rows([OF_DEPLOYMENTS], things, **more)[0]


def incident_days(things: Iterable[Record], **more: Any) -> list[Row]:
    return rows([OF_INCIDENTS], things, **more)[0]


def told(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


WEEK = DAY.dt.truncate("1w")
