"""Every suite of its own has a command, and continuous integration calls it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OPTIONS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
SUITES = [each.partition(":")[0] for each in OPTIONS["markers"]]


def test_the_fast_set_leaves_out_all_of_them_and_nothing_else():
    (left_out,) = re.findall(r"-m 'not \((.+)\)'", OPTIONS["addopts"])
    assert sorted(left_out.split(" or ")) == sorted(SUITES)


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_has_a_command_that_is_called(suite):
    assert re.search(rf"^{suite}: venv.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert f"\nmake {suite}\n" in (ROOT / ".ci" / "run").read_text()
