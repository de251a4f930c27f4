"""What a day was for a repository."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from devhealth.models.fields import RECORD, SUM, column, measure
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
