"""Golden items, worked by hand: what follows from a history once statuses and people are known."""

from uuid import UUID

import pytest

from devhealth.models.directory import CategoryRule, Directory, Membership, Team
from devhealth.models.records import WorkItem, WorkItemChange
from devhealth.processors.identity import person_id
from devhealth.processors.stamps import Stamps
from devhealth.processors.work_items import derived
from tests.devhealth.work.things import at, frames, story

NOBODY = str(UUID(int=0))


def item(one, directory=None):
    return frames([one], directory)[WorkItem].row(0, named=True)


def changes(one, directory=None):
    return frames([one], directory)[WorkItemChange].sort("place").to_dicts()


PLAIN = story(
    "2026-03-02 09:00",
    ("2026-03-03 09:00", "status", "in_progress"),
    ("2026-03-04 09:00", "status", "in_review"),
    ("2026-03-04 15:00", "status", "blocked"),
    ("2026-03-04 21:00", "status", "in_review"),
    ("2026-03-05 09:00", "status", "done"),
)


def test_an_item_takes_as_long_as_from_its_first_start_to_its_last_move_to_done():
    found = item(PLAIN)
    assert (found["started_at"], found["completed_at"]) == (
        at("2026-03-03 09:00"),
        at("2026-03-05 09:00"),
    )
    assert (found["cycle_hours"], found["lead_hours"]) == (48, 72)


def test_what_it_waited_and_what_was_worked_on_it_are_all_of_its_cycle():
    found = item(PLAIN)
    assert (found["active_hours"], found["waiting_hours"], found["blocked_hours"]) == (42, 6, 6)
    assert changes(PLAIN)[-1]["flow_efficiency"] == 0.875


def test_a_flag_makes_it_wait_whatever_its_status():
    flagged = story(
        "2026-03-02 09:00",
        ("2026-03-03 09:00", "status", "in_progress"),
        ("2026-03-03 11:00", "flagged", "x"),
        ("2026-03-03 17:00", "flagged", ""),
        ("2026-03-03 21:00", "status", "done"),
    )
    found = item(flagged)
    assert (found["active_hours"], found["waiting_hours"]) == (6, 6)
    assert changes(flagged)[-1]["flow_efficiency"] == 0.5


def test_a_reopened_item_is_neither_done_nor_forgotten():
    one = story(
        "2026-03-02 09:00",
        ("2026-03-03 09:00", "status", "in_progress"),
        ("2026-03-04 09:00", "status", "done"),
        ("2026-03-05 09:00", "status", "todo"),
    )
    assert (item(one)["status"], item(one)["completed_at"]) == ("todo", None)
    assert [change["is_reopening"] for change in changes(one)] == [False, False, False, True]
    assert not any(change["is_completion"] for change in changes(one))


def test_an_item_done_twice_is_done_the_second_time_and_begun_the_first():
    one = story(
        "2026-03-02 09:00",
        ("2026-03-03 09:00", "status", "in_progress"),
        ("2026-03-04 09:00", "status", "done"),
        ("2026-03-05 09:00", "status", "in_progress"),
        ("2026-03-06 09:00", "status", "done"),
    )
    found = item(one)
    assert (found["cycle_hours"], found["active_hours"], found["waiting_hours"]) == (72, 48, 0)


def test_an_item_done_without_a_start_has_no_cycle():
    one = story("2026-03-02 09:00", ("2026-03-03 09:00", "status", "done"))
    found = item(one)
    assert (found["started_at"], found["cycle_hours"], found["active_hours"]) == (None, None, None)
    assert found["lead_hours"] == 24


def test_a_canceled_item_is_not_done():
    one = story("2026-03-02 09:00", ("2026-03-03 09:00", "status", "canceled"))
    found = item(one)
    assert (found["canceled_at"], found["completed_at"]) == (at("2026-03-03 09:00"), None)
    assert changes(one)[-1]["is_cancellation"]


