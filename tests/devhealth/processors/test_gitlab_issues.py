"""GitLab's issues are work items, by GraphQL and by REST the same."""

import pytest

from devhealth.places import scope_of
from devhealth.processors import gitlab
from devhealth.processors.reading import Unreadable
from devhealth.processors.work_ids import work_item_id
from tests.provider.gitlab_things import (
    ADA,
    API,
    BOB,
    EVE,
    GHOST,
    activity,
    at,
    raw_event,
    raw_issue,
    raw_label_event,
    raw_milestone,
    raw_note,
    raw_state_event,
    text,
)

SCOPE = scope_of(API)
DOING, REVIEW = (31, "Doing"), (32, "workflow::in review")
LABELS = {"31": "Doing", "32": "workflow::in review"}


def issue(**changes):
    plain = {"issue_type": "issue", "state": "opened", "closed_at": None}
    return raw_issue(**plain | changes)


def by_graphql(raw):
    hidden = ("notes", "label_events", "state_events")
    shown = {key: value for key, value in raw.items() if key not in hidden}
    return shown | {"activity": activity(raw), "label_names": LABELS}


def told(**changes):
    return gitlab.work_item(by_graphql(issue(**changes)), SCOPE)


def by_rest(**changes):
    return gitlab.work_item(issue(**changes), SCOPE)


def noted(*bodies, **changes):
    """With notes of Bob, one an hour from ten on."""
    notes = [raw_event(n, BOB, body, at(10 + n)) for n, body in enumerate(bodies)]
    return told(notes=notes, **changes)


def found_of(item, field):
    return [(each.from_value, each.to_value) for each in item.changes if each.field == field]


def test_an_issue_is_an_item_of_its_project():
    item = told(assignees=[BOB], weight=3, labels=["ui", "Bug"], due_date="2026-03-31").item
    assert item.work_item_id == work_item_id("gitlab.example.com", "3000")
    assert (item.work_scope_id, item.repo_id) == (API.repo_id, API.repo_id)
    assert (item.item_key, item.native_id) == ("gitlab:acme/web/api#12", "3000")
    assert (item.reporter_login, item.reporter_name) == ("gitlab:ada", "Ada Lovelace")
    assert (item.assignee_logins, item.story_points, item.labels) == (
        ["gitlab:bob"],
        3.0,
        ["Bug", "ui"],
    )
    assert (item.item_type, item.is_bug, item.status_raw) == ("issue", True, "opened")
    assert text(item.due_at) == "2026-04-01T00:00:00Z"


@pytest.mark.parametrize("kind", ["incident", "task", "test_case"])
def test_every_type_is_one(kind):
    assert told(issue_type=kind).item.item_type == kind


def test_an_incident_comes_unplanned():
    assert told(issue_type="incident").changes[0].is_unplanned


@pytest.mark.parametrize(
    ("more", "raw", "category"),
    [
        ({}, "closed", "done"),
        ({"moved_to_id": 77}, "closed: moved", "canceled"),
        (
            {"_links": {"closed_as_duplicate_of": "https://gitlab.example.com/x"}},
            "closed: duplicate",
            "canceled",
        ),
        ({"_links": {"closed_as_duplicate_of": None}}, "closed", "done"),
    ],
)
def test_how_it_was_closed(more, raw, category):
    events = [raw_state_event(1, EVE, "closed", at(11))]
    ended = {"state": "closed", "closed_at": text(at(11)), "state_events": events}
    found = told(**ended, **more)
    assert (found.item.status_raw, found.changes[-1].status_category) == (raw, category)
    assert [(each.at, each.status_raw) for each in found.changes] == [
        (at(9), "opened"),
        (at(11), raw),
    ]


def test_a_reopened_issue_is_open_again_and_says_who_did_it():
    events = [
        raw_state_event(1, EVE, "closed", at(11)),
        raw_state_event(2, BOB, "reopened", at(12)),
    ]
    found = told(state_events=events)
    assert [(each.status_raw, each.actor_login) for each in found.changes] == [
        ("opened", "gitlab:ada"), ("closed", "gitlab:eve"), ("opened", "gitlab:bob"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "closed via merge request !5",
        "closed",
        "Status changed to closed by commit abc",
        "resolved the corresponding error and closed the issue",
        "automatically closed this incident because the alert resolved",
    ],
)
def test_all_words_that_close(body):
    found = noted(body, state="closed", closed_at=text(at(10)))
    assert found_of(found, "status") == [("opened", "closed")]


