"""Pull requests as small as a test needs them, with their reviews and comments; and at random.

What follows from who said what and when is worked out here in plain Python, from the definitions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from devhealth.models.directory import UNASSIGNED
from devhealth.models.records import Comment, PullRequest, Record, Review
from tests.devhealth.metrics.worlds import ADA, API, GRACE, JOAN, ROBOT, START, WEB, at


@dataclass
class Said:
    """A review (with a state) or a comment (without), by somebody of a team."""

    moment: datetime
    by: UUID
    state: str = ""
    team: str = UNASSIGNED


@dataclass
class Pull:
    """A pull request with all that was said of it."""

    pull_request: PullRequest
    reviews: list[Review] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)

    @property
    def records(self) -> list[Record]:
        return [self.pull_request, *self.reviews, *self.comments]


def review(moment: str, by: UUID = GRACE, state: str = "approved", team: str = UNASSIGNED) -> Said:
    return Said(at(moment), by, state, team)


def comment(moment: str, by: UUID = GRACE, team: str = UNASSIGNED) -> Said:
    return Said(at(moment), by, "", team)


def pull(
    number: int,
    created: str | datetime,
    *said: Said,
    ready: str | datetime | None = "created",
    merged: str | datetime | None = None,
    closed: str | datetime | None = None,
    coding: float | None = None,
    lines: int | None = 10,
    by: UUID = ADA,
    repo: UUID = API,
    owner: str = UNASSIGNED,
    team: str = UNASSIGNED,
    tells_verdicts: bool = True,
) -> Pull:
    """`ready`: when it was; `created` by default, None: always a draft. `coding` is in hours.

    owner  the team that it is delivery of, and its reviews, too
    team   its author's own
    """
    opened, merged_at, closed_at = _at(created), _at(merged), _at(closed) or _at(merged)
    ready_at = opened if ready == "created" else _at(ready)
    others = [each for each in said if each.by not in (by, ROBOT)]
    answers = [
        each.moment
        for each in others
        if ready_at and ready_at <= each.moment <= (closed_at or each.moment)
    ]
    answered = min(answers, default=None)
    asking = sum(each.state == "changes_requested" for each in others)
    reviewed = sorted(each.moment for each in others if each.state)
    request = PullRequest(
        repo_id=repo,
        number=number,
        title=f"#{number}",
        url=f"https://github.com/acme/api/pull/{number}",
        state="merged" if merged_at else "closed" if closed_at else "open",
        is_draft=ready_at is None,
        author_login="",
        created_at=opened,
        updated_at=max(filter(None, [opened, merged_at, closed_at])),
        ready_at=ready_at,
        merged_at=merged_at,
        closed_at=closed_at,
        base_branch="main",
        loc_changed=lines,
        comments_count=sum(not each.state for each in said),
        author_id=by,
        actor_kind=kind(by),
        team_id=owner,
        author_team_id=team,
        first_response_at=answered,
        first_review_at=reviewed[0] if reviewed else None,
        reviews_count=len(reviewed),
        changes_requested_count=asking if tells_verdicts else None,
        draft_hours=hours(opened, ready_at),
        pickup_hours=hours(ready_at, answered),
        review_hours=hours(answered, merged_at),
        cycle_hours=hours(opened, merged_at),
        coding_hours=coding,
    )
    found = Pull(request)
    for place, each in enumerate(said):
        (found.reviews if each.state else found.comments).append(
            _said(request, f"{number}-{place}", each)
        )
    return found


def _said(request: PullRequest, name: str, said: Said) -> Any:
    where = {"repo_id": request.repo_id, "number": request.number}
    if not said.state:
        return Comment(
            **where,
            comment_id=name,
            kind="issue",
            created_at=said.moment,
            author_login="",
            author_id=said.by,
            actor_kind=kind(said.by),
            author_team_id=said.team,
        )
    return Review(
        **where,
        review_id=name,
        state=said.state,
        submitted_at=said.moment,
        reviewer_login="",
        author_login="",
        reviewer_id=said.by,
        author_id=request.author_id,
        actor_kind=kind(said.by),
        author_kind=request.actor_kind,
        team_id=request.team_id,
        reviewer_team_id=said.team,
        is_own=said.by == request.author_id,
    )


def kind(who: UUID) -> str:
    return "bot" if who == ROBOT else "human"


def hours(since: datetime | None, until: datetime | None) -> float | None:
    return (until - since) / timedelta(hours=1) if since and until else None


def _at(moment: str | datetime | None) -> datetime | None:
    return at(moment) if isinstance(moment, str) else moment


def records(pulls: Iterable[Pull]) -> list[Record]:
    return [record for each in pulls for record in each.records]


def later_pulls(pulls: list[Pull], by: timedelta) -> list[Pull]:
    """The same, moved in time."""
    moved = [[_moved(record, by) for record in each.records] for each in pulls]
    return [
        Pull(
            first,
            [each for each in rest if isinstance(each, Review)],
            [each for each in rest if isinstance(each, Comment)],
        )
        for first, *rest in moved
    ]


def _moved(record: Record, by: timedelta) -> Any:
    instants = {
        name: value + by
        for name in record.__dataclass_fields__
        if isinstance(value := getattr(record, name), datetime)
    }
    return replace(record, **instants)


QUARTER = timedelta(minutes=15)

people = st.sampled_from([ADA, ADA, GRACE, JOAN, ROBOT])
teams = st.sampled_from(["web", "api", UNASSIGNED])
# Quarters of an hour: in hours exact, and often midnight or the same instant.
waits = st.one_of(
    st.sampled_from([0, 1, 95, 96, 97]),
    st.integers(0, 40 * 96),
    st.integers(0, 40).map((96).__mul__),
).map(QUARTER.__mul__)
said = st.tuples(
    waits, people, st.sampled_from(["", "approved", "changes_requested", "commented"]), teams
)


@st.composite
def pull_requests(draw: st.DrawFn) -> Pull:
    """Opened in some weeks of January to March; its number is anything."""
    opened = START + draw(st.integers(0, 60 * 96)) * QUARTER
    end = draw(st.sampled_from(["open", "merged", "closed"]))
    ended = opened + draw(waits)
    ready = draw(st.one_of(st.just(opened), waits.map(opened.__add__), st.none()))
    if ready and end != "open" and ready > ended:
        ready = ended
    return pull(
        draw(st.integers(1, 10**6)),
        opened,
        *(Said(opened + wait, *rest) for wait, *rest in draw(st.lists(said, max_size=4))),
        ready=ready,
        merged=ended if end == "merged" else None,
        closed=ended if end == "closed" else None,
        coding=draw(st.sampled_from([None, 0.0, 1.5, 30.25])),
        lines=draw(st.sampled_from([None, 0, 7, 999, 1000])),
        by=draw(people),
        repo=draw(st.sampled_from([API, API, WEB])),
        owner=draw(teams),
        team=draw(teams),
        tells_verdicts=draw(st.booleans()),
    )


# Some weeks of three people and a bot in two repositories; nothing of them is later than April.
many_pulls = st.lists(
    pull_requests(),
    max_size=8,
    unique_by=lambda one: (one.pull_request.repo_id, one.pull_request.number),
)
