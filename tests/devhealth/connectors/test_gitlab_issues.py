"""Issues of a GitLab on the loopback peer, with what became of them."""

import pytest

from devhealth.http import Missing
from devhealth.places import scope_of
from devhealth.processors import gitlab as processor
from tests.devhealth.connectors.gitlab_asking import asking, ids, items, numbers, posts, read
from tests.provider import faults
from tests.provider.gitlab import Lab
from tests.provider.gitlab_things import (
    API,
    BOB,
    at,
    raw_event,
    raw_issue,
    raw_label_event,
    raw_note,
    raw_state_event,
    text,
)


def serving(peer, **world):
    lab = Lab(**world)
    lab.serve(peer)
    return lab


def issues(count, **changes):
    """#1, #2, …, each changed a minute after the one before."""
    plain = {"issue_type": "issue", "state": "opened", "closed_at": None}
    return [
        raw_issue(
            id=number, iid=number, updated_at=text(at(number // 60, number % 60)), **plain | changes
        )
        for number in range(1, count + 1)
    ]


def labelled(count):
    return [raw_label_event(n, BOB, "add", (31, "Doing"), at(10)) for n in range(count)]


def bodies(found):
    return [each["body"] for each in found["activity"]]


def test_a_hundred_issues_take_two_requests(peer, time):
    lab = serving(peer, issues=issues(100))
    assert numbers(items(peer, time, "work_items")) == list(range(1, 101))
    assert len(peer.seen) == 2
    assert lab.points == [93]


def test_issues_of_every_type_are_read(peer, time):
    world = [*issues(1), raw_issue(id=2, iid=2), raw_issue(id=3, iid=3, issue_type="task")]
    serving(peer, issues=world)
    found = items(peer, time, "work_items")
    assert sorted(each["issue_type"] for each in found) == ["incident", "issue", "task"]


def test_only_what_gitlab_says_itself_is_told(peer, time):
    notes = [raw_event(1, BOB, "assigned to @eve", at(10)), raw_note(2, BOB, "Why?", at(11))]
    states = [raw_state_event(1, BOB, "closed", at(12))]
    serving(peer, issues=issues(1, notes=notes, state_events=states))
    [found] = items(peer, time, "work_items")
    assert bodies(found) == ["assigned to @eve", "closed"]
    assert found["label_names"] == {}


def test_labels_are_asked_for_once_where_a_note_has_an_id(peer, time):
    labels = [{"id": 31, "name": "Doing"}, {"id": 32, "name": "Done"}]
    serving(peer, issues=issues(250, label_events=labelled(1)), labels=labels)
    found = items(peer, time, "work_items")
    assert found[249]["label_names"] == {"31": "Doing", "32": "Done"}
    assert sum(path.endswith("/labels") for path in peer.paths()) == 1
    assert len(peer.seen) == 3 + 3 + 1


def test_a_long_history_is_read_to_its_end(peer, time):
    serving(peer, issues=issues(1, label_events=labelled(120)))
    [found] = items(peer, time, "work_items")
    assert len(found["activity"]) == 120
    assert len(posts(peer)) == 3


def test_a_page_that_is_too_much_is_halved_and_one_alone_is_read_by_rest(peer, time):
    serving(peer, issues=issues(40), most=20, heavy={"7"})
    found = items(peer, time, "work_items")
    assert numbers(found) == list(range(1, 41))
    assert [each["iid"] for each in found if "activity" not in each] == [7]


@pytest.mark.parametrize(
    "world",
    [{"hidden": {"workItems"}}, {"unknown": ("Project.workItems",)}],
    ids=["hidden", "unknown"],
)
def test_where_graphql_is_not_to_be_had_rest_tells_the_same(peer, time, world):
    kept = {
        "notes": [raw_event(1, BOB, "assigned to @bob", at(10))],
        "label_events": labelled(1),
        "state_events": [raw_state_event(1, BOB, "closed", at(12))],
        "labels": ["Doing"],
        "assignees": [BOB],
        "state": "closed",
        "closed_at": text(at(12)),
    }
    lab = serving(peer, issues=issues(2, **kept), labels=[{"id": 31, "name": "Doing"}])
    graphql = items(peer, time, "work_items")
    lab.hidden, lab.unknown = world.get("hidden", set()), world.get("unknown", ())

    async def act(connector):
        return await read(connector.work_items()), connector.notes

    rest, notes = asking(peer, time, act)
    assert "three requests" in notes[0]
    for one, other in zip(graphql, rest, strict=True):
        both = [processor.work_item(raw, scope_of(API)) for raw in (one, other)]
        fields = [
            [(c.field, c.from_value, c.to_value, c.at) for c in each.changes] for each in both
        ]
        assert fields[0] == fields[1]
        assert len(fields[0]) == 4


def test_an_old_instance_without_lists_of_events_tells_what_it_has(peer, time):
    states = {"label_events": None, "state_events": None}
    serving(peer, issues=issues(1, **states), hidden={"workItems"})
    [found] = items(peer, time, "work_items")
    assert (found["label_events"], found["state_events"], found["notes"]) == ([], [], [])


def test_one_that_is_gone_since_it_was_listed_is_left_out(peer, time):
    lab = serving(peer, issues=issues(2), hidden={"workItems"})
    there = lab.of_issue
    lab.of_issue = lambda asked, name: (
        faults.answering(404)(asked, None) if asked.fields["iid"] == "1" else there(asked, name)
    )
    assert numbers(items(peer, time, "work_items")) == [2]


def test_a_window_of_issues(peer, time):
    serving(peer, issues=issues(30))
    assert numbers(items(peer, time, "work_items", at(0, 10), at(0, 12))) == [10, 11, 12]


def test_a_warm_sync_takes_one_request(peer, time):
    serving(peer, issues=issues(30))
    assert items(peer, time, "work_items", at(20)) == []
    assert len(peer.seen) == 1


def test_a_sweep_of_issues_tells_all_of_every_type(peer, time):
    serving(peer, issues=[*issues(120), raw_issue(id=500, iid=500)])
    found = ids(peer, time, "work-items")
    assert {each["id"] for each in found} == {*range(1, 121), 500}


def test_a_project_without_issues_is_missing(peer, time):
    serving(peer, issues=issues(1))
    peer.misbehave(faults.answering(404), times=9, path="*/issues")
    with pytest.raises(Missing):
        items(peer, time, "work_items")
