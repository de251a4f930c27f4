"""Jira's issues → work items: what they are now. What they went through is in `test_jira_moves`."""

from datetime import UTC, datetime

import pytest

from devhealth.models.records import Sprint
from devhealth.processors import jira
from devhealth.processors.reading import Unreadable
from devhealth.processors.work_ids import work_item_id, work_scope_id
from tests.provider.jira_things import (
    ADA,
    BOB,
    DOING,
    DONE,
    ESTIMATE,
    FLAGGED,
    GONE,
    POINTS,
    SITE,
    SPRINT,
    at,
    raw_issue,
    raw_project,
    raw_sprint,
    text,
    told,
)

HOST = "acme.atlassian.net"


def item_of(**fields):
    return told(raw_issue(**fields)).item


def test_a_project_is_a_scope_of_its_site():
    scope = jira.project(raw_project() | {"site": SITE})
    assert scope.work_scope_id == work_scope_id(HOST, "10000")
    assert (scope.source_id, scope.scope_key, scope.name) == (HOST, "ABC", "Alphabet")
    assert scope.url == f"{SITE}/browse/ABC"


def test_ids_never_change():
    assert str(work_item_id(HOST, "20001")) == "9e3ef556-48af-5ac1-91a2-a96a37edc46f"
    assert str(work_scope_id(HOST, "10000")) == "5beb3027-415a-564f-a914-0ff999138641"


def test_a_project_stays_the_same_under_a_new_key():
    before, after = (jira.project(raw_project(key=key) | {"site": SITE}) for key in ("ABC", "XYZ"))
    assert before.work_scope_id == after.work_scope_id


def test_two_sites_with_one_key_have_two_projects_and_two_issues():
    here, there = told(raw_issue()), told(raw_issue(), site="https://globex.atlassian.net")
    assert here.item.item_key == there.item.item_key == "jira:ABC-1"
    assert here.item.work_item_id != there.item.work_item_id
    assert here.item.work_scope_id != there.item.work_scope_id


def test_an_issue_is_what_it_says():
    item = item_of(labels=["ui", "api"], duedate="2026-04-01", assignee=BOB)
    assert (item.native_id, item.item_key) == ("20001", "jira:ABC-1")
    assert item.url == f"{SITE}/browse/ABC-1"
    assert (item.title, item.item_type, item.priority) == ("Add a door", "story", "Medium")
    assert item.labels == ["api", "ui"]
    assert (item.created_at, item.updated_at) == (at(9), at(9))
    assert item.due_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert (item.reporter_login, item.reporter_name) == ("jira:5a:ada", "Ada Lovelace")
    assert item.assignee_logins == ["jira:5a:bob"]


@pytest.mark.parametrize("account", [None, GONE, {"displayName": "Nobody"}])
def test_accounts_that_are_gone_are_nobody(account):
    item = item_of(reporter=account, assignee=account)
    assert (item.reporter_login, item.reporter_name, item.assignee_logins) == ("", "", [])


def test_a_parent_is_named_by_its_id():
    parent = {"id": "20009", "key": "ABC-9"}
    assert item_of(parent=parent).parent_id == work_item_id(HOST, "20009")


@pytest.mark.parametrize(
    ("fields", "is_so"),
    [
        ({"issuetype": {"name": "Bug"}}, True),
        ({"labels": ["defect"]}, True),
        ({}, False),
    ],
)
def test_a_bug_is_one_by_type_or_label(fields, is_so):
    assert item_of(**fields).is_bug is is_so


def test_an_expedite_was_not_planned():
    changes = told(raw_issue(priority={"name": "Expedite"})).changes
    assert changes[0].is_unplanned


@pytest.mark.parametrize(
    ("fields", "points"),
    [
        ({POINTS: 5.0}, 5.0),
        ({ESTIMATE: 3}, 3.0),
        ({POINTS: None, ESTIMATE: 2.5}, 2.5),
        ({POINTS: 0}, 0.0),
        ({}, None),
    ],
)
def test_points_stand_in_whichever_field_has_them(fields, points):
    assert item_of(**fields).story_points == points


