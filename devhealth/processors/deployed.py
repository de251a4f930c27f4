"""Which deployment a change first reached people by.

No parents of commits are stored, so what contains what is told by *places*: an instant on the
default branch. A commit's is when it was committed, a pull request's that of the commit which it
became (its merge where that is not stored). A deployment's is that of what it deployed: of the pull
request which that commit is of, else the commit's own. It contains every change up to its place.
So a change belongs to the first success of its environment at or beyond its place, and a redeploy,
of the same commit or an older one, carries none. Neither does the first deployment with a place:
what was there before nobody knows.

Two commits of one instant are told apart only if both were deployed: in the order in which they
were. A deployed commit that came onto the branch later than it was deployed, or never, has no
place. A deployment whose commit is not stored has the place of its own instant if it says that it
is of the default branch, or if no commit is stored at all and people use the environment.
"""

from typing import Final

import polars as pl

from devhealth.models.records import (
    Commit,
    Deployment,
    DeploymentChange,
    PullRequest,
    PullRequestCommit,
)
from devhealth.processors.frames import Frames, hours, rows_of

TIES: Final = 2**16  # places that one millisecond has room for
LAST: Final = TIES - 1
REBASED: Final = pl.duration(seconds=10)

IN_PLACE: Final = ("anchor", "instant")


def deployment_changes(found: Frames, default_branch: str | None) -> pl.DataFrame:
    """Every change of a counted deployment. `found` has the deployments as they are resolved."""
    deployments = found[Deployment].filter("is_counted", status="success").drop_nulls("finished_at")
    deployments = deployments.rename({"finished_at": "deployed_at"})
    of_merges = deployments.filter(kind="merge")
    others = deployments.filter(pl.col("kind") != "merge")
    merged = _merged(found[PullRequest], found[Commit])
    ours = found[PullRequestCommit].join(merged.select("number"), on="number", how="semi")
    parts = [_each_its_own(of_merges, merged)]
    if others.height:
        changes = pl.concat([_of_pull_requests(merged), _direct(found[Commit], merged, ours)])
        placed = _placed(others, found[Commit], merged, ours, default_branch)
        parts.append(_carried(placed, changes))
    return rows_of(DeploymentChange, pl.concat(parts).with_columns(**LEADS))


LEADS: Final = {
    "lead_first_commit_hours": hours("first_commit_at", "deployed_at").clip(0),
    "lead_merge_hours": hours("merged_at", "deployed_at").clip(0),
}
OF_CHANGE: Final = ("change_id", "first_commit_at", "merged_at", "team_id", *IN_PLACE)
OF_DEPLOYMENT: Final = ("repo_id", "environment", "deployment_id", "is_production", "deployed_at")


def _merged(pull_requests: pl.DataFrame, commits: pl.DataFrame) -> pl.DataFrame:
    """Those that came onto the default branch, in their place."""
    landed = pull_requests.filter("is_into_default").drop_nulls("merged_at")
    known = commits.select("committed_at", "committer_email", "parent_count", "hash")
    return (
        landed.join(known, left_on="merge_commit_hash", right_on="hash", how="left")
        .with_columns(
            instant=pl.coalesce("committed_at", "merged_at"),
            change_id=pl.format("#{}", "number"),
        )
        .with_columns(anchor=pl.coalesce("merge_commit_hash", "change_id"))
    )


def _of_pull_requests(merged: pl.DataFrame) -> pl.DataFrame:
    return merged.select(OF_CHANGE)


