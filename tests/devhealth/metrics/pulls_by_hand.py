"""What pull requests make of a row, in plain Python, from the definitions alone.

Like `by_hand`, nothing here is fast or shared with the library: for each row and measure all pull
requests are looked at anew. `named` gives the bucket of a day; a bucket's end is that of the last
day up to `last` which it is the bucket of.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from devhealth.models.records import PullRequest, Review
from tests.devhealth.metrics.pulls import Pull

Row = dict[str, Any]
Bucket = Callable[[date], date]

LAST = date(2024, 5, 31)
EARLIEST = date(2024, 1, 1)


def utc(moment: datetime | None) -> date | None:
    return moment.astimezone(UTC).date() if moment else None


@cache
def ends(named: Bucket, last: date, first: date = EARLIEST) -> dict[date, date]:
    """Each bucket's last day."""
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    return {named(day): day for day in days}


def others(pulls: Iterable[Pull]) -> list[Review]:
    """Reviews by somebody else than the author."""
    return [each for pull in pulls for each in pull.reviews if each.reviewer_id != each.author_id]


def is_open(request: PullRequest, day: date) -> bool:
    """At the day's end."""
    return utc(request.created_at) <= day and not (
        request.closed_at and utc(request.closed_at) <= day
    )


def is_waiting(request: PullRequest, day: date) -> bool:
    answer = request.first_response_at
    return (
        is_open(request, day)
        and request.ready_at is not None
        and utc(request.ready_at) <= day
        and not (answer and utc(answer) <= day)
    )


def repository_days(pulls: list[Pull], named: Bucket, last: date = LAST) -> set[date]:
    """Buckets on which a repository has anything of pull requests, of these alone."""
    days = {each for pull in pulls for each in _instants(pull.pull_request, named)}
    return days | {
        bucket
        for bucket, day in ends(named, last).items()
        if any(is_open(pull.pull_request, day) for pull in pulls)
    }


def _instants(request: PullRequest, named: Bucket) -> Iterable[date]:
    told = (request.created_at, request.merged_at, request.closed_at)
    return [named(utc(each)) for each in told if each]


def of_repository(
    pulls: list[Pull], reviews: list[Review], bucket: date, named: Bucket, last: date = LAST
) -> Row:
    """Of the pull requests that count there, and of the reviews that do."""
    requests = [pull.pull_request for pull in pulls]

    def on(name: str) -> list[PullRequest]:
        return [
            each
            for each in requests
            if (moment := getattr(each, name)) and named(utc(moment)) == bucket
        ]

    merged, end = on("merged_at"), ends(named, last).get(bucket)
    still = [each for each in requests if end and is_open(each, end)]
    row = {
        "prs_opened": len(on("created_at")),
        "prs_merged": len(merged),
        "prs_closed_unmerged": sum(each.merged_at is None for each in on("closed_at")),
        "prs_open": len(still),
        "prs_waiting_review": sum(is_waiting(each, end) for each in still),
    }
    ages = [(_midnight(end) - each.created_at) / timedelta(hours=1) for each in still]
    row |= _quantiles("pr_open_age_hours", ages, 50, 90)
    return row | _of_merged(merged) | _of_reviews(reviews, bucket, named)


def _midnight(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)


def _of_merged(merged: list[PullRequest]) -> Row:
    sizes = [each.loc_changed for each in merged if each.loc_changed is not None]
    asked = [each.changes_requested_count for each in merged]
    pickups = _told(merged, "pickup_hours")
    return {
        **_quantiles("pr_cycle_hours", _told(merged, "cycle_hours"), 50, 75, 90),
        **_quantiles("pr_coding_hours", _told(merged, "coding_hours"), 50),
        "pr_coding_n": len(_told(merged, "coding_hours")),
        **_quantiles("pr_draft_hours", _told(merged, "draft_hours"), 50),
        "pr_draft_n": len(_told(merged, "draft_hours")),
        **_quantiles("pr_pickup_hours", pickups, 50),
        **_quantiles("pr_review_hours", _told(merged, "review_hours"), 50),
        "pr_response_n": len(pickups),
        **_quantiles("pr_size_loc", sizes, 50, 90),
        "pr_size_n": len(sizes),
        "huge_prs_count": sum(size >= 1000 for size in sizes),
        "prs_reworked": sum(bool(count) for count in asked),
        "pr_verdicts_n": sum(count is not None for count in asked),
        "prs_unreviewed": sum(not each.reviews_count for each in merged),
    }


def _told(merged: list[PullRequest], name: str) -> list[float]:
    return [value for each in merged if (value := getattr(each, name)) is not None]


def _of_reviews(reviews: list[Review], bucket: date, named: Bucket) -> Row:
    by = Counter(each.reviewer_id for each in reviews if named(utc(each.submitted_at)) == bucket)
    busiest = round(max(by.values()) / by.total(), 6) if by else None
    return {
        "reviews_count": by.total(),
        "reviewers_count": len(by),
        "top_reviewer_share": busiest,
    }


