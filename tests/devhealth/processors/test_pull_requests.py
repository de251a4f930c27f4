"""What follows from pull requests, reviews and comments: hours counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.models.directory import CategoryRule, Directory, Membership, Team
from devhealth.models.records import Comment, PullRequest, Review
from devhealth.processors.pull_requests import derived
from devhealth.processors.stamps import Stamps
from tests.devhealth.processors.reviewed import (
    CLASSES,
    at,
    comment,
    derive,
    framed,
    known,
    only,
    pull,
    review,
    reviews,
    rows_of,
    worlds,
)

PHASES = ("draft_hours", "pickup_hours", "review_hours", "cycle_hours", "coding_hours")
ONE_PERSON = Directory(aliases={"github:augusta": "github:ada", "github:ada": "github:ada"})


def phases(*records, directory=None):
    row = only(*records, directory=directory)
    return tuple(row[name] for name in PHASES)


# --- phases ---------------------------------------------------------------------------------------


def test_phases_tile():
    """Opened at 0 with a commit of −5, ready at 2, answered at 3, merged at 10."""
    merged = pull(ready=2, merged=10, first_commit_at=at(-5))
    assert phases(merged, comment("grace", 3), review("grace", 4)) == (2, 1, 7, 10, 5)


def test_opened_ready_it_was_no_draft():
    assert phases(pull(merged=4), review("grace", 1)) == (0, 1, 3, 4, None)


def test_a_second_time_as_a_draft_changes_nothing():
    """`ready_at` is the first: it was back in draft from 3 to 5, and answered meanwhile."""
    assert phases(pull(ready=1, merged=9), review("grace", 4)) == (1, 3, 5, 9, None)


def test_what_was_merged_as_a_draft_was_never_ready():
    row = only(pull(ready=None, merged=5), review("grace", 1, "approved"))
    assert [row[name] for name in PHASES] == [None, None, None, 5, None]
    assert (row["first_response_at"], row["approved_at"]) == (None, at(1))


def test_merged_without_an_answer_it_was_neither_picked_up_nor_reviewed():
    assert phases(pull(merged=5)) == (0, None, None, 5, None)


def test_still_open_it_has_no_cycle():
    assert phases(pull(), review("grace", 1)) == (0, 1, None, None, None)


def test_closed_without_a_merge_it_has_no_cycle():
    assert phases(pull(closed=8), comment("grace", 2)) == (0, 2, None, None, None)


def test_a_commit_that_is_younger_than_the_pull_request_makes_no_coding_less_than_none():
    assert phases(pull(first_commit_at=at(3)))[-1] == 0


def test_hours_are_rounded_to_six_decimals():
    """A second is 1/3600 of an hour, 0.0002777…"""
    assert phases(pull(merged=1 / 3600))[3] == 0.000278


# --- what is an answer ----------------------------------------------------------------------------


def answered(*records, directory=None):
    return only(*records, directory=directory)["first_response_at"]


def test_an_answer_before_it_was_ready_is_none_and_the_next_one_is():
    draft = pull(ready=4, merged=9)
    assert answered(draft, comment("grace", 2), review("grace", 3), review("grace", 6)) == at(6)
    assert only(draft, review("grace", 3))["first_review_at"] == at(3)


def test_an_answer_of_the_instant_that_it_was_ready_is_one():
    assert answered(pull(ready=4), comment("grace", 4)) == at(4)


def test_after_the_merge_nobody_answers_any_more():
    merged = pull(merged=5)
    assert answered(merged, review("grace", 6, "approved")) is None
    row = only(merged, review("grace", 6, "approved"))
    assert (row["approved_at"], row["reviews_count"], row["review_hours"]) == (at(6), 1, None)


def test_an_answer_of_the_instant_of_the_merge_is_one():
    assert answered(pull(merged=5), review("grace", 5)) == at(5)


def test_reopened_it_may_be_answered_as_long_as_it_is_open():
    """It was closed at 2 and has no `closed_at` any more."""
    assert answered(pull(), comment("grace", 50)) == at(50)


def test_a_bot_that_answers_first_is_none():
    told = [pull(merged=9), review("dependabot[bot]", 1, "approved"), review("grace", 3)]
    row = only(*told)
    assert (row["first_response_at"], row["first_review_at"]) == (at(3), at(3))
    assert (row["reviews_count"], row["approved_at"]) == (1, None)
    assert [each["actor_kind"] for each in reviews(*told)] == ["bot", "human"]


@pytest.mark.parametrize(
    ("bots", "kinds"), [((), ("human", "human")), (("ada",), ("human", "bot"))]
)
def test_a_review_knows_whether_its_pull_request_is_a_bots(bots, kinds):
    (row,) = reviews(pull(), review("grace", 1), directory=Directory(bots=bots))
    assert (row["actor_kind"], row["author_kind"]) == kinds


def test_ones_own_words_are_no_answer():
    assert answered(pull(), comment("ada", 1), review("ada", 2)) is None


def test_nor_are_they_under_another_login():
    told = [pull(merged=9), review("augusta", 1, "approved"), comment("augusta", 2)]
    assert answered(*told) == at(1)
    row = only(*told, directory=ONE_PERSON)
    assert (row["first_response_at"], row["approved_at"], row["reviews_count"]) == (None, None, 0)
    (own,) = reviews(*told, directory=ONE_PERSON)
    assert (own["is_own"], own["is_first_of_reviewer"]) == (True, False)
    assert own["reviewer_id"] == own["author_id"] == row["author_id"] == known("ada")


def test_what_is_gone_does_not_count():
    gone = {"deleted_at": at(8)}
    told = [pull(), comment("grace", 1, **gone), review("grace", 2, **gone), review("grace", 3)]
    row = only(*told)
    assert (row["first_response_at"], row["reviews_count"]) == (at(3), 1)
    assert [each["is_first_of_reviewer"] for each in reviews(*told)] == [False, True]


def test_what_is_buried_with_its_pull_request_still_says_what_it_was():
    told = [pull(merged=9, deleted_at=at(20)), review("grace", 2, deleted_at=at(20)),
            review("grace", 1, deleted_at=at(10))]  # fmt: skip
    assert only(*told)["reviews_count"] == 1


# --- reviews --------------------------------------------------------------------------------------


def test_reviews_are_counted_by_what_they_were_submitted_as():
    """The approval was dismissed later: it stays one."""
    row = only(
        pull(),
        review("grace", 1, "changes_requested"),
        review("grace", 2, "approved"),
        review("joan", 3, "changes_requested"),
        review("ada", 4, "changes_requested"),
        review("dependabot[bot]", 5, "changes_requested"),
    )
    assert (row["reviews_count"], row["changes_requested_count"]) == (3, 2)
    assert (row["first_review_at"], row["approved_at"]) == (at(1), at(2))


def test_where_nobody_can_ask_for_changes_their_count_is_null():
    row = only(pull(changes_requested_count=None), review("grace", 1))
    assert row["changes_requested_count"] is None


def test_without_reviews_they_are_none():
    row = only(pull())
    assert (row["reviews_count"], row["changes_requested_count"]) == (0, 0)


def test_of_each_reviewer_one_is_the_first_of_several_at_once_the_lower_id():
    told = [review("grace", 2, review_id="b"), review("grace", 2, review_id="a"),
            review("grace", 1, review_id="z", number=8), review("joan", 3, review_id="c"),
            review("grace", 4, review_id="d")]  # fmt: skip
    found = reviews(pull(7), pull(8), *told)
    first = [(each["number"], each["review_id"]) for each in found if each["is_first_of_reviewer"]]
    assert first == [(7, "a"), (7, "c"), (8, "z")]


def test_a_review_without_its_pull_request_is_nobodys():
    (row,) = reviews(review("grace", 1))
    assert row["author_id"] == "00000000-0000-0000-0000-000000000000"
    assert (row["reviewer_id"], row["is_own"]) == (known("grace"), False)


# --- who ------------------------------------------------------------------------------------------


def test_who_has_no_account_any_more_is_unknown():
    told = [pull(author=""), review("grace", 1), review("", 2), comment("ghost", 3)]
    found = derive(*told)
    assert found[PullRequest][0]["author_id"] == known("")
    assert found[Comment][0]["author_id"] == known("")
    assert found[PullRequest][0]["reviews_count"] == 1  # of two unknown, nobody knows


def test_an_account_is_known_by_its_login_whatever_its_name():
    one, other = pull(7, author_name="Ada"), pull(8, author_name="Ada Lovelace")
    assert {row["author_id"] for row in derive(one, other)[PullRequest]} == {known("ada")}


def test_the_newest_name_of_an_account_is_met():
    stamps = Stamps(Directory(), "acme/api")
    told = [pull(author_name="Ada"), comment("ada", 5, author_name="Ada Lovelace"),
            review("ada", 9, reviewer_name="A. L.", deleted_at=at(9))]  # fmt: skip
    derived(framed(told), stamps)
    assert [(each.name, each.handle) for each in stamps.people.met()] == [
        ("Ada Lovelace", "github:ada")
    ]


TEAMS = Directory(
    teams=(
        Team("before", "", (Membership("github:grace", until=at(4)),)),
        Team("after", "", (Membership("github:grace", since=at(4)), Membership("github:ada"))),
    )
)
OWNED = Directory(teams=(*TEAMS.teams, Team("api", "", repositories=("acme/*",))))


def test_everybody_is_in_the_team_of_that_instant():
    told = [pull(), review("grace", 3), review("grace", 4), comment("grace", 2), comment("joan", 2)]
    found = derive(*told, directory=TEAMS)
    assert found[PullRequest][0]["author_team_id"] == found[PullRequest][0]["team_id"] == "after"
    teams = [(each["team_id"], each["reviewer_team_id"]) for each in found[Review]]
    assert teams == [("before", "before"), ("after", "after")]
    assert [each["author_team_id"] for each in found[Comment]] == ["before", "unassigned"]


def test_what_is_delivered_is_the_owners():
    found = derive(pull(), review("grace", 3), directory=OWNED)
    (row,), (seen,) = found[PullRequest], found[Review]
    assert (row["team_id"], row["author_team_id"]) == ("api", "after")
    assert (seen["team_id"], seen["reviewer_team_id"]) == ("api", "before")


# --- what kind of work ----------------------------------------------------------------------------


def test_the_first_rule_that_matches_says_what_kind_of_work_it_is():
    rules = Directory(
        categories=(
            CategoryRule("risk", "security", types=("incident",)),
            CategoryRule("risk", "security", titles=("fix*",), paths=("auth/*",)),
            CategoryRule("quality", "testing", titles=("fix*",), labels=("tests",)),
            CategoryRule("quality", "bugfix", titles=("*crash*", "fix*")),
        )
    )
    told = [pull(1, title="Fix it", labels=["Tests", "x"]), pull(2, title="FIX it", labels=["x"]),
            pull(3, title="A fix")]  # fmt: skip
    found = derive(*told, directory=rules)[PullRequest]
    assert [
        (row["work_theme"], row["work_subcategory"], row["category_rule"]) for row in found
    ] == [
        ("quality", "testing", "3"),
        ("quality", "bugfix", "4"),
        ("unclassified", "unclassified", ""),
    ]


# --- any of them ----------------------------------------------------------------------------------

directories = st.sampled_from(
    [Directory(), ONE_PERSON, TEAMS, OWNED, Directory(bots=("gra*",)),
     Directory(categories=(CategoryRule("quality", "bugfix", titles=("fix*",), labels=("bug",)),))]
)  # fmt: skip


@given(worlds, directories)
def test_a_batch_gives_what_its_halves_give(records, directory):
    whole = derive(*records, directory=directory)
    halves = [
        derive(*(each for each in records if (each.number == 1) is is_first), directory=directory)
        for is_first in (True, False)
    ]
    assert whole == {cls: halves[0][cls] + halves[1][cls] for cls in CLASSES}


@given(worlds, directories, directories)
def test_what_was_derived_before_leaves_no_trace(records, old, new):
    """Nor does the order of what is given."""
    stored = derived(framed(records), Stamps(old, "acme/api"))
    again = derived({cls: rows.reverse() for cls, rows in stored.items()}, Stamps(new, "acme/api"))
    assert rows_of(again) == derive(*records, directory=new)
    assert all(again[cls].schema == stored[cls].schema for cls in CLASSES)


@given(worlds, directories)
def test_as_plain_words_say_it(records, directory):
    found = derive(*records, directory=directory)
    for row in found[PullRequest]:
        assert told_of(row, found) == {name: row[name] for name in told_of(row, found)}


def told_of(row, found):
    """Of a pull request, from rows of which it is known who made them."""

    def mine(cls):
        return [each for each in found[cls] if each["number"] == row["number"]]

    def counts(each, by):
        gone, ended = each["deleted_at"], row["deleted_at"]
        is_there = gone is None or (ended is not None and gone >= ended)
        return is_there and each["actor_kind"] == "human" and each[by] != row["author_id"]

    seen = [each for each in mine(Review) if counts(each, "reviewer_id")]
    said = [each["created_at"] for each in mine(Comment) if counts(each, "author_id")]
    answers = [
        instant
        for instant in (*said, *(each["submitted_at"] for each in seen))
        if row["ready_at"] and row["ready_at"] <= instant <= (row["closed_at"] or instant)
    ]
    approvals = [each["submitted_at"] for each in seen if each["state"] == "approved"]
    refusals = [each for each in seen if each["state"] == "changes_requested"]
    is_told = row["changes_requested_count"] is not None
    answer = min(answers, default=None)
    return {
        "first_response_at": answer,
        "first_review_at": min((each["submitted_at"] for each in seen), default=None),
        "approved_at": min(approvals, default=None),
        "reviews_count": len(seen),
        "changes_requested_count": len(refusals) if is_told else None,
        "pickup_hours": between(row["ready_at"], answer),
        "review_hours": between(answer, row["merged_at"]),
        "cycle_hours": between(row["created_at"], row["merged_at"]),
    }


def between(since, until):
    return (until - since).total_seconds() / 3600 if since and until else None


@pytest.mark.parametrize("cls", CLASSES)
def test_of_nothing_comes_nothing(cls):
    assert derive()[cls] == []