def test_a_closing_that_nothing_tells_is_of_when_it_was_closed():
    found = told(state="closed", closed_at=text(at(11)))
    assert [(each.at, each.status_raw) for each in found.changes] == [
        (at(9), "opened"),
        (at(11), "closed"),
    ]


def test_labels_that_come_and_go_are_its_labels_in_between():
    events = [
        raw_label_event(1, BOB, "add", DOING, at(10)),
        raw_label_event(2, BOB, "remove", DOING, at(11)),
        raw_label_event(3, BOB, "add", REVIEW, at(11, 1)),
        raw_label_event(4, BOB, "add", None, at(12)),
    ]
    kept = {"label_events": events, "labels": ["ui", "workflow::in review"]}
    for found in (told(**kept), by_rest(**kept)):
        assert [each.labels for each in found.changes] == [
            ["ui"], ["doing", "ui"], ["ui"], ["ui", "workflow::in review"],
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "moves"),
    [
        ("added ~31 label", [(None, "doing")]),
        ('added ~"in progress" and ~ui labels', [(None, "in progress"), (None, "ui")]),
        ("added ~31 and removed ~32 labels", [(None, "doing"), ("workflow::in review", None)]),
        (
            "added ~32 scoped label and automatically removed ~31 label",
            [(None, "workflow::in review"), ("doing", None)],
        ),
        ("added ~99 label", []),
        ("removed 1 deleted label", []),
        ("mentioned in ~31", []),
    ],
)
def test_labels_are_named_by_word_or_by_id(body, moves):
    assert found_of(noted(body), "label") == moves


def test_several_changes_of_one_note_have_ids_of_their_own():
    found = noted("added ~31 and removed ~32 labels")
    assert len({each.change_id for each in found.changes}) == len(found.changes) == 3


@pytest.mark.parametrize(
    ("bodies", "holders"),
    [
        (["assigned to @bob and @Eve", "unassigned @eve"], ["bob", "eve", "bob"]),
        (["assigned to @eve, @ada, and @bob"], ["eve", "ada", "bob"]),
        (["assigned to @eve", "assigned to @bob and unassigned @eve"], ["eve", "bob", "bob"]),
        (["assigned to @eve", "reassigned to @bob"], ["eve", "", "bob"]),
        (["assigned to @eve", "removed assignee", "assigned to @bob"], ["eve", "", "bob"]),
        (["assigned to @bob additionally to @eve"], ["bob"]),
        (["assigned to @ghost", "assigned to @bob"], ["bob"]),
    ],
)
def test_who_got_it_last_holds_it(bodies, holders):
    found = noted(*bodies, assignees=[BOB])
    names = {"bob": "Bob Builder", "ada": "Ada Lovelace", "eve": "", "": ""}
    told = [each for each in found.changes if each.field == "assignee"]
    assert [each.holder_login.removeprefix("gitlab:") for each in told] == holders
    assert [each.holder_name for each in told] == [names[each] for each in holders]


def test_accounts_that_are_gone_are_nobody():
    found = told(author=GHOST, assignees=[GHOST], notes=[raw_event(1, None, "closed", at(10))])
    assert (found.item.reporter_login, found.item.assignee_logins) == ("", [])
    assert found.changes[1].actor_login == ""


def test_words_of_people_change_nothing():
    notes = [raw_note(1, BOB, "closed", at(10)), raw_note(2, BOB, "assigned to @eve", at(11))]
    assert len(by_rest(notes=notes).changes) == 1


