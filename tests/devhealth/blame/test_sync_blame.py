"""Whose the lines of today's files are, as git says it, and only what changed is asked again."""

import asyncio
import os
from uuid import UUID

import pytest

from devhealth.connectors.local import Local
from devhealth.errors import Permanent, Transient
from devhealth.models.directory import Directory
from devhealth.models.records import BlameFile, BlameMark, Identity
from devhealth.processors.identity import author_id
from devhealth.sync import Watch
from devhealth.sync_blame import sync_blame
from tests.devhealth.blame.runs import blame, by_git, known, lines, sets, synced
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import HISTORY, on
from tests.repositories import GRACE, NOON, Work, add, commit_by_hand, instant, make, run

DAY = 86_400


def test_globex_sees_no_row_of_acme(acme, store, repository):
    synced(acme, repository)
    assert Organisation(store).records(BlameFile) == []


def test_a_repository_that_was_never_synced_is_refused(acme, repository):
    with pytest.raises(Permanent, match="sync git first"):
        blame(acme, repository)


def test_lines_are_whose_git_says_they_are(acme, repository):
    synced(acme, repository)
    assert lines(acme) == {
        ("b", "ada@example.com"): 1,
        ("c", "ada@example.com"): 2,
        ("c", "grace@example.com"): 1,
    }


def test_a_row_says_everything_of_its_lines(acme, repository):
    blamed = synced(acme, repository)
    row = next(row for row in acme.records(BlameFile) if row["author_email"].startswith("grace"))
    assert row == {
        "repo_id": str(blamed.repository.repo_id),
        "path": "c",
        "author_email": "grace@example.com",
        "author_name": "Grace Hopper",
        "lines": 1,
        "oldest_at": instant(NOON + DAY),
        "newest_at": instant(NOON + DAY),
        "blamed_at": acme.records(BlameMark)[0]["blamed_at"],
        "revision": run(repository, "rev-parse", "main"),
        "author_id": str(author_id("grace@example.com")),
        "actor_kind": "human",
        "deleted_at": None,
        "deleted_reason": None,
    }


def test_instants_are_those_that_commits_count_on(acme, tmp_path):
    """The committer's: a line that was written in one year and rebased in the next is young."""
    works = (Work({"a": "1\n"}, authored=NOON - DAY), Work({"a": "1\n2\n"}, at=NOON + DAY))
    synced(acme, make(tmp_path / "r.git", *works))
    (row,) = acme.records(BlameFile)
    assert (row["oldest_at"], row["newest_at"]) == (instant(NOON), instant(NOON + DAY))


def test_a_run_tells_what_it_did(acme, repository):
    blamed = synced(acme, repository)
    assert (blamed.expected, blamed.files, blamed.lines, blamed.rows) == (2, 2, 4, 3)


# What has no lines


@pytest.mark.parametrize("content", [b"\0\1\2\n", b""])
def test_binary_and_empty_files_have_no_rows(acme, tmp_path, content):
    synced(acme, make(tmp_path / "r.git", Work({"logo": content, "a": "1\n"})))
    assert lines(acme) == {("a", "ada@example.com"): 1}


def test_links_and_submodules_have_no_rows(acme, tmp_path):
    path = make(tmp_path / "r", Work({"a": "1\n"}), bare=False)
    run(path, "reset", "-q", "--hard")
    (path / "link").symlink_to("a")
    head = run(path, "rev-parse", "HEAD")
    run(path, "add", "link")
    run(path, "update-index", "--add", "--cacheinfo", f"160000,{head},module")
    run(path, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "both")
    synced(acme, path)
    assert lines(acme) == {("a", "ada@example.com"): 1}


def test_attributes_do_not_decide_what_is_text(acme, tmp_path):
    """They would be those that happen to be checked out."""
    path = make(tmp_path / "r", Work({"a": "1\n", ".gitattributes": "* -text -diff\n"}), bare=False)
    run(path, "reset", "-q", "--hard")
    synced(acme, path)
    assert lines(acme).keys() == {("a", "ada@example.com"), (".gitattributes", "ada@example.com")}


# Names


def test_names_are_the_mailmaps_of_the_branch(acme, tmp_path):
    mailmap = "Countess <countess@example.com> <ada@example.com>\n"
    path = make(tmp_path / "r", Work({"a": "1\n", ".mailmap": mailmap}), bare=False)
    run(path, "reset", "-q", "--hard")
    (path / ".mailmap").write_text("Somebody <else@example.com> <ada@example.com>\n")
    synced(acme, path)
    found = {(row["author_name"], row["author_email"]) for row in acme.records(BlameFile)}
    assert found == {("Countess", "countess@example.com")}


