"""`dev-hops` as a person or a script meets it: real repositories, real files, its own process's
exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from config.cli import main
from tests.repositories import ADA, GRACE, NOON, Work, make, run

DAY = 86_400
ONE = [
    Work(files={"a.py": "one\ntwo\n"}, at=NOON, author=ADA),
    Work(files={"a.py": "one\ntwo\nthree\n"}, at=NOON + DAY, author=GRACE),
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make(tmp_path / "api", *ONE)


@pytest.fixture
def db(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'facts.db'}"


def hops(*arguments: object, **environment: str) -> Result:
    clean = {"DATABASE_URI": "", "DB_ECHO": "", "BATCH_SIZE": "", "MAX_WORKERS": ""}
    return CliRunner().invoke(main, [str(each) for each in arguments], env=clean | environment)


def sync(repository: Path, db: str, *more: object) -> Result:
    return hops("sync", "git", "--repo-path", repository, "--db", db, *more)


def rows(db: str, *more: object) -> list[dict[str, object]]:
    days = ("--since", "2026-01-01", "--before", "2026-02-01")
    shown = hops("metrics", "show", "repo_metrics_daily", "--db", db, "--json", *days, *more)
    found: list[dict[str, object]] = json.loads(shown.stdout)
    return found


def test_another_organisation_sees_no_row(repository: Path, db: str):
    acme, globex = uuid4(), uuid4()
    sync(repository, db, "--org", acme)
    hops("metrics", "daily", "--db", db, "--org", acme)
    assert rows(db, "--org", globex) == []


def test_a_repository_becomes_numbers_in_three_commands(repository: Path, db: str):
    sync(repository, db)
    hops("metrics", "daily", "--db", db)
    counted = {row["day"]: (row["commits_count"], row["loc_added"]) for row in rows(db)}
    assert (counted["2026-01-01"], counted["2026-01-02"]) == ((1, 2), (1, 1))


def test_sync_tells_scripts_what_it_did(repository: Path, db: str):
    told = json.loads(sync(repository, db, "--json").stdout)
    del told["seconds"], told["repo_id"]
    assert told == {
        "repository": "api",
        "commits": 2,
        "file_changes": 2,
        "vanished": 0,
        "undated": 0,
        "restamped": 0,
        "dirty_days": 2,
    }


def test_a_second_sync_takes_nothing(repository: Path, db: str):
    sync(repository, db)
    assert json.loads(sync(repository, db, "--json").stdout)["commits"] == 0


def test_a_second_compute_writes_nothing(repository: Path, db: str):
    sync(repository, db)
    hops("metrics", "daily", "--db", db)
    told = json.loads(hops("metrics", "daily", "--db", db, "--json").stdout)
    assert set(told["written"].values()) == {0}


def test_a_window_takes_only_its_days(repository: Path, db: str):
    told = json.loads(sync(repository, db, "--since", "2026-01-02", "--json").stdout)
    assert told["commits"] == 1


def test_the_directory_says_who_is_a_bot(repository: Path, db: str, tmp_path: Path):
    (tmp_path / "people.toml").write_text('[bots]\npatterns = ["grace@*"]\n')
    sync(repository, db, "--directory", tmp_path / "people.toml")
    hops("metrics", "daily", "--db", db)
    second = next(row for row in rows(db) if row["day"] == "2026-01-02")
    assert second["commits_count"] == 0


def test_another_directory_stamps_anew_what_is_stored(repository: Path, db: str, tmp_path: Path):
    """Two commits and two files: Grace's are a bot's; without a directory they are not."""
    sync(repository, db)
    (tmp_path / "people.toml").write_text('[bots]\npatterns = ["grace@*"]\n')
    told = json.loads(
        sync(repository, db, "--directory", tmp_path / "people.toml", "--json").stdout
    )
    assert (told["commits"], told["restamped"], told["dirty_days"]) == (0, 3, 1)
    hops("metrics", "daily", "--db", db)
    second = next(row for row in rows(db) if row["day"] == "2026-01-02")
    assert second["commits_count"] == 0
    assert json.loads(sync(repository, db, "--json").stdout)["restamped"] == 3


def test_a_sync_after_a_restamp_settles_nothing(repository: Path, db: str, tmp_path: Path):
    sync(repository, db)
    (tmp_path / "people.toml").write_text('[bots]\npatterns = ["grace@*"]\n')
    sync(repository, db, "--directory", tmp_path / "people.toml")
    told = sync(repository, db, "--directory", tmp_path / "people.toml", "--json")
    assert json.loads(told.stdout)["dirty_days"] == 0


def test_a_window_leaves_all_that_is_stored_stamped(repository: Path, db: str, tmp_path: Path):
    sync(repository, db)
    (tmp_path / "people.toml").write_text('[bots]\npatterns = ["ada@*"]\n')
    window = ("--since", "2026-01-02", "--directory", tmp_path / "people.toml")
    told = json.loads(sync(repository, db, *window, "--json").stdout)
    assert (told["commits"], told["restamped"]) == (1, 3)


def test_show_draws_a_sparkline_for_each_measure(repository: Path, db: str):
    sync(repository, db)
    hops("metrics", "daily", "--db", db)
    shown = hops("metrics", "show", "user_metrics_daily", "--db", db, "--since", "2026-01-01")
    assert "Ada Lovelace" in shown.stdout
    assert "commits_count" in shown.stdout


def test_the_store_may_come_from_the_environment(repository: Path, db: str):
    assert hops("sync", "git", "--repo-path", repository, DATABASE_URI=db).exit_code == 0


def test_batches_may_be_small(repository: Path, db: str):
    done = hops("sync", "git", "--repo-path", repository, "--db", db, "--json", BATCH_SIZE="1")
    assert json.loads(done.stdout)["commits"] == 2


def test_statements_are_echoed_on_request(repository: Path, db: str):
    command = [sys.executable, "-m", "config.cli", "sync", "git", "--repo-path", str(repository)]
    done = subprocess.run(
        [*command, "--db", db], env=os.environ | {"DB_ECHO": "1"}, capture_output=True, check=True
    )
    assert b"insert into commits" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value"), [("BATCH_SIZE", "many"), ("BATCH_SIZE", "0"), ("MAX_WORKERS", "-1")]
)
def test_a_setting_that_is_no_number_is_named(repository: Path, db: str, setting: str, value: str):
    done = hops("sync", "git", "--repo-path", repository, "--db", db, **{setting: value})
    assert (done.exit_code, setting in done.stderr) == (2, True)


# --- bad input: exit code 2 and a sentence that says what to do ----------------------------------


def test_a_path_that_is_nowhere(tmp_path: Path, db: str):
    assert_refused(sync(tmp_path / "nowhere", db), "nowhere")


def test_a_path_that_is_no_repository(tmp_path: Path, db: str):
    assert_refused(sync(tmp_path, db), "git repository")


def test_an_empty_repository(tmp_path: Path, db: str):
    assert_refused(sync(make(tmp_path / "empty"), db), "no commit yet")


def test_a_shallow_clone(repository: Path, tmp_path: Path, db: str):
    run(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    assert_refused(sync(tmp_path / "shallow", db), "git fetch --unshallow")


def test_a_missing_object_loses_nothing(repository: Path, db: str):
    blob = run(repository, "rev-parse", "main~1:a.py")
    run(repository, "unpack-objects", check=False)
    loosen(repository)
    (repository / "objects" / blob[:2] / blob[2:]).unlink()
    assert_refused(sync(repository, db), "git")


def test_an_unknown_kind_of_store(repository: Path):
    assert_refused(sync(repository, "mysql://localhost/x"), "postgresql://")


def test_a_database_that_is_down(repository: Path):
    assert_refused(sync(repository, "postgresql://ada@127.0.0.1:1/facts"), "127.0.0.1:1")


def test_a_password_is_never_told(repository: Path):
    done = sync(repository, "postgresql://ada:secret@127.0.0.1:1/facts")
    assert "secret" not in done.output


def test_a_store_that_holds_nothing_yet(db: str):
    assert_refused(hops("metrics", "daily", "--db", db), "dev-hops sync git")


def test_a_table_that_is_none(repository: Path, db: str):
    sync(repository, db)
    assert_refused(hops("metrics", "show", "repos", "--db", db), "repo_metrics_daily")


def test_a_directory_file_with_one_address_for_two_people(repository: Path, db: str, tmp_path):
    entry = '[[people]]\nemail = "{}"\naliases = ["x@example.com"]\n'
    (tmp_path / "people.toml").write_text(entry.format("a@b.c") + entry.format("d@e.f"))
    refused = sync(repository, db, "--directory", tmp_path / "people.toml")
    assert_refused(refused, "x@example.com")


def test_no_store_at_all(repository: Path):
    assert_refused(hops("sync", "git", "--repo-path", repository), "--db")


def assert_refused(done: Result, words: str) -> None:
    assert done.exit_code == 2, done.output
    assert words in done.stderr


def loosen(repository: Path) -> None:
    """Every object in a file of its own."""
    for pack in list((repository / "objects/pack").glob("*.pack")):
        text = pack.read_bytes()
        for beside in pack.parent.glob(f"{pack.stem}.*"):
            beside.unlink()
        run(repository, "unpack-objects", "-q", text=text)