def test_rest_makes_the_same_changes_as_graphql():
    kept = {
        "state": "closed",
        "closed_at": text(at(12)),
        "notes": [raw_event(1, ADA, "assigned to @bob", at(10))],
        "label_events": [raw_label_event(1, BOB, "add", DOING, at(11))],
        "state_events": [raw_state_event(1, EVE, "closed", at(12))],
        "labels": ["Doing"],
        "assignees": [BOB],
    }
    both = [told(**kept), by_rest(**kept)]
    for found in both:
        for place, change in enumerate(found.changes):
            change.change_id = str(place)
    assert both[0] == both[1]


def test_changes_of_one_instant_keep_their_order_whatever_they_change():
    bodies = ["added ~31 label", "closed", "assigned to @bob", "reopened", "removed ~31 label"]
    notes = [raw_event(n, BOB, body, at(10)) for n, body in enumerate(bodies)]
    found = told(notes=notes, assignees=[BOB])
    assert [each.field for each in found.changes[1:]] == [
        "label", "status", "assignee", "status", "label",
    ]  # fmt: skip


def test_a_milestone_stands_for_a_sprint_and_who_comes_later_is_unplanned():
    notes = [raw_event(1, BOB, "changed milestone to %4", at(10, day=3))]
    found = told(notes=notes, milestone=raw_milestone())
    [sprint] = found.sprints
    assert (sprint.sprint_id, sprint.name, sprint.state) == ("milestone:700", "Spring 1", "active")
    assert (text(sprint.started_at), text(sprint.ended_at)) == (
        "2026-03-02T00:00:00Z",
        "2026-03-16T00:00:00Z",
    )
    assert found.item.sprint_id == "milestone:700"
    assert (found.changes[1].to_value, found.changes[1].is_unplanned) == ("Spring 1", True)


def test_who_was_there_before_it_began_was_planned():
    later = raw_milestone(start_date="2026-03-09")
    found = noted('changed milestone to %"Spring 1"', milestone=later)
    assert (found.changes[1].to_value, found.changes[1].is_unplanned) == ("Spring 1", False)


def test_sprints_follow_one_another():
    bodies = ['changed milestone to %"A b"', "changed milestone to g/p%5", "removed milestone %5"]
    assert found_of(noted(*bodies), "sprint") == [(None, "A b"), ("A b", "5"), ("5", None)]


@pytest.mark.parametrize(("state", "word"), [(1, "future"), (2, "active"), (3, "closed")])
def test_an_iteration_goes_before_a_milestone(state, word):
    iteration = raw_milestone(id=9, state=state, title=None)
    found = noted(
        "changed iteration to *iteration:9", iteration=iteration, milestone=raw_milestone()
    )
    [sprint] = found.sprints
    assert (sprint.sprint_id, sprint.name, sprint.state) == ("iteration:9", "9", word)


def test_points_and_types_that_change_are_told():
    found = noted(
        "changed weight to **3**", "changed weight to 5", "removed the weight",
        "changed type from Issue to incident",
    )  # fmt: skip
    assert found_of(found, "points") == [(None, "3"), ("3", "5"), ("5", None)]
    assert found_of(found, "type") == [("issue", "incident")]


def test_what_it_was_called_before_it_was_moved():
    found = noted("moved from acme/old#3", "moved from shop#4", "moved to acme/new#1")
    assert found.item.former_keys == ["gitlab:acme/old#3", "gitlab:acme/web/shop#4"]


def test_one_of_whose_history_nothing_was_asked_is_as_it_is():
    raw = issue()
    for name in ("notes", "label_events", "state_events"):
        del raw[name]
    assert [each.field for each in gitlab.work_item(raw, SCOPE).changes] == ["created"]


@pytest.mark.parametrize("due", ["2026-13-01", "tomorrow", 3, "2026-03-01T10:00Z", "9999-12-31"])
def test_a_day_that_is_none_is_said_so(due):
    with pytest.raises(Unreadable, match="due_date"):
        told(due_date=due)


def test_an_unknown_state_is_said_so():
    with pytest.raises(Unreadable, match="neither opened nor closed"):
        told(state="merged")


def test_what_is_swept_is_known_by_the_same_id():
    assert gitlab.known_by("work-items", raw_issue()) == "3000"
    assert gitlab.address("work-items", raw_issue()) == "issue 12"
