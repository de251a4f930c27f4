"""deploy_metrics_daily: what was brought to an environment, and how long that took from its begin.

Names and definitions of DORA (2023): a deployment is what the organisation counts as one, a change
failure is a success that people got something broken by, on the day of that deployment, however
late it was found. Lead times are over changes, each in the first deployment of the environment that
brought it (`processors.deployed`, `processors.broken`).
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part, Source
from devhealth.metrics.statistics import quantile
from devhealth.models.records import Deployment, DeploymentChange
from devhealth.models.rollups import DeployDay

GROUPS: Final = ("repo_id", "environment", "team_id")

OF_DEPLOYMENT: Final = Source(
    Deployment,
    "finished_at",
    (*GROUPS, "is_production", "status", "is_counted", "failure_basis", "deploy_minutes"),
)
OF_CHANGE: Final = Source(
    DeploymentChange,
    "deployed_at",
    (*GROUPS, "lead_first_commit_hours", "lead_merge_hours"),
)

STATUS: Final = pl.col("status")
IS_SUCCESS: Final = pl.col("is_counted") & (STATUS == "success")
IS_ENDED: Final = pl.col("is_counted") & STATUS.is_in(["success", "failed", "cancelled"])

# Deployments that count, by measure.
COUNTED = {
    "deployments_count": IS_SUCCESS,
    "failed_deployments_count": IS_ENDED & (STATUS == "failed"),
    "cancelled_deployments_count": IS_ENDED & (STATUS == "cancelled"),
    "change_failures_count": IS_SUCCESS & pl.col("failure_basis").is_not_null(),
    "deploy_minutes_n": IS_SUCCESS & pl.col("deploy_minutes").is_not_null(),
}
OF_DEPLOYMENTS = {
    **{name: which.sum() for name, which in COUNTED.items()},
    "deploy_minutes_p50": quantile(
        pl.col("deploy_minutes").filter(COUNTED["deploy_minutes_n"]), 0.5
    ),
}

# Changes that count, by measure.
BEGUN: Final = pl.col("lead_first_commit_hours").is_not_null()
MERGED: Final = pl.col("lead_merge_hours").is_not_null()
SAMPLES = {
    "change_lead_hours_p50": BEGUN,
    "change_lead_hours_p90": BEGUN,
    "change_lead_n": BEGUN,
    "merge_lead_hours_p50": MERGED,
    "merge_lead_hours_p90": MERGED,
    "merge_lead_n": MERGED,
}
OF_CHANGES = {
    "change_lead_hours_p50": quantile(pl.col("lead_first_commit_hours"), 0.5),
    "change_lead_hours_p90": quantile(pl.col("lead_first_commit_hours"), 0.9),
    "change_lead_n": BEGUN.sum(),
    "merge_lead_hours_p50": quantile(pl.col("lead_merge_hours"), 0.5),
    "merge_lead_hours_p90": quantile(pl.col("lead_merge_hours"), 0.9),
    "merge_lead_n": MERGED.sum(),
}


def over_deployments(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """A row wherever a deployment that counts ended."""
    ended = frames[OF_DEPLOYMENT.key].filter(IS_ENDED)
    label = pl.col("is_production").max()
    return ended.group_by(grouping.row).agg(is_production=label, **OF_DEPLOYMENTS)


def over_changes(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """A row wherever people got a change."""
    return frames[OF_CHANGE.key].group_by(grouping.row).agg(**OF_CHANGES)


METRIC = Metric(
    rollup=DeployDay,
    parts=(
        Part(
            sources=(OF_DEPLOYMENT,),
            gives=tuple(OF_DEPLOYMENTS),
            over=over_deployments,
            evidence={
                **COUNTED,
                "deploy_minutes_p50": COUNTED["deploy_minutes_n"],
                "change_fail_rate": IS_SUCCESS,
            },
            groups=GROUPS,
            person="",
        ),
        Part(
            sources=(OF_CHANGE,),
            gives=tuple(OF_CHANGES),
            over=over_changes,
            evidence=SAMPLES,
            groups=GROUPS,
            person="",
        ),
    ),
)