def test_changes_that_do_not_change_its_status_do_not_end_it_anew():
    one = story(
        "2026-03-02 09:00",
        ("2026-03-03 09:00", "status", "done"),
        ("2026-03-09 09:00", "holder", "jira:ada"),
    )
    assert item(one)["completed_at"] == at("2026-03-03 09:00")
    assert [change["is_completion"] for change in changes(one)] == [False, True, False]


def test_work_in_progress_is_as_old_as_its_first_moment_of_it():
    since = [change["wip_since"] for change in changes(PLAIN)]
    assert since == [None, *[at("2026-03-03 09:00")] * 5]


def test_of_two_changes_at_once_the_second_is_what_stays():
    """Same second: begun and done; it took no time, and did happen."""
    when = "2026-03-03 09:00"
    one = story("2026-03-02 09:00", (when, "status", "in_progress"), (when, "status", "done"))
    found, (*_, last) = item(one), changes(one)
    assert (found["cycle_hours"], last["flow_efficiency"]) == (0, None)
    assert last["is_completion"]


# --- whose it is ---------------------------------------------------------------------------------

ADA, LIN = "jira:ada", "jira:lin"
TEAMS = Directory(
    teams=(
        Team(team_id="one", name="One", members=(Membership(person=ADA),)),
        Team(team_id="two", name="Two", members=(Membership(person=LIN),), projects=("theirs",)),
    )
)
HANDED_ON = story(
    "2026-03-02 09:00",
    ("2026-03-03 09:00", "holder", ADA),
    ("2026-03-04 09:00", "scope", "THEIRS"),
)


def test_an_item_counts_for_the_scopes_owner_else_for_who_has_it():
    assert [change["team_id"] for change in changes(HANDED_ON, TEAMS)] == [
        "unassigned",
        "one",
        "two",
    ]
    assert item(HANDED_ON, TEAMS)["team_id"] == "two"


def test_who_has_it_is_known_by_an_id_and_nobody_by_none():
    ada = str(person_id(TEAMS, ADA))
    assert [change["holder_id"] for change in changes(HANDED_ON)] == [NOBODY, ada, ada]
    assert item(HANDED_ON)["assignee_ids"] == [ada]


def test_a_person_of_two_names_is_one_to_the_directory():
    known = Directory(aliases={ADA: "ada@acme.example"})
    ids = {change["holder_id"] for change in changes(HANDED_ON, known)} - {NOBODY}
    assert ids == {str(person_id(known, "ada@acme.example"))}


# --- what kind of work it is ---------------------------------------------------------------------

RULES = Directory(
    categories=(
        CategoryRule(theme="quality", subcategory="bugfix", types=("bug",)),
        CategoryRule(theme="maintenance", subcategory="debt", titles=("item 1*",)),
    )
)


@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [("bug", 1, "quality"), ("story", 1, "maintenance"), ("story", 2, "unclassified")],
)
def test_the_first_rule_that_matches_decides_for_all_of_its_changes(kind, number, expected):
    one = story("2026-03-02 09:00", number=number, kind=kind)
    assert item(one, RULES)["work_theme"] == expected
    assert {change["work_theme"] for change in changes(one, RULES)} == {expected}


def test_a_status_of_the_organisations_own_makes_another_history():
    own = Directory(statuses={"in progress": "todo", "in review": "todo", "blocked": "todo"})
    found = item(PLAIN, own)
    assert (found["started_at"], found["cycle_hours"], found["lead_hours"]) == (None, None, 72)


def test_tombstones_stay_as_they_are():
    found = frames([PLAIN])
    gone = {
        cls: rows.with_columns(deleted_at=at("2026-04-01 00:00")) for cls, rows in found.items()
    }
    again = derived(gone, Stamps(Directory(statuses={"done": "todo"}), ""))
    assert all(again[cls].equals(gone[cls]) for cls in gone)
