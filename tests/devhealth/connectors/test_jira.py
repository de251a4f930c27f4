"""Jira's connector against a site on the loopback peer, read to the end."""

import asyncio
from contextlib import aclosing
from itertools import pairwise

import pytest

from devhealth.connectors.jira import Jira, api_of
from devhealth.errors import Transient
from devhealth.http import Basic, Client, Forbidden, Missing, TimedOut
from tests.devhealth.http.asking import HERE
from tests.provider.faults import answering
from tests.provider.jira import Board
from tests.provider.jira_things import (
    DOING,
    DONE,
    ESTIMATE,
    FLAGGED,
    POINTS,
    SITE,
    SPRINT,
    TO_DO,
    at,
    moved,
    raw_history,
    raw_issue,
    raw_project,
    text,
)

BULK = "/rest/api/3/changelog/bulkfetch"


@pytest.fixture
def board(peer):
    made = Board(issues=[raw_issue(number, updated=text(at(9, number))) for number in range(1, 4)])
    made.serve(peer)
    return made


def asking(peer, time, act, key="ABC"):
    async def run():
        wanted = {"auth": Basic("ada@acme.dev", "s3cr3t"), "guard": HERE, "clock": time}
        async with Client(api_of(peer.url), **wanted) as client:
            return await act(Jira(client, key, site=SITE))

    return asyncio.run(run())


async def read(listed):
    async with aclosing(listed) as pages:
        return [item async for page in pages for item in page.items]


def items(peer, time, since=None, before=None):
    async def act(jira):
        await jira.repository()
        return await read(jira.work_items(since, before))

    return asking(peer, time, act)


def keys(found):
    return [each["key"] for each in found]


def bulks(peer):
    return [each for each in peer.seen if each.path == BULK]


def busy(number, count):
    """An issue that went to and fro so often."""
    ways = [(TO_DO, DOING), (DOING, TO_DO)]
    changes = [
        raw_history(1000 * number + turn, at(10, turn), moved(*ways[turn % 2]))
        for turn in range(count)
    ]
    return raw_issue(number, status=ways[(count - 1) % 2][1], histories=changes)


def histories(found):
    return [[each["id"] for each in issue["histories"]] for issue in found]


def test_every_page_is_read(peer, time, board):
    board.most = 2
    assert keys(items(peer, time)) == ["ABC-1", "ABC-2", "ABC-3"]


def test_a_project_is_asked_for_by_its_id_once_it_is_known(peer, time, board):
    items(peer, time)
    asked = [each.query["jql"] for each in peer.seen if each.path.endswith("/search/jql")]
    assert asked == ["project = 10000 ORDER BY updated ASC, key ASC"]
    asking(peer, time, lambda jira: read(jira.work_items()))
    assert peer.seen[-2].query["jql"].startswith('project = "ABC" ')


@pytest.mark.parametrize(
    ("since", "before", "found"),
    [
        (at(9, 2), None, ["ABC-2", "ABC-3"]),
        (at(9, 2, 1), None, ["ABC-3"]),
        (None, at(9, 2), ["ABC-1"]),
        (None, at(9, 2, 1), ["ABC-1", "ABC-2"]),
        (at(9, 1), at(9, 3), ["ABC-1", "ABC-2"]),
        (at(10), None, []),
    ],
)
def test_a_window_is_exact_though_jql_knows_no_seconds(peer, time, board, since, before, found):
    assert keys(items(peer, time, since, before)) == found


def test_windows_together_give_everything_once(peer, time, board):
    cuts = [None, at(9, 1, 30), at(9, 2), None]
    found = [items(peer, time, *window) for window in pairwise(cuts)]
    assert keys(each for part in found for each in part) == ["ABC-1", "ABC-2", "ABC-3"]


def test_where_nothing_changed_two_requests_are_enough(peer, time, board):
    items(peer, time, at(12))
    assert len(peer.seen) == 2


def test_a_hundred_issues_cost_one_request_for_their_changes(peer, time, board):
    board.issues = [busy(number, 3) for number in range(1, 101)]
    found = items(peer, time)
    assert len(bulks(peer)) == 1
    assert [len(each) for each in histories(found)] == [3] * 100


def test_changes_of_more_than_a_page_are_all_read(peer, time, board):
    board.issues, board.most_changes = [busy(1, 5), busy(2, 4)], 2
    found = items(peer, time)
    assert [sorted(each) for each in histories(found)] == [
        ["2000", "2001", "2002", "2003"],
        ["1000", "1001", "1002", "1003", "1004"],
    ]
    assert len(bulks(peer)) == 5


def test_a_site_without_the_bulk_list_is_asked_issue_by_issue(peer, time, board):
    board.issues, board.has_bulk, board.most = [busy(1, 5), busy(2, 3)], False, 2
    found = items(peer, time)
    assert [len(each) for each in histories(found)] == [3, 5]
    assert len(bulks(peer)) == 1


def test_an_issue_that_goes_meanwhile_is_left_out(peer, time, board):
    board.has_bulk = False
    peer.misbehave(answering(404), path="/rest/api/3/issue/20002/changelog")
    peer.misbehave(answering(404), path="/rest/api/3/issue/20002")
    assert keys(items(peer, time)) == ["ABC-1", "ABC-3"]


def test_changes_that_may_not_be_seen_are_no_reason_to_leave_an_issue_out(peer, time, board):
    board.has_bulk = False
    peer.misbehave(answering(404), path="/rest/api/3/issue/20002/changelog")
    with pytest.raises(Missing):
        items(peer, time)


