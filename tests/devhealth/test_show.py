"""What `dev-hops metrics show` draws."""

import pytest

from devhealth.show import sparkline


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([0, 1, 2, None], "▁▅█ "),  # 1 of 2 is 3.5 of 7 steps, rounded to even: the fifth bar
        ([0, 0], "▁▁"),
        ([None], " "),
        ([], ""),
        ([0.5], "█"),
    ],
)
def test_a_sparkline_has_a_bar_for_each_value_and_a_gap_for_none(values, drawn):
    assert sparkline(values) == drawn
