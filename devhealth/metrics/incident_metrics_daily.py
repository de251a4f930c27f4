"""incident_metrics_daily: what broke on a day, and what was mended on it.

Two instants, read apart: an incident opened on Monday and resolved on Thursday counts as opened on
Monday and as resolved, with all its hours, on Thursday. One that is opened again was not resolved.
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part, Source
from devhealth.metrics.statistics import quantile
from devhealth.models.records import Incident
from devhealth.models.rollups import IncidentDay

GROUPS: Final = ("repo_id", "team_id", "work_scope_id")
FILED: Final = ("source_id", "work_scope_id", "repo_id", "team_id")

OPENED: Final = Source(Incident, "started_at", FILED)
RESOLVED: Final = Source(Incident, "resolved_at", (*FILED, "restore_hours", "recovery_hours"))

RESTORED: Final = pl.col("restore_hours").is_not_null()
RECOVERED: Final = pl.col("recovery_hours").is_not_null()
OF_RESOLVED = {
    "incidents_resolved": pl.len(),
    "restore_hours_p50": quantile(pl.col("restore_hours"), 0.5),
    "restore_hours_p90": quantile(pl.col("restore_hours"), 0.9),
    "restore_hours_n": RESTORED.sum(),
    "recovery_hours_p50": quantile(pl.col("recovery_hours"), 0.5),
    "recovery_hours_n": RECOVERED.sum(),
}
# Incidents that count, by measure.
SAMPLES = {
    "restore_hours_p50": RESTORED,
    "restore_hours_p90": RESTORED,
    "restore_hours_n": RESTORED,
    "recovery_hours_p50": RECOVERED,
    "recovery_hours_n": RECOVERED,
}


def over_opened(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    return frames[OPENED.key].group_by(grouping.row).agg(incidents_opened=pl.len())


def over_resolved(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    return frames[RESOLVED.key].group_by(grouping.row).agg(**OF_RESOLVED)


METRIC = Metric(
    rollup=IncidentDay,
    parts=(
        Part(
            sources=(OPENED,),
            gives=("incidents_opened",),
            over=over_opened,
            groups=GROUPS,
            person="",
        ),
        Part(
            sources=(RESOLVED,),
            gives=tuple(OF_RESOLVED),
            over=over_resolved,
            evidence=SAMPLES,
            groups=GROUPS,
            person="",
        ),
    ),
)
