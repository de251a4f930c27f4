"""git itself judges the commit figures of this project's own history and of stranger ones."""

import subprocess
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from bench.check_git import by_git, by_us, mismatches
from bench.repositories import build
from tests.repositories import NOON, Work, make

ROOT = Path(__file__).parent.parent.parent
DAY = 86_400


@pytest.fixture
def sink(any_store):
    """An organisation without rows."""
    sink = any_store.for_org(uuid4())
    yield sink
    sink.erase()


def why_not(repository):
    """Why a checkout has no history to judge by; None: it has one."""
    asked = subprocess.run(
        ["git", "-C", repository, "rev-parse", "--is-shallow-repository", "HEAD"],
        capture_output=True,
        text=True,
    )
    if asked.returncode:
        return "this checkout is no git repository, or has no commit"
    return "this checkout is shallow" if asked.stdout.startswith("true") else None


@pytest.mark.skipif(why_not(ROOT) is not None, reason=why_not(ROOT) or "")
def test_git_agrees_on_this_projects_own_history(sink):
    assert mismatches(by_git(ROOT), by_us(sink, ROOT)) == []


def test_git_agrees_on_a_seeded_history_with_renames_and_merges(sink, tmp_path):
    build(tmp_path / "seeded.git", commits=300)
    git = by_git(tmp_path / "seeded.git")
    assert sum(commits for commits, *_ in git.values()) > 300  # merges come on top
    assert mismatches(git, by_us(sink, tmp_path / "seeded.git")) == []


def test_git_agrees_on_binaries_moves_odd_names_and_odd_clocks(sink, tmp_path):
    text = "".join(f"{number}\n" for number in range(20))
    odd = make(
        tmp_path / "odd.git",
        Work({"src/a.py": text, "logo.png": b"\0\1", "b => c": "1\n", "ü\t\n": "1\n"}),
        Work(renames={"src/a.py": "src/new/a.py"}, at=NOON + 60),
        Work(renames={"src/new/a.py": "src/a.py"}, at=NOON + DAY),
        Work({"logo.png": b"\0\2", "d": "no newline"}, at=NOON + DAY, zone="+0545"),
        Work({"e": "1\n"}, parents=[1], at=NOON - 20 * DAY),
        Work({"e": "1\n"}, parents=[3, 4], at=NOON + 2 * DAY),
        Work({"f": "1\n"}, at=-DAY),
        Work({"ü\t\n": None, "d": None}, at=NOON + 2 * DAY),
    )
    assert mismatches(by_git(odd), by_us(sink, odd)) == []


def test_days_that_differ_or_that_one_side_lacks_are_named():
    monday, tuesday, friday = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 9)
    git = {monday: (1, 2, 3, 4), tuesday: (1, 0, 0, 1)}
    ours = {monday: (1, 2, 3, 4), tuesday: (1, 0, 0, 2), friday: (1, 0, 0, 0)}
    assert mismatches(git, ours) == [
        {"day": "2026-01-06", "git": (1, 0, 0, 1), "devhealth": (1, 0, 0, 2)},
        {"day": "2026-01-09", "git": None, "devhealth": (1, 0, 0, 0)},
    ]