def test_the_sprint_is_the_active_one_or_the_last():
    old = raw_sprint(5, "closed", at(8, day=1), at(8, day=2))
    older = raw_sprint(9, "closed", at(8), at(7, day=2))
    assert item_of(**{SPRINT: [old, raw_sprint(7), older]}).sprint_id == "7"
    assert item_of(**{SPRINT: [old, older]}).sprint_id == "5"
    assert item_of(**{SPRINT: [raw_sprint(8, "future"), old]}).sprint_id == "5"
    assert item_of(**{SPRINT: []}).sprint_id is None


def test_sprints_are_of_the_site():
    sprints = told(raw_issue(**{SPRINT: [raw_sprint(7), raw_sprint(8, "future")]})).sprints
    assert sprints == [
        Sprint(
            source_id=HOST,
            sprint_id="7",
            name="Sprint 7",
            state="active",
            started_at=at(8),
            ended_at=at(8, day=16),
        ),
        Sprint(
            source_id=HOST,
            sprint_id="8",
            name="Sprint 8",
            state="future",
            ended_at=at(8, day=16),
        ),
    ]


@pytest.mark.parametrize(
    "resolution", ["Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Declined"]
)
def test_what_was_resolved_without_being_done_is_canceled(resolution):
    found = told(
        raw_issue(status=DONE, resolution={"name": resolution}, resolutiondate=text(at(11)))
    )
    last = found.changes[-1]
    assert found.item.status_raw == last.status_raw == f"Done: {resolution}"
    assert last.status_category == "canceled"


def test_what_was_done_is_done():
    changes = told(raw_issue(status=DONE, resolution={"name": "Done"})).changes
    assert (changes[-1].status_raw, changes[-1].status_category) == ("Done", "done")


def test_a_resolution_says_nothing_of_an_issue_that_is_open():
    item = item_of(status=DOING, resolution={"name": "Won't Do"})
    assert item.status_raw == "In Progress"


@pytest.mark.parametrize(
    "fields",
    [{FLAGGED: [{"value": "Impediment"}]}, {"labels": ["Blocked"]}, {"labels": ["impediment"]}],
)
def test_a_flag_or_a_label_is_an_impediment(fields):
    assert told(raw_issue(**fields)).changes[-1].is_flagged


def test_other_labels_are_none():
    assert not told(raw_issue(labels=["unblocked"])).changes[-1].is_flagged


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"summary": None}, "`summary` is missing."),
        ({"status": None}, "`statusCategory`|`key` is missing."),
        ({"issuetype": None}, "`name` is missing."),
        ({"created": None}, "`created` is missing."),
        ({"updated": "soon"}, "`updated` is no instant."),
        ({"duedate": "soon"}, "`duedate` is no day."),
        ({"project": None}, "`id` is missing."),
        ({"labels": None}, "`labels` is missing."),
        ({POINTS: "many"}, f"`{POINTS}` is no number."),
        ({SPRINT: ["a sprint in words"]}, f"`{SPRINT}` is no list of sprints."),
        ({SPRINT: [raw_sprint(state="odd")]}, "`state` is none that is known."),
    ],
)
def test_what_lacks_what_was_promised_is_unreadable_by_name(fields, said):
    with pytest.raises(Unreadable, match=said):
        item_of(**fields)


def test_what_the_site_calls_things_must_be_told():
    scope = jira.project(raw_project() | {"site": SITE})
    with pytest.raises(Unreadable, match="`points` is missing"):
        jira.work_item(raw_issue(), scope)


def test_an_issue_without_its_histories_is_unreadable():
    raw = raw_issue()
    del raw["histories"]
    with pytest.raises(Unreadable, match="`histories` is missing"):
        told(raw)


def test_a_project_without_an_address_is_unreadable():
    with pytest.raises(Unreadable, match="`site` is no address"):
        jira.project(raw_project() | {"site": "acme"})


@pytest.mark.parametrize(
    ("raw", "called"),
    [
        ({"key": "ABC-1", "id": "7"}, "issue ABC-1"),
        ({"id": 7}, "issue 7"),
        ({}, "issue without `key`"),
        ([], "issue of no shape"),
    ],
)
def test_an_issue_has_a_name_however_broken(raw, called):
    assert jira.address("work-items", raw) == called


def test_an_issue_is_known_by_its_id():
    assert jira.known_by("work-items", {"id": "20001"}) == "20001"


def test_who_has_it_is_named():
    changes = told(raw_issue(assignee=BOB, reporter=ADA)).changes
    assert (changes[-1].holder_login, changes[-1].holder_name) == ("jira:5a:bob", "Bob Builder")
