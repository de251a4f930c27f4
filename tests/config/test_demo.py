"""The demo in its own process and directory: services, tenant, sync, metrics, API, clean stop."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config import embedded
from tests.repositories import GRACE, NOON, Work, add, make

FIRST = Work(files={"a.py": "one\ntwo\n"}, at=NOON)
SECOND = Work(files={"a.py": "one\n"}, at=NOON + 86_400, author=GRACE)
ALL_OURS = ("CONTROL_DATABASE_URI", "DATABASE_URI", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


@pytest.fixture
def home(tmp_path: Path):
    """A checkout's place for the demo's state."""
    (tmp_path / "home").mkdir()
    yield tmp_path / "home"
    embedded.remove(tmp_path / "home" / ".devhealth")


def demo(home: Path, repo: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ALL_OURS}
    return subprocess.run(
        [sys.executable, "-m", "config.cli", "demo", "--repo", str(repo), "--once"],
        cwd=home,
        env=environment | {"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_the_demo_asks_its_own_api_and_finds_its_data_again(home: Path, tmp_path: Path):
    repository = make(tmp_path / "api", FIRST)
    first = last_line(demo(home, repository))
    add(repository, FIRST, SECOND)
    second = last_line(demo(home, repository))

    assert [(told["commits"], told["file_changes"]) for told in (first, second)] == [(1, 1), (2, 2)]
    assert second["graphql"]["repoMetricsDaily"]["nodes"][-1]["locDeleted"] == 1
    assert set(second) == {
        "organization",
        "repository",
        "commits",
        "file_changes",
        "repo_days",
        "seconds",
        "graphql",
    }
    assert embedded.running(home / ".devhealth") is None


def test_a_repository_that_is_none_stops_everything_again(home: Path, tmp_path: Path):
    done = demo(home, tmp_path / "nowhere")
    assert (done.returncode, "nowhere" in done.stderr) == (2, True)
    assert embedded.running(home / ".devhealth") is None
