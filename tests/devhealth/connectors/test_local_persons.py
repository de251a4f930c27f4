"""The people of a history as git has them, and the `.mailmap` that stands in it."""

import asyncio

import pytest

from devhealth.connectors.local import MOST_MAILMAP, Local
from devhealth.errors import Permanent
from tests.repositories import Work, collect, commit_by_hand, make, run


def commits(path):
    return collect(Local(path).git("main"))


def persons(path, head="main"):
    return collect(Local(path).persons(head))


def mailmap(path, head="main"):
    return asyncio.run(Local(path).mailmap(head))


def test_persons_are_those_of_every_commit(three):
    found = persons(three)
    assert [each["hash"].decode() for each in found] == run(three, "rev-list", "main").split()
    assert {tuple(each.values())[1:] for each in found} == {
        (b"Ada Lovelace", b"ada@example.com", b"Grace Hopper", b"grace@example.com")
    }


def test_persons_are_the_same_in_commits(three):
    for commit, person in zip(commits(three), persons(three), strict=True):
        assert person.items() <= commit.items()


@pytest.mark.parametrize("line", [b"", b"nobody", b"nobody 1767268800 +0000", b"< 1 +0000", b"<>"])
def test_an_author_line_without_name_and_address_gives_neither(tmp_path, line):
    path = make(tmp_path / "r", Work())
    tree = run(path, "rev-parse", "main^{tree}").encode()
    commit_by_hand(path, b"tree %s\nauthor %s\ncommitter %s\n\n" % (tree, line, line))
    assert [tuple(each.values())[1:] for each in persons(path)] == [(b"",) * 4]
    assert commits(path)[0]["author_name"] == b""


MAILMAP = "Augusta King <augusta@example.com> <ada@example.com>\n"


def test_the_mailmap_is_that_of_the_commit_asked_for(tmp_path):
    path = make(tmp_path / "r", Work({".mailmap": MAILMAP}), Work({".mailmap": "# none\n"}))
    blob = run(path, "rev-parse", "main~1:.mailmap")
    assert mailmap(path, "main~1") == (blob, MAILMAP.encode())


def test_the_mailmap_that_is_checked_out_has_no_say(tmp_path):
    path = make(tmp_path / "r", Work({".mailmap": MAILMAP}), bare=False)
    (path / ".mailmap").write_text("Eve <eve@example.com> <ada@example.com>\n")
    assert mailmap(path)[1] == MAILMAP.encode()
    assert persons(path)[0]["author_name"] == commits(path)[0]["author_name"] == b"Ada Lovelace"


def test_there_may_be_no_mailmap(three):
    assert mailmap(three) == ("", b"")


def test_a_mailmap_in_a_folder_is_none(tmp_path):
    assert mailmap(make(tmp_path / "r", Work({"a/.mailmap": MAILMAP}))) == ("", b"")


@pytest.mark.parametrize("kind", ["120000 blob", "040000 tree", "160000 commit"])
def test_a_mailmap_that_is_no_file_is_none(tmp_path, kind):
    """As in git's work trees."""
    path = make(tmp_path / "r", Work({"a": "b"}))
    other = {"blob": "main:a", "tree": "main:", "commit": "main"}[kind.split()[1]]
    entry = f"{kind} {run(path, 'rev-parse', other)}\t.mailmap\n".encode()
    tree = run(path, "mktree", text=entry).encode()
    person = b"A <a@b> 1767268800 +0000"
    commit_by_hand(path, b"tree %s\nauthor %s\ncommitter %s\n\n" % (tree, person, person))
    assert mailmap(path) == ("", b"")


def test_a_mailmap_of_absurd_size_is_refused(tmp_path):
    path = make(tmp_path / "r", Work({".mailmap": b"#" * (MOST_MAILMAP + 1)}))
    with pytest.raises(Permanent, match=r"\.mailmap of .*8,000,001 bytes"):
        mailmap(path)
