"""cicd_metrics_daily: how pipelines ended, how long they took and how long they left a branch red.

A run counts on the day on which its final attempt ended, whenever it began. Which attempt is final,
which passed on a commit that had failed, and which ended a red stretch, stands in the records
(`processors.attempts`).
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part, Source
from devhealth.metrics.statistics import quantile
from devhealth.models.records import PipelineRun
from devhealth.models.rollups import CicdDay

OF_ATTEMPT: Final = Source(
    PipelineRun,
    "finished_at",
    (
        "repo_id", "team_id", "attempt", "status", "is_final_attempt", "is_flaky",
        "queue_minutes", "duration_minutes", "time_to_green_hours",
    ),
)  # fmt: skip

STATUS: Final = pl.col("status")
IS_ENDED: Final = STATUS.is_in(["success", "failed", "cancelled"])
IS_FINAL: Final = IS_ENDED & pl.col("is_final_attempt")
IS_FIRST: Final = IS_ENDED & (pl.col("attempt") == 1)

# Attempts that count, by measure.
COUNTED = {
    "runs_count": IS_FINAL,
    "success_count": IS_FINAL & (STATUS == "success"),
    "failed_count": IS_FINAL & (STATUS == "failed"),
    "cancelled_count": IS_FINAL & (STATUS == "cancelled"),
    "rerun_count": IS_ENDED & (pl.col("attempt") > 1),
    "first_attempts_count": IS_FIRST,
    "first_attempt_success_count": IS_FIRST & (STATUS == "success"),
    "flaky_count": pl.col("is_flaky"),
    "duration_minutes_n": IS_FINAL & pl.col("duration_minutes").is_not_null(),
    "queue_minutes_n": IS_FINAL & pl.col("queue_minutes").is_not_null(),
    "time_to_green_n": pl.col("time_to_green_hours").is_not_null(),
}
# The column that a statistic is of, the attempts in its sample, and the share below it.
STATISTICS = {
    "duration_minutes_p50": ("duration_minutes", "duration_minutes_n", 0.5),
    "duration_minutes_p90": ("duration_minutes", "duration_minutes_n", 0.9),
    "queue_minutes_p50": ("queue_minutes", "queue_minutes_n", 0.5),
    "time_to_green_hours_p50": ("time_to_green_hours", "time_to_green_n", 0.5),
}
MEASURES = {
    **{name: which.sum() for name, which in COUNTED.items()},
    **{name: quantile(pl.col(of).filter(COUNTED[n]), p) for name, (of, n, p) in STATISTICS.items()},
}

EVIDENCE = {
    **COUNTED,
    **{name: COUNTED[n] for name, (_, n, _) in STATISTICS.items()},
    "success_ratio": COUNTED["runs_count"],
    "first_attempt_success_ratio": COUNTED["first_attempts_count"],
}


def over_attempts(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """A row wherever an attempt ended; skipped ones did not."""
    ended = frames[OF_ATTEMPT.key].filter(IS_ENDED)
    return ended.group_by(grouping.row).agg(**MEASURES)


METRIC = Metric(
    rollup=CicdDay,
    parts=(
        Part(
            sources=(OF_ATTEMPT,),
            gives=tuple(MEASURES),
            over=over_attempts,
            evidence=EVIDENCE,
            groups=("repo_id", "team_id"),
            person="",
        ),
    ),
)