def _direct(commits: pl.DataFrame, merged: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Commits that no pull request brought; a merge brings nothing of its own."""
    own = commits.filter(pl.col("parent_count") < 2)
    for other, name in (
        (ours, "hash"),
        (merged, "merge_commit_hash"),
        (_rebased(own, merged), "hash"),
    ):
        own = own.join(other, left_on="hash", right_on=name, how="anti")
    return own.select(
        change_id="hash", first_commit_at="authored_at", merged_at="committed_at",
        team_id="team_id", anchor="hash", instant="committed_at",
    )  # fmt: skip


def _rebased(commits: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Commits that a provider made anew of a pull request's, but for the last, which it names.

    They come within seconds of that one and from the same committer, no more than it had.
    """
    several = merged.filter(pl.col("commits_count") > 1, parent_count=1).select(
        "number", "commits_count", "merge_commit_hash", "committer_email", last="committed_at"
    )
    near = commits.join(several, on="committer_email").filter(
        pl.col("hash") != pl.col("merge_commit_hash"),
        pl.col("committed_at").is_between(pl.col("last") - REBASED, pl.col("last")),
    )
    newest = pl.struct("committed_at", "hash").rank("ordinal", descending=True).over("number")
    return near.filter(newest < pl.col("commits_count")).select("hash")


def _each_its_own(deployments: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Where each merge is a deployment, it brings what was merged, the first one, too."""
    ids = pl.format("merge:{}", "number")
    own = merged.select(*OF_CHANGE, deployment_id=ids)
    found = deployments.select(OF_DEPLOYMENT).join(own, on="deployment_id")
    return found.select(*OF_DEPLOYMENT, *OF_CHANGE, basis=pl.lit("native"))


def _placed(
    deployments: pl.DataFrame,
    commits: pl.DataFrame,
    merged: pl.DataFrame,
    ours: pl.DataFrame,
    default_branch: str | None,
) -> pl.DataFrame:
    """Deployments that have a place, with it."""
    points = _points(commits, merged, ours)
    found = deployments.join(points, left_on="commit_hash", right_on="hash", how="left")
    is_of_branch = pl.col("ref") == pl.lit(default_branch, pl.String)
    if commits.is_empty():
        is_of_branch = is_of_branch | pl.col("is_production")
    is_there = pl.col("since").is_null() | (pl.col("since") <= pl.col("deployed_at"))
    return found.with_columns(
        instant=pl.when(pl.col("anchor").is_null() & is_of_branch)
        .then("created_at")
        .when(is_there)
        .then("instant")
    ).drop_nulls("instant")


def _points(commits: pl.DataFrame, merged: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """The place of each commit that may be deployed, and `since` when it has it."""
    places = merged.select("number", "merge_commit_hash", "merged_at", *IN_PLACE)
    named = places.drop_nulls("merge_commit_hash").select(
        *IN_PLACE, hash="merge_commit_hash", since=pl.lit(None, places.schema["merged_at"])
    )
    within = ours.join(places, on="number").select(*IN_PLACE, "hash", since="merged_at")
    stored = commits.select(
        anchor="hash", instant="committed_at", hash="hash", since=named["since"].clear(1)[0]
    )
    first_of = within.sort("since", "anchor")
    every = pl.concat([named.sort("anchor", "instant"), first_of, stored], how="vertical")
    return every.unique("hash", keep="first", maintain_order=True)


def _carried(placed: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """The changes of each deployment that goes beyond all successes of its environment before."""
    ties = _ties(placed)
    ordered = _numbered(changes, ties, otherwise=0).sort("place", "change_id")
    steps = (
        _numbered(placed, ties, otherwise=LAST)
        .sort("environment", "deployed_at", "deployment_id")
        .with_columns(before=pl.col("place").cum_max().shift(1).over("environment"))
        .filter(pl.col("place") > pl.col("before"))
    )
    first, last = (
        ordered["place"].search_sorted(steps[name], side="right") for name in ("before", "place")
    )
    within = pl.int_ranges(pl.Series(first), pl.Series(last), eager=True)
    carried = steps.select(*OF_DEPLOYMENT, deployed="anchor", row=within).explode("row")
    rows = carried.drop_nulls("row")
    found = pl.concat([rows.drop("row"), ordered[rows["row"]]], how="horizontal")
    is_it = pl.col("anchor").eq_missing(pl.col("deployed"))
    basis = pl.when(is_it).then(pl.lit("native")).otherwise(pl.lit("heuristic"))
    return found.select(*OF_DEPLOYMENT, *OF_CHANGE, basis=basis)


def _ties(placed: pl.DataFrame) -> pl.DataFrame:
    """Deployed commits of one instant, counted from 1 on as they were deployed."""
    firsts = (
        placed.drop_nulls("anchor").group_by("anchor").agg(pl.col("instant", "deployed_at").min())
    )
    order = pl.struct("deployed_at", "anchor").rank("ordinal").over("instant")
    return firsts.select("anchor", tie=order.cast(pl.Int64).clip(upper_bound=LAST - 1))


def _numbered(rows: pl.DataFrame, ties: pl.DataFrame, *, otherwise: int) -> pl.DataFrame:
    """With `place`, a number that sorts as the branch goes."""
    tie = pl.col("tie").fill_null(otherwise)
    place = pl.col("instant").dt.epoch("ms") * TIES + tie
    return rows.join(ties, on="anchor", how="left", maintain_order="left").with_columns(place=place)
