"""What records say of one another: which deployment a change reached people by, which broke them.

Pure: frames of what is stored of one repository in, frames of what should be out. What a provider
told is read; what stands in `RESOLVED` is found, each time anew.
"""

from collections.abc import Mapping

import polars as pl

from devhealth.models.directory import UNASSIGNED
from devhealth.models.records import Deployment, Incident, PipelineRun, Record
from devhealth.processors.stamps import Stamps

# Columns that no provider tells. An incident's deployment may be told, too: then it is `native`.
RESOLVED: Mapping[type[Record], tuple[str, ...]] = {
    PipelineRun: ("is_final_attempt", "is_flaky", "time_to_green_hours", "team_id"),
    Deployment: ("is_counted", "failure_basis", "team_id"),
    Incident: ("deployment_id", "link_basis", "restore_hours", "recovery_hours", "team_id"),
}


def kept(
    cls: type[Record], told: pl.DataFrame, stored: pl.DataFrame, stamps: Stamps
) -> pl.DataFrame:
    """Told rows of a class of `RESOLVED` with what was resolved of them before.

    A sync compares and writes these, so that what it was told again differs in nothing. Rows that
    are new get what the Directory alone says of them.
    """
    names = list(RESOLVED[cls])
    before = stored.select(*cls.key, pl.lit(True).alias("was"), *names)
    both = told.join(before, on=list(cls.key), how="left", suffix=" stored", nulls_equal=True)
    fresh = _of_directory(cls, stamps)
    is_kept = pl.col("was").is_not_null()
    if cls is Incident:
        is_kept &= pl.col("link_basis").is_null()  # what it says itself counts
        is_kept &= pl.col("link_basis stored").ne_missing("native")  # it says so no longer
    return both.with_columns(
        pl.when(is_kept).then(f"{name} stored").otherwise(fresh.get(name, pl.col(name))).alias(name)
        for name in names
    ).select(told.columns)


def _of_directory(cls: type[Record], stamps: Stamps) -> dict[str, pl.Expr]:
    owner = {"team_id": pl.lit(stamps.owner or UNASSIGNED)}
    if cls is not Deployment:
        return owner
    return owner | {"is_counted": pl.col("kind") == stamps.deployment_kind}
