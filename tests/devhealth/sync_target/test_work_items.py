"""Issues of both providers, through connector and processor into a store, and their links."""

import asyncio
from datetime import UTC, datetime

import pytest

from devhealth.connectors.github import GitHub
from devhealth.connectors.gitlab import GitLab, api_of, token_of
from devhealth.http import Client
from devhealth.models.directory import CategoryRule, Directory
from devhealth.models.records import (
    Link,
    PullRequest,
    PullRequestCommit,
    Sprint,
    WorkItem,
    WorkItemChange,
    WorkScope,
)
from devhealth.sync_target import sync_target
from tests.devhealth.http.asking import HERE, Time, client
from tests.devhealth.sync_target.runs import RUN, aside, covered, keys
from tests.provider import Peer
from tests.provider.github import Hub
from tests.provider.github_things import change, closed, commit, issue, milestone, pull, user
from tests.provider.gitlab import Lab
from tests.provider.gitlab_things import (
    BOB,
    EVE,
    at,
    raw_commit,
    raw_event,
    raw_issue,
    raw_label_event,
    raw_merge_request,
    raw_milestone,
    raw_state_event,
    text,
)

BUGS = Directory(categories=(CategoryRule("quality", "bugfix", labels=("bug",)),))
LATER = datetime(2026, 4, 1, tzinfo=UTC)


class GitHubs:
    """#5 of Ada, a bug: begun at 10:00 by Grace, done at 16:00 by pull request #7; #6 is open."""

    key = "gh:acme/api#5"

    def __init__(self):
        self.peer = Peer()
        events = [
            change(1, "Assigned", "2026-03-05 10:00", assignee=user("grace", "Grace Hopper")),
            change(2, "Labeled", "2026-03-05 10:00", label={"name": "in progress"}),
            change(3, "Unlabeled", "2026-03-05 16:00", label={"name": "in progress"}),
            change(4, "Closed", "2026-03-05 16:00", stateReason="COMPLETED"),
        ]
        begun = {"createdAt": "2026-03-05T08:00:00Z", "on": "2026-03-05 16:00"}
        self.first = closed(
            labels=["bug"], assignees=[user("grace")], timelineItems=events,
            milestone=milestone("Spring"), **begun,
        )  # fmt: skip
        self.things = [self.first, issue(6, labels=())]
        self.pulls = [pull(7, closingIssuesReferences=[issue(5)], commits=[commit()])]
        self.hub = Hub(issues=self.things, pulls=self.pulls)
        self.hub.serve(self.peer)

    def opened(self):
        return client(self.peer, Time())

    def connector(self, opened):
        return GitHub(opened, "acme/api")


class GitLabs:
    """The same in GitLab's words: #12 of Ada, begun by Bob, done by !7; #13 is open."""

    key = "gitlab:acme/web/api#12"

    def __init__(self):
        self.peer = Peer(style="gitlab")
        self.first = raw_issue(
            issue_type="issue",
            labels=["bug"],
            assignees=[BOB],
            created_at=text(at(8)),
            closed_at=text(at(16)),
            notes=[raw_event(1, EVE, "assigned to @bob", at(10))],
            label_events=[
                raw_label_event(1, BOB, "add", (31, "in progress"), at(10)),
                raw_label_event(2, BOB, "remove", (31, "in progress"), at(16)),
            ],
            state_events=[raw_state_event(1, BOB, "closed", at(16))],
            milestone=raw_milestone(title="Spring"),
        )
        second = {"state": "opened", "closed_at": None, "issue_type": "issue"}
        self.things = [self.first, raw_issue(id=3001, iid=13, **second)]
        self.pulls = [raw_merge_request(description="Closes #12", commits=[raw_commit(1, at(7))])]
        labels = [{"id": 31, "name": "in progress"}]
        self.lab = Lab(issues=self.things, merge_requests=self.pulls, labels=labels)
        self.lab.serve(self.peer)

    def opened(self):
        wanted = {"auth": token_of("s3cr3t"), "guard": HERE, "clock": Time()}
        return Client(api_of(self.peer.url), **wanted)

    def connector(self, opened):
        return GitLab(opened, "acme/web/api")


