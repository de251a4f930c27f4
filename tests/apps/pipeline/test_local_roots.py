"""Whose repositories may be read: acme's by acme, whatever a repository's files say."""

import os
import socket
from pathlib import Path
from uuid import UUID

import pytest

from apps.pipeline.local_roots import require_allowed
from devhealth.errors import Permanent
from tests.repositories import Work, make, run

ACME = UUID("aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa")
GLOBEX = UUID("bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb")


@pytest.fixture
def disk(tmp_path):
    """Two organisations' directories, one that both may read, one that nobody may."""
    for name in (str(ACME), str(GLOBEX), "shared", "outside"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def repo(disk):
    return make(disk / str(ACME) / "repo", Work({"a": "1"}), bare=False)


@pytest.fixture
def git(repo):
    return repo / ".git"


@pytest.fixture
def secret(disk):
    """globex's repository, which acme would like to read."""
    return make(disk / str(GLOBEX) / "secret.git", Work({"s": "1"}))


def roots(disk):
    return [str(disk / "shared"), str(disk / "{organization}")]


def allowed(path, disk, organization_id=ACME):
    return require_allowed(str(path), roots(disk), organization_id)


def refusal(path, disk, organization_id=ACME):
    with pytest.raises(Permanent) as refused:
        allowed(path, disk, organization_id)
    return str(refused.value)


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


# --- where it lies -------------------------------------------------------------------------------


def test_globex_reads_nothing_of_acmes(repo, disk):
    refusal(repo, disk, GLOBEX)


def test_a_root_of_all_opens_no_organisations_own(repo, disk):
    with pytest.raises(Permanent):
        require_allowed(str(repo), [str(disk), str(disk / "{organization}")], GLOBEX)


def test_a_root_of_all_opens_what_is_nobodys_own(disk):
    found = make(disk / "shared" / "r.git", Work({"a": "1"}))
    assert require_allowed(str(found), [str(disk), str(disk / "{organization}")], GLOBEX) == found


def test_ids_inside_of_longer_names_are_organisations_too(disk):
    acmes = make(disk / f"org-{ACME}" / "r.git", Work({"a": "1"}))
    both = [str(disk), str(disk / "org-{organization}" / "mirror")]
    with pytest.raises(Permanent):
        require_allowed(str(acmes), both, GLOBEX)
    assert require_allowed(str(acmes), both, ACME) == acmes


@pytest.mark.parametrize("none", [[], [""], [".", "relative/{organization}"]])
def test_without_roots_nothing_may_be_read(repo, none):
    with pytest.raises(Permanent, match="LOCAL_REPO_ROOTS"):
        require_allowed(str(repo), none, ACME)


def test_acme_reads_its_own(repo, disk):
    assert allowed(repo, disk) == repo


def test_a_git_directory_stands_for_its_repository(repo, disk):
    assert allowed(repo / ".git", disk) == repo


def test_a_root_may_be_the_repository(repo):
    assert require_allowed(str(repo), [str(repo)], ACME) == repo


def test_a_git_directory_as_the_root_does_not_open_what_is_around_it(repo):
    for path in (repo / ".git", repo / ".git" / ".git"):
        with pytest.raises(Permanent):
            require_allowed(str(path), [str(repo / ".git")], ACME)


def test_both_read_what_is_shared(disk):
    shared = make(disk / "shared" / "r.git", Work({"a": "1"}))
    assert {allowed(shared, disk, each) for each in (ACME, GLOBEX)} == {shared}


def test_a_name_that_begins_like_a_root_is_not_below_it(disk):
    refusal(make(disk / "shared-not" / "r.git", Work({"a": "1"})), disk)


def test_a_root_may_be_a_link(repo, disk):
    (disk / "link").symlink_to(disk / str(ACME))
    assert require_allowed(str(disk / "link" / "repo"), [str(disk / "link")], ACME) == repo


@pytest.mark.parametrize(
    "path",
    [
        *("", ".", "repo", "~", "~root", "-C", "file:///etc", "\x00", "/\x00", "/\ud800"),
        *("/", "//", "/etc", "/dev/zero", "/proc/self/root", "/proc/self/cwd"),
        *("/" + "x" * 5000, "/x" * 5000),
    ],
)
def test_hostile_paths_are_refused(disk, path):
    refusal(path, disk)


@pytest.mark.parametrize("steps", ["..", "repo/../repo", "repo/.git/..", "../{globex}/secret.git"])
def test_steps_back_are_refused(repo, disk, steps):
    refusal(f"{disk}/{ACME}/{steps.format(globex=GLOBEX)}", disk)


def test_nobody_learns_what_else_there_is(repo, disk, secret):
    """The same words for what is another's, what is not there, and links to either."""
    (repo.parent / "to-secret").symlink_to(secret)
    (repo.parent / "to-nothing").symlink_to(disk / str(GLOBEX) / "nothing")
    paths = [secret, disk / "nothing", repo.parent / "nothing", repo.parent]
    paths += [repo.parent / "to-secret", repo.parent / "to-nothing"]
    assert len({refusal(path, disk) for path in paths}) == 1


# --- what it refers to ---------------------------------------------------------------------------


def test_a_link_to_anothers_repository_is_refused(repo, disk, secret):
    (repo.parent / "link").symlink_to(secret)
    refusal(repo.parent / "link", disk)


def test_a_link_to_ones_own_is_resolved(repo, disk):
    (repo.parent / "link").symlink_to(repo)
    assert allowed(repo.parent / "link", disk) == repo


def test_a_link_to_itself_is_refused(repo, disk):
    (repo.parent / "loop").symlink_to("loop")
    refusal(repo.parent / "loop", disk)


@pytest.mark.parametrize(
    "name",
    [
        *("HEAD", "config", "packed-refs", "logs/HEAD", "commondir", "shallow", "info"),
        *("objects", "objects/pack", "objects/ab/cdef", "objects/info", "objects/info/alternates"),
        *("refs", "refs/heads/main", "refs/heads/new/deeper", "info/attributes"),
        "modules/x/objects/ab",
    ],
)
def test_a_link_anywhere_in_the_git_directory_is_followed(git, disk, secret, name):
    link = git / name
    if link.exists():
        link.rename(git.parent / "moved")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(secret / "HEAD")
    refusal(git.parent, disk)


def test_a_link_behind_a_link_is_followed(git, disk, secret):
    between = disk / str(ACME) / "between"
    between.mkdir()
    (between / "objects").symlink_to(secret / "objects")
    (git / "modules").symlink_to(between)
    refusal(git.parent, disk)


def test_links_within_ones_own_are_allowed(repo, git, disk):
    (git / "objects").rename(repo.parent / "objects")
    (git / "objects").symlink_to(repo.parent / "objects")
    (git / "refs" / "heads" / "alias").symlink_to("main")
    (git / "around").symlink_to(git)
    assert allowed(repo, disk) == repo


@pytest.mark.parametrize("is_link", [True, False])
def test_a_git_file_is_followed(disk, secret, is_link):
    top = disk / str(ACME) / "top"
    top.mkdir()
    pointer = (disk / str(ACME) / "pointer") if is_link else (top / ".git")
    write(pointer, f"gitdir: {secret}\n")
    if is_link:
        (top / ".git").symlink_to(pointer)
    refusal(top, disk)


@pytest.mark.parametrize("words", ["", "gitdir:", "gitdir: ", "gitdir: \x00", "x" * 2_000_000])
def test_a_git_file_that_says_nothing_is_refused(disk, words):
    write(disk / str(ACME) / "top" / ".git", words)
    refusal(disk / str(ACME) / "top", disk)


def test_a_git_file_is_relative_to_where_it_is(repo, disk):
    (repo / ".git").rename(repo.parent / "elsewhere")
    write(repo / ".git", "gitdir: ../elsewhere\n")
    assert allowed(repo, disk) == repo


def test_a_worktree_of_ones_own_is_allowed(repo, disk):
    tree = repo.parent / "tree"
    run(repo, "worktree", "add", "-q", "-b", "other", str(tree))
    assert allowed(tree, disk) == tree


def test_a_worktree_of_anothers_is_refused(disk, secret):
    tree = disk / str(ACME) / "tree"
    run(secret, "worktree", "add", "-q", "-b", "other", str(tree))
    refusal(tree, disk)


@pytest.mark.parametrize(
    "words", ["{secret}", "../../../{globex}/secret.git\n", "x\n/../../../../{globex}/secret.git"]
)
def test_a_common_directory_of_anothers_is_refused(git, disk, secret, words):
    (git / "x\n").mkdir()
    write(git / "commondir", words.format(secret=secret, globex=GLOBEX))
    refusal(git.parent, disk)


@pytest.mark.parametrize(
    "words",
    [
        "{secret}/objects\n",
        "\n# comment\n/nothing/at/all\n{secret}/objects",
        "../../../../{globex}/secret.git/objects\n",
        '"{secret}/objects"\n',
        "{secret}/objects\r\n",
        "{secret}/objects\x00",
        "{own}/../{globex}/secret.git/objects\n",
        "/nothing/../{secret}/objects\n",
        "x\n" * 600_000,
        "x\n" * 2_000,
    ],
)
def test_alternates_that_leave_are_refused(git, disk, secret, words):
    own = disk / str(ACME)
    write(
        git / "objects/info/alternates", words.format(secret=secret, globex=GLOBEX, own=own)
    )  # fmt: skip
    refusal(git.parent, disk)


def test_alternates_are_read_with_names_taken_away_as_git_does(repo, git, disk, secret):
    """`link/..` is this directory for git, and where the link leads to for the system."""
    deep = repo.parent / "deep" / "er"
    deep.mkdir(parents=True)
    (git / "objects" / "link").symlink_to(deep)
    steps = "../" * 4
    write(git / "objects/info/alternates", f"link/../{steps}{GLOBEX}/secret.git/objects\n")
    refusal(repo, disk)


def test_alternates_of_alternates_are_followed(repo, git, disk, secret):
    other = make(repo.parent / "other.git", Work({"b": "1"}))
    write(git / "objects/info/alternates", f"{other}/objects\n")
    assert allowed(repo, disk) == repo
    write(other / "objects/info/alternates", f"{secret}/objects\n")
    refusal(repo, disk)


def test_alternates_behind_linked_directories_are_followed(repo, git, disk, secret):
    (git / "objects").rename(repo.parent / "store")
    (git / "objects").symlink_to(repo.parent / "store")
    (repo.parent / "store" / "info").rename(repo.parent / "facts")
    (repo.parent / "store" / "info").symlink_to(repo.parent / "facts")
    write(repo.parent / "facts" / "alternates", f"../../{GLOBEX}/secret.git/objects\n")
    refusal(repo, disk)


def test_alternates_in_a_circle_end(repo, git, disk):
    other = make(repo.parent / "other.git", Work({"b": "1"}))
    write(git / "objects/info/alternates", f"{other}/objects\n./\n")
    write(other / "objects/info/alternates", "../../repo/.git/objects\n")
    assert allowed(repo, disk) == repo


def test_an_alternate_in_what_is_shared_is_allowed(repo, git, disk):
    shared = make(disk / "shared" / "r.git", Work({"a": "1"}))
    write(git / "objects/info/alternates", f"{shared}/objects\n")
    assert allowed(repo, disk) == repo


@pytest.mark.parametrize(
    "words",
    [
        "[include]\n\tpath = {outside}\n",
        "[core][INCLUDE]PATH={outside}",
        '[includeIf "gitdir:/nowhere"]\n  path = {outside}\n',
        "[include]\npath = ../../../../../outside/x # comment\n",
        '[include]\npath = "{outside}"\n',
        "[include]\npath = \\\n{outside}\n",
        "[include]\npath = ~/x\n",
        "[include]\npath = %(prefix)/x\n",
        "[include]\npath = :(optional){outside}\n",
        "[include]\npath = a\tb/x\n",
        "[extensions]\nrefStorage = files://{outside}\n",
        "# " + "x" * 2_000_000,
    ],
)
@pytest.mark.parametrize("name", ["config", "config.worktree", "modules/x/config"])
def test_configuration_that_leaves_is_refused(repo, git, disk, words, name):
    write(git / name, words.format(outside=disk / "outside" / "x"))
    refusal(repo, disk)


def test_included_configuration_is_read_in_turn(repo, git, disk):
    write(git / "config", "[include]\n\tpath = more # of it\n\tpath = none\n")
    write(git / "more", "[include]\n\tpath = more\n")
    assert allowed(repo, disk) == repo
    write(git / "more", f"[include]\n\tpath = {disk}/outside/x\n")
    refusal(repo, disk)


def test_an_include_is_relative_to_where_the_link_is(repo, git, disk):
    write(repo.parent / "a" / "b" / "c" / "real", "[include]\n\tpath = ../../../outside/x\n")
    (git / "linked").symlink_to(repo.parent / "a" / "b" / "c" / "real")
    write(git / "config", "[include]\n\tpath = linked\n")
    refusal(repo, disk)


def test_a_list_of_tables_that_leaves_is_refused(repo, git, disk, secret):
    write(git / "reftable" / "tables.list", f"../../../../{GLOBEX}/secret.git/reftable/1.ref\n")
    refusal(repo, disk)


# --- what would hold us up -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["HEAD", "config", "commondir", "refs/heads/x", "objects/ab/cd"])
def test_a_pipe_holds_nobody_up(repo, git, disk, name):
    pipe = git / name
    pipe.parent.mkdir(parents=True, exist_ok=True)
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    refusal(repo, disk)


def test_a_link_to_a_pipe_is_refused(repo, git, disk):
    os.mkfifo(repo.parent / "pipe")
    (git / "refs" / "heads" / "x").symlink_to(repo.parent / "pipe")
    refusal(repo, disk)


def test_gits_own_sockets_are_allowed(repo, git, disk, monkeypatch):
    monkeypatch.chdir(git)  # their names are short
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind("fsmonitor--daemon.ipc")
        assert allowed(repo, disk) == repo


def test_more_entries_than_anybody_has_are_refused(repo, disk):
    with pytest.raises(Permanent):
        require_allowed(str(repo), roots(disk), ACME, most_entries=10)


def test_links_in_circles_end(repo, git, disk):
    for name in ("a", "b"):
        (git / name).symlink_to(git)
    assert allowed(repo, disk) == repo
