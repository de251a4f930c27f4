"""What `dev-hops metrics show` draws."""

from datetime import date
from uuid import uuid4

import pytest

from devhealth.models.records import Identity
from devhealth.models.rollups import UserDay
from devhealth.show import print_table, sparkline


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


def test_an_account_without_a_name_is_called_by_its_login(acme, capsys):
    author, first, end = uuid4(), date(2026, 1, 5), date(2026, 1, 6)
    acme.sink().write(
        [Identity(author_id=author, name="", email=None, handle="github:ada", actor_kind="human")]
    )
    acme.sink().write(
        [UserDay(repo_id=uuid4(), author_id=author, day=first, actor_kind="human", team_id="web")]
    )
    sink = acme.sink()
    print_table(sink, UserDay, sink.latest(UserDay), first, end, limit=5)
    assert "github:ada" in capsys.readouterr().out
