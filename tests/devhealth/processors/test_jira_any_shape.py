"""Whatever stands anywhere in a body of Jira's: a record comes of it, or it is unreadable."""

from hypothesis import given
from hypothesis import strategies as st

from devhealth.processors import jira
from tests.devhealth.processors.odd import ODD, changed, places, reason
from tests.provider.jira_things import (
    BOB,
    DOING,
    DONE,
    FLAGGED,
    KNOWN,
    POINTS,
    SITE,
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
    resolved,
)
from tests.provider.jira_things import given as assigned

SCOPE = jira.project(raw_project() | {"site": SITE})
HISTORIES = [
    raw_history(
        1,
        at(10),
        item("Key", "OLD-1", "ABC-1"),
        item("project", "Old", "Alphabet", from_id="10009", to_id="10000"),
        item("labels", "", "blocked"),
        item("issuetype", "Bug", "Story"),
        flagged(),
    ),
    raw_history(2, at(11), moved(TO_DO, DOING), assigned(None, BOB), planned("", "7")),
    raw_history(3, at(12), moved(DOING, DONE), resolved("Won't Do"))
    | {"created": 1_772_452_800_000},
]
ISSUE = raw_issue(
    status=DONE,
    histories=HISTORIES[:2],
    resolution={"name": "Won't Do"},
    assignee=BOB,
    parent={"id": "20009"},
    duedate="2026-04-01",
    labels=["blocked"],
    **{SPRINT: [raw_sprint()], POINTS: 5.0, FLAGGED: [{"value": "Impediment"}]},
) | {"histories": HISTORIES, "known": KNOWN}
READ = [
    (jira.work_item, ISSUE),
    (lambda raw, _: jira.project(raw), raw_project() | {"site": SITE}),
]


def test_as_it_stands_it_is_a_record():
    assert [reason(made, raw, SCOPE) for made, raw in READ] == [None, None]


@given(read=st.sampled_from(READ), data=st.data(), odd=ODD)
def test_an_odd_value_makes_a_record_or_is_said_to_be_unreadable(read, data, odd):
    made, body = read
    raw = changed(body, data.draw(st.sampled_from(list(places(body)))), odd)
    assert jira.address("work-items", raw)
    assert (reason(made, raw, SCOPE) or "`").startswith("`")


@given(odd=ODD)
def test_a_body_of_another_shape_is_unreadable_too(odd):
    assert jira.address("work-items", odd)
    for made, _ in READ:
        assert "is missing" in reason(made, odd, SCOPE)
