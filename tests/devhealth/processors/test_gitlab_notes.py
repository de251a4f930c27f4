"""What GitLab's notes make of a merge request: reviews, comments, drafts."""

import pytest

from devhealth.processors import gitlab
from tests.provider.gitlab_things import (
    ADA,
    API,
    BOB,
    EVE,
    GHOST,
    at,
    raw_event,
    raw_merge_request,
    raw_note,
)

APPROVED = "approved this merge request"


def told(*notes, **changes):
    return gitlab.pull_request(raw_merge_request(notes=list(notes), **changes), API)


def reviews(*notes):
    return [(each.reviewer_login, each.state, each.submitted_at) for each in told(*notes).reviews]


def on_lines(number, author, when):
    return raw_note(number, author, "Why?", when, type="DiffNote", resolvable=True)


def test_an_approval_is_a_review_and_stays_one_when_it_is_taken_back():
    found = reviews(
        raw_event(1, BOB, APPROVED, at(10)),
        raw_event(2, BOB, "unapproved this merge request", at(11)),
        raw_event(3, BOB, APPROVED, at(12)),
    )
    assert found == [("gitlab:bob", "approved", at(10)), ("gitlab:bob", "approved", at(12))]


def test_a_request_for_changes_is_a_review():
    assert reviews(raw_event(1, BOB, "requested changes", at(10))) == [
        ("gitlab:bob", "changes_requested", at(10))
    ]


def test_the_first_comment_on_lines_is_a_review_of_each_person():
    found = reviews(on_lines(1, BOB, at(10)), on_lines(2, BOB, at(11)), on_lines(3, EVE, at(12)))
    assert found == [("gitlab:bob", "commented", at(10)), ("gitlab:eve", "commented", at(12))]


def test_after_a_verdict_comments_on_lines_are_no_review_of_their_own():
    assert reviews(raw_event(1, BOB, APPROVED, at(10)), on_lines(2, BOB, at(11))) == [
        ("gitlab:bob", "approved", at(10))
    ]


def test_a_verdict_after_comments_on_lines_is_another_review():
    found = reviews(raw_event(2, BOB, APPROVED, at(11)), on_lines(1, BOB, at(10)))
    assert [state for _, state, _ in found] == ["commented", "approved"]


def test_a_review_of_an_account_that_is_gone():
    assert reviews(raw_event(1, GHOST, APPROVED, at(10))) == [("", "approved", at(10))]
    assert reviews(raw_event(1, None, APPROVED, at(10))) == [("", "approved", at(10))]


def test_a_person_who_writes_an_approvals_words_has_not_approved():
    assert reviews(raw_note(1, BOB, APPROVED, at(10))) == []


def test_comments_are_what_people_said():
    found = told(
        raw_note(1, BOB, "Nice", at(10)),
        on_lines(2, BOB, at(11)),
        raw_note(3, EVE, "Hm", at(12), type="DiscussionNote", resolvable=True),
        raw_event(4, EVE, "assigned to @bob", at(13)),
    )
    assert [(each.comment_id, each.kind, each.author_login) for each in found.comments] == [
        ("1", "issue", "gitlab:bob"),
        ("2", "review", "gitlab:bob"),
        ("3", "review", "gitlab:eve"),
    ]
    assert found.pull_request.comments_count == 3


READY = [
    "marked this merge request as **ready**",
    "unmarked as a **Work In Progress**",
    "Unmarked this merge request as a Work In Progress",
    "changed title from **{-Draft: -}Add a door** to **Add a door**",
    "changed title from **WIP: Add a door** to **Add a {+red +}door**",
]
DRAFT = [
    "marked this merge request as **draft**",
    "marked this merge request as **draft** from abc123",
    "marked as a **Work In Progress** from abc123",
    "changed title from **Add a door** to **{+Draft: +}Add a door**",
]


@pytest.mark.parametrize("words", READY)
def test_one_that_was_opened_as_a_draft_is_ready_when_it_says_so(words):
    found = told(raw_event(1, ADA, words, at(10)), raw_event(2, ADA, DRAFT[0], at(11)), draft=True)
    assert found.pull_request.ready_at == at(10)


@pytest.mark.parametrize("words", DRAFT)
def test_one_that_became_a_draft_later_was_ready_from_the_start(words):
    found = told(raw_event(1, ADA, words, at(10)), draft=True)
    assert found.pull_request.ready_at == at(9)


def test_a_draft_of_which_nothing_is_noted_was_never_ready():
    assert told(draft=True).pull_request.ready_at is None


@pytest.mark.parametrize(
    "words", ["changed title from **A** to **B**", "mentioned in commit abc", "marked as **done**"]
)
def test_other_notes_say_nothing_of_drafts(words):
    assert told(raw_event(1, ADA, words, at(10)), draft=True).pull_request.ready_at is None


def test_what_a_person_writes_makes_no_draft():
    note = raw_note(1, ADA, READY[0], at(10))
    assert told(note, draft=True).pull_request.ready_at is None
