"""`dev-hops fixtures generate` as a person or a script meets it."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from config.cli import main
from devhealth.models.directory_file import parse_directory

pytestmark = pytest.mark.worlds

SMALL = ("--days", "30", "--repos", "2", "--people", "6", "--until", "2026-11-01")


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'facts.db'}"
    uri: str = request.getfixturevalue("services").database_uri
    return uri


@pytest.fixture
def org() -> str:
    return str(uuid4())


def generate(db: str, org: str, *more: str) -> Result:
    arguments = ("fixtures", "generate", "--db", db, "--org", org, *SMALL, *more)
    return CliRunner().invoke(main, arguments, env={"DATABASE_URI": "", "BATCH_SIZE": ""})


def test_a_world_is_written_and_a_second_time_nothing_is_new(db: str, org: str):
    first, second = (json.loads(generate(db, org, "--json").stdout) for _ in range(2))
    assert (first["dirty_days"] > 20, second["dirty_days"]) == (True, 0)
    of_runs = "source_coverage"
    assert first["rows"].pop(of_runs) < second["rows"].pop(of_runs)
    assert first["rows"] == second["rows"]


def test_it_says_what_is_there_and_what_to_do_next(db: str, org: str):
    told = generate(db, org).stdout
    assert "pull_requests" in told
    assert "Next: dev-hops metrics daily" in told


def test_another_seed_gives_other_rows(tmp_path: Path):
    uris = [f"sqlite:///{tmp_path / name}" for name in ("one.db", "other.db")]
    org = str(uuid4())
    rows = [
        json.loads(generate(uri, org, "--json", "--seed", str(seed)).stdout)["rows"]
        for seed, uri in enumerate(uris)
    ]
    assert rows[0] != rows[1]


def test_it_becomes_numbers(tmp_path: Path, org: str):
    db = f"sqlite:///{tmp_path / 'facts.db'}"
    generate(db, org)
    arguments = ("metrics", "daily", "--db", db, "--org", org, "--json")
    told = json.loads(CliRunner().invoke(main, arguments).stdout)
    assert all(told["written"].values())


def test_the_directory_may_be_written_to_a_file(tmp_path: Path, org: str):
    file = tmp_path / "people.toml"
    generate(f"sqlite:///{tmp_path / 'facts.db'}", org, "--directory-out", str(file))
    assert len(parse_directory(file.read_text()).names) == 3


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, org: str):
    nowhere = tmp_path / "nowhere" / "people.toml"
    done = generate(f"sqlite:///{tmp_path / 'facts.db'}", org, "--directory-out", str(nowhere))
    assert (done.exit_code, "nowhere" in done.stderr) == (2, True)


@pytest.mark.parametrize("more", [("--people", "2"), ("--days", "1"), ("--until", "soon")])
def test_what_makes_no_world_is_refused(tmp_path: Path, org: str, more: tuple[str, ...]):
    done = generate(f"sqlite:///{tmp_path / 'facts.db'}", org, *more)
    assert (done.exit_code, more[0] in done.stderr) == (2, True)
