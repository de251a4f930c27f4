"""Every error is a sentence that says what to do; a stream that breaks off is never a whole one."""

import asyncio
import shutil

import pytest

from devhealth.connectors.local import Local
from devhealth.errors import Permanent, Transient
from tests.repositories import Work, collect, make, run


def repository(path):
    return asyncio.run(Local(path).repository())


def commits(path, head="main", **window):
    return collect(Local(path).git(head, **window))


@pytest.fixture
def two(tmp_path):
    return make(tmp_path / "two", Work({"a": "1\n"}), Work({"a": "2\n"}), bare=False)


def remove_object(path, revision):
    """Out of a pack as well: everything becomes a loose file first."""
    gone = run(path, "rev-parse", revision)
    for pack in (path / ".git/objects/pack").glob("*.pack"):
        run(path, "unpack-objects", "-q", text=pack.rename(path / "moved").read_bytes())
    (path / ".git/objects" / gone[:2] / gone[2:]).unlink()


def test_a_path_that_is_missing(tmp_path):
    with pytest.raises(Permanent, match=r"There is no directory .*: check the path"):
        repository(tmp_path / "nowhere")


def test_a_path_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Permanent, match="There is no directory"):
        repository(tmp_path / "file")


def test_a_directory_without_a_repository(tmp_path):
    with pytest.raises(Permanent, match=r"is no git repository .* give the top directory"):
        repository(tmp_path)


def test_a_directory_inside_a_repository(two):
    (two / "inside").mkdir()
    with pytest.raises(Permanent, match="is no git repository"):
        repository(two / "inside")


def test_a_repository_without_a_commit(tmp_path):
    with pytest.raises(Permanent, match="has no commit yet"):
        repository(make(tmp_path / "empty"))


def test_a_shallow_clone(two, tmp_path):
    run(tmp_path, "clone", "-q", "--depth=1", f"file://{two}", "shallow")
    with pytest.raises(Permanent, match="git fetch --unshallow"):
        repository(tmp_path / "shallow")


@pytest.mark.parametrize(
    "head", ["--output=/tmp/x", "-x", "gone", "main..main", "^main", "", "a b"]
)
def test_a_head_that_is_no_branch(two, head):
    with pytest.raises(Permanent, match="has no branch or commit"):
        commits(two, head)


@pytest.mark.parametrize("known", ["main", "--all", "abc", "A" * 40])
def test_a_known_commit_that_is_no_full_hash(two, known):
    with pytest.raises(Permanent, match="is no full commit hash"):
        commits(two, known=known)


def test_a_known_commit_that_is_gone(two):
    with pytest.raises(Permanent, match=r"git failed in .*bad object"):
        commits(two, known="1" * 40)


@pytest.mark.parametrize("revision", ["main~1", "main~1^{tree}", "main~1:a"])
def test_a_missing_object_breaks_the_stream_off(two, revision):
    remove_object(two, revision)
    with pytest.raises(Permanent, match=r"git failed in .*\(status 128: .* `git fsck`"):
        commits(two)


def test_a_commit_before_the_break_is_held_back_until_git_has_ended_well(two):
    remove_object(two, "main~1:a")
    seen = []

    async def read():
        async for commit in Local(two).git("main"):
            seen.append(commit)

    with pytest.raises(Permanent):
        asyncio.run(read())
    assert seen == []


def test_a_corrupt_object_breaks_the_stream_off(two):
    blob = run(two, "rev-parse", "main~1:a")
    remove_object(two, "main~1:a")
    (two / ".git/objects" / blob[:2] / blob[2:]).write_bytes(b"rubbish")
    with pytest.raises(Permanent, match="git failed in"):
        commits(two)


def test_git_is_not_installed(two, monkeypatch):
    monkeypatch.setenv("PATH", str(two))
    with pytest.raises(Permanent, match="git is not installed"):
        repository(two)


@pytest.fixture
def play_git(tmp_path, monkeypatch):
    """Another `git` on the PATH: a shell script that does this for `log`, the rest as git does."""

    def play(script, command="log"):
        play = tmp_path / "bin" / "git"
        play.parent.mkdir()
        real = shutil.which("git")
        play.write_text(
            f'#!/bin/sh\nfor word; do [ "$word" = {command} ] && {{ {script}; }}; done\n'
            f'exec {real} "$@"\n'
        )
        play.chmod(0o755)
        monkeypatch.setenv("PATH", f"{play.parent}:/usr/bin:/bin")

    return play


def test_git_is_too_old(two, play_git):
    play_git("echo git version 2.30.9; exit 0", command="version")
    with pytest.raises(Permanent, match=r"git version 2\.30\.9 is too old: install git 2\.37"):
        repository(two)


def test_git_that_is_killed_may_do_better_next_time(two, play_git):
    play_git("kill -9 $$")
    with pytest.raises(Transient, match="stopped by signal 9"):
        commits(two)


def test_loud_complaints_block_nothing_and_are_quoted_as_one_short_line(two, play_git):
    play_git(
        "head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; printf '\\nlast \\033[31mline' >&2; exit 3"
    )
    with pytest.raises(Permanent, match=r"\(status 3: last \?\[31mline\)"):
        commits(two)


def test_half_an_output_is_no_output_even_if_git_says_it_went_well(two, play_git):
    play_git("printf '\\001abc\\0'; exit 0")
    with pytest.raises(Permanent, match="git's output near"):
        commits(two)
