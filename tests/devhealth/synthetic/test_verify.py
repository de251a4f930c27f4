"""`dev-hops fixtures verify` as a person or a script meets it, and how rows are compared."""

import json
from datetime import date
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner

from config.cli import main
from devhealth.models.rollups import FileDay
from devhealth.verifying import compared

SMALL = ("--days", "30", "--repos", "2", "--people", "6", "--until", "2026-11-01")


@pytest.fixture
def run(tmp_path):
    where = ("--db", f"sqlite:///{tmp_path / 'facts.db'}", "--org", str(uuid4()))

    def call(*arguments):
        return CliRunner().invoke(main, (*arguments, *where), env={"BATCH_SIZE": ""})

    return call


@pytest.fixture
def computed(run):
    for arguments in (("fixtures", "generate", *SMALL), ("metrics", "daily")):
        assert run(*arguments).exit_code == 0
    return run


def test_what_was_computed_of_a_world_is_as_expected(computed):
    done = computed("fixtures", "verify", *SMALL, "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["differences"]) == (0, [])
    assert all(each["rows"] and not each["differences"] for each in told["tables"].values())


def test_it_says_how_many_rows_and_cells_agree(computed):
    told = computed("fixtures", "verify", *SMALL).stdout.splitlines()
    table, _, rows, _, cells = told[0].split()
    assert (table, rows, cells) == ("repo_metrics_daily", "rows", "cells")
    assert "cells are as expected" in told[-1]


def test_another_world_is_told_by_what_differs_and_an_exit_of_one(computed):
    done = computed("fixtures", "verify", *SMALL, "--seed", "2")
    assert done.exit_code == 1
    assert "differences" in done.stdout
    assert "not expected" in done.stdout


def test_where_nothing_was_computed_it_says_what_to_do(run):
    assert run("fixtures", "generate", *SMALL).exit_code == 0
    done = run("fixtures", "verify", *SMALL)
    assert (done.exit_code, "metrics daily" in done.stderr) == (2, True)


ROW = {
    "repo_id": str(UUID(int=1)), "path": "a.py", "day": date(2026, 3, 2), "is_empty": False,
    "loc_added": 3, "hotspot_score_30d": 1.386294,
}  # fmt: skip


def differing(**cells):
    return compared(FileDay, [ROW | cells], [ROW]).differences


def test_the_last_decimal_of_a_float_may_fall_either_way():
    assert differing(hotspot_score_30d=1.386295) == []
    assert [each.column for each in differing(hotspot_score_30d=1.386296)] == ["hotspot_score_30d"]


@pytest.mark.parametrize("cell", [4, 3.0, None, "3"])
def test_another_value_or_type_is_another_cell(cell):
    (found,) = differing(loc_added=cell)
    assert (found.column, found.stored, found.expected) == ("loc_added", cell, 3)


def test_a_row_that_is_only_in_one_place_is_named_by_its_key():
    for stored, should, words in (([ROW], [], "not expected"), ([], [ROW], "not stored")):
        (found,) = compared(FileDay, stored, should).differences
        assert words in str(found)
        assert "path a.py" in str(found)


def test_what_is_alike_is_counted():
    verdict = compared(FileDay, [ROW | {"loc_added": 4}], [ROW])
    assert (verdict.rows, verdict.cells) == (0, len(ROW) - 1)