def test_another_mailmap_names_every_file_anew(acme, repository):
    synced(acme, repository)
    mailmap = {".mailmap": "<countess@example.com> <ada@example.com>\n"}
    add(repository, *HISTORY, on(3, files=mailmap, author=GRACE))
    blame(acme, repository)
    assert lines(acme) == {
        (".mailmap", "grace@example.com"): 1,
        ("b", "countess@example.com"): 1,
        ("c", "countess@example.com"): 2,
        ("c", "grace@example.com"): 1,
    }


def test_two_names_of_one_address_are_told_apart(acme, tmp_path):
    """The Directory may know them by name only."""
    works = (Work({"a": "1\n"}), Work({"a": "1\n2\n"}, author=b"Ada Two <ada@example.com>"))
    directory = Directory(aliases={"ada two": "two@example.com"})
    synced(acme, make(tmp_path / "r.git", *works), directory=directory)
    found = {row["author_name"]: row["author_id"] for row in acme.records(BlameFile)}
    assert found == {
        "Ada Lovelace": str(author_id("ada@example.com")),
        "Ada Two": str(author_id("two@example.com")),
    }


def test_an_author_whom_git_cannot_read_has_no_name_and_no_address(acme, tmp_path):
    path = make(tmp_path / "r.git", Work({"a": "1\n"}))
    tree = run(path, "rev-parse", "main^{tree}").encode()
    commit_by_hand(path, b"tree %s\nauthor nobody\ncommitter nobody\n\nodd\n" % tree)
    synced(acme, path)
    (row,) = acme.records(BlameFile)
    assert (row["author_name"], row["author_email"], row["newest_at"].year) == ("", "", 1970)


def test_who_is_only_blamed_is_an_identity(acme, repository):
    """Grace's commit is older than the history that is kept; her line stands."""
    from devhealth.sync import sync_git

    sink = acme.sink()
    floor = instant(NOON + 2 * DAY)
    asyncio.run(sync_git(sink, Local(repository), floor=floor)).finish(sink)
    before = {row["name"] for row in acme.records(Identity)}
    blame(acme, repository)
    assert (before, {row["name"] for row in acme.records(Identity)}) == (
        {"Ada Lovelace"},
        {"Ada Lovelace", "Grace Hopper"},
    )


# Again


def test_a_second_run_asks_and_writes_nothing(acme, repository):
    synced(acme, repository)
    before = sets(acme), acme.records(BlameMark, versions=True)
    again = blame(acme, repository)
    assert (again.expected, again.rows) == (0, 0)
    assert (sets(acme), acme.records(BlameMark, versions=True)) == before


def test_only_files_that_changed_are_asked_for(acme, repository):
    synced(acme, repository)
    add(repository, *HISTORY, on(3, files={"b": "2\n3\n"}, author=GRACE))
    again = blame(acme, repository)
    assert (again.expected, again.rows, lines(acme)["b", "grace@example.com"]) == (1, 2, 1)


def test_a_file_that_was_changed_and_changed_back_is_asked_for(acme, repository):
    """Its content is the same, but its lines are another's."""
    synced(acme, repository)
    there, back = on(3, files={"b": "x\n"}), on(4, files={"b": "2\n"}, author=GRACE)
    add(repository, *HISTORY, there, back)
    blame(acme, repository)
    assert lines(acme) == by_git(repository)


def test_a_change_of_mode_changes_no_line(acme, tmp_path):
    path = make(tmp_path / "r", Work({"a": "1\n"}), bare=False)
    synced(acme, path)
    run(path, "reset", "-q", "--hard")
    run(path, "update-index", "--chmod=+x", "a")
    run(path, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "mode")
    blame(acme, path)
    assert lines(acme) == {("a", "ada@example.com"): 1}


@pytest.mark.parametrize("content", [None, "", b"\0"])
def test_a_file_that_vanished_or_lost_its_lines_loses_its_rows(acme, repository, content):
    synced(acme, repository)
    add(repository, *HISTORY, on(3, files={"c": content}))
    blame(acme, repository)
    assert lines(acme) == {("b", "ada@example.com"): 1}