def test_another_refusal_of_the_bulk_list_is_raised(peer, time, board):
    peer.misbehave(answering(403), path=BULK)
    with pytest.raises(Forbidden):
        items(peer, time)


def test_what_takes_too_long_at_once_is_asked_for_in_halves(peer, time, board):
    board.issues = [busy(number, 2) for number in range(1, 5)]
    peer.misbehave(answering(504), times=4, path=BULK)
    assert [len(each) for each in histories(items(peer, time))] == [2] * 4
    assert [len(each.json["issueIdsOrKeys"]) for each in bulks(peer)] == [4, 4, 4, 4, 2, 2]


def test_one_issue_that_takes_too_long_is_raised(peer, time, board):
    board.issues = [busy(1, 2)]
    peer.misbehave(answering(504), times=4, path=BULK)
    with pytest.raises(TimedOut):
        items(peer, time)


@pytest.mark.parametrize("odd", [[], {"issueChangeLogs": {}}])
def test_an_answer_without_changes_is_no_empty_history(peer, time, board, odd):
    peer.misbehave(answering(200, odd), path=BULK)
    with pytest.raises(Transient, match="without a list of changes"):
        items(peer, time)


def test_a_list_of_changes_that_does_not_go_on_is_said(peer, time, board):
    odd = {"issueChangeLogs": [], "nextPageToken": "c0"}
    peer.misbehave(answering(200, odd), times=2, path=BULK)
    with pytest.raises(Transient, match="does not go on"):
        items(peer, time)


def test_what_a_site_calls_things_is_asked_for_once(peer, time, board):
    board.most = 1
    found = items(peer, time)
    assert found[0]["known"]["fields"] == {
        "points": [POINTS, ESTIMATE],
        "sprint": [SPRINT],
        "flagged": [FLAGGED],
    }
    assert found[2]["known"]["statuses"]["5"] == DONE
    assert [peer.paths().count(f"/rest/api/3/{name}") for name in ("field", "status")] == [1, 1]


def test_custom_fields_come_with_the_issues(peer, time, board):
    board.issues = [raw_issue(**{POINTS: 5.0})]
    assert items(peer, time)[0]["fields"][POINTS] == 5.0


def test_an_issue_that_tells_no_last_change_is_given_to_be_read(peer, time, board):
    board.issues = [raw_issue(updated=None)]
    assert keys(items(peer, time, at(1))) == ["ABC-1"]


def test_a_moved_issue_is_one_of_the_project_where_it_is(peer, time, board):
    board.issues[0]["fields"]["project"] = raw_project(id="10001", key="XYZ")
    assert keys(items(peer, time)) == ["ABC-2", "ABC-3"]


def test_ids_are_those_of_all_issues(peer, time, board):
    board.most = 2
    found = asking(peer, time, lambda jira: read(jira.ids("work-items")))
    assert [each["id"] for each in found] == ["20001", "20002", "20003"]


def test_an_archived_project_tells_nothing_and_says_so(peer, time, board):
    board.project["archived"] = True

    async def act(jira):
        await jira.repository()
        return await read(jira.work_items()), await read(jira.ids("work-items")), jira.notes

    note = "ABC is archived: Jira lists none of its issues."
    assert asking(peer, time, act) == ([], [], [note])


def test_a_project_that_is_gone_is_missing(peer, time, board):
    with pytest.raises(Missing):
        asking(peer, time, lambda jira: jira.repository(), key="NIX")


def test_a_project_knows_where_people_open_it(peer, time, board):
    raw = asking(peer, time, lambda jira: jira.repository())
    assert (raw["id"], raw["site"]) == ("10000", SITE)


def test_an_answer_that_is_no_project_is_given_to_be_read(peer, time, board):
    peer.misbehave(answering(200, []), path="/rest/api/3/project/ABC")
    assert asking(peer, time, lambda jira: jira.repository()) == {"site": SITE}


def test_projects_are_found_by_their_keys(peer, time, board):
    board.projects = [raw_project(id=str(each), key=f"AB{each}") for each in range(120)]
    board.projects.append(raw_project(id="900", key="XYZ"))

    async def search(jira):
        return await read(Jira.search(jira._client, "ab*"))

    assert len(asking(peer, time, search)) == 120


def test_oauth_asks_atlassian_for_the_site():
    assert api_of(f"{SITE}/", "c-1") == "https://api.atlassian.com/ex/jira/c-1"
    assert api_of(f"{SITE}/") == SITE


def named(peer, time, *names):
    """What is told, and what has vanished."""

    async def act(jira):
        await jira.repository()
        return await read(jira.named("work-items", names)), jira.vanished.get("work-items", [])

    return asking(peer, time, act)


def test_named_issues_are_told_as_the_list_tells_them(peer, time, board):
    board.issues.append(busy(4, 3))
    wanted = [each["id"] for each in board.issues[2:]]
    told, vanished = named(peer, time, *wanted)
    assert (told, vanished) == (items(peer, time)[2:], [])


def test_a_named_issue_that_is_gone_has_vanished(peer, time, board):
    assert named(peer, time, "99") == ([], ["99"])


def test_a_named_issue_of_another_project_is_not_told(peer, time, board):
    elsewhere = raw_project(id="20", key="XYZ")
    board.issues.append(raw_issue(5, project=elsewhere))
    assert named(peer, time, board.issues[-1]["id"]) == ([], [])
