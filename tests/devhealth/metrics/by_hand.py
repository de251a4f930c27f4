"""Both rollups in plain Python, day by day and window by window, from their definitions alone.

Nothing here is fast, shared with the library or clever: for each key and day the window's works
are picked out anew and counted.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, timedelta
from fractions import Fraction
from typing import Any

from tests.devhealth.metrics.worlds import Work

Row = dict[str, Any]
Bucket = Callable[[date], date]


def repo_days(works: list[Work], window: int = 30, bucket: Bucket = lambda day: day) -> list[Row]:
    """Every row of repo_metrics_daily, by key."""
    rows = []
    for repo in {commit.repo_id for commit, _ in works}:
        for population in ("all", "people"):
            mine = [
                one
                for one in works
                if one[0].repo_id == repo and (population == "all" or one[0].actor_kind == "human")
            ]
            for day in _days(mine, window, bucket):
                ages = [(day - bucket(_day(one))).days for one in mine]
                rows.append(
                    {"day": day, "is_empty": False, "repo_id": str(repo), "population": population}
                    | _of_day([one for one, age in zip(mine, ages, strict=True) if age == 0])
                    | _of_window(
                        [one for one, age in zip(mine, ages, strict=True) if 0 <= age < window]
                    )
                )
    return sorted(rows, key=lambda row: (row["repo_id"], row["population"], row["day"]))


def user_days(works: list[Work], bucket: Bucket = lambda day: day) -> list[Row]:
    """Every row of user_metrics_daily, by key."""
    by_key = defaultdict(list)
    for one in works:
        by_key[str(one[0].repo_id), str(one[0].author_id), bucket(_day(one))].append(one)
    return [_of_user(*key, mine) for key, mine in sorted(by_key.items())]


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


def _of_user(repo_id: str, author_id: str, day: date, works: list[Work]) -> Row:
    commits = sorted((commit for commit, _ in works), key=lambda c: (c.committed_at, c.hash))
    clocks = [
        commit.authored_at + timedelta(minutes=commit.author_utc_offset_minutes or 0)
        for commit in commits
    ]
    weekend = [clock.strftime("%a") in ("Sat", "Sun") for clock in clocks]
    return {
        "day": day,
        "is_empty": False,
        "repo_id": repo_id,
        "author_id": author_id,
        "actor_kind": commits[-1].actor_kind,
        "team_id": commits[-1].author_team_id,
        "commits_count": len(commits),
        "loc_added": sum(commit.loc_added for commit in commits),
        "loc_deleted": sum(commit.loc_deleted for commit in commits),
        "files_changed": len({change.path for _, changes in works for change in changes}),
        "large_commits_count": sum(commit.loc_changed > 300 for commit in commits),
        "after_hours_commits_count": sum(
            not free and not "09:00" <= clock.strftime("%H:%M") < "18:00"
            for free, clock in zip(weekend, clocks, strict=True)
        ),
        "weekend_commits_count": sum(weekend),
    }


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
