"""A busy repository at a provider, made up with a seed: its Hub and its Lab tell the same amount.

A pull request has up to 6 reviews with up to 4 comments each, up to 10 comments and 12 commits; one
in fifty has more of them than a page shows. It closes an issue, which four changes led to that.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.provider import github_things as hub
from tests.provider import gitlab_things as lab
from tests.provider.github import Hub
from tests.provider.gitlab import Lab

SEED = 20_261_126
PEOPLE = ("ada", "grace", "lin", "mary", "joan", "edith")
START = datetime(2026, 1, 1, tzinfo=UTC)
Raw = dict[str, Any]


def at(hours: float) -> str:
    """As the things of a hub take it."""
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M")


def github(count: int) -> Hub:
    pick = random.Random(SEED)
    return Hub(
        pulls=[_pull(number, pick) for number in range(1, count + 1)],
        runs=[hub.run(number, on=at(number / 2)) for number in range(1, count + 1)],
        deployments=[_deployment(number) for number in range(1, count + 1)],
        issues=[_issue(number) for number in range(1, count + 1)],
        suites=[_suite(number) for number in range(1, count + 1)],
    )


def gitlab(count: int) -> Lab:
    pick = random.Random(SEED)
    return Lab(
        merge_requests=[_merge_request(number, pick) for number in range(1, count + 1)],
        pipelines=[_of(lab.raw_pipeline, number) for number in range(1, count + 1)],
        deployments=[_of(lab.raw_deployment, number) for number in range(1, count + 1)],
        issues=[_lab_issue(number) for number in range(1, count + 1)],
        labels=[{"id": 31, "name": "in progress"}],
    )


def _amounts(pick: random.Random) -> tuple[int, int, int]:
    """Reviews, comments, commits."""
    if pick.random() < 0.02:
        return 6, 25, 40
    return pick.randint(0, 6), pick.randint(0, 10), pick.randint(1, 12)


def _pull(number: int, pick: random.Random) -> Raw:
    reviews, comments, commits = _amounts(pick)
    own = number * 1_000
    return hub.merged(
        number,
        on=at(number + 30),
        createdAt=hub.at(at(number)),
        url=f"https://github.com/acme/api/pull/{number}",
        reviews=[_review(own + i, number, pick) for i in range(reviews)],
        comments=[
            hub.comment(own + 100 + i, on=at(number + 1), who=pick.choice(PEOPLE))
            for i in range(comments)
        ],
        commits=[hub.commit(f"{own + i:040x}", on=at(number - 1)) for i in range(commits)],
        labels=[{"name": "api"}],
        body=f"Closes #{number}, as ABC-{number} asks.\n" + "Why it is so. " * 50,
        closingIssuesReferences=[hub.issue(number)],
    )


def _issue(number: int) -> Raw:
    label = {"label": {"name": "in progress"}}
    return hub.closed(
        number,
        labels=("incident",),
        createdAt=hub.at(at(number)),
        on=at(number + 30),
        assignees=[hub.user("grace")],
        timelineItems=[
            hub.change(number * 10, "Assigned", at(number + 1), assignee=hub.user("grace")),
            hub.change(number * 10 + 1, "Labeled", at(number + 1), **label),
            hub.change(number * 10 + 2, "Unlabeled", at(number + 30), **label),
            hub.change(number * 10 + 3, "Closed", at(number + 30), stateReason="COMPLETED"),
        ],
    )


def _review(ident: int, number: int, pick: random.Random) -> Raw:
    said = [
        hub.comment(ident * 10 + i, on=at(number + 2), who="grace")
        for i in range(pick.randint(0, 4))
    ]
    return hub.review(ident, on=at(number + 2), who=pick.choice(PEOPLE), comments=said)


def _deployment(number: int) -> Raw:
    done = hub.status("SUCCESS", at(number + 0.1), number)
    return hub.deployment(number, on=at(number), statuses=[done])


def _suite(number: int) -> Raw:
    jobs = [hub.job(at(number / 2), at(number / 2 + 0.1)) for _ in range(4)]
    return {"__typename": "CheckSuite", "id": f"CS_{number}", "checkRuns": jobs}


def _merge_request(number: int, pick: random.Random) -> Raw:
    reviews, comments, commits = _amounts(pick)
    own, when = number * 1_000, START + timedelta(hours=number)
    approvals = [
        lab.raw_event(own + i, lab.EVE, "approved this merge request", when)
        for i in range(min(reviews, 1))
    ]
    notes = [
        lab.raw_note(own + 10 + i, lab.BOB, "Why?", when, type="DiffNote", resolvable=True)
        for i in range(reviews * 2 + comments)
    ]
    dates = dict.fromkeys(("created_at", "updated_at", "merged_at"), lab.text(when))
    return lab.raw_merge_request(
        id=own,
        iid=number,
        notes=approvals + notes,
        commits=[lab.raw_commit(own + i, when) for i in range(commits)],
        **dates,
    )


def _lab_issue(number: int) -> Raw:
    begun = START + timedelta(hours=number)
    over, doing = begun + timedelta(hours=30), (31, "in progress")
    return lab.raw_issue(
        id=number,
        iid=number,
        created_at=lab.text(begun),
        updated_at=lab.text(over),
        closed_at=lab.text(over),
        assignees=[lab.BOB],
        notes=[lab.raw_event(number, lab.EVE, "assigned to @bob", begun)],
        label_events=[
            lab.raw_label_event(number * 2, lab.BOB, "add", doing, begun),
            lab.raw_label_event(number * 2 + 1, lab.BOB, "remove", doing, over),
        ],
        state_events=[lab.raw_state_event(number, lab.BOB, "closed", over)],
    )


def _of(made: Any, number: int, **more: Any) -> Raw:
    when = lab.text(START + timedelta(hours=number))
    told: Raw = made(id=number, created_at=when, updated_at=when, **more)
    return told
