"""What it means: one row per key and UTC day, append-only, the newest whole row of a key wins.

The store adds `org_id` and `computed_at` (fixed before the first read of the compute that made the
row). A count of nothing is 0, a ratio over 0 and a statistic of no sample are null. Today's rows
are provisional. A key that lost all its activity keeps a newest row marked `is_empty`.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from devhealth.models.directory import UNASSIGNED
from devhealth.models.fields import RECORD, SUM, column, measure, ratio


@dataclass(slots=True, kw_only=True)
class Rollup:
    """What every rollup has. Without a `partition` it is made of the whole organisation."""

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    instants: ClassVar[tuple[str, ...]] = ("day",)
    partition: ClassVar[str] = "repo_id"
    version: ClassVar[str] = "computed_at"
    labels: ClassVar[tuple[str, ...]] = ()  # what rows say beside their key that can be filtered on

    day: date = column("UTC calendar day.")
    is_empty: bool = column("Nothing happened, and nothing is left in the row's windows.", False)


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


@dataclass(slots=True, kw_only=True)
class UserDay(Rollup):
    """One author in one repository, one UTC day. Nobody is ranked by it."""

    table: ClassVar[str] = "user_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "author_id", "day")
    labels: ClassVar[tuple[str, ...]] = ("actor_kind",)

    repo_id: UUID = column("The repository.")
    author_id: UUID = column("The author's identity.")
    actor_kind: str = column("human or bot, as of the day's last commit.", "human")
    team_id: str = column(
        "Primary team as of the day's last commit; `unassigned` where none.", UNASSIGNED
    )
    commits_count: int = measure("commits", "Committed that day, merges included.", SUM)
    loc_added: int = measure("lines", "Lines added, as `git log --numstat -M` counts.", SUM)
    loc_deleted: int = measure("lines", "Lines deleted, as `git log --numstat -M` counts.", SUM)
    files_changed: int = measure("files", "Distinct paths touched that day.", RECORD)
    large_commits_count: int = measure(
        "commits", "Commits of more than 300 changed lines.", SUM, better="lower"
    )
    co_authored_commits_count: int = measure(
        "co-authorships",
        "Commits of others that name the person as a co-author; beside commits_count, never in it.",
        SUM,
    )
    after_hours_commits_count: int = measure(
        "commits",
        "On a weekday outside of business hours (09:00 to 18:00 unless set otherwise), by the "
        "author's own clock.",
        SUM,
        better="lower",
    )
    weekend_commits_count: int = measure(
        "commits", "On a Saturday or Sunday by the author's own clock.", SUM, better="lower"
    )


@dataclass(slots=True, kw_only=True)
class TeamDay(Rollup):
    """One team, one population, one UTC day; `unassigned` is what no team has. Commits count for
    the team that owns the repository, else for their author's; what members do, for the team that
    they were in then. A team's name is joined when rows are read: a new one rewrites no history.
    """

    table: ClassVar[str] = "team_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("team_id", "population", "day")
    partition: ClassVar[str] = ""

    team_id: str = column("The team; `unassigned` where none.")
    population: str = column("all, or people (bots left out); each computed in full.")
    active_members_count: int = measure(
        "people",
        "Distinct authors of the members' commits that day. Who is only named as a co-author is "
        "not among them, for a commit tells its author's team alone.",
        RECORD,
    )
    commits_count: int = measure("commits", "Committed that day, merges included.", SUM)
    member_commits_count: int = measure(
        "commits",
        "Committed that day by those who were in the team then, to whichever repository.",
        SUM,
    )
    after_hours_commits_count: int = measure(
        "commits",
        "On a weekday outside of business hours (09:00 to 18:00 unless set otherwise), by the "
        "author's own clock.",
        SUM,
        better="lower",
    )
    weekend_commits_count: int = measure(
        "commits", "On a Saturday or Sunday by the author's own clock.", SUM, better="lower"
    )
    after_hours_ratio: float | None = measure(
        "ratio",
        "after_hours_commits_count / member_commits_count. Null: no commit by a member.",
        ratio("after_hours_commits_count", "member_commits_count"),
        better="lower",
    )
    weekend_ratio: float | None = measure(
        "ratio",
        "weekend_commits_count / member_commits_count. Null: no commit by a member.",
        ratio("weekend_commits_count", "member_commits_count"),
        better="lower",
    )


@dataclass(slots=True, kw_only=True)
class FileDay(Rollup):
    """One file on a UTC day that changed it; every commit counts, bots' too. Days that only its
    window reaches have no row, which would be up to thirty times as many.
    """

    table: ClassVar[str] = "file_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "path", "day")

    repo_id: UUID = column("The repository.")
    path: str = column("Path after the commit; bytes that are no UTF-8 as \\xNN.")
    file_changes_count: int = measure(
        "file changes", "Commits that changed the file that day; merges change none.", SUM
    )
    loc_added: int = measure("lines", "Lines added, as `git log --numstat -M` counts.", SUM)
    loc_deleted: int = measure("lines", "Lines deleted, as `git log --numstat -M` counts.", SUM)
    commits_30d: int = measure(
        "commits", "Commits that changed the file in 30 days to the day.", RECORD
    )
    changed_loc_30d: int = measure("changed lines", "Over 30 days to the day.", RECORD)
    authors_30d: int = measure("people", "Authors who changed a line in 30 days.", RECORD)
    hotspot_score_30d: float = measure(
        "score",
        "commits_30d · ln(1 + changed_loc_30d): how often it changes times how much (Tornhill "
        "2015).",
        RECORD,
        better="lower",
    )


ROLLUPS: tuple[type[Rollup], ...] = (RepoDay, UserDay, TeamDay, FileDay)
