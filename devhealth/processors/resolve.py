"""What records say of one another: which deployment a change reached people by, which broke them.

Pure: frames of what is stored of one repository in, frames of what should be out. What a provider
told is read; what stands in `RESOLVED` is found, each time anew.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from devhealth.models.directory import UNASSIGNED
from devhealth.models.records import (
    Commit,
    Deployment,
    DeploymentChange,
    Incident,
    Link,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    Record,
)
from devhealth.processors.attempts import ASKED, resolved_runs
from devhealth.processors.broken import failures, links, resolved_incidents
from devhealth.processors.deployed import deployment_changes
from devhealth.processors.frames import Frames, hours, rows_of
from devhealth.processors.stamps import Stamps

# Columns that no provider tells. An incident's deployment may be told, too: then it is `native`.
RESOLVED: Final[Mapping[type[Record], tuple[str, ...]]] = {
    PipelineRun: ("is_flaky", "time_to_green_hours", "team_id"),
    Deployment: ("is_counted", "failure_basis", "team_id"),
    Incident: ("deployment_id", "link_basis", "recovery_hours", "team_id"),
}

# What is read to resolve the delivery of a repository; () of what is written: every column.
READ: Final[Mapping[type[Record], tuple[str, ...]]] = {
    Commit: ("hash", "committed_at", "authored_at", "committer_email", "parent_count", "team_id"),
    PullRequest: (
        "repo_id", "number", "url", "base_branch", "merged_at", "is_into_default",
        "merge_commit_hash", "first_commit_at", "commits_count", "reverts_number", "team_id",
    ),
    PullRequestCommit: ("number", "hash"),
    Deployment: (),
    Incident: (),
    DeploymentChange: (),
    Link: (),
}  # fmt: skip
# Of these only what is deployed is looked for, and they are many.
OF_BRANCH: Final = (Commit, PullRequestCommit)
OF_RUNS: Final = ("repo_id", "queued_at", "deleted_at", *ASKED, *RESOLVED[PipelineRun])


def delivery(found: Frames, stamps: Stamps, default_branch: str | None) -> Frames:
    """All of a repository's deployments, changes, incidents and links, as they should be.

    `found` has the columns of `READ`. A merge is a deployment where the organisation says so; what
    came onto the branch without a pull request is none, for a push of several commits would be
    many: DORA's deployment is what was brought at once, and stored commits do not tell pushes.
    """
    owner = stamps.owner or UNASSIGNED
    deployments = _deployments(found, stamps)
    known = {**found, Deployment: deployments}
    changes = deployment_changes(known, default_branch)
    incidents = resolved_incidents(known, changes, owner)
    broken = failures(known, incidents, changes)
    is_success = pl.col("is_counted") & (pl.col("status") == "success")
    judged = (
        deployments.drop("failure_basis")
        .join(broken, on="deployment_id", how="left")
        .with_columns(failure_basis=pl.when(is_success).then("failure_basis"))
    )
    return {
        Deployment: rows_of(Deployment, judged),
        DeploymentChange: changes,
        Incident: rows_of(Incident, incidents),
        Link: links(known, incidents),
    }


def runs(rows: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """Every attempt of a repository's pipelines, with the columns of `OF_RUNS`, as it should be."""
    return resolved_runs(rows, stamps.owner or UNASSIGNED)


def _deployments(found: Frames, stamps: Stamps) -> pl.DataFrame:
    """What a provider told, and merges if they count; each says whether it does."""
    told = found[Deployment].filter(pl.col("kind") != "merge")
    parts = [rows_of(Deployment, told)]
    if stamps.deployment_kind(stamps.full_name) == "merge":
        parts.append(rows_of(Deployment, _merges(found[PullRequest])))
    return pl.concat(parts).with_columns(**_of_directory(Deployment, stamps))


def _merges(pull_requests: pl.DataFrame) -> pl.DataFrame:
    return (
        pull_requests.filter("is_into_default")
        .drop_nulls("merged_at")
        .select(
            "repo_id", "url",
            deployment_id=pl.format("merge:{}", "number"),
            kind=pl.lit("merge"), environment=pl.lit("production"), is_production=pl.lit(True),
            status=pl.lit("success"), ref="base_branch", commit_hash="merge_commit_hash",
            created_at="merged_at", finished_at="merged_at",
        )
    )  # fmt: skip


def kept(
    cls: type[Record], told: pl.DataFrame, stored: pl.DataFrame, stamps: Stamps
) -> pl.DataFrame:
    """Told rows of a class of `RESOLVED` with what was resolved of them before.

    A sync compares and writes these, so that what it was told again differs in nothing. Rows that
    are new get what the Directory alone says of them.
    """
    names = list(RESOLVED[cls])
    before = stored.select(*cls.key, pl.lit(True).alias("was"), *names)
    both = told.join(before, on=list(cls.key), how="left", suffix=" stored", maintain_order="left")
    fresh = _of_directory(cls, stamps)
    is_kept = pl.col("was").is_not_null()
    if cls is Incident:
        is_kept &= _is_told_again()
        both = both.with_columns(restore_hours=hours("started_at", "resolved_at").clip(0))
    return both.with_columns(
        pl.when(is_kept).then(f"{name} stored").otherwise(fresh.get(name, pl.col(name))).alias(name)
        for name in names
    ).select(told.columns)


def _is_told_again() -> pl.Expr:
    """An incident says what it said of its deployment, or nothing where that was found."""
    names = ("deployment_id", "link_basis")
    is_same = pl.all_horizontal(pl.col(each).eq_missing(pl.col(f"{each} stored")) for each in names)
    is_found = pl.col("link_basis stored").ne_missing("native")
    return is_same | (pl.col("link_basis").is_null() & is_found)


def _of_directory(cls: type[Record], stamps: Stamps) -> dict[str, pl.Expr]:
    owner = {"team_id": pl.lit(stamps.owner or UNASSIGNED)}
    if cls is not Deployment:
        return owner
    return owner | {"is_counted": pl.col("kind") == stamps.deployment_kind(stamps.full_name)}
