"""What a tracker's statuses mean."""

import pytest

from devhealth.models.directory import Directory
from devhealth.processors.statuses import Statuses

USUAL = Statuses(Directory())
OWN = Statuses(
    Directory(statuses={"done": "in_review", "frobnicating": "in_progress", "hold": "blocked"})
)


@pytest.mark.parametrize(
    ("raw", "category", "expected"),
    [
        ("To Do", "todo", "todo"),
        ("In Progress", "in_progress", "in_progress"),
        ("  Code Review ", "in_progress", "in_review"),
        ("On hold", "in_progress", "blocked"),
        ("Closed", "done", "done"),
        ("Frobnicating", "in_progress", "in_progress"),
        ("Frobnicated", "done", "done"),
        ("Done", "canceled", "canceled"),
        ("Done: Won't Do", "canceled", "canceled"),
    ],
)
def test_without_a_word_of_the_organisation_it_means_what_it_usually_does(raw, category, expected):
    assert USUAL.of(raw, category) == expected


def test_the_organisations_own_word_goes_first():
    assert OWN.of("Done", "done") == "in_review"
    assert OWN.of("Frobnicating", "todo") == "in_progress"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([], "todo"),
        (["in progress"], "in_progress"),
        (["Status: In-Review"], "in_review"),
        (["workflow::in dev"], "todo"),
        (["in progress", "blocked"], "blocked"),
        (["closed"], "todo"),
        (["hold"], "blocked"),
    ],
)
def test_a_label_may_stand_for_a_status_of_what_is_open(labels, expected):
    assert OWN.of("open", "todo", labels) == expected


def test_a_label_never_opens_what_is_closed():
    assert USUAL.of("closed", "done", ["in progress"]) == "done"
