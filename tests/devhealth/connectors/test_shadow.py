"""What the shadow sees of a repository, and what it does not."""

import asyncio
import os

import pytest

from devhealth.connectors import git_blame
from devhealth.connectors.local import Local
from devhealth.errors import Permanent
from tests.repositories import GRACE, NOON, Work, make, run

WORKS = (
    Work({f"f{number}": "1\n" for number in range(15)}),
    *(
        Work({f"f{number}": "1\n2\n"}, at=NOON + 60 * number, author=GRACE)
        for number in range(1, 15)
    ),
)
BY_GIT = {b"f0": {b"ada@example.com": 1}} | {
    b"f%d" % number: {b"ada@example.com": 1, b"grace@example.com": 1} for number in range(1, 15)
}


def blame(path, **options):
    """Lines by file and address."""

    async def ask():
        local = Local(path)
        head = (await local.repository())["head_hash"]
        paths = await local.files(head)
        return {
            file["path"]: {each["author_email"]: each["lines"] for each in file["lines"]}
            async for file in local.blame(head, paths, **options)
        }

    return asyncio.run(ask())


@pytest.fixture
def fifteen(tmp_path):
    return make(tmp_path / "fifteen.git", *WORKS)


@pytest.fixture(autouse=True)
def by_git_blame(monkeypatch):
    """One log would tell of all these files; git blame is asked in the shadow."""
    monkeypatch.setattr(git_blame, "COMMITS_A_FILE", 0)


def test_loose_and_packed_objects_are_seen(fifteen):
    loose = blame(fifteen)
    run(fifteen, "repack", "-adq")
    assert loose == blame(fifteen) == BY_GIT


def test_borrowed_objects_are_seen_through_two_repositories(tmp_path, fifteen):
    """Whatever the name of the lender's directory."""
    odd = tmp_path / 'ü "odd".git'
    fifteen.rename(odd)
    run(tmp_path, "clone", "-q", "--bare", "--shared", str(odd), "second.git")
    run(tmp_path, "clone", "-q", "--bare", "--shared", "second.git", "third.git")
    assert blame(tmp_path / "third.git") == BY_GIT


def test_a_worktree_of_another_repository_is_blamed(tmp_path, fifteen):
    run(fifteen, "worktree", "add", "-q", str(tmp_path / "tree"), "main")
    assert blame(tmp_path / "tree") == BY_GIT


def test_a_commit_graph_that_lies_is_not_believed(fifteen):
    """In this one the newest commit has no parent, so that all lines would be Grace's."""
    lie(fifteen)
    assert run(fifteen, "rev-list", "--count", "main") == "1"
    assert blame(fifteen) == BY_GIT


def lie(path):
    """gitformat-commit-graph(5): a row of CDAT is a tree, two parents and a date."""
    run(path, "commit-graph", "write", "--reachable", "--changed-paths")
    graph = path / "objects/info/commit-graph"
    graph.chmod(0o644)
    content = bytearray(graph.read_bytes())
    entry = content.index(b"CDAT") + 4
    rows = int.from_bytes(content[entry : entry + 8], "big")
    commits = sorted(run(path, "rev-list", "main").split())
    parent = rows + commits.index(run(path, "rev-parse", "main")) * 36 + 20
    content[parent : parent + 4] = (0x70000000).to_bytes(4, "big")
    graph.write_bytes(bytes(content))


def test_the_graph_is_kept_and_used_by_the_next(tmp_path, fifteen):
    cache = tmp_path / "cache" / "fifteen"
    first = blame(fifteen, cache=cache)
    kept = (cache / "commit-graph").read_bytes()
    assert first == blame(fifteen, cache=cache) == BY_GIT
    assert kept == (cache / "commit-graph").read_bytes()
    assert os.listdir(cache) == ["commit-graph"]


def test_a_kept_graph_that_is_broken_does_no_harm(tmp_path, fifteen):
    (tmp_path / "commit-graph").write_bytes(b"CGPH nonsense")
    assert blame(fifteen, cache=tmp_path) == BY_GIT


def test_nothing_is_left_behind(tmp_path, fifteen, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    blame(fifteen)
    assert list(place.iterdir()) == []


def test_who_leaves_early_ends_every_git(tmp_path, fifteen, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))

    async def one():
        local = Local(fifteen)
        head = (await local.repository())["head_hash"]
        files = local.blame(head, await local.files(head), at_once=3)
        await anext(files)
        await files.aclose()

    asyncio.run(one())
    assert list(place.iterdir()) == []


def test_configuration_of_the_repository_changes_no_line(tmp_path):
    """Ignored revisions, renames of names and drivers of attributes are its owner's."""
    path = make(tmp_path / "r", *WORKS, bare=False)
    run(path, "reset", "-q", "--hard")
    (path / "ignored").write_text(run(path, "rev-list", "main") + "\n")
    for name, value in {
        "blame.ignoreRevsFile": "ignored",
        "blame.showEmail": "true",
        "mailmap.file": "ignored",
        "diff.algorithm": "patience",
        "core.abbrev": "4",
        "core.quotePath": "false",
    }.items():
        run(path, "config", name, value)
    (path / ".mailmap").write_text("Nobody <nobody@example.com> <ada@example.com>\n")
    assert blame(path) == BY_GIT


def test_a_shallow_clone_is_refused(tmp_path, fifteen):
    run(tmp_path, "clone", "-q", "--depth=1", f"file://{fifteen}", "shallow")
    with pytest.raises(Permanent, match="shallow clone"):
        blame(tmp_path / "shallow")


def test_a_repository_without_commits_is_refused(tmp_path):
    with pytest.raises(Permanent, match="no commit yet"):
        blame(make(tmp_path / "empty.git"))
