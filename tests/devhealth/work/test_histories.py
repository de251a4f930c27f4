"""From what changed to what an item was like in between."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given

from devhealth.processors.histories import (
    Move,
    Scope,
    Status,
    Told,
    history,
    is_bug,
    is_expedite,
)
from tests.devhealth.work.test_days_by_hand import stories
from tests.devhealth.work.things import OURS, THEIRS, at, story, told
from tests.examples import tried

TODO = Status(raw="To Do", category="todo")
BUSY = Status(raw="In Progress", category="in_progress")
DONE = Status(raw="Done", category="done")


def item(**changes):
    return replace(told(story("2026-03-02 09:00"))[0], **changes)


def begin(when="2026-03-03 09:00", **more):
    return Move(change_id="1", at=at(when), field="status", was_status=TODO, status=BUSY, **more)


def states(made):
    return [(change.field, change.status_raw, change.holder_login) for change in made]


def test_an_item_that_nothing_happened_to_was_always_as_it_is():
    (filed,) = history(Told(item=item(), status=TODO, scope=OURS), [])
    assert (filed.change_id, filed.at, filed.until) == ("created", at("2026-03-02 09:00"), None)
    assert filed.status_raw == "To Do"


def test_what_it_was_like_at_first_follows_from_what_changed():
    made = history(
        Told(item=item(), status=DONE, scope=OURS),
        [
            begin(),
            Move(
                change_id="2",
                at=at("2026-03-04 09:00"),
                field="status",
                was_status=BUSY,
                status=DONE,
            ),
        ],
    )
    assert [change.status_raw for change in made] == ["To Do", "In Progress", "Done"]
    assert [change.until for change in made] == [made[1].at, made[2].at, None]


def test_changes_of_one_second_keep_the_order_in_which_they_are_told():
    when = at("2026-03-03 09:00")
    back = Move(change_id="2", at=when, field="status", was_status=BUSY, status=TODO)
    made = history(Told(item=item(), status=TODO, scope=OURS), [begin(), back])
    assert [change.change_id for change in made] == ["created", "1", "2"]
    assert [change.place for change in made] == [0, 1, 2]


def test_whoever_had_it_at_first_is_named_by_a_change_of_their_own():
    made = history(
        Told(item=item(assignee_logins=["jira:ada", "jira:lin"]), status=TODO, scope=OURS), []
    )
    assert states(made) == [
        ("created", "To Do", "jira:lin"),
        ("assignee", "To Do", "jira:ada"),
        ("assignee", "To Do", "jira:lin"),
    ]


def test_an_item_that_was_filed_for_somebody_was_theirs_from_its_filing_on():
    told = Told(item=item(assignee_logins=["jira:ada"]), status=TODO, scope=OURS)
    filed, named = history(told, [])
    assert (filed.holder_login, filed.is_assigned) == ("jira:ada", True)
    assert (named.at, named.holder_login) == (filed.at, "jira:ada")


def test_of_several_who_have_it_whoever_got_it_last_holds_it():
    given_back = Move(change_id="1", at=at("2026-03-03 09:00"), field="assignee", before="jira:lin")
    (*_, last) = history(
        Told(item=item(assignee_logins=["jira:ada"]), status=TODO, scope=OURS), [given_back]
    )
    assert (last.holder_login, last.is_assigned) == ("jira:ada", True)


def test_a_history_that_does_not_lead_to_now_ends_with_a_change_that_does():
    now = Told(item=item(updated_at=at("2026-03-09 12:00")), status=DONE, scope=OURS)
    (*_, last) = history(now, [begin()])
    assert (last.change_id, last.status_raw, last.at) == (
        "untold:status",
        "Done",
        at("2026-03-09 12:00"),
    )


def test_what_was_closed_was_so_when_the_provider_says_it_was():
    now = Told(item=item(updated_at=at("2026-03-09 12:00")), status=DONE, scope=OURS)
    (*_, last) = history(now, [begin()], ended_at=at("2026-03-05 10:00"))
    assert last.at == at("2026-03-05 10:00")


def test_an_item_that_was_moved_is_where_it_was_until_then():
    move = Move(
        change_id="1", at=at("2026-03-03 09:00"), field="scope", before="jira:OURS-1",
        after="jira:THEIRS-9", was_scope=OURS, scope=THEIRS,
    )  # fmt: skip
    made = history(
        Told(item=item(work_scope_id=THEIRS.work_scope_id), status=TODO, scope=THEIRS), [move]
    )
    assert [change.work_scope_id for change in made] == [OURS.work_scope_id, THEIRS.work_scope_id]


def test_what_is_said_to_have_happened_before_it_was_filed_happened_then():
    made = history(Told(item=item(), status=BUSY, scope=OURS), [begin("2026-03-01 09:00")])
    assert [change.at for change in made] == [at("2026-03-02 09:00")] * 2


def test_it_comes_unplanned_once():
    late = Move(change_id="1", at=at("2026-03-03 09:00"), field="sprint", is_mid_sprint=True)
    bug = Told(item=item(item_type="bug", is_bug=True), status=TODO, scope=OURS)
    assert [change.is_unplanned for change in history(bug, [late])] == [True, False]
    plain = Told(item=item(), status=TODO, scope=OURS)
    again = replace(late, change_id="2")
    assert [one.is_unplanned for one in history(plain, [late, again])] == [False, True, False]


@pytest.mark.parametrize(
    ("kind", "labels", "expected"),
    [("bug", [], True), ("Bug", [], True), ("story", ["BUG"], True), ("story", ["bugle"], False)],
)
def test_a_bug_is_one_by_its_type_or_a_label(kind, labels, expected):
    assert is_bug(kind, labels) is expected


@pytest.mark.parametrize(
    ("priority", "labels", "expected"),
    [("Expedite", [], True), (None, ["incident"], True), ("High", ["urgent"], False)],
)
def test_what_jumps_the_queue_does_so_by_priority_or_a_label(priority, labels, expected):
    assert is_expedite(priority, labels) is expected


@given(stories())
@tried(10)
def test_spans_follow_on_one_another_without_a_gap(world):
    for one in world:
        now, made = told(one)
        assert made[0].at == now.created_at
        assert [change.until for change in made] == [*(change.at for change in made[1:]), None]
        assert len({change.change_id for change in made}) == len(made)
        assert made[-1].status_raw == now.status_raw
        assert made[-1].work_scope_id == now.work_scope_id


def test_a_told_item_needs_no_scope_of_its_own():
    elsewhere = Scope(work_scope_id=UUID(int=1), scope_key="X")
    (filed,) = history(Told(item=item(), status=TODO, scope=elsewhere), [])
    assert filed.scope_key == "X"
