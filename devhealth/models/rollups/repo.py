"""What a day was for a repository."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from devhealth.models.fields import RECORD, STOCK, SUM, column, measure
from devhealth.models.rollups.rollup import Rollup


@dataclass(slots=True, kw_only=True)
class RepoDay(Rollup):
    """One repository, one population, one UTC day."""

    table: ClassVar[str] = "repo_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "population", "day")

    repo_id: UUID = column("The repository.")
    population: str = column("all, or people (bots left out); each computed in full.")
    commits_count: int = measure("commits", "Committed that day, merges included.", SUM)
    authors_count: int = measure("people", "Distinct authors of the day's commits.", RECORD)
    loc_added: int = measure("lines", "Lines added, as `git log --numstat -M` counts.", SUM)
    loc_deleted: int = measure("lines", "Lines deleted, as `git log --numstat -M` counts.", SUM)
    files_changed: int = measure("files", "Distinct paths touched that day.", RECORD)
    commit_size_loc_p50: float | None = measure(
        "changed lines",
        "Median changed lines of the day's commits; merges have no size. Null: none.",
        RECORD,
        sample="commit_size_n",
    )
    commit_size_n: int = measure("commits", "Commits that are no merges.", SUM)
    large_commits_count: int = measure(
        "commits", "Commits of more than 300 changed lines.", SUM, better="lower"
    )
    reverts_count: int = measure(
        "commits", "Commits whose message is git's revert message.", SUM, better="lower"
    )
    rework_loc_30d: int = measure(
        "changed lines",
        "Over 30 days to the day: changed lines on files that more than one commit touched.",
        RECORD,
    )
    changed_loc_30d: int = measure("changed lines", "Over 30 days to the day.", RECORD)
    rework_churn_ratio_30d: float | None = measure(
        "ratio",
        "rework_loc_30d / changed_loc_30d.",
        RECORD,
        sample="changed_loc_30d",
        better="lower",
    )
    single_owner_files_30d: int = measure(
        "files",
        "Over 30 days to the day: files whose top author made at least 75 % of its commits.",
        RECORD,
    )
    files_changed_30d: int = measure("files", "Distinct paths over 30 days to the day.", RECORD)
    single_owner_file_ratio_30d: float | None = measure(
        "ratio",
        "single_owner_files_30d / files_changed_30d.",
        RECORD,
        sample="files_changed_30d",
        better="lower",
    )
    bus_factor_30d: int | None = measure(
        "people",
        "Fewest authors, by changed lines descending, with at least half of the changed lines of "
        "30 days to the day. Null: no changed line.",
        RECORD,
        sample="authors_30d",
        better="higher",
    )
    ownership_gini_30d: float | None = measure(
        "ratio",
        "Gini coefficient of changed lines over the authors who changed any in 30 days to the "
        "day; one author: 0. Null: no changed line.",
        RECORD,
        sample="authors_30d",
        better="lower",
    )
    authors_30d: int = measure("people", "Authors who changed a line in 30 days.", RECORD)
    prs_opened: int = measure(
        "pull requests", "Opened that day, drafts too (CHAOSS: Change Requests).", SUM
    )
    prs_merged: int = measure(
        "pull requests", "Merged that day (CHAOSS: Change Requests Accepted).", SUM
    )
    prs_closed_unmerged: int = measure(
        "pull requests",
        "Closed that day, not merged, and not open again (CHAOSS: Change Requests Declined).",
        SUM,
    )
    prs_open: int = measure(
        "pull requests",
        "Open at the day's end, drafts too. One that was reopened counts as if it had never been "
        "closed.",
        STOCK,
        better="lower",
    )
    prs_waiting_review: int = measure(
        "pull requests",
        "Open at the day's end, ready for review by then, and without a response by another "
        "person until then.",
        STOCK,
        better="lower",
    )
    pr_open_age_hours_p50: float | None = measure(
        "hours",
        "Median of created → the day's end, of those open then. Null: none.",
        RECORD,
        sample="prs_open",
        better="lower",
    )
    pr_open_age_hours_p90: float | None = measure(
        "hours",
        "90th percentile of created → the day's end, of those open then. Null: none.",
        RECORD,
        sample="prs_open",
        better="lower",
    )
    pr_cycle_hours_p50: float | None = measure(
        "hours",
        "Median of created → merged, of those merged that day (CHAOSS: Change Requests Duration). "
        "Null: none.",
        RECORD,
        sample="prs_merged",
        better="lower",
    )
    pr_cycle_hours_p75: float | None = measure(
        "hours",
        "75th percentile of created → merged, of those merged that day. Null: none.",
        RECORD,
        sample="prs_merged",
        better="lower",
    )
    pr_cycle_hours_p90: float | None = measure(
        "hours",
        "90th percentile of created → merged, of those merged that day. Null: none.",
        RECORD,
        sample="prs_merged",
        better="lower",
    )
    pr_coding_hours_p50: float | None = measure(
        "hours",
        "Median of earliest commit → created, of those merged that day whose commits are told. "
        "Null: none.",
        RECORD,
        sample="pr_coding_n",
        better="lower",
    )
    pr_coding_n: int = measure("pull requests", "Merged that day, and commits are told.", SUM)
    pr_draft_hours_p50: float | None = measure(
        "hours",
        "Median of created → ready for review, of those merged that day that ever were ready; "
        "opened ready: 0. Null: none.",
        RECORD,
        sample="pr_draft_n",
        better="lower",
    )
    pr_draft_n: int = measure("pull requests", "Merged that day, and no longer drafts.", SUM)
    pr_pickup_hours_p50: float | None = measure(
        "hours",
        "Median of ready → first response by another person, of those merged that day that had "
        "one (CHAOSS: Time to First Response). Null: none.",
        RECORD,
        sample="pr_response_n",
        better="lower",
    )
    pr_review_hours_p50: float | None = measure(
        "hours",
        "Median of first response by another person → merged, of those merged that day that had "
        "one (CHAOSS: Change Request Review Duration). Null: none.",
        RECORD,
        sample="pr_response_n",
        better="lower",
    )
    pr_response_n: int = measure(
        "pull requests", "Merged that day, and another person had responded.", SUM
    )
    pr_size_loc_p50: float | None = measure(
        "changed lines",
        "Median changed lines of those merged that day whose lines are told. Null: none.",
        RECORD,
        sample="pr_size_n",
        better="lower",
    )
    pr_size_loc_p90: float | None = measure(
        "changed lines",
        "90th percentile of changed lines of those merged that day whose lines are told. "
        "Null: none.",
        RECORD,
        sample="pr_size_n",
        better="lower",
    )
    pr_size_n: int = measure("pull requests", "Merged that day, and lines are told.", SUM)
    huge_prs_count: int = measure(
        "pull requests", "Merged that day, of 1,000 changed lines or more.", SUM, better="lower"
    )
    prs_reworked: int = measure(
        "pull requests",
        "Merged that day after another person had asked for changes in a review; of pr_verdicts_n, "
        "for not every provider has such reviews.",
        SUM,
    )
    pr_verdicts_n: int = measure(
        "pull requests", "Merged that day where a provider's reviews can ask for changes.", SUM
    )
    prs_unreviewed: int = measure(
        "pull requests",
        "Merged that day without a review by another person; comments are none.",
        SUM,
        better="lower",
    )
    reviews_count: int = measure(
        "reviews",
        "Reviews by others than the author that were submitted that day, however old the pull "
        "request is (CHAOSS: Change Request Reviews).",
        SUM,
    )
    reviewers_count: int = measure("people", "Distinct reviewers of the day's reviews.", RECORD)
    top_reviewer_share: float | None = measure(
        "ratio",
        "Reviews by the day's busiest reviewer / reviews_count. Null: no review.",
        RECORD,
        sample="reviews_count",
        better="lower",
    )
