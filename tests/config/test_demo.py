"""The demo in its own process and directory: services, tenant, sync, metrics, API, clean stop."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from config import embedded
from tests.repositories import GRACE, NOON, Work, add, make
from tests.repositories import run as git

pytestmark = pytest.mark.embedded

FIRST = Work(files={"a.py": "one\ntwo\n"}, at=NOON)
SECOND = Work(files={"a.py": "one\n"}, at=NOON + 86_400, author=GRACE)
ALL_OURS = ("CONTROL_DATABASE_URI", "DATABASE_URI", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


@pytest.fixture
def home(tmp_path: Path):
    """A checkout's place for the demo's state."""
    (tmp_path / "home").mkdir()
    yield tmp_path / "home"
    embedded.remove(tmp_path / "home" / ".devhealth")


def command(repo: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "config.cli", "demo", "--repo", str(repo), *options]


def environment() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name not in ALL_OURS}
    return ours | {"PYTHONPATH": str(Path.cwd())}


def demo(home: Path, repo: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(repo, "--once", *options),
        cwd=home,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("store", ["postgresql", "clickhouse"])
def test_the_demo_asks_its_own_api_and_finds_its_data_again(home: Path, tmp_path: Path, store):
    repository = make(tmp_path / "api", FIRST)
    first = last_line(demo(home, repository, "--store", store))
    add(repository, FIRST, SECOND)
    second = last_line(demo(home, repository, "--store", store))

    assert [(told["commits"], told["file_changes"], told["lines"]) for told in (first, second)] == [
        (1, 1, 2),
        (2, 2, 1),
    ]
    assert second["graphql"]["repoMetricsDaily"]["nodes"][-1]["locDeleted"] == 1
    assert set(second) == {
        "organization",
        "repository",
        "commits",
        "file_changes",
        "lines",
        "repo_days",
        "config",
        "run",
        "made_up",
        "seconds",
        "graphql",
    }
    assert {told["made_up"]["organization"] for told in (first, second)} == {"globex"}
    assert min(told["made_up"]["work_items"] for told in (first, second)) > 100
    assert (first["config"], first["run"] != second["run"]) == (second["config"], True)
    assert embedded.running(home / ".devhealth") is None


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make(tmp_path / "api", FIRST)


@pytest.fixture
def worktree(repository: Path, tmp_path: Path) -> Path:
    git(repository, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    return tmp_path / "tree"


@pytest.mark.parametrize(
    ("kind", "sign"), [("repository", signal.SIGINT), ("worktree", signal.SIGTERM)]
)
def test_a_demo_that_serves_is_stopped_with_all_its_processes(home: Path, kind, sign, request):
    with subprocess.Popen(
        command(request.getfixturevalue(kind)),
        cwd=home,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        queries = [running.stdout.readline() for _ in range(3)]
        children = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(sign)
        assert running.wait(60) == 0

    for door, query in zip(
        ("/graphql", "/backfills?dry_run=true", "/ownership"), queries, strict=True
    ):
        assert door in query
    assert not [child for child in children if child.is_running()]


def test_a_repository_that_is_none_stops_everything_again(home: Path, tmp_path: Path):
    done = demo(home, tmp_path / "nowhere")
    assert (done.returncode, "nowhere" in done.stderr) == (2, True)
    assert embedded.running(home / ".devhealth") is None
