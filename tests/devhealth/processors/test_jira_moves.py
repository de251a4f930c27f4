"""Jira's changelogs → what issues went through, in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.processors.reading import Unreadable
from devhealth.processors.work_ids import work_scope_id
from tests.provider.jira_things import (
    ADA,
    BOB,
    DOING,
    DONE,
    FLAGGED,
    GONE,
    POINTS,
    SPRINT,
    TO_DO,
    at,
    flagged,
    item,
    moved,
    planned,
    raw_history,
    raw_issue,
    raw_project,
    raw_sprint,
    raw_status,
    resolved,
    text,
    told,
)
from tests.provider.jira_things import given as assigned

HOST = "acme.atlassian.net"
WONT = {"name": "Won't Do"}


def changes(*histories, **fields):
    return told(raw_issue(histories=histories, **fields)).changes


def shown(found, *names):
    return [tuple(getattr(each, name) for name in names) for each in found]


def statuses(found):
    return [(each.at, each.status_raw, each.status_category) for each in found]


def test_an_issue_that_was_never_touched_has_its_filing_alone():
    [filed] = changes()
    assert (filed.field, filed.at, filed.actor_login) == ("created", at(9), "jira:5a:ada")
    assert (filed.status_raw, filed.status_category) == ("To Do", "todo")


def test_statuses_are_those_of_their_ids_with_their_categories():
    found = changes(
        raw_history(1, at(10), moved(TO_DO, DOING)),
        raw_history(2, at(11), moved(DOING, DONE), resolved("Done")),
        status=DONE,
        resolution={"name": "Done"},
    )
    assert statuses(found) == [
        (at(9), "To Do", "todo"),
        (at(10), "In Progress", "in_progress"),
        (at(11), "Done", "done"),
    ]
    assert [each.change_id for each in found] == ["created", "1:0", "2:0"]


def test_an_issue_done_without_a_change_was_done_when_it_was_resolved():
    found = changes(status=DONE, resolutiondate=text(at(14)), updated=text(at(20)))
    assert statuses(found) == [(at(9), "Done", "done")]
    lost = changes(
        raw_history(1, at(10), moved(TO_DO, DOING)),
        status=DONE,
        resolutiondate=text(at(14)),
        updated=text(at(20)),
    )
    assert statuses(lost)[-1] == (at(14), "Done", "done")


def test_a_resolution_that_was_cleared_reopens():
    found = changes(
        raw_history(1, at(10), moved(TO_DO, DONE), resolved("Won't Do")),
        raw_history(2, at(11), moved(DONE, DOING), resolved(None, "Won't Do")),
        status=DOING,
    )
    assert [each.status_category for each in found] == ["todo", "canceled", "in_progress"]
    assert shown(found[1:], "from_value", "to_value") == [
        ("To Do", "Done: Won't Do"),
        ("Done: Won't Do", "In Progress"),
    ]


def test_a_resolution_that_comes_later_cancels_what_was_done():
    found = changes(
        raw_history(1, at(10), moved(TO_DO, DONE)),
        raw_history(2, at(12), resolved("Won't Do")),
        status=DONE,
        resolution=WONT,
    )
    assert statuses(found)[1:] == [
        (at(10), "Done", "done"),
        (at(12), "Done: Won't Do", "canceled"),
    ]


def test_the_resolution_in_force_counts_where_it_does_not_change():
    found = changes(raw_history(1, at(10), moved(TO_DO, DONE)), status=DONE, resolution=WONT)
    assert statuses(found)[1:] == [(at(10), "Done: Won't Do", "canceled")]


def test_a_status_has_the_name_that_its_id_has_now():
    before = moved(TO_DO, DOING) | {"toString": "Doing"}
    found = changes(raw_history(1, at(10), before), status=DOING)
    assert [each.status_raw for each in found] == ["To Do", "In Progress"]


def test_a_status_that_is_no_more_has_the_name_of_then():
    old = raw_status("99", "Parked", "new")
    found = changes(
        raw_history(1, at(10), moved(TO_DO, old)),
        raw_history(2, at(11), moved(old, DOING)),
        status=DOING,
    )
    assert statuses(found)[1] == (at(10), "Parked", "todo")


def test_changes_of_one_second_keep_the_order_of_their_ids():
    both = (
        raw_history(10, at(10), moved(DOING, DONE)),
        raw_history(9, at(10), moved(TO_DO, DOING)),
    )
    found = changes(*both, status=DONE)
    assert [each.status_raw for each in found] == ["To Do", "In Progress", "Done"]
    assert [each.change_id for each in found] == ["created", "9:0", "10:0"]


@pytest.mark.parametrize("instant", [1_772_445_600, 1_772_445_600_000])
def test_instants_of_the_bulk_list_are_numbers(instant):
    entry = raw_history(1, at(10), moved(TO_DO, DOING)) | {"created": instant}
    assert changes(entry, status=DOING, updated=text(at(10)))[1].at == at(10)


@pytest.mark.parametrize("instant", [True, 10**30, -(10**13), "soon", None])
def test_an_instant_that_is_none_is_unreadable(instant):
    entry = raw_history(1, at(10), moved(TO_DO, DOING)) | {"created": instant}
    with pytest.raises(Unreadable, match="`created` is"):
        changes(entry, status=DOING, updated=text(at(10)))


def test_who_has_it_is_told_from_its_filing_on():
    found = changes(
        raw_history(1, at(10), assigned(BOB, ADA), author=BOB),
        raw_history(2, at(11), assigned(ADA, None)),
    )
    assert shown(found, "field", "holder_login", "is_assigned") == [
        ("created", "jira:5a:bob", True),
        ("assignee", "jira:5a:bob", True),
        ("assignee", "jira:5a:ada", True),
        ("assignee", "", False),
    ]
    assert found[2].holder_name == "Ada Lovelace"
    assert (found[2].actor_login, found[2].actor_name) == ("jira:5a:bob", "Bob Builder")


def test_a_change_of_nobody_is_nobodys():
    found = changes(raw_history(1, at(10), assigned(GONE, None), author=None))
    assert shown(found[1:], "actor_login", "from_value", "holder_login") == [("", None, "")]


def test_an_issue_keeps_the_project_it_came_from():
    key = item("Key", "OLD-1", "ABC-1")
    project = item("project", "Old things", "Alphabet", from_id="10009", to_id="10000")
    found = told(raw_issue(histories=[raw_history(1, at(10), key, project)]))
    assert found.item.former_keys == ["jira:OLD-1"]
    assert shown(found.changes, "scope_key", "work_scope_id") == [
        ("OLD", work_scope_id(HOST, "10009")),
        ("ABC", work_scope_id(HOST, "10000")),
    ]
    assert shown(found.changes[1:], "field", "from_value", "to_value") == [
        ("scope", "jira:OLD-1", "jira:ABC-1")
    ]


def test_a_project_that_has_another_key_by_now_is_the_same_throughout():
    key = item("Key", "OLD-1", "AAA-1")
    project = item("project", "Old things", "Alphabet", from_id="10009", to_id="10000")
    found = changes(raw_history(1, at(10), key, project))
    assert [each.scope_key for each in found] == ["OLD", "ABC"]


def test_an_issue_that_was_moved_meanwhile_is_of_where_it_is():
    elsewhere = raw_project(id="10005", key="XYZ")
    found = told(raw_issue(key="XYZ-4", project=elsewhere))
    assert found.item.work_scope_id == work_scope_id(HOST, "10005")
    assert found.changes[0].scope_key == "XYZ"


def test_a_move_without_a_key_is_told_by_its_projects():
    project = item("project", "Old things", "Alphabet", from_id="10009", to_id="10000")
    found = changes(raw_history(1, at(10), project))
    assert [each.scope_key for each in found] == ["Old things", "ABC"]
    assert (found[1].from_value, found[1].to_value) == ("Old things", "Alphabet")


def test_types_and_points_are_told():
    found = changes(
        raw_history(1, at(10), item("issuetype", "Bug", "Story", from_id="1", to_id="10001")),
        raw_history(2, at(11), item("Story Points", "", "5", field_id=POINTS)),
    )
    assert shown(found[1:], "field", "from_value", "to_value") == [
        ("type", "Bug", "Story"),
        ("points", None, "5"),
    ]


def test_what_is_added_to_a_running_sprint_was_not_planned():
    found = changes(raw_history(1, at(10), planned("", "7")), **{SPRINT: [raw_sprint(7)]})
    assert shown(found, "field", "from_value", "to_value", "is_unplanned") == [
        ("created", None, "To Do", False),
        ("sprint", None, "7", True),
    ]


@pytest.mark.parametrize(
    "sprint",
    [
        raw_sprint(7, started=at(11)),
        raw_sprint(7, "future"),
        raw_sprint(7, "closed", at(8), at(9, 30)),
    ],
    ids=["begun later", "to come", "over by then"],
)
def test_what_is_added_to_another_sprint_was(sprint):
    found = changes(raw_history(1, at(10), planned("", "7")), **{SPRINT: [sprint]})
    assert [each.is_unplanned for each in found] == [False, False]


def test_of_several_sprints_the_one_that_is_added_counts():
    listed = [raw_sprint(6, "closed", at(1), at(8)), raw_sprint(7, started=at(11))]
    found = changes(raw_history(1, at(10), planned("6", "6, 7")), **{SPRINT: listed})
    assert not found[-1].is_unplanned


def test_what_is_filed_into_a_running_sprint_was_not_planned():
    found = changes(**{SPRINT: [raw_sprint(7)]})
    assert shown(found, "change_id", "to_value", "is_unplanned") == [
        ("created", "To Do", False),
        ("created:sprint", "7", True),
    ]


def test_what_was_filed_before_its_sprint_was_planned():
    assert len(changes(**{SPRINT: [raw_sprint(7, started=at(10))]})) == 1


def test_a_flag_is_on_until_it_is_taken_off():
    found = changes(
        raw_history(1, at(10), flagged()),
        raw_history(2, at(11), flagged(on=False)),
    )
    assert shown(found, "field", "is_flagged") == [
        ("created", False),
        ("flagged", True),
        ("flagged", False),
    ]


def test_a_label_is_a_flag_from_when_it_came():
    found = changes(
        raw_history(1, at(10), item("labels", "ui", "ui blocked")),
        raw_history(2, at(11), flagged()),
        labels=["ui", "blocked"],
        **{FLAGGED: [{"value": "Impediment"}]},
    )
    assert shown(found, "at", "is_flagged") == [(at(9), False), (at(10), True)]


def test_changes_of_other_fields_are_none():
    found = changes(raw_history(1, at(10), item("description", "a", "b"), item("Rank")))
    assert len(found) == 1


def test_two_changes_of_one_field_at_once_have_two_ids():
    both = (item("Story Points", "1", "2", field_id=POINTS), item("x", "2", "3", field_id=POINTS))
    found = changes(raw_history(1, at(10), *both))
    assert [each.change_id for each in found[1:]] == ["1:0", "1:1"]


def test_a_status_of_no_name_is_unreadable():
    lost = item("status", from_id="98", to_id="99")
    with pytest.raises(Unreadable, match="`toString` is missing"):
        changes(raw_history(1, at(10), lost))


def test_a_status_of_another_id_with_a_known_name_is_that_one():
    migrated = raw_status("77", "In Progress", "new")
    found = changes(raw_history(1, at(10), moved(TO_DO, migrated)), status=DOING)
    assert statuses(found)[1:] == [(at(10), "In Progress", "in_progress")]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(
            [
                moved(TO_DO, DOING),
                moved(DOING, DONE),
                moved(DONE, TO_DO),
                resolved("Won't Do"),
                resolved(None, "Won't Do"),
                assigned(None, BOB),
                assigned(BOB, ADA),
                flagged(),
                item("labels", "", "blocked"),
                item("Key", "OLD-1", "ABC-1"),
                item("project", "Old", "Alphabet", from_id="10009", to_id="10000"),
            ]
        ),
    ),
    max_size=8,
)


@given(steps=STEPS, chance=st.randoms())
def test_the_order_in_which_changes_come_means_nothing(steps, chance):
    histories = [
        raw_history(number, at(10, minute), one) for number, (minute, one) in enumerate(steps, 1)
    ]
    mixed = list(histories)
    chance.shuffle(mixed)
    assert told(raw_issue(histories=histories)) == told(raw_issue(histories=mixed))


@given(steps=STEPS, status=st.sampled_from([TO_DO, DOING, DONE]))
def test_whatever_is_told_leads_to_what_the_issue_is_now(steps, status):
    histories = [
        raw_history(number, at(10, minute), one) for number, (minute, one) in enumerate(steps, 1)
    ]
    found = told(raw_issue(status=status, histories=histories))
    last = found.changes[-1]
    assert (last.status_raw, last.work_scope_id) == (
        found.item.status_raw,
        found.item.work_scope_id,
    )
    assert not last.is_flagged
    assert len({each.change_id for each in found.changes}) == len(found.changes)
    assert [each.at for each in found.changes] == sorted(each.at for each in found.changes)
