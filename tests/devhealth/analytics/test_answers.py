"""The same number whichever way it is made; golden ones by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.analytics.answers import Answer, ask
from devhealth.analytics.catalogue import catalogue, entry_of
from devhealth.analytics.questions import Unanswerable
from devhealth.models.records import Repository
from devhealth.sinks.query import Bucket
from tests.devhealth.analytics.asking import Counting, answered, by_records, question, told
from tests.devhealth.metrics.pulls import many_pulls, records
from tests.devhealth.metrics.pulls_by_hand import LAST
from tests.devhealth.metrics.worlds import ADA, API, GRACE, ROBOT, WEB, work, worlds
from tests.devhealth.stores import Organisation
from tests.examples import tried

LATER = date(2026, 12, 31)
FIRST = date(2026, 1, 1)

# Three by Ada in two repositories, one by Grace, one by a bot; sizes 10, 30, 400, 20 and 1000.
DAYS = [
    work("2026-01-05 10:00", {"a": (10, 0)}),
    work("2026-01-06 10:00", {"a": (20, 10)}),
    work("2026-01-12 10:00", {"b": (400, 0)}, repo=WEB),
    work("2026-01-13 23:59", {"a": (20, 0)}, by=GRACE),
    work("2026-01-14 10:00", {"lock": (1000, 0)}, by=ROBOT),
]


@pytest.fixture(scope="module")
def five(store):
    organisation = Organisation(store)
    organisation.compute(organisation.take(DAYS), LATER)
    return organisation


# --- golden --------------------------------------------------------------------------------------


def test_nothing_of_another_organisation_is_told(five, store):
    assert told(answered(Organisation(store).sink(), question("commits_count"))) == {}


def test_bots_are_left_out_unless_all_are_asked_for(five):
    assert told(answered(five.sink(), question("commits_count"))) == {FIRST: 4}
    assert told(answered(five.sink(), question("commits_count", population="all"))) == {FIRST: 5}


def test_a_sum_by_repository(five):
    found = told(answered(five.sink(), question("loc_added", "repo")))
    assert found == {(FIRST, str(API)): 50, (FIRST, str(WEB)): 400}


def test_weeks_are_named_by_their_monday(five):
    found = told(answered(five.sink(), question("commits_count", bucket="week")))
    assert _without_zeros(found) == {date(2026, 1, 5): 2, date(2026, 1, 12): 2}


def test_a_median_is_taken_anew_over_the_whole_span(five):
    answer = answered(five.sink(), question("commit_size_loc_p50"))
    assert told(answer) == {FIRST: 25}  # of 10, 20, 30, 400; the mean of repositories' is 210
    assert answer.values()["n"].to_list() == [4]


def test_a_person_who_works_in_two_repositories_is_one_author(five):
    assert told(answered(five.sink(), question("authors_count"))) == {FIRST: 2}


def test_a_path_is_another_file_in_another_repository(store):
    organisation = Organisation(store)
    same = [work("2026-01-05 10:00", {"a": (1, 0)}, repo=repo) for repo in (API, WEB)]
    organisation.compute(organisation.take(same), LATER)
    assert told(answered(organisation.sink(), question("files_changed"))) == {FIRST: 2}


def test_a_filter_leaves_out_the_rest(five):
    asked = question("commits_count", where={"repo": [API], "author": [ADA]})
    assert told(answered(five.sink(), asked)) == {FIRST: 2}


def test_a_window_of_a_day_reaches_back_before_the_span(five):
    asked = question("changed_loc_30d", days=(date(2026, 1, 20), date(2026, 1, 21)), bucket="day")
    assert told(answered(five.sink(), asked)) == {date(2026, 1, 20): 460}  # 10 + 30 + 400 + 20


def test_totals_are_no_means_of_buckets(five):
    answer = answered(five.sink(), question("commit_size_loc_p50", bucket="week"))
    assert told(answer) == {date(2026, 1, 5): 20, date(2026, 1, 12): 210}
    assert answer.totals()["value"].to_list() == [25]


def test_what_is_not_kept_is_one_group(five):
    answer = answered(five.sink(), question("commits_count", "author"))
    kept = answer.values().filter(author_id=str(GRACE)).select("author_id")
    assert sorted(answer.values(kept).select("author_id", "value").rows(), key=str) == [
        (str(GRACE), 1.0),
        (None, 3.0),
    ]


def test_what_is_not_kept_of_a_median_is_computed_anew(five):
    answer = answered(five.sink(), question("commit_size_loc_p50", "repo"))
    kept = answer.values().clear().select("repo_id")
    assert answer.values(kept).select("repo_id", "value").rows() == [(None, 25.0)]


# --- copies --------------------------------------------------------------------------------------


def copies(store, *, is_fork=False):
    """The same two commits in two repositories of one history, and one of its own in each."""
    organisation = Organisation(store)
    sink = organisation.sink()
    for repo in (API, WEB):
        sink.write(
            [
                Repository(
                    repo_id=repo, source_id="local", provider="local", full_name=str(repo), url="",
                    root_hash="r", is_fork=is_fork and repo == API,
                )
            ]
        )  # fmt: skip
    works = [
        work(f"2026-01-0{day} 10:00", {"a": (1, 0)}, repo=repo, name=f"c{day}")
        for repo in (API, WEB)
        for day in (5, 6)
    ] + [work("2026-01-07 10:00", {"a": (1, 0)}, repo=WEB, name="own")]
    organisation.compute(organisation.take(works), LATER)
    return organisation.sink()


@pytest.mark.parametrize("measure", ["commits_count", "loc_added", "files_changed"])
def test_a_commit_in_two_repositories_counts_once_for_the_organisation(store, measure):
    expected = {"commits_count": 3, "loc_added": 3, "files_changed": 2}
    assert told(answered(copies(store), question(measure))) == {FIRST: expected[measure]}


def test_each_repository_has_its_own_commits(store):
    found = told(answered(copies(store), question("commits_count", "repo")))
    assert found == {(FIRST, str(API)): 2, (FIRST, str(WEB)): 3}


def test_a_person_made_a_copied_commit_once(store):
    found = told(answered(copies(store), question("commits_count", "author")))
    assert found == {(FIRST, str(ADA)): 3}


def test_a_fork_keeps_what_only_it_has(store):
    """Paths: both changed in the first repository, which is no fork, `a` alone."""
    assert told(answered(copies(store, is_fork=True), question("files_changed"))) == {FIRST: 1}


# --- two ways ------------------------------------------------------------------------------------

# Columns of which one says whose work a row counts; a file's counts everybody's together.
PEOPLE_BY = {"population", "actor_kind"}
ADDITIVE = [
    (entry.name, dimension, population)
    for entry in catalogue().values()
    for dimension in (None, *entry.dimensions)
    for population in ("people", "all")
    if any(
        grain.is_additive
        and grain.has(frozenset(dimension.columns if dimension else ()))
        and (population == "all" or PEOPLE_BY & {*grain.rollup.key, *grain.rollup.labels})
        for grain in entry.grains
    )
]
START = date(2024, 1, 20)


@given(
    worlds,
    many_pulls,
    st.integers(0, 60),
    st.integers(1, 60),
    st.integers(0, 62),
    st.sampled_from(get_args(Bucket)),
    st.sampled_from([ADDITIVE[place::4] for place in range(4)]),
)
@tried(5)
def test_rows_and_records_give_the_same_numbers(
    store, world, pulls, start, length, ahead, bucket, measures
):
    """On any day within or after the span: what lasts is told of the last day that is over."""
    organisation = Organisation(store)
    organisation.compute(organisation.take(world) | organisation.tell(records(pulls), LAST), LAST)
    sink, since = organisation.sink(), START + timedelta(days=start)
    until, today = since + timedelta(days=length), since + timedelta(days=ahead)
    asked = [
        question(measure, dimension, days=(since, until), bucket=bucket, population=population)
        for measure, dimension, population in measures
    ]
    for each in ask(sink, asked, today=today):
        assert each.basis == "rows"
        if other := by_records(sink, each.question, today):
            assert _without_zeros(told(other)) == _without_zeros(told(each)), each.question
            assert _total(other) == _total(each), each.question


def _total(answer):
    """By group, over all buckets together."""
    totals = answer.totals().select(*answer.question.by, "value").rows()
    return _without_zeros({tuple(key): value for *key, value in totals})


def _without_zeros(values):
    """A day on which bots alone were active has a row of nothing for people."""
    return {key: round(value, 6) for key, value in values.items() if value}


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (question("velocity"), "unknown_measure"),
        (question("bus_factor_30d", "file"), "not_groupable"),
        (question("commit_size_loc_p50", as_of=datetime(2026, 2, 1, tzinfo=UTC)), "not_versioned"),
    ],
)
def test_a_question_without_an_answer_says_why(five, asked, code):
    with pytest.raises(Unanswerable) as refused:
        answered(five.sink(), asked)
    assert refused.value.code == code


def test_one_refusal_leaves_the_others_their_answers(five):
    bad, good = ask(five.sink(), [question("velocity"), question("commits_count")], today=LATER)
    assert isinstance(bad, Unanswerable)
    assert isinstance(good, Answer)
    assert told(good) == {FIRST: 4}


def test_questions_of_one_shape_are_one_query(five):
    counted = Counting(five.sink())
    asked = [question(name, "repo") for name in ("commits_count", "loc_added", "loc_deleted")]
    ask(counted, asked, today=LATER)
    assert counted.calls == ["aggregate"]


def test_days_weeks_and_the_whole_are_one_query_and_as_if_asked_alone(five):
    counted = Counting(five.sink())
    asked = [
        question(name, bucket=bucket)
        for name in ("loc_added", "large_commits_count")
        for bucket in ("day", "week", "month", "all")
    ]
    together = ask(counted, asked, today=LATER)
    alone = [answered(five.sink(), each) for each in asked]
    assert [told(each) for each in together] == [told(each) for each in alone]
    assert counted.calls == ["read", "aggregate"]  # repositories, rows


def test_records_are_read_once_for_all_who_need_them(five):
    counted = Counting(five.sink())
    asked = [question("commit_size_loc_p50", each) for each in (None, "repo", "author")]
    outcomes = ask(counted, asked, today=LATER)
    assert [told(each) != {} for each in outcomes] == [True] * 3
    assert counted.calls == ["read", "read"]  # repositories, commits


# --- what the catalogue claims -------------------------------------------------------------------


@pytest.mark.parametrize("population", ["people", "all"])
@pytest.mark.parametrize("name", catalogue())
def test_whatever_the_catalogue_says_can_be_told_is_told(five, name, population):
    asked = [question(name, each, population=population) for each in entry_of(name).dimensions]
    outcomes = ask(five.sink(), asked, today=LATER)
    refused = [str(each) for each in outcomes if not isinstance(each, Answer)]
    assert refused == []


def test_changes_of_files_are_counted_by_repository(five):
    """Three of `a` in API, one of `b` in WEB; the bot's left out."""
    found = told(answered(five.sink(), question("file_changes_count", "repo")))
    assert found == {(FIRST, str(API)): 3, (FIRST, str(WEB)): 1}
    assert told(answered(five.sink(), question("file_changes_count"))) == {FIRST: 4}
    everybody = answered(five.sink(), question("file_changes_count", "repo", population="all"))
    assert told(everybody) == {(FIRST, str(API)): 4, (FIRST, str(WEB)): 1}
