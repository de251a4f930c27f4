"""Flows along a path: widths by hand, and what holds of any of them."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.analytics.answers import Answer
from devhealth.analytics.catalogue import entry_of
from devhealth.analytics.questions import Dimension, Unanswerable
from devhealth.analytics.sankey import flow, require_path
from devhealth.due import everything
from devhealth.recompute import recompute
from tests.devhealth.analytics.asking import TODAY, answered, question
from tests.devhealth.analytics.items import DESK, item, put
from tests.devhealth.stores import Organisation
from tests.examples import tried

PATH = (Dimension.THEME, Dimension.SUBCATEGORY, Dimension.TEAM)
COLUMNS = ("work_theme", "work_subcategory", "team_id")
WAYS = [
    ("feature_delivery", "roadmap", "web", 5.0),
    ("feature_delivery", "roadmap", "unassigned", 3.0),
    ("quality", "bugfix", "web", 2.0),
    ("unclassified", "unclassified", "web", 10.0),
]


class Ways:
    """Numbers that stand already: ways by `COLUMNS`."""

    def __init__(self, rows):
        schema = [(name, pl.String) for name in COLUMNS] + [("value", pl.Float64)]
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        self.frame = frame.with_columns(bucket=pl.lit(None, pl.Date), n=pl.lit(None, pl.Int64))

    def values(self, name, kept=None):
        return self.frame


def of(rows, measure="items_completed", **more):
    asked = question(measure, "theme", beside=PATH[1:])
    return flow(Answer(asked, entry_of(measure), Ways(rows)), PATH, **more)


def widths(found):
    return [(*each.key, each.value) for each in found.nodes]


def bands(found):
    return [(each.source.key[0], each.target.key[0], each.value) for each in found.bands]


def test_each_band_is_as_wide_as_what_goes_there():
    found = of(WAYS)
    assert bands(found) == [
        ("unclassified", "unclassified", 10),
        ("feature_delivery", "roadmap", 8),
        ("quality", "bugfix", 2),
        ("unclassified", "web", 10),
        ("roadmap", "web", 5),
        ("roadmap", "unassigned", 3),
        ("bugfix", "web", 2),
    ]
    assert widths(found)[-2:] == [("web", 17), ("unassigned", 3)]
    assert (found.total, found.dropped, found.is_truncated) == (20, 0, False)


def test_what_is_of_no_team_and_no_theme_is_told():
    """17 of 20 are web's, 10 of 20 of a theme."""
    found = of(WAYS)
    assert found.known_share(Dimension.TEAM) == 0.85
    assert found.known_share(Dimension.THEME) == 0.5
    assert of([]).known_share(Dimension.TEAM) is None


def test_where_there_is_no_room_whole_ways_are_left_out():
    """The five widest: web 17, unclassified twice 10, feature_delivery and roadmap 8."""
    found = of(WAYS, most_nodes=5)
    assert bands(found) == [
        ("unclassified", "unclassified", 10),
        ("feature_delivery", "roadmap", 5),
        ("unclassified", "web", 10),
        ("roadmap", "web", 5),
    ]
    assert (found.total, found.dropped, found.is_truncated) == (20, 5, True)


def test_the_widest_bands_stay():
    assert bands(of(WAYS, most_bands=2)) == [
        ("unclassified", "unclassified", 10),
        ("unclassified", "web", 10),
    ]


def test_of_nothing_there_is_no_flow():
    found = of([])
    assert (found.nodes, found.bands, found.total, found.dropped) == ([], [], 0, 0)


def test_what_does_not_add_up_has_no_flow():
    with pytest.raises(Unanswerable, match="does not add up") as refused:
        of(WAYS, "cycle_hours_p50")
    assert refused.value.code == "not_additive"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ([Dimension.THEME], "invalid_path"),
        ([Dimension.THEME] * 2, "invalid_path"),
        ([Dimension.THEME, Dimension.TEAM, Dimension.REPO, Dimension.STATUS, Dimension.PROVIDER],
         "invalid_path"),
        ([Dimension.TEAM, Dimension.AUTHOR], "not_groupable"),
        ([Dimension.REPO, Dimension.FILE], "not_groupable"),
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(path, code):
    with pytest.raises(Unanswerable) as refused:
        require_path(path)
    assert refused.value.code == code


names = st.sampled_from("abcd")
ways = st.lists(st.tuples(names, names, names, st.integers(1, 9).map(float)), max_size=30)


@given(ways.map(lambda rows: list({row[:3]: row for row in rows}.values())), st.integers(1, 12))
@tried(100)
def test_what_comes_into_a_group_goes_out_of_it(rows, most):
    found = of(rows, most_nodes=most, most_bands=most)
    for node in found.nodes:
        into = sum(each.value for each in found.bands if each.target is node)
        out = sum(each.value for each in found.bands if each.source is node)
        assert into == node.value or node.dimension is PATH[0]
        assert out == node.value or node.dimension is PATH[-1]
    assert len(found.nodes) <= most
    first = sum(node.value for node in found.nodes if node.dimension is PATH[0])
    assert first + found.dropped == found.total == sum(row[-1] for row in rows)


def test_items_that_were_done_flow_from_their_theme_to_their_team(store):
    """Of three stories two are SHOP's, which is web's."""
    organisation = Organisation(store)
    moves = ("2026-01-05 10:00", "in_progress"), ("2026-01-06 10:00", "done")
    put(
        organisation.sink(),
        [
            item(1, "2026-01-05 08:00", *moves),
            item(2, "2026-01-05 08:00", *moves),
            item(3, "2026-01-05 08:00", *moves, scope=DESK),
            item(4, "2026-01-05 08:00", *moves[:1]),
        ],
    )
    recompute(organisation.sink(), everything(organisation.sink()), today=TODAY)
    asked = question("items_completed", "theme", beside=(Dimension.TEAM,))
    found = flow(answered(organisation.sink(), asked), (Dimension.THEME, Dimension.TEAM))
    assert bands(found) == [
        ("feature_delivery", "web", 2),
        ("feature_delivery", "unassigned", 1),
    ]
