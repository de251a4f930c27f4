import asyncio
import itertools
import os

import psutil
import pytest

from devhealth.connectors.local import Local
from tests.repositories import NOON, Work, add, collect, commit_by_hand, instant, make, run

HOUR = 3600


def commits(path, head="main", **window):
    return collect(Local(path).git(head, **window))


def subjects(path, head="main", **window):
    return [commit["subject"].decode() for commit in commits(path, head, **window)]


def repository(path):
    return asyncio.run(Local(path).repository())


# The repository


def test_the_default_branch_is_origins_head(three, tmp_path):
    run(tmp_path, "clone", "-q", str(three), "clone")
    run(tmp_path / "clone", "checkout", "-q", "-b", "mine")
    run(tmp_path / "clone", "-c", "user.name=A", "-c", "user.email=a@b.c",
        "commit", "-q", "--allow-empty", "-m", "mine")  # fmt: skip
    found = repository(tmp_path / "clone")
    assert (found["default_branch"], found["head_hash"]) == (
        "main",
        run(three, "rev-parse", "main"),
    )


def test_without_an_origin_the_default_branch_is_head(three):
    assert repository(three)["default_branch"] == "main"


def test_an_origin_head_that_leads_nowhere_falls_back_to_head(three):
    run(three, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
    assert repository(three)["default_branch"] == "main"


def test_a_detached_head_has_no_default_branch(three):
    (three / "HEAD").write_text(run(three, "rev-parse", "main~1") + "\n")
    assert repository(three)["default_branch"] is None


def test_the_name_is_the_directorys_without_git(three):
    assert repository(three)["name"] == "three"


def test_the_git_directory_of_a_clone_stands_for_the_clone(three, tmp_path):
    run(tmp_path, "clone", "-q", str(three), "clone")
    assert repository(tmp_path / "clone" / ".git") == repository(tmp_path / "clone")


def test_hashes_may_be_longer(tmp_path):
    run(tmp_path, "init", "-q", "-b", "main", "--bare", "--object-format=sha256", "r")
    add(tmp_path / "r", Work({"a": "1\n"}), Work(message="two"))
    known = run(tmp_path / "r", "rev-parse", "main~1")
    assert (len(known), subjects(tmp_path / "r", known=known)) == (64, ["two"])


def test_the_remote_is_origins(three):
    run(three, "config", "remote.origin.url", "https://github.com/acme/api.git")
    assert repository(three)["remote_url"] == "https://github.com/acme/api.git"


def test_there_may_be_no_remote(three):
    assert repository(three)["remote_url"] is None


def test_the_root_is_that_of_the_first_parents(tmp_path):
    path = make(
        tmp_path / "r",
        Work(message="root"),
        Work(message="another, older root", parents=(), at=NOON - HOUR),
        Work(message="merge", parents=(0, 1)),
    )
    assert repository(path)["root_hash"] == run(path, "rev-parse", "main^1")


def test_the_top_of_a_linked_worktree_is_a_repository(three, tmp_path):
    run(three, "worktree", "add", "-q", "-b", "beside", str(tmp_path / "beside"), "main~1")
    assert subjects(tmp_path / "beside", "HEAD") == ["two", "one"]


def test_a_repository_of_another_user_is_read(three):
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    for path in (three, *three.rglob("*")):
        os.chown(path, 12345, 12345)
    assert subjects(three) == ["three", "two", "one"]


# Commits


def test_commits_come_newest_first_in_gits_bytes(tmp_path):
    path = make(
        tmp_path / "r",
        Work(
            {"a": "1\n2\n"}, message="Add a\n\nBody.\n", at=NOON, authored=NOON - 60, zone="+0545"
        ),
    )
    assert commits(path) == [
        {
            "hash": run(path, "rev-parse", "main").encode(),
            "parents": b"",
            "author_name": b"Ada Lovelace",
            "author_email": b"ada@example.com",
            "authored_at": b"%d" % (NOON - 60),
            "authored_zoned": b"%d +0545" % (NOON - 60),
            "committer_name": b"Grace Hopper",
            "committer_email": b"grace@example.com",
            "committed_at": b"%d" % NOON,
            "subject": b"Add a",
            "body": b"Body.\n",
            "files": [(b"2", b"0", b"a", None)],
        }
    ]


def test_a_merge_has_parents_and_no_files(tmp_path):
    path = make(
        tmp_path / "r",
        Work({"a": "1\n"}),
        Work({"b": "1\n"}, parents=(0,)),
        Work({"c": "1\n"}, parents=(0,)),
        Work({"b": "1\n"}, parents=(2, 1)),
    )
    merge = commits(path)[0]
    assert (len(merge["parents"].split()), merge["files"]) == (2, [])


def test_a_rename_names_the_old_path(tmp_path):
    text = "".join(f"line {number}\n" for number in range(20))
    path = make(tmp_path / "r", Work({"old": text}), Work(renames={"old": "new"}))
    assert commits(path)[0]["files"] == [(b"0", b"0", b"new", b"old")]


def test_a_binary_file_has_dashes_for_lines(tmp_path):
    path = make(tmp_path / "r", Work({"a.png": b"\x89PNG\0\0"}))
    assert commits(path)[0]["files"] == [(b"-", b"-", b"a.png", None)]


ODD_PATHS = [b"tab\there", b"new\nline", b"\x01start", b"\xff\xfe", b"1\t2\tfake", "é/ü".encode()]


@pytest.mark.parametrize("odd", ODD_PATHS)
def test_an_odd_path_comes_byte_for_byte(tmp_path, odd):
    path = make(tmp_path / "r", Work({odd: "x\n"}), Work({odd: "y\n"}))
    assert [commit["files"][0][2] for commit in commits(path)] == [odd, odd]


@pytest.mark.parametrize("odd", ODD_PATHS)
def test_a_rename_to_an_odd_path_comes_byte_for_byte(tmp_path, odd):
    text = "".join(f"line {number}\n" for number in range(20))
    path = make(tmp_path / "r", Work({"a": text}), Work({"a": None, odd: text}))
    assert commits(path)[0]["files"] == [(b"0", b"0", odd, b"a")]


def test_a_message_may_look_like_anything(tmp_path):
    message = b"\x01subject\n\n1\t2\tfake\n\x01" + b"a" * 40 + b"\n\n\n3\t4\tfake"
    path = make(tmp_path / "r", Work({"a": "1\n"}, message=message))
    (commit,) = commits(path)
    assert commit["body"] == b"1\t2\tfake\n\x01" + b"a" * 40 + b"\n\n\n3\t4\tfake"


def test_a_message_in_another_encoding_comes_in_utf_8(tmp_path):
    path = make(tmp_path / "r", Work())
    tree = run(path, "rev-parse", "main^{tree}").encode()
    person = b"A <a@b> 1767268800 +0000"
    commit_by_hand(path, b"tree %s\nauthor %s\ncommitter %s\nencoding ISO-8859-1\n\ncaf\xe9\n"
                   % (tree, person, person))  # fmt: skip
    assert subjects(path) == ["café"]


@pytest.mark.parametrize(
    ("dated", "authored_at", "zoned"),
    [
        (b"100 -9999", b"100", b"100 -9999"),
        (b"-100 +0000", b"", b""),
        (b"99999999999999999999999 +0000", b"99999999999999999999999", b"0 +0000"),
        (b"300000000000 +051800", b"300000000000", b"300000000000 +51800"),
        (b"100", b"", b""),
        (b"", b"", b""),
    ],
)
def test_an_absurd_date_stops_nothing(tmp_path, dated, authored_at, zoned):
    path = make(tmp_path / "r", Work())
    tree = run(path, "rev-parse", "main^{tree}").encode()
    commit_by_hand(path, b"tree %s\nauthor A <a@b> %s\ncommitter A <a@b> %s\n\nodd\n"
                   % (tree, dated, dated))  # fmt: skip
    (commit,) = commits(path)
    assert (commit["authored_at"], commit["authored_zoned"]) == (authored_at, zoned)


def test_a_history_larger_than_a_piece_comes_whole(tmp_path):
    works = [Work(message=f"{n}\n\n{'x' * 2000}", at=NOON + n) for n in range(1500)]
    path = make(tmp_path / "r", *works)
    assert subjects(path) == [str(number) for number in reversed(range(1500))]


# Windows


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (NOON + HOUR, ["three", "two"]),
        (NOON + HOUR + 0.001, ["three"]),
        (-1, ["three", "two", "one"]),
    ],
)
def test_since_is_inclusive_to_the_second(three, since, expected):
    assert subjects(three, since=instant(since)) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [(NOON + HOUR, ["one"]), (NOON + HOUR + 0.001, ["two", "one"]), (0, [])],
)
def test_before_is_exclusive_to_the_second(three, before, expected):
    assert subjects(three, before=instant(before)) == expected


