"""What attempts of pipelines say of one another: which is the last, what passed after it failed."""

from typing import Final

import polars as pl

from devhealth.processors.frames import hours

ASKED: Final = (
    "run_id", "attempt", "name", "branch", "is_default_branch", "commit_hash", "status",
    "finished_at", "is_final_attempt",
)  # fmt: skip
ORDER: Final = ("finished_at", "attempt", "run_id")

HAS_FAILED: Final = pl.col("status") == "failed"
HAS_PASSED: Final = pl.col("status") == "success"


def resolved_runs(rows: pl.DataFrame, owner: str) -> pl.DataFrame:
    """Attempts, with the columns of `ASKED` at least, and what follows from them all.

    Whatever was cancelled or skipped has neither passed nor failed.
    """
    newest = pl.col("attempt") == pl.col("attempt").max().over("run_id")
    last = rows.with_columns(pl.col("is_final_attempt") & newest, team_id=pl.lit(owner))
    key = ["run_id", "attempt"]
    ended = last.filter(HAS_FAILED | HAS_PASSED).drop_nulls("finished_at").sort(ORDER)
    flaky, green = _flaky(ended), _green(ended)
    return (
        last.drop("is_flaky", "time_to_green_hours", strict=False)
        .join(flaky, on=key, how="left")
        .join(green, on=key, how="left")
        .with_columns(pl.col("is_flaky").fill_null(False))
    )


def _flaky(ended: pl.DataFrame) -> pl.DataFrame:
    """The first to pass where the same workflow had failed on the same commit."""
    of_hash = ["name", "commit_hash"]
    has_failed = HAS_FAILED.cum_max().over(of_hash)
    passed = ended.drop_nulls("commit_hash").filter(HAS_PASSED & has_failed)
    return passed.unique(of_hash, keep="first", maintain_order=True).select(
        "run_id", "attempt", is_flaky=pl.lit(True)
    )


def _green(ended: pl.DataFrame) -> pl.DataFrame:
    """What ended a red stretch of the default branch, and how long that was."""
    of_branch = ["name", "branch"]
    final = ended.filter("is_final_attempt", "is_default_branch")
    known = final.with_columns(was_red=HAS_FAILED.shift(1, fill_value=False).over(of_branch))
    turned = pl.when(HAS_FAILED & ~pl.col("was_red")).then("finished_at")
    began = known.with_columns(turned=turned).with_columns(
        began=pl.col("turned").forward_fill().over(of_branch)
    )
    return began.filter(HAS_PASSED, "was_red").select(
        "run_id", "attempt", time_to_green_hours=hours("began", "finished_at")
    )