def _quantiles(name: str, values: list[float], *percents: int) -> Row:
    return {f"{name}_p{percent}": quantile(values, percent) for percent in percents}


def quantile(values: list[float], percent: int) -> float | None:
    """Between the two that the rank (n − 1) · p lies between, in proportion."""
    if not values:
        return None
    places = [Fraction(value) for value in sorted(values)]
    rank = Fraction((len(places) - 1) * percent, 100)
    below = int(rank)
    above = min(below + 1, len(places) - 1)
    return round(float(places[below] + (rank - below) * (places[above] - places[below])), 6)


def edges(pulls: list[Pull], named: Bucket = lambda day: day) -> list[Row]:
    """Every row of review_edges_daily, by key."""
    found: dict[Any, list[Review]] = {}
    for each in others(pulls):
        day = named(utc(each.submitted_at))
        key = (str(each.repo_id), str(each.reviewer_id), str(each.author_id), day)
        found.setdefault(key, []).append(each)
    return [
        {
            "repo_id": repo,
            "reviewer_id": reviewer,
            "author_id": author,
            "day": day,
            "is_empty": False,
            "actor_kind": reviews[0].actor_kind,
            "reviews_count": len(reviews),
            "changes_requested_count": sum(e.state == "changes_requested" for e in reviews),
            "approvals_count": sum(e.state == "approved" for e in reviews),
        }
        for (repo, reviewer, author, day), reviews in sorted(found.items())
    ]


def of_people(pulls: list[Pull], named: Bucket = lambda day: day) -> dict[Any, Row]:
    """What user_metrics_daily counts of them, by repository, person and day."""
    counts: dict[Any, Counter[str]] = {}

    def count(name: str, repo: Any, who: Any, moment: datetime | None, counts_at_all: bool = True):
        if moment and counts_at_all:
            key = (str(repo), str(who), named(utc(moment)))
            counts.setdefault(key, Counter())[name] += 1

    for pull in pulls:
        request = pull.pull_request
        where = (request.repo_id, request.author_id)
        count("prs_opened", *where, request.created_at)
        count("prs_merged", *where, request.merged_at)
        for each in others([pull]):
            asks = each.state == "changes_requested"
            count("reviews_given", each.repo_id, each.reviewer_id, each.submitted_at)
            count(
                "changes_requested_given", each.repo_id, each.reviewer_id, each.submitted_at, asks
            )
            by_human = each.actor_kind == "human"
            count("reviews_received", *where, each.submitted_at, by_human)
        for each in pull.comments:
            count("comments_given", each.repo_id, each.author_id, each.created_at)
    return {key: dict(found) for key, found in counts.items()}


OF_PEOPLE = (
    "prs_opened",
    "prs_merged",
    "reviews_given",
    "changes_requested_given",
    "reviews_received",
    "comments_given",
)


def who(pulls: list[Pull], commits: Iterable[Any], named: Bucket) -> dict[Any, tuple[str, str]]:
    """By repository, person and day: human or bot, and team, as of what they last did."""
    told: dict[Any, Any] = {}

    def tell(rank: int, repo: Any, person: Any, moment: Any, kind: str, team: str, *order: str):
        if moment:
            key = (str(repo), str(person), named(utc(moment)))
            told.setdefault(key, []).append((rank, moment, *order, kind, team))

    for each in commits:
        mine = (each.repo_id, each.author_id, each.committed_at)
        tell(2, *mine, each.actor_kind, each.author_team_id, "commits", each.hash)
    for pull in pulls:
        request = pull.pull_request
        mine = (request.actor_kind, request.author_team_id, "pull_requests", str(request.number))
        tell(2, request.repo_id, request.author_id, request.created_at, *mine)
        tell(1, request.repo_id, request.author_id, request.merged_at, *mine)
        for each in others([pull]):
            order = ("reviews", each.review_id)
            given = (each.actor_kind, each.reviewer_team_id)
            tell(2, each.repo_id, each.reviewer_id, each.submitted_at, *given, *order)
            if each.actor_kind == "human":
                received = (request.actor_kind, "unassigned", *order)
                tell(0, each.repo_id, request.author_id, each.submitted_at, *received)
        for each in pull.comments:
            mine = (each.repo_id, each.author_id, each.created_at)
            tell(2, *mine, each.actor_kind, each.author_team_id, "comments", each.comment_id)
    return {key: max(found)[-2:] for key, found in told.items()}


def active(pulls: list[Pull]) -> list[tuple[str, str, Any, datetime]]:
    """Team, kind, person and instant of everything that makes somebody active."""
    found = []
    for pull in pulls:
        request = pull.pull_request
        mine = (request.author_team_id, request.actor_kind, request.author_id)
        found.append((*mine, request.created_at))
        for each in others([pull]):
            by = (each.reviewer_team_id, each.actor_kind, each.reviewer_id)
            found.append((*by, each.submitted_at))
        for each in pull.comments:
            by = (each.author_team_id, each.actor_kind, each.author_id)
            found.append((*by, each.created_at))
    return found
