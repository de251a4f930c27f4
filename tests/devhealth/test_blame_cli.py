"""`dev-hops sync blame` and `dev-hops metrics ownership` as a person or a script meets them."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from tests.devhealth.test_cli import hops, sync
from tests.repositories import ADA, GRACE, NOON, Work, make

BOT = b"renovate[bot] <renovate@bots.example>"
WORKS = (
    Work({"src/a.py": "1\n2\n3\n", "src/[x].py": "1\n", "README.md": "1\n"}, author=ADA),
    Work({"src/a.py": "1\n2\n3\n4\n"}, author=GRACE),
    Work({"uv.lock": "1\n2\n"}, author=BOT),
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make(tmp_path / "api.git", *WORKS)


@pytest.fixture
def db(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'facts.db'}"


@pytest.fixture
def blamed(repository: Path, db: str) -> str:
    sync(repository, db)
    assert hops("sync", "blame", "--repo-path", repository, "--db", db).exit_code == 0
    return db


def ownership(db: str, *more: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        hops("metrics", "ownership", "--db", db, "--json", *more).stdout
    )
    return found


def test_another_organisation_owns_nothing(blamed: str):
    assert ownership(blamed, "--org", uuid4()) == []


def test_blame_before_git_says_what_to_do(repository: Path, db: str):
    told = hops("sync", "blame", "--repo-path", repository, "--db", db)
    assert (told.exit_code, told.stderr) == (
        2,
        "dev-hops: api is not stored yet: sync git first, then blame.\n",
    )


def test_blame_tells_scripts_what_it_did(repository: Path, db: str):
    sync(repository, db)
    arguments = ("sync", "blame", "--repo-path", repository, "--db", db, "--json")
    first, second = (json.loads(hops(*arguments).stdout) for _ in range(2))
    asked = ("files", "lines", "rows")
    assert [first[name] for name in asked] == [4, 8, 5]
    assert [second[name] for name in asked] == [0, 0, 0]


def test_ownership_is_by_directory_and_file(blamed: str):
    rows = ownership(blamed)
    names = ("path", "files", "lines", "authors", "bus_factor", "top_share")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("README.md", 1, 1, 1, 1, 1.0),
        ("src/", 2, 5, 2, 1, 0.8),
    ]


def test_bots_own_where_all_are_asked_for(blamed: str):
    assert [row["path"] for row in ownership(blamed, "--population", "all")] == [
        "README.md",
        "src/",
        "uv.lock",
    ]


def test_a_directory_shows_what_is_in_it(blamed: str):
    assert [row["path"] for row in ownership(blamed, "src")] == ["src/[x].py", "src/a.py"]


def test_people_read_a_table(blamed: str):
    shown = hops("metrics", "ownership", "src", "--db", blamed, COLUMNS="100").stdout
    assert shown.startswith("api as of 20")
    assert shown.splitlines()[2].split() == [
        "path", "files", "lines", "owners", "bus", "factor", "top", "share", "newest",
    ]  # fmt: skip
    assert ["src/[x].py", "1", "1", "1", "1", "100%", "2026-01-01"] in [
        line.split() for line in shown.splitlines()
    ]


def test_the_rest_is_counted(blamed: str):
    assert (
        "1 more: --limit 2 shows all."
        in hops("metrics", "ownership", "--db", blamed, "--limit", 1).stdout
    )


def test_nothing_blamed_says_what_to_do(repository: Path, db: str):
    sync(repository, db)
    assert "run `dev-hops sync blame` first" in hops("metrics", "ownership", "--db", db).stdout


def test_a_directory_file_makes_one_person_of_two(repository: Path, db: str, tmp_path: Path):
    """The next `sync git` stamps by what it is given."""
    people = tmp_path / "people.toml"
    people.write_text('[[people]]\nemail = "ada@example.com"\naliases = ["grace@example.com"]\n')
    sync(repository, db)
    hops("sync", "blame", "--repo-path", repository, "--db", db, "--directory", people)
    before = ownership(db)[1]["authors"]
    sync(repository, db)
    assert (before, ownership(db)[1]["authors"]) == (1, 2)


def test_a_graph_is_kept_where_it_may_be(tmp_path: Path, db: str):
    there_and_back = [
        Work({f"f{number}": text for number in range(12)}, at=NOON + day * 86_400)
        for day, text in enumerate(["1\n", "2\n", "1\n"])
    ]
    path = make(tmp_path / "r.git", *there_and_back)  # for git blame alone to find out
    sync(path, db)
    hops("sync", "blame", "--repo-path", path, "--db", db, "--cache", tmp_path / "kept")
    assert (tmp_path / "kept" / "commit-graph").is_file()
