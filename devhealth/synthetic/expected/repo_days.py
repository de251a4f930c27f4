"""repo_metrics_daily: what a day was for a repository, for everybody and for people."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from devhealth.synthetic.expected.arithmetic import (
    HOUR,
    Row,
    day_of,
    days,
    end_of,
    quantile,
    quantiles,
    ratio,
    told,
)
from devhealth.synthetic.expected.seen import Asked, Given, Made, Seen, counts
from devhealth.synthetic.expected.windows import Window, of_days

POPULATIONS: Final = ("all", "people")
LARGE, HUGE = 300, 1_000  # changed lines of a commit, of a pull request


def repo_days(seen: Seen, today: date) -> Iterator[Row]:
    for population in POPULATIONS:
        made = [each for each in seen.made if counts(each, population)]
        asked = [each for each in seen.asked if counts(each, population)]
        reviews = [each for pull in seen.asked for each in pull.others if counts(each, population)]
        for day, row in _rows(made, asked, reviews, today).items():
            key = {"repo_id": seen.repo_id, "population": population, "day": day}
            yield {**key, "is_empty": False, **row}


def _rows(
    made: list[Made], asked: list[Asked], reviews: list[Given], today: date
) -> dict[date, Row]:
    windows = dict(of_days(made, today))
    commits, given = _by_day(made), _by_day(reviews)
    opened, open_then = _by_day(asked), _open(asked, today)
    merged = _ended(each for each in asked if each.pull.merged_at)
    closed = _ended(each for each in asked if not each.pull.merged_at and each.pull.closed_at)
    every = {*windows, *commits, *given, *opened, *open_then, *merged, *closed}
    empty = Window().row()
    return {
        day: {
            **_of_commits(commits[day]),
            **windows.get(day, empty),
            "prs_opened": len(opened[day]),
            "prs_closed_unmerged": len(closed[day]),
            **_of_open(open_then[day], day),
            **_of_merged(merged[day]),
            **_of_reviews(given[day]),
        }
        for day in every
    }


def _by_day(done: Iterable[Any]) -> dict[date, list[Any]]:
    """Things that were done, by the day on which they were."""
    found: dict[date, list[Any]] = defaultdict(list)
    for each in done:
        found[each.day].append(each)
    return found


def _ended(asked: Iterable[Asked]) -> dict[date, list[Asked]]:
    found: dict[date, list[Asked]] = defaultdict(list)
    for each in asked:
        if at := each.pull.merged_at or each.pull.closed_at:
            found[day_of(at)].append(each)
    return found


def _open(asked: Iterable[Asked], today: date) -> dict[date, list[Asked]]:
    """Those that are open at the end of each day."""
    found: dict[date, list[Asked]] = defaultdict(list)
    for each in asked:
        closed_at = each.pull.closed_at
        for day in days(each.day, today):
            if closed_at and closed_at < end_of(day):
                break
            found[day].append(each)
    return found


def _of_commits(made: list[Made]) -> Row:
    sizes = [each.added + each.deleted for each in made if not each.is_merge]
    return {
        "commits_count": len(made),
        "authors_count": len({each.author_id for each in made}),
        "loc_added": sum(each.added for each in made),
        "loc_deleted": sum(each.deleted for each in made),
        "files_changed": len({file.path for each in made for file in each.commit.files}),
        "commit_size_loc_p50": quantile(sizes, 50),
        "commit_size_n": len(sizes),
        "large_commits_count": sum(size > LARGE for size in sizes),
        "reverts_count": sum(each.commit.is_revert for each in made),
    }


def _of_open(asked: list[Asked], day: date) -> Row:
    end = end_of(day)
    waiting = [
        each
        for each in asked
        if each.pull.ready_at
        and each.pull.ready_at < end
        and not (each.answered_at and each.answered_at < end)
    ]
    ages = [(end - each.at) / HOUR for each in asked]
    return {
        "prs_open": len(asked),
        "prs_waiting_review": len(waiting),
        **quantiles("pr_open_age_hours", ages, 50, 90),
    }


def _of_merged(merged: list[Asked]) -> Row:
    sizes = [each.size for each in merged]
    reviews = [_by_people(each) for each in merged]
    return {
        "prs_merged": len(merged),
        **_phases(merged),
        **quantiles("pr_size_loc", sizes, 50, 90),
        "pr_size_n": len(sizes),
        "huge_prs_count": sum(size >= HUGE for size in sizes),
        "prs_reworked": sum(
            any(each.review.state == "changes_requested" for each in mine) for mine in reviews
        ),
        "pr_verdicts_n": len(merged),
        "prs_unreviewed": sum(not mine for mine in reviews),
    }


def _by_people(asked: Asked) -> list[Given]:
    return [each for each in asked.others if each.kind == "human"]


def _phases(merged: list[Asked]) -> Row:
    cycles = told(each.phase(each.at, each.pull.merged_at) for each in merged)
    drafts = told(each.phase(each.at, each.pull.ready_at) for each in merged)
    pickups = told(each.phase(each.pull.ready_at, each.answered_at) for each in merged)
    reviews = told(each.phase(each.answered_at, each.pull.merged_at) for each in merged)
    codings = told(_coding(each) for each in merged)
    return {
        **quantiles("pr_cycle_hours", cycles, 50, 75, 90),
        **quantiles("pr_coding_hours", codings, 50),
        "pr_coding_n": len(codings),
        **quantiles("pr_draft_hours", drafts, 50),
        "pr_draft_n": len(drafts),
        **quantiles("pr_pickup_hours", pickups, 50),
        **quantiles("pr_review_hours", reviews, 50),
        "pr_response_n": len(pickups),
    }


def _coding(asked: Asked) -> float | None:
    """From the earliest commit of its branch; 0 where that is younger."""
    first = min((each.authored_at for each in asked.pull.commits), default=None)
    found = asked.phase(first, asked.at)
    return None if found is None else max(0.0, found)


def _of_reviews(given: list[Given]) -> Row:
    by = Counter(each.author_id for each in given)
    return {
        "reviews_count": len(given),
        "reviewers_count": len(by),
        "top_reviewer_share": ratio(max(by.values(), default=0), len(given)),
    }
