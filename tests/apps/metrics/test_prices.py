from datetime import date

import pytest

from apps.errors import BadRequest
from apps.metrics.prices import BATCH

JANUARY = {"startDate": date(2026, 1, 1), "endDate": date(2026, 1, 31)}


def part(**more):
    return {"dateRange": JANUARY, **more}


def priced(**batch):
    """(questions, values) of a batch."""
    arguments = {"batch": batch, "orgId": None}
    return BATCH.questions(arguments), BATCH.values(arguments)


def test_an_empty_batch_asks_nothing():
    assert priced(timeseries=[], breakdowns=[], sankey=None, filters={"who": None}) == (0, 0)


def test_a_part_costs_its_days_times_ten_groups():
    assert priced(timeseries=[part()]) == (1, 31 * 10)


def test_a_part_may_say_how_many_groups():
    assert priced(breakdowns=[part(topN=50)], sankey=part(maxNodes=100)) == (2, 31 * 150)


def test_to_compare_is_to_ask_twice():
    assert priced(timeseries=[part(topN=1, compareToPrior=True)]) == (2, 2 * 31)


def test_two_measures_are_two_questions_and_so_is_a_matrix():
    assert priced(quadrants=[part(x="WIP", y="WIP", topN=1)]) == (2, 2 * 31)
    assert priced(flowMatrix=part(maxNodes=1, maxEdges=1)) == (2, 2 * 31)
    assert priced(sankey=part(path=["THEME", "TEAM"], maxNodes=1, maxEdges=1)) == (1, 31)


@pytest.mark.parametrize("groups", [None, 0, -5])
def test_a_part_is_never_free(groups):
    backwards = {"startDate": date(2026, 1, 31), "endDate": date(2026, 1, 1)}
    questions, values = priced(timeseries=[{"dateRange": backwards, "topN": groups}])
    assert questions == 1
    assert values >= 1


def test_a_batch_of_ten_parts_is_priced():
    assert priced(timeseries=[part()] * 5, heatmaps=[part()] * 5)[0] == 10


def test_one_of_eleven_is_refused():
    with pytest.raises(BadRequest, match="at most 10 parts, not 11") as refused:
        priced(timeseries=[part()] * 5, heatmaps=[part()] * 5, sankey=part())
    assert refused.value.code == "too_many_parts"
