"""What a day was for one person in one repository, and for a team."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from devhealth.models.directory import UNASSIGNED
from devhealth.models.fields import RECORD, SUM, column, measure, ratio
from devhealth.models.rollups.rollup import Rollup


@dataclass(slots=True, kw_only=True)
class UserDay(Rollup):
    """One author in one repository, one UTC day. Nobody is ranked by it."""

    table: ClassVar[str] = "user_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "author_id", "day")
    labels: ClassVar[tuple[str, ...]] = ("actor_kind",)

    repo_id: UUID = column("The repository.")
    author_id: UUID = column("The author's identity.")
    actor_kind: str = column("human or bot, as of what they last did that day.", "human")
    team_id: str = column(
        "Primary team as of what they last did that day; of one whose pull request was merged and "
        "nothing else, as of its opening; `unassigned` where none, and where none is told.",
        UNASSIGNED,
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
    prs_opened: int = measure(
        "pull requests", "Opened that day, drafts too (CHAOSS: Change Requests).", SUM
    )
    prs_merged: int = measure(
        "pull requests", "Merged that day (CHAOSS: Change Requests Accepted).", SUM
    )
    reviews_given: int = measure(
        "reviews", "Reviews of others' pull requests that the person submitted that day.", SUM
    )
    changes_requested_given: int = measure(
        "reviews", "Of reviews_given, such that asked for changes.", SUM
    )
    reviews_received: int = measure(
        "reviews",
        "Reviews of the person's pull requests that other people submitted that day; bots' are "
        "left out, whoever is asked about.",
        SUM,
    )
    comments_given: int = measure(
        "comments",
        "Comments on pull requests that the person wrote that day, on their own, too.",
        SUM,
    )


@dataclass(slots=True, kw_only=True)
class TeamDay(Rollup):
    """One team, one population, one UTC day; `unassigned` is what no team has. Commits, pull
    requests and reviews count for the team that owns the repository, else for that of who made
    them; what members do, for the team that they were in then. A team's name is joined when rows
    are read: a new one rewrites no history.
    """

    table: ClassVar[str] = "team_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("team_id", "population", "day")
    partition: ClassVar[str] = ""

    team_id: str = column("The team; `unassigned` where none.")
    population: str = column("all, or people (bots left out); each computed in full.")
    active_members_count: int = measure(
        "people",
        "Distinct members who committed, opened a pull request, reviewed another's or commented on "
        "one that day. Who is only named as a co-author is not among them, for a commit tells its "
        "author's team alone.",
        RECORD,
        version=2,
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
    prs_merged: int = measure(
        "pull requests", "Merged that day (CHAOSS: Change Requests Accepted).", SUM
    )
    reviews_count: int = measure(
        "reviews",
        "Reviews by others than the author that were submitted that day, however old the pull "
        "request is (CHAOSS: Change Request Reviews).",
        SUM,
    )