def test_windows_tile(three):
    edges = [instant(NOON + half * HOUR / 2) for half in range(-1, 8)]
    tiles = [
        subject
        for since, before in itertools.pairwise(edges)
        for subject in subjects(three, since=since, before=before)
    ]
    assert tiles == ["one", "two", "three"]


def test_an_older_commit_in_front_hides_no_younger_one(tmp_path):
    works = [Work(message=str(n), at=NOON + at) for n, at in enumerate((0, 100, 200, -9000))]
    path = make(tmp_path / "r", *works)
    assert subjects(path, since=instant(NOON + 50)) == ["2", "1"]


@pytest.mark.parametrize("before", [None, instant(0), instant(NOON + HOUR)])
@pytest.mark.parametrize("since", [None, instant(NOON + HOUR / 2)])
def test_as_many_are_announced_as_come(three, since, before):
    announced = asyncio.run(Local(three).count("main", since=since, before=before))
    assert announced == len(subjects(three, since=since, before=before))


# Going on where the last sync stopped


def test_only_what_is_new_is_announced(three):
    known = run(three, "rev-parse", "main~1")
    assert asyncio.run(Local(three).count("main", known=known)) == 1


def test_what_is_known_does_not_come_again(three):
    assert subjects(three, known=run(three, "rev-parse", "main~1")) == ["three"]


