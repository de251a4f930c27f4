"""A Jira site on the loopback peer, through its connector and its processor into a store."""

import asyncio

import pytest

from devhealth.connectors.jira import Jira, api_of
from devhealth.http import Basic, Client
from devhealth.models.records import (
    Identity,
    Repository,
    Sprint,
    WorkItem,
    WorkItemChange,
    WorkScope,
)
from devhealth.processors.work_ids import work_scope_id
from devhealth.sync_target import sync_target
from tests.devhealth.http.asking import HERE, Time
from tests.devhealth.stores import Organisation
from tests.devhealth.sync_target.runs import RUN, aside, covered, keys
from tests.provider import Peer
from tests.provider.jira import Board
from tests.provider.jira_things import (
    ADA,
    BOB,
    DOING,
    DONE,
    SITE,
    SPRINT,
    TO_DO,
    at,
    given,
    item,
    moved,
    raw_history,
    raw_issue,
    raw_project,
    raw_sprint,
    resolved,
    text,
)


@pytest.fixture
def peer():
    with Peer() as started:
        yield started


@pytest.fixture
def board(peer):
    """ABC-1 of Ada: filed at 9, Bob has it at 10, begun at 11, done at 13. ABC-2 is open."""
    done = raw_issue(
        status=DONE,
        assignee=BOB,
        resolution={"name": "Done"},
        resolutiondate=text(at(13)),
        histories=[
            raw_history(1, at(10), given(None, BOB)),
            raw_history(2, at(11), moved(TO_DO, DOING), author=BOB),
            raw_history(3, at(13), moved(DOING, DONE), resolved("Done"), author=BOB),
        ],
        **{SPRINT: [raw_sprint()]},
    )
    made = Board(issues=[done, raw_issue(2)])
    made.serve(peer)
    return made


def sync(acme, peer, *, key="ABC", site=SITE, **options):
    """By a client of its own; requests."""

    async def run():
        wanted = {"auth": Basic("ada@acme.dev", "s3cr3t"), "guard": HERE, "clock": Time()}
        async with Client(api_of(peer.url), **wanted) as client:
            connector = Jira(client, key, site=site)
            await sync_target(acme.sink(), connector, "work-items", run_id=RUN, **options)

    before = len(peer.seen)
    asyncio.run(run())
    return len(peer.seen) - before


def item_of(acme, number):
    (found,) = [row for row in acme.records(WorkItem) if row["native_id"] == str(20000 + number)]
    return found


def test_everything_that_is_told_is_stored(acme, peer, board):
    sync(acme, peer)
    assert sorted(keys(acme, WorkItem, "item_key")) == ["jira:ABC-1", "jira:ABC-2"]
    assert keys(acme, WorkScope, "scope_key") == ["ABC"]
    assert keys(acme, Sprint, "sprint_id") == ["7"]
    assert {"Ada Lovelace", "Bob Builder"} == set(keys(acme, Identity, "name"))
    assert keys(acme, Repository, "repo_id") == []
    assert aside(acme) == []


def test_what_it_took_is_told_in_hours(acme, peer, board):
    sync(acme, peer)
    done = item_of(acme, 1)
    assert (done["status"], done["started_at"], done["completed_at"]) == ("done", at(11), at(13))
    assert (done["cycle_hours"], done["lead_hours"], done["active_hours"]) == (2, 4, 2)


def test_coverage_is_of_the_project(acme, peer, board):
    sync(acme, peer)
    row = covered(acme, "work-items")
    assert row["source_id"] == "acme.atlassian.net"
    assert row["repo_id"] == str(work_scope_id("acme.atlassian.net", "10000"))
    assert (row["fetched"], row["requests"]) == (2, 5)


def test_a_warm_sync_without_changes_takes_two_requests(acme, peer, board):
    sync(acme, peer)
    assert sync(acme, peer, since=at(20)) == 2


def test_a_second_sync_writes_nothing_else(acme, peer, board):
    sync(acme, peer)
    before = acme.records(WorkItem), acme.records(WorkItemChange)
    sync(acme, peer)
    assert (acme.records(WorkItem), acme.records(WorkItemChange)) == before