def test_who_has_no_line_left_in_a_file_becomes_a_tombstone(acme, repository):
    synced(acme, repository)
    add(repository, *HISTORY, on(3, files={"c": "4\n"}))
    blame(acme, repository)
    found = {row["author_email"]: row["deleted_reason"] for row in sets(acme) if row["path"] == "c"}
    assert found == {"ada@example.com": None, "grace@example.com": "no longer in the file"}


def test_a_rewritten_branch_is_blamed_as_it_is_now(acme, repository):
    synced(acme, repository)
    add(repository, HISTORY[0], on(1, files={"b": "9\n"}, author=GRACE))
    blame(acme, repository)
    assert lines(acme) == {("a", "ada@example.com"): 2, ("b", "grace@example.com"): 1}


def test_a_merge_that_leads_elsewhere_first_is_followed_as_git_does(acme, tmp_path):
    """What was the branch's end becomes a second parent; the first has the same file by another
    hand."""
    trunk = (on(0, files={"a": "1\n"}), on(1, files={"a": "2\n"}))
    path = make(tmp_path / "r.git", *trunk)
    synced(acme, path)
    other = on(2, files={"a": "2\n"}, author=GRACE, parents=[0])
    add(path, *trunk, other, on(3, parents=[2, 1]))
    blame(acme, path)
    assert lines(acme) == by_git(path) == {("a", "grace@example.com"): 1}


# Cut short


def test_a_run_that_is_cut_short_goes_on_where_it_was(acme, tmp_path, monkeypatch):
    files = {f"f{number}": f"{number}\n" for number in range(5)}
    path = make(tmp_path / "r.git", Work(files))
    known(acme, path)
    with pytest.raises(Transient):
        blame(acme, path, fail_at=4, batch_size=1)
    before = len(lines(acme))
    left = blame(acme, path, batch_size=1)
    assert (before, left.expected, lines(acme)) == (2, 3, by_git(path))


def test_a_run_that_was_cut_short_stands_where_the_branch_moved_on(acme, tmp_path):
    files = {f"f{number}": f"{number}\n" for number in range(5)}
    path = make(tmp_path / "r.git", Work(files))
    known(acme, path)
    with pytest.raises(Transient):
        blame(acme, path, fail_at=8, batch_size=1)
    done = sorted(name for name, _ in lines(acme))
    add(path, Work(files), on(1, files={done[0]: "new\n"}))
    left = blame(acme, path)
    assert (len(done), left.expected, lines(acme)) == (4, 2, by_git(path))


def test_a_checkpoint_is_passed_for_every_file(acme, repository):
    """What it raises ends the run right there."""
    known(acme, repository)
    passed = []

    def checkpoint():
        passed.append(len(lines(acme)))

    sink = acme.sink()
    asyncio.run(sync_blame(sink, Local(repository), watch=Watch(checkpoint=checkpoint)))
    assert len(passed) >= 2


def test_progress_is_told_at_both_ends(acme, repository):
    known(acme, repository)
    told = []
    watch = Watch(progress=lambda done: told.append((done.files, done.expected)))
    blame(acme, repository, watch=watch, batch_size=1)
    assert (told[0], told[-1]) == ((0, 2), (2, 2))


def test_no_day_is_touched(acme, repository):
    known(acme, repository)
    noted = []

    async def note(touches):
        noted.append(touches)

    blame(acme, repository, watch=Watch(noted=note))
    assert noted == []


def test_what_a_late_writer_left_is_asked_for_again(acme, repository):
    """It began before the run that made the mark, and its write came after."""
    known(acme, repository)
    late = acme.sink()
    blamed = blame(acme, repository)
    row = acme.records(BlameFile)[0]
    stale = row | {"author_name": "Late", "blamed_at": late.version, "revision": row["revision"]}
    for name in ("repo_id", "author_id"):
        stale[name] = UUID(stale[name])
    late.write([BlameFile(**stale)])
    again = blame(acme, repository)
    assert (again.expected, lines(acme)) == (1, by_git(repository))
    assert blamed.expected == 2


# What stays as it was


def test_nothing_is_written_into_the_repository(acme, repository):
    known(acme, repository)
    before = snapshot(repository)
    blame(acme, repository)
    assert snapshot(repository) == before


def snapshot(path):
    return {
        os.path.join(folder, name): (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        for folder, folders, names in os.walk(path)
        for name in [*folders, *names]
        for stat in [os.stat(os.path.join(folder, name))]
    }
