"""Two measures over one dimension, by hand."""

from datetime import date

import pytest

from devhealth.analytics.parts import Privacy
from devhealth.analytics.quadrants import Step, quadrants
from tests.devhealth.analytics.asking import answered, question
from tests.devhealth.delivery.things import pull
from tests.devhealth.metrics.worlds import ADA, API, DOCS, GRACE, JOAN, WEB, work
from tests.devhealth.stores import Organisation

LATER = date(2026, 12, 31)
NOBODY = Privacy(threshold=5)
EVERYBODY = Privacy(threshold=1)

# Commits and the median of their sizes: API 3 and 20, WEB 2 and 200, DOCS 1 and 7.
WORKS = [
    work("2026-01-05 10:00", {"a": (10, 0)}),
    work("2026-01-06 10:00", {"a": (20, 0)}),
    work("2026-01-13 10:00", {"a": (60, 0)}, by=GRACE),
    work("2026-01-05 10:00", {"b": (100, 0)}, repo=WEB, by=JOAN),
    work("2026-01-06 10:00", {"b": (300, 0)}, repo=WEB, by=JOAN),
    work("2026-01-06 10:00", {"c": (7, 0)}, repo=DOCS),
]


@pytest.fixture(scope="module")
def worked(store):
    organisation = Organisation(store)
    organisation.compute(organisation.take(WORKS), LATER)
    return organisation


def found(organisation, dimension="repo", top=50, privacy=EVERYBODY, **more):
    """Commits to the right, their size upwards."""
    x, y = (
        answered(organisation.sink(), question(measure, dimension, **more))
        for measure in ("commits_count", "commit_size_loc_p50")
    )
    return quadrants(x, y, top=top, privacy=privacy)


def places(told):
    return [(each.key[0], each.x, each.y) for each in told.places]


def test_each_group_has_its_place(worked):
    told = found(worked)
    assert places(told) == [(str(API), 3, 20), (str(WEB), 2, 200), (str(DOCS), 1, 7)]
    assert (told.beyond, told.unmeasured, told.is_private) == (0, 0, False)


def test_the_lines_are_in_the_middle_of_all_groups_whatever_is_shown(worked):
    """Of 1, 2 and 3; of 7, 20 and 200."""
    told = found(worked, top=1)
    assert (told.median_x, told.median_y, told.beyond) == (2, 20, 2)
    assert len(told.places) == 1


def test_between_two_groups_the_line_is_half_way(worked):
    told = found(worked, where={"repo": [API, WEB]})
    assert (told.median_x, told.median_y) == (2.5, 110)


def test_each_group_comes_its_way(worked):
    """The median of 10 and 20, then 60 alone."""
    first, _, docs = found(worked, bucket="week").places
    assert first.way == [Step(date(2026, 1, 5), 2, 15), Step(date(2026, 1, 12), 1, 60)]
    assert (first.x, first.y) == (3, 20)
    assert docs.way == [Step(date(2026, 1, 5), 1, 7)]


def test_a_group_of_which_one_is_not_measured_has_no_place(worked):
    x, y = (
        answered(worked.sink(), question(name, "repo")) for name in ("commits_count", "prs_merged")
    )
    told = quadrants(x, y, top=50)
    known = {row["repo_id"] for row in y.totals().to_dicts() if row["value"] is not None}
    assert {place.key[0] for place in told.places} == known
    assert told.unmeasured == 3 - len(known)


def test_people_come_by_their_ids(worked):
    told = found(worked, "author")
    assert places(told) == [(str(ADA), 3, 10), (str(GRACE), 1, 60), (str(JOAN), 2, 200)]


def test_people_who_are_too_few_see_themselves_alone_and_no_line(worked):
    told = found(worked, "author", privacy=Privacy(5, frozenset({str(GRACE)})))
    assert places(told) == [(str(GRACE), 1, 60)]
    assert (told.median_x, told.median_y, told.beyond, told.is_private) == (None, None, 2, True)
    assert found(worked, "author", privacy=NOBODY).places == []


def test_people_are_too_few_where_either_measure_has_too_few(worked, store):
    """Three committed, and only one of them had a pull request merged."""
    organisation = Organisation(store)
    organisation.compute(organisation.take(WORKS), LATER)
    merged = pull(1, "2026-01-06 10:00", author_id=ADA, cycle_hours=3.0)
    organisation.sink().write([merged])
    x, y = (
        answered(organisation.sink(), question(name, "author"))
        for name in ("commits_count", "pr_cycle_hours_p50")
    )
    told = quadrants(x, y, top=50, privacy=Privacy(threshold=3))
    assert (told.places, told.median_y, told.is_private) == ([], None, True)
    assert len(quadrants(x, y, top=50, privacy=EVERYBODY).places) == 1


def test_of_nothing_there_is_no_line(worked, store):
    told = found(Organisation(store))
    assert (told.places, told.median_x, told.median_y) == ([], None, None)