def test_a_reopened_issue_is_done_no_more(acme, peer, board):
    sync(acme, peer)
    done = board.issues[0]
    again = raw_history(4, at(15), moved(DONE, DOING), resolved(None, "Done"))
    done["histories"].append(again)
    done["fields"] |= {"status": DOING, "resolution": None, "resolutiondate": None}
    done["fields"]["updated"] = text(at(15))
    sync(acme, peer, since=at(14))
    found = item_of(acme, 1)
    assert (found["status"], found["completed_at"]) == ("in_progress", None)
    assert sum(row["is_reopening"] for row in acme.records(WorkItemChange)) == 1


def test_a_moved_issue_stays_one_under_its_new_name(acme, peer, board):
    sync(acme, peer)
    moved_one = board.issues[1]
    key = item("Key", "ABC-2", "XYZ-9")
    project = item("project", "Alphabet", "End", from_id="10000", to_id="10001")
    moved_one["histories"].append(raw_history(9, at(16), key, project))
    moved_one["key"] = "XYZ-9"
    board.project = raw_project(id="10001", key="XYZ", name="End")
    moved_one["fields"] |= {"project": board.project, "updated": text(at(16))}
    sync(acme, peer, key="XYZ")
    found = item_of(acme, 2)
    assert (found["item_key"], found["former_keys"]) == ("jira:XYZ-9", ["jira:ABC-2"])
    assert found["work_scope_id"] == str(work_scope_id("acme.atlassian.net", "10001"))
    board.project = raw_project()
    sync(acme, peer, is_sweep=True)
    assert sorted(keys(acme, WorkItem, "item_key")) == ["jira:ABC-1", "jira:XYZ-9"]


def test_a_sweep_buries_what_is_gone(acme, peer, board):
    sync(acme, peer)
    del board.issues[0]
    sync(acme, peer, since=at(20), is_sweep=True)
    assert keys(acme, WorkItem, "item_key") == ["jira:ABC-2"]
    assert len(acme.records(WorkItemChange)) == 1


def test_two_sites_with_one_key_are_two_projects(acme, peer, board):
    sync(acme, peer)
    sync(acme, peer, site="https://globex.atlassian.net")
    assert sorted(keys(acme, WorkScope, "source_id")) == [
        "acme.atlassian.net",
        "globex.atlassian.net",
    ]
    assert len(acme.records(WorkItem)) == 4


def test_what_cannot_be_read_is_put_aside_under_its_name(acme, peer, board):
    board.issues.append(raw_issue(3, summary=None))
    sync(acme, peer)
    assert len(acme.records(WorkItem)) == 2
    assert aside(acme) == [("issue ABC-3", "`summary` is missing.")]


def test_a_project_that_is_gone_is_told_and_blocks_nothing(acme, peer, board):
    sync(acme, peer, key="NIX")
    assert "404" in covered(acme, "work-items")["unreachable_reason"]


def test_bulk_or_one_by_one_is_the_same(store, peer, board):
    acme, globex = Organisation(store), Organisation(store)
    sync(acme, peer)
    board.has_bulk = False
    sync(globex, peer)
    for cls in (WorkItem, WorkItemChange, Sprint):
        assert acme.records(cls) == globex.records(cls)


def test_every_store_holds_the_same(any_store, peer, board):
    globex = Organisation(any_store)
    sync(globex, peer)
    assert item_of(globex, 1)["cycle_hours"] == 2
    assert ADA["displayName"] in keys(globex, WorkItem, "reporter_name")


def test_an_issue_that_is_named_and_gone_is_buried_and_the_others_stay(acme, peer, board):
    sync(acme, peer)
    gone = board.issues.pop(0)
    sync(acme, peer, names=[gone["id"], board.issues[0]["id"]])
    assert keys(acme, WorkItem, "item_key") == ["jira:ABC-2"]
    assert set(keys(acme, WorkItemChange, "work_item_id")) == {item_of(acme, 2)["work_item_id"]}