@pytest.fixture(params=[GitHubs, GitLabs], ids=["github", "gitlab"])
def world(request):
    made = request.param()
    with made.peer:
        yield made


def sync(acme, world, *targets, **options):
    """One after the other; requests of the last."""

    async def run(target):
        async with world.opened() as opened:
            connector = world.connector(opened)
            await sync_target(acme.sink(), connector, target, run_id=RUN, **options)

    for target in targets:
        before = len(world.peer.seen)
        asyncio.run(run(target))
    return len(world.peer.seen) - before


def item(acme, key):
    [found] = [row for row in acme.records(WorkItem) if row["item_key"] == key]
    return found


def statuses(acme, found):
    """Of its changes, in order."""
    of_it = ("work_item_id", found["work_item_id"])
    history = [row for row in acme.records(WorkItemChange) if of_it in row.items()]
    return [row["status"] for row in sorted(history, key=lambda row: row["place"])]


def test_issues_are_stored_with_their_history_and_where_they_are_kept(acme, world):
    sync(acme, world, "work-items")
    found = item(acme, world.key)
    assert len(acme.records(WorkItem)) == 2
    assert (found["status"], found["is_bug"], found["lead_hours"]) == ("done", True, 8)
    assert (found["cycle_hours"], found["active_hours"]) == (6, 6)
    assert statuses(acme, found) == ["todo", "todo", "in_progress", "todo", "done"]
    assert keys(acme, WorkScope, "scope_key") == [world.key.partition(":")[2].partition("#")[0]]
    assert keys(acme, Sprint, "name") == ["Spring"]
    assert aside(acme) == []


@pytest.mark.parametrize("order", [("work-items", "prs"), ("prs", "work-items")])
def test_what_a_pull_request_closes_is_linked_and_gives_it_its_kind_of_work(acme, world, order):
    sync(acme, world, *order, directory=BUGS)
    [link] = [row for row in acme.records(Link) if row["to_kind"] == "work_item"]
    assert (link["from_kind"], link["from_id"]) == ("pull_request", "#7")
    assert link["to_id"] == str(item(acme, world.key)["work_item_id"])
    [merged] = acme.records(PullRequest)
    assert (merged["item_theme"], merged["work_theme"], merged["work_subcategory"]) == (
        "quality", "quality", "bugfix",
    )  # fmt: skip


def test_commits_of_a_pull_request_say_when_they_were_made(acme, world):
    sync(acme, world, "prs")
    [made] = acme.records(PullRequestCommit)
    assert made["committed_at"] is not None


def test_a_warm_sync_without_news_takes_two_requests(acme, world):
    sync(acme, world, "work-items")
    assert sync(acme, world, "work-items", since=LATER) == 2
    assert covered(acme, "work-items")["requests"] == 2


def test_syncing_twice_changes_nothing(acme, world):
    tables = (WorkItem, WorkItemChange, Sprint, WorkScope, Link)
    sync(acme, world, "work-items", "prs")
    first = [acme.records(cls) for cls in tables]
    sync(acme, world, "work-items", "prs")
    assert [acme.records(cls) for cls in tables] == first


def test_a_sweep_buries_an_issue_that_is_gone_and_its_history(acme, world):
    sync(acme, world, "work-items")
    world.things.pop(0)
    sync(acme, world, "work-items", since=LATER, is_sweep=True)
    assert len(acme.records(WorkItem)) == 1
    assert {row["work_item_id"] for row in acme.records(WorkItemChange)} == {
        row["work_item_id"] for row in acme.records(WorkItem)
    }


def test_an_issue_of_odd_words_is_put_aside_and_the_rest_stored(acme, world):
    world.first["state"] = "CLOSED" if isinstance(world, GitHubs) else "locked"
    world.first["createdAt"] = "yesterday"
    sync(acme, world, "work-items")
    assert len(acme.records(WorkItem)) == 1
    assert len(aside(acme)) == 1
