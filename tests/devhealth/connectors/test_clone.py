"""A clone of a provider's repository, over HTTP from git's own server."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from devhealth.connectors.clone import Origin, fetch
from devhealth.errors import Permanent, Transient
from tests.git_server import serving
from tests.repositories import Work, add, collect, make, run

SECRET = "secret"


@pytest.fixture
def server(tmp_path):
    make(tmp_path / "served" / "acme" / "web.git", Work({"a": "one\n"}), Work({"a": "two\n"}))
    with serving(tmp_path / "served") as served:
        yield served


def origin(server, **more):
    told = {"branch": "main", "user": "x-access-token", "secret": SECRET} | more
    return Origin(url=f"{server.url}/acme/web.git", **told)


def fetched(folder, told):
    return asyncio.run(fetch(folder, told))


def hashes(local):
    return collect(local.hashes("refs/remotes/origin/HEAD"))


def test_a_credential_that_is_refused_must_be_renewed(server, tmp_path):
    with pytest.raises(Permanent, match=r"127\.0\.0\.1 refused the credential"):
        fetched(tmp_path / "clone", origin(server, secret="old"))
    with pytest.raises(Permanent, match="refused the credential"):
        fetched(tmp_path / "clone", origin(server, user="", secret=""))


def test_the_branch_is_had_as_the_provider_has_it(server, tmp_path):
    local = fetched(tmp_path / "clone", origin(server))
    assert hashes(local) == collect_hashes(server.root / "acme" / "web.git")
    raw = asyncio.run(local.repository())
    assert (raw["default_branch"], raw["remote_url"]) == ("main", f"{server.url}/acme/web.git")


def collect_hashes(path: Path) -> list[str]:
    return run(path, "rev-list", "main").split()


def test_what_came_meanwhile_is_fetched_and_nothing_else(server, tmp_path):
    theirs = server.root / "acme" / "web.git"
    fetched(tmp_path / "clone", origin(server))
    asked = len(server.asked)
    fetched(tmp_path / "clone", origin(server))
    assert not any(
        "upload-pack" in path and "info/refs" not in path for path in server.asked[asked + 2 :]
    )
    add(theirs, Work({"a": "one\n"}), Work({"a": "two\n"}), Work({"b": "three\n"}))
    assert len(hashes(fetched(tmp_path / "clone", origin(server)))) == 3


def test_a_branch_that_was_rewritten_is_followed(server, tmp_path):
    fetched(tmp_path / "clone", origin(server))
    add(server.root / "acme" / "web.git", Work({"a": "another\n"}))
    assert len(hashes(fetched(tmp_path / "clone", origin(server)))) == 1


def test_another_default_branch_is_followed(server, tmp_path):
    fetched(tmp_path / "clone", origin(server))
    run(server.root / "acme" / "web.git", "branch", "trunk", "main~1")
    local = fetched(tmp_path / "clone", origin(server, branch="trunk"))
    assert asyncio.run(local.repository())["default_branch"] == "trunk"
    assert len(hashes(local)) == 1


def test_tags_and_other_branches_stay_where_they_are(server, tmp_path):
    theirs = server.root / "acme" / "web.git"
    run(theirs, "branch", "other", "main")
    run(theirs, "tag", "v1", "main")
    fetched(tmp_path / "clone", origin(server))
    refs = run(tmp_path / "clone", "for-each-ref", "--format=%(refname)").split()
    assert refs == ["refs/remotes/origin/HEAD", "refs/remotes/origin/main"]


def test_no_file_of_the_clone_and_no_process_names_the_secret(server, tmp_path, monkeypatch):
    started = []
    popen = subprocess.Popen

    def noting(arguments, **more):
        started.append(" ".join(arguments))
        return popen(arguments, **more)

    monkeypatch.setattr("devhealth.connectors.git_command.subprocess.Popen", noting)
    fetched(tmp_path / "clone", told := origin(server))
    files = [path for path in (tmp_path / "clone").rglob("*") if path.is_file()]
    assert started
    assert not any(SECRET in words for words in [*started, repr(told)])
    assert not any(SECRET.encode() in path.read_bytes() for path in files)


def test_a_redirect_is_not_followed(server, tmp_path):
    server.redirect = "http://127.0.0.1:1"
    with pytest.raises(Transient, match="could not fetch"):
        fetched(tmp_path / "clone", origin(server))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_is_down_may_be_up_later(server, tmp_path, status):
    server.status = status
    with pytest.raises(Transient, match=r"from 127\.0\.0\.1: try again later"):
        fetched(tmp_path / "clone", origin(server))


def test_a_repository_that_is_gone_says_so(server, tmp_path):
    server.status = 404
    with pytest.raises(Permanent, match="no such repository"):
        fetched(tmp_path / "clone", origin(server))


def test_a_repository_without_a_commit_says_so(server, tmp_path):
    make(server.root / "acme" / "empty.git")
    told = Origin(
        url=f"{server.url}/acme/empty.git", branch="main", user="x-access-token", secret=SECRET
    )
    with pytest.raises(Permanent, match="no branch `main` here yet"):
        fetched(tmp_path / "clone", told)


def test_what_a_cut_fetch_left_behind_goes(server, tmp_path):
    fetched(tmp_path / "clone", origin(server))
    left = tmp_path / "clone" / "objects" / "pack" / "tmp_pack_x"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"half")
    fetched(tmp_path / "clone", origin(server))
    assert not left.exists()


def test_the_host_is_where_the_caller_says_it_is(server, tmp_path):
    port = server.url.rpartition(":")[2]
    told = Origin(
        url=f"http://git.example.com:{port}/acme/web.git",
        branch="main",
        user="x-access-token",
        secret=SECRET,
        addresses=("127.0.0.1",),
    )
    assert len(hashes(fetched(tmp_path / "clone", told))) == 2


@pytest.mark.parametrize(
    ("url", "branch"),
    [
        ("file:///etc", "main"),
        ("ssh://git@example.com/a/b", "main"),
        ("ext::sh -c id", "main"),
        ("https://user:secret@example.com/a/b", "main"),
        ("https://example.com/a/b", "--upload-pack=id"),
        ("https://example.com/a/b", "a\nb"),
    ],
)
def test_other_addresses_and_branches_are_refused_before_git_runs(tmp_path, url, branch):
    with pytest.raises(Permanent):
        fetched(tmp_path / "clone", Origin(url=url, branch=branch))
    assert not (tmp_path / "clone").exists()


def test_a_branch_name_that_is_none_is_refused(server, tmp_path):
    with pytest.raises(Permanent):
        fetched(tmp_path / "clone", origin(server, branch="a..b"))