def test_after_a_rewrite_only_the_new_line_comes(three):
    known = run(three, "rev-parse", "main")
    rewrite(three)
    assert subjects(three, known=known) == ["other"]


def test_what_a_rewrite_left_behind_has_vanished(three):
    known, kept = run(three, "rev-parse", "main", "main~2").split()
    rewrite(three)
    vanished = collect(Local(three).vanished("main", known))
    assert vanished == [known, run(three, "rev-parse", f"{known}~1")]
    assert kept not in vanished


def test_nothing_vanishes_when_a_branch_grows(three):
    known = run(three, "rev-parse", "main~1")
    assert collect(Local(three).vanished("main", known)) == []


def rewrite(path):
    add(path, Work({"a": "1\n"}, message="one"), Work(message="other", at=NOON + HOUR))


def test_hashes_are_all_that_is_reachable(three):
    assert collect(Local(three).hashes("main")) == run(three, "rev-list", "main").split()


def test_a_commit_is_there_until_it_is_pruned(three):
    known = run(three, "rev-parse", "main")
    rewrite(three)
    assert asyncio.run(Local(three).has(known)) is True
    run(three, "reflog", "expire", "--expire=now", "--all")
    run(three, "gc", "--prune=now", "-q")
    assert asyncio.run(Local(three).has(known)) is False


# Leaving early


@pytest.fixture
def long_history(tmp_path):
    """More output than the pipe holds: git still writes when somebody leaves."""
    return make(tmp_path / "r", *(Work(message="x" * 9000) for _ in range(400)))


def running_gits():
    return [child.pid for child in psutil.Process().children() if child.name() == "git"]


def test_git_ends_when_the_consumer_closes_early(long_history):
    async def take_one():
        stream = Local(long_history).git("main")
        await anext(stream)
        assert running_gits()
        await stream.aclose()
        return running_gits()

    assert asyncio.run(take_one()) == []


def test_git_ends_when_the_consumer_is_cancelled(long_history):
    async def take_one(taken):
        async for _ in Local(long_history).git("main"):
            taken.set()
            await asyncio.sleep(60)

    async def cancel():
        taken = asyncio.Event()
        task = asyncio.create_task(take_one(taken))
        await taken.wait()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.get_running_loop().shutdown_asyncgens()
        return running_gits()

    assert asyncio.run(cancel()) == []


def test_git_ends_when_the_consumer_fails(long_history):
    async def fail():
        async for _ in Local(long_history).hashes("main"):
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(fail())
    assert running_gits() == []
