"""GitHub's issues are work items, and their events the history of each."""

from datetime import UTC, datetime
from uuid import uuid5

import pytest

from devhealth.places import scope_of
from devhealth.processors import github
from devhealth.processors.local import REPOSITORIES
from devhealth.processors.reading import Unreadable
from devhealth.processors.work_ids import work_item_id
from tests.provider.github_things import (
    change,
    closed,
    issue,
    milestone,
    nodes,
    pull,
    repository,
    user,
)

SCOPE = scope_of(github.repository(repository()))


def told(**but):
    return github.work_item(nodes(issue(**{"labels": (), **but})), SCOPE)


def told_closed(reason="COMPLETED", **but):
    return github.work_item(nodes(closed(5, reason, **but)), SCOPE)


def labeled(number, name, on, kind="Labeled"):
    return change(number, kind, on, label={"name": name})


def assigned(number, login, on, kind="Assigned"):
    return change(number, kind, on, assignee=login and user(login, login.title()))


def statuses(found):
    return [(each.field, each.status_raw, each.status_category) for each in found.changes]


def on(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def test_an_issue_is_an_item_of_its_repository():
    item = told(assignees=[user("Grace", "Grace Hopper")]).item
    assert item.work_item_id == work_item_id("github.com", "905")
    assert (item.work_scope_id, item.repo_id) == (SCOPE.work_scope_id, SCOPE.work_scope_id)
    assert (item.native_id, item.item_key) == ("905", "gh:acme/api#5")
    assert (item.reporter_login, item.reporter_name) == ("github:ada", "Ada Lovelace")
    assert item.assignee_logins == ["github:grace"]
    assert (item.status_raw, item.item_type, item.is_bug) == ("open", "issue", False)


def test_a_pull_request_among_issues_is_none():
    assert github.work_item(nodes(pull()), SCOPE) is None


@pytest.mark.parametrize(
    ("reason", "raw", "category"),
    [
        ("COMPLETED", "closed", "done"),
        (None, "closed", "done"),
        ("NOT_PLANNED", "closed: not planned", "canceled"),
        ("DUPLICATE", "closed: duplicate", "canceled"),
    ],
)
def test_how_it_was_closed_is_its_status(reason, raw, category):
    event = change(1, "Closed", "2026-03-06 10:00", stateReason=reason)
    found = told_closed(reason, timelineItems=[event])
    assert found.item.status_raw == raw
    assert statuses(found) == [("created", "open", "todo"), ("status", raw, category)]
    assert found.changes[-1].at == on(6, 10)


def test_how_it_was_closed_last_the_issue_knows_best():
    event = change(1, "Closed", "2026-03-06 10:00", stateReason="NOT_PLANNED")
    found = told_closed("DUPLICATE", timelineItems=[event])
    assert [raw for _, raw, _ in statuses(found)] == ["open", "closed: duplicate"]


def test_one_that_was_closed_again_for_another_reason_has_two_changes():
    events = [
        change(1, "Closed", "2026-03-06 10:00", stateReason="COMPLETED"),
        change(2, "Closed", "2026-03-06 11:00", stateReason="NOT_PLANNED"),
    ]
    found = told_closed("NOT_PLANNED", timelineItems=events)
    assert [raw for _, raw, _ in statuses(found)] == ["open", "closed", "closed: not planned"]


def test_one_that_was_closed_twice_was_closed_once():
    events = [
        change(1, "Closed", "2026-03-06 10:00", stateReason="COMPLETED"),
        change(2, "Closed", "2026-03-06 11:00", stateReason="COMPLETED"),
    ]
    found = told_closed("COMPLETED", timelineItems=events)
    assert [each.at for each in found.changes] == [on(5, 10), on(6, 10)]


def test_an_unknown_state_is_said_so():
    with pytest.raises(Unreadable, match="neither OPEN nor CLOSED"):
        told(state="MERGED")


def test_a_reopened_issue_is_open_again():
    events = [
        change(1, "Closed", "2026-03-06 10:00", stateReason="COMPLETED"),
        change(2, "Reopened", "2026-03-07 10:00"),
    ]
    found = told(stateReason="REOPENED", timelineItems=events)
    assert [raw for _, raw, _ in statuses(found)] == ["open", "closed", "open"]
    assert found.item.status_raw == "open"


def test_a_closing_that_no_event_tells_is_of_when_it_was_closed():
    found = told_closed("COMPLETED")
    assert [(each.change_id, each.at) for each in found.changes] == [
        ("created", on(5, 10)),
        ("untold:status", on(6, 10)),
    ]


def test_labels_that_come_and_go_are_its_labels_in_between():
    events = [
        labeled(1, "In Progress", "2026-03-05 11:00"),
        labeled(2, "In Progress", "2026-03-05 12:00", "Unlabeled"),
        labeled(3, "blocked", "2026-03-05 13:00"),
    ]
    found = told(labels=["blocked", "API"], timelineItems=events)
    assert [each.labels for each in found.changes] == [
        ["api"], ["api", "in progress"], ["api"], ["api", "blocked"],
    ]  # fmt: skip
    assert found.item.labels == ["API", "blocked"]
    assert [(each.from_value, each.to_value) for each in found.changes[1:3]] == [
        (None, "in progress"),
        ("in progress", None),
    ]


def test_a_label_that_is_deleted_is_no_change():
    events = [change(1, "Labeled", "2026-03-05 11:00", label=None)]
    assert len(told(timelineItems=events).changes) == 1


def test_who_got_it_last_holds_it():
    events = [
        assigned(1, "Grace", "2026-03-05 11:00"),
        assigned(2, "lin", "2026-03-05 12:00"),
        assigned(3, "lin", "2026-03-05 13:00", "Unassigned"),
    ]
    found = told(assignees=[user("grace", "Grace")], timelineItems=events)
    assert [(each.holder_login, each.holder_name) for each in found.changes] == [
        ("", ""), ("github:grace", "Grace"), ("github:lin", "Lin"), ("github:grace", "Grace"),
    ]  # fmt: skip


def test_who_had_it_from_the_beginning_is_named():
    found = told(assignees=[user("grace", "Grace Hopper")])
    assert [(each.change_id, each.holder_name) for each in found.changes] == [
        ("created", "Grace Hopper"),
        ("created:github:grace", "Grace Hopper"),
    ]


def test_accounts_that_are_gone_are_nobody():
    events = [
        assigned(1, None, "2026-03-05 11:00"),
        change(2, "Labeled", "2026-03-05 12:00", None, label={"name": "x"}),
    ]
    found = told(author=None, labels=["x"], timelineItems=events)
    assert found.item.reporter_login == ""
    assert [(each.field, each.actor_login) for each in found.changes] == [
        ("created", ""),
        ("label", ""),
    ]


def test_a_transferred_issue_was_in_its_old_repository_until_then():
    moved = change(
        1, "Transferred", "2026-03-06 10:00", fromRepository={"nameWithOwner": "acme/Old"}
    )
    found = told(timelineItems=[moved, labeled(2, "x", "2026-03-06 11:00")], labels=["x"])
    old = uuid5(REPOSITORIES, "github.com/acme/old")
    assert [(each.work_scope_id, each.scope_key) for each in found.changes] == [
        (old, "acme/Old"),
        (SCOPE.work_scope_id, "acme/api"),
        (SCOPE.work_scope_id, "acme/api"),
    ]
    assert (found.changes[1].from_value, found.changes[1].to_value) == ("acme/Old", "acme/api")


def test_one_that_came_from_where_nobody_may_look_was_always_here():
    moved = change(1, "Transferred", "2026-03-06 10:00", fromRepository=None)
    assert len(told(timelineItems=[moved]).changes) == 1


def test_events_of_one_second_keep_their_order_whatever_they_change():
    same = "2026-03-06 10:00"
    events = [
        labeled(1, "a", same),
        change(2, "Closed", same, stateReason="COMPLETED"),
        assigned(3, "lin", same),
        change(4, "Reopened", same),
        labeled(5, "a", same, "Unlabeled"),
    ]
    found = told(assignees=[user("lin")], timelineItems=events)
    assert [each.change_id for each in found.changes[1:]] == [f"EV_{n}" for n in range(1, 6)]
    assert [each.place for each in found.changes] == list(range(6))


def test_an_event_that_is_told_twice_is_one_change():
    events = [labeled(1, "a", "2026-03-06 10:00")] * 2
    assert len(told(labels=["a"], timelineItems=events).changes) == 2


@pytest.mark.parametrize(
    ("kind", "names", "item_type", "is_bug"),
    [
        ({"name": "Feature"}, ["bug"], "feature", True),
        ({"name": "Bug"}, [], "bug", True),
        (None, ["kind/bug"], "bug", True),
        (None, ["Incident"], "incident", False),
        (None, ["type: incident"], "incident", False),
        (None, ["expedite"], "issue", False),
    ],
)
def test_its_type_is_told_or_a_label_says_it_plainly(kind, names, item_type, is_bug):
    item = told(issueType=kind, labels=names).item
    assert (item.item_type, item.is_bug) == (item_type, is_bug)


@pytest.mark.parametrize("names", [["bug"], ["incident"], ["expedite"]])
def test_bugs_incidents_and_expedites_come_unplanned(names):
    assert told(labels=names).changes[0].is_unplanned


@pytest.mark.parametrize(
    ("names", "points"),
    [
        (["points: 3"], 3),
        (["5 points"], 5),
        (["Story points: 8"], 8),
        (["1 point", "api"], 1),
        (["points: 3", "5 points"], None),
        (["3"], None),
        (["points"], None),
    ],
)
def test_points_stand_on_a_label(names, points):
    assert told(labels=names).item.story_points == points


def test_a_milestone_stands_for_a_sprint():
    event = change(1, "Milestoned", "2026-03-05 11:00", milestoneTitle="Spring")
    found = told(milestone=milestone(), timelineItems=[event])
    [sprint] = found.sprints
    assert (sprint.source_id, sprint.sprint_id) == ("github.com", "MI_Spring")
    assert (sprint.state, sprint.started_at, sprint.ended_at) == ("active", None, on(31, 0))
    assert found.item.sprint_id == "MI_Spring"
    assert (found.changes[1].field, found.changes[1].to_value) == ("sprint", "Spring")


def test_a_milestone_that_is_over_says_when():
    over = milestone(state="CLOSED", due=None, closedAt="2026-03-09T00:00:00Z")
    [sprint] = told(milestone=over).sprints
    assert (sprint.state, sprint.completed_at) == ("closed", on(9, 0))


def test_the_parent_is_known_by_its_own_id():
    assert told(parent={"fullDatabaseId": "77"}).item.parent_id == work_item_id("github.com", "77")
    assert told(parent={"fullDatabaseId": None}).item.parent_id is None


def test_what_came_in_part_only_is_unreadable():
    with pytest.raises(Unreadable, match="in part only"):
        github.work_item({"__typename": "Issue", "problems": ["TIMEOUT"]}, SCOPE)


def test_what_is_swept_is_known_by_the_same_id():
    assert github.known_by("work-items", {"id": "I_5", "fullDatabaseId": "905"}) == "905"
    assert github.address("work-items", {"number": 5}) == "issue 5"
