"""The rollups in plain Python, day by day and window by window, from their definitions alone.

Nothing here is fast, shared with the library or clever: for each key and day the window's works
are picked out anew and counted.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, timedelta
from fractions import Fraction
from math import log
from typing import Any

import polars as pl

from devhealth.models.records import Commit, Repository
from tests.devhealth.metrics.investment_by_hand import investment_days
from tests.devhealth.metrics.pulls import Pull
from tests.devhealth.metrics.pulls_by_hand import (
    OF_PEOPLE,
    active,
    edges,
    of_people,
    of_repository,
    others,
    repository_days,
    utc,
    who,
)
from tests.devhealth.metrics.worlds import Work

Row = dict[str, Any]
Bucket = Callable[[date], date]

FIRST = date(2024, 1, 20)

# Each way to name a bucket, as the library is asked for it and in plain Python.
BUCKETS: dict[str, tuple[pl.Expr, Bucket]] = {
    "month": (pl.col("day").dt.truncate("1mo"), lambda day: day.replace(day=1)),
    "week": (pl.col("day").dt.truncate("1w"), lambda day: day - timedelta(days=day.weekday())),
    "all": (pl.lit(FIRST), lambda day: FIRST),
}


def same(day: date) -> date:
    """The bucket of a day by days."""
    return day


# These make rows of their own: `tests.devhealth.delivery` and `tests.devhealth.work`.
NO_DELIVERY: list[list[Row]] = [[], [], []]
NO_WORK_ITEMS: list[list[Row]] = [[], []]


def every_table(
    works: list[Work], bucket: Bucket | None = None, pulls: Iterable[Pull] = ()
) -> list[list[Row]]:
    """The rows of all tables, in the order of `METRICS`; of days, or each bucket its own window."""
    window, named = (30, same) if bucket is None else (1, bucket)
    pulls = list(pulls)
    return [
        repo_days(works, window, named, pulls),
        user_days(works, named, pulls),
        team_days(works, bucket=named, pulls=pulls),
        file_days(works, window, named),
        edges(pulls, named),
        *NO_DELIVERY,
        *NO_WORK_ITEMS,
        investment_days(works, named, pulls),
    ]


def repo_days(
    works: list[Work], window: int = 30, bucket: Bucket = same, pulls: Iterable[Pull] = ()
) -> list[Row]:
    """Every row of repo_metrics_daily, by key."""
    rows, pulls = [], list(pulls)
    repos = {commit.repo_id for commit, _ in works} | {one.pull_request.repo_id for one in pulls}
    for repo in repos:
        here = [one for one in pulls if one.pull_request.repo_id == repo]
        for population in ("all", "people"):
            mine = [
                one
                for one in works
                if one[0].repo_id == repo and (population == "all" or one[0].actor_kind == "human")
            ]
            own = [
                one for one in here if population == "all" or one.pull_request.actor_kind == "human"
            ]
            reviews = [
                one for one in others(here) if population == "all" or one.actor_kind == "human"
            ]
            days = {*_days(mine, window, bucket), *repository_days(own, bucket)}
            for day in days | {bucket(utc(one.submitted_at)) for one in reviews}:
                ages = [(day - bucket(_day(one))).days for one in mine]
                rows.append(
                    {"day": day, "is_empty": False, "repo_id": str(repo), "population": population}
                    | _of_day([one for one, age in zip(mine, ages, strict=True) if age == 0])
                    | _of_window(
                        [one for one, age in zip(mine, ages, strict=True) if 0 <= age < window]
                    )
                    | of_repository(own, reviews, day, bucket)
                )
    return sorted(rows, key=lambda row: (row["repo_id"], row["population"], row["day"]))


def user_days(works: list[Work], bucket: Bucket = same, pulls: Iterable[Pull] = ()) -> list[Row]:
    """Every row of user_metrics_daily, by key."""
    own, named, pulls = defaultdict(list), Counter(), list(pulls)
    for one in works:
        commit, day = one[0], bucket(_day(one))
        own[str(commit.repo_id), str(commit.author_id), day].append(one)
        for person in commit.co_author_ids:
            named[str(commit.repo_id), person, day] += 1
    counted = of_people(pulls, bucket)
    told = who(pulls, [commit for commit, _ in works], bucket)
    return [
        _of_user(*key, own[key], named[key])
        | dict(zip(("actor_kind", "team_id"), told.get(key, ("human", "unassigned")), strict=True))
        | {name: counted.get(key, {}).get(name, 0) for name in OF_PEOPLE}
        for key in sorted({*own, *named, *counted})
    ]


def team_days(
    works: list[Work],
    repositories: Iterable[Repository] = (),
    bucket: Bucket = same,
    pulls: Iterable[Pull] = (),
) -> list[Row]:
    """Every row of team_metrics_daily, by key."""
    pulls, rows = list(pulls), []
    kinds = {"all": ("human", "bot"), "people": ("human",)}
    for population, counted in kinds.items():
        found = _of_teams(works, repositories, bucket, pulls, counted)
        rows += [
            {"day": day, "is_empty": False, "team_id": team, "population": population}
            | {
                "commits_count": len(lists["owned"]),
                "active_members_count": len(set(lists["active"])),
                "prs_merged": len(lists["merged"]),
                "reviews_count": len(lists["reviews"]),
            }
            | _of_members(lists["own"])
            for (team, day), lists in found.items()
        ]
    return sorted(rows, key=lambda row: (row["team_id"], row["population"], row["day"]))


def _of_teams(
    works: list[Work],
    repositories: Iterable[Repository],
    bucket: Bucket,
    pulls: list[Pull],
    kinds: Iterable[str],
) -> dict[Any, dict[str, list[Any]]]:
    """By team and day what counts for it there."""
    found: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))

    def count(name: str, team: str, kind: str, moment: Any, thing: Any) -> None:
        if moment and kind in kinds:
            found[team, bucket(utc(moment))][name].append(thing)

    for commit, _ in _once(works, repositories):
        told = (commit.actor_kind, commit.committed_at)
        count("owned", commit.team_id, *told, commit)
        count("own", commit.author_team_id, *told, commit)
        count("active", commit.author_team_id, *told, commit.author_id)
    for each in (pull.pull_request for pull in pulls):
        count("merged", each.team_id, each.actor_kind, each.merged_at, each)
    for each in others(pulls):
        count("reviews", each.team_id, each.actor_kind, each.submitted_at, each)
    for team, kind, person, moment in active(pulls):
        count("active", team, kind, moment, person)
    return found


def file_days(works: list[Work], window: int = 30, bucket: Bucket = same) -> list[Row]:
    """Every row of file_metrics_daily, by key."""
    by_file = defaultdict(list)
    for one in works:
        for change in one[1]:
            by_file[str(change.repo_id), change.path].append((bucket(_day(one)), change))
    rows = []
    for (repo_id, path), changes in sorted(by_file.items()):
        for day in sorted({day for day, _ in changes}):
            ages = [((day - on).days, change) for on, change in changes]
            today = [change for age, change in ages if age == 0]
            recent = [change for age, change in ages if 0 <= age < window]
            lines = sum(change.loc_added + change.loc_deleted for change in recent)
            rows.append(
                {
                    "day": day,
                    "is_empty": False,
                    "repo_id": repo_id,
                    "path": path,
                    "file_changes_count": len(today),
                    "loc_added": sum(change.loc_added for change in today),
                    "loc_deleted": sum(change.loc_deleted for change in today),
                    "commits_30d": len(recent),
                    "changed_loc_30d": lines,
                    "authors_30d": len(
                        {each.author_id for each in recent if each.loc_added or each.loc_deleted}
                    ),
                    "hotspot_score_30d": round(len(recent) * log(1 + lines), 6),
                }
            )
    return rows


def _once(works: list[Work], repositories: Iterable[Repository]) -> list[Work]:
    """Each hash in the first repository that has it: no fork, a fork, not known; then by id."""
    forks = {each.repo_id: each.is_fork for each in repositories}

    def rank(one: Work) -> tuple[bool, bool, str]:
        repo = one[0].repo_id
        return repo not in forks, forks.get(repo, False), str(repo)

    first: dict[str, Work] = {}
    for one in sorted(works, key=rank):
        first.setdefault(one[0].hash, one)
    return list(first.values())


def _day(one: Work) -> date:
    return one[0].committed_at.astimezone(UTC).date()


def _days(works: list[Work], window: int, bucket: Bucket) -> list[date]:
    """Days with a commit, and days whose window has a file."""
    with_commit = {bucket(_day(one)) for one in works}
    reached = {
        bucket(_day(one)) + timedelta(days=ahead)
        for one in works
        if one[1]
        for ahead in range(window)
    }
    return sorted(with_commit | reached)


def _of_day(works: list[Work]) -> Row:
    commits = [commit for commit, _ in works]
    sizes = [commit.loc_changed for commit in commits if commit.parent_count < 2]
    return {
        "commits_count": len(commits),
        "authors_count": len({commit.author_id for commit in commits}),
        "loc_added": sum(commit.loc_added for commit in commits),
        "loc_deleted": sum(commit.loc_deleted for commit in commits),
        "files_changed": len({change.path for _, changes in works for change in changes}),
        "commit_size_loc_p50": _median(sizes),
        "commit_size_n": len(sizes),
        "large_commits_count": sum(commit.loc_changed > 300 for commit in commits),
        "reverts_count": sum(commit.is_revert for commit in commits),
    }


def _of_window(works: list[Work]) -> Row:
    changes = [change for _, changes in works for change in changes]
    lines = [change.loc_added + change.loc_deleted for change in changes]
    authors_of = defaultdict(list)
    lines_of_file, lines_of_author = Counter(), Counter()
    for change, changed in zip(changes, lines, strict=True):
        authors_of[change.path].append(change.author_id)
        lines_of_file[change.path] += changed
        lines_of_author[change.author_id] += changed
    reworked = sum(lines_of_file[path] for path, authors in authors_of.items() if len(authors) > 1)
    single = sum(
        4 * max(Counter(authors).values()) >= 3 * len(authors) for authors in authors_of.values()
    )
    shares = sorted(count for count in lines_of_author.values() if count)
    return {
        "rework_loc_30d": reworked,
        "changed_loc_30d": sum(lines),
        "rework_churn_ratio_30d": _ratio(reworked, sum(lines)),
        "single_owner_files_30d": single,
        "files_changed_30d": len(authors_of),
        "single_owner_file_ratio_30d": _ratio(single, len(authors_of)),
        "bus_factor_30d": _bus_factor(shares),
        "ownership_gini_30d": _gini(shares),
        "authors_30d": len(shares),
    }


def _of_user(repo_id: str, author_id: str, day: date, works: list[Work], named: int) -> Row:
    commits = [commit for commit, _ in works]
    after_hours, weekend = _outside(commits)
    return {
        "day": day,
        "is_empty": False,
        "repo_id": repo_id,
        "author_id": author_id,
        "commits_count": len(commits),
        "loc_added": sum(commit.loc_added for commit in commits),
        "loc_deleted": sum(commit.loc_deleted for commit in commits),
        "files_changed": len({change.path for _, changes in works for change in changes}),
        "large_commits_count": sum(commit.loc_changed > 300 for commit in commits),
        "co_authored_commits_count": named,
        "after_hours_commits_count": after_hours,
        "weekend_commits_count": weekend,
    }


def _of_members(commits: list[Commit]) -> Row:
    after_hours, weekend = _outside(commits)
    return {
        "member_commits_count": len(commits),
        "after_hours_commits_count": after_hours,
        "weekend_commits_count": weekend,
        "after_hours_ratio": _ratio(after_hours, len(commits)),
        "weekend_ratio": _ratio(weekend, len(commits)),
    }


def _outside(commits: list[Commit]) -> tuple[int, int]:
    """Commits after hours and at weekends, by what their authors' clocks showed."""
    clocks = [
        commit.authored_at + timedelta(minutes=commit.author_utc_offset_minutes or 0)
        for commit in commits
    ]
    weekend = [clock.strftime("%a") in ("Sat", "Sun") for clock in clocks]
    after_hours = [
        not free and not "09:00" <= clock.strftime("%H:%M") < "18:00"
        for free, clock in zip(weekend, clocks, strict=True)
    ]
    return sum(after_hours), sum(weekend)


def _median(values: list[int]) -> float | None:
    """At rank (n − 1) / 2 from 0 on; half way between two where that lies between them."""
    if not values:
        return None
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def _ratio(part: int, whole: int) -> float | None:
    return _rounded(Fraction(part, whole)) if whole else None


def _bus_factor(shares: list[int]) -> int | None:
    made, total = 0, sum(shares)
    for place, lines in enumerate(sorted(shares, reverse=True), start=1):
        made += lines
        if 2 * made >= total:
            return place
    return None


def _gini(shares: list[int]) -> float | None:
    """Half the relative mean absolute difference: the definition, not the rank formula."""
    if not shares:
        return None
    differences = sum(abs(one - other) for one in shares for other in shares)
    return _rounded(Fraction(differences, 2 * len(shares) * sum(shares)))


def _rounded(value: Fraction) -> float:
    return round(float(value), 6)
