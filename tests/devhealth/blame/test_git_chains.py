"""Files whose history is a chain, told by one `git log`: as `git blame` tells each."""

import asyncio
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given

from devhealth.connectors.git_blame import line_counts
from devhealth.connectors.git_chains import chained
from devhealth.connectors.git_command import Git
from tests.devhealth.blame.runs import by_git, synced
from tests.devhealth.blame.runs import lines as stored
from tests.devhealth.blame.test_git_judges import ODD, histories, text_only
from tests.devhealth.sync.runs import on
from tests.examples import tried
from tests.repositories import ADA, GRACE, Work, commit_by_hand, make, run

BASE = "".join(f"line {number}\n" for number in range(20))
EDITED = BASE.replace("line 3\n", "").replace("line 9\n", "nine\nand a half\n")


def told(path):
    """By path and address, lines of the files that are chains."""

    async def ask():
        git, head = Git(path), run(path, "rev-parse", "main")
        listed = await git.content("ls-tree", "-rz", "--name-only", head)
        counts = await line_counts(git, head, listed.split(b"\0")[:-1])
        return await chained(git, head, counts)

    found = Counter()
    for name, lines in asyncio.run(ask()).items():
        for author, count in lines:
            found[name.decode("utf-8", "backslashreplace"), author.email.decode().lower()] += count
    return dict(found)


def names(path):
    return {name for name, _ in told(path)}


@tried(5, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(histories())
def test_whatever_is_told_is_what_git_blame_says(works):
    with TemporaryDirectory() as folder:
        path = make(Path(folder, "r.git"), *works)
        found = told(path)
        chains = {name for name, _ in found}
        judged = text_only(path, by_git(path))
        assert found == {key: count for key, count in judged.items() if key[0] in chains}


def test_a_file_that_changed_twice_is_a_chain(tmp_path):
    path = make(
        tmp_path / "r.git",
        Work({"a": BASE}),
        on(1, files={"a": EDITED}, author=GRACE),
        on(2, files={"a": EDITED + "end\n"}, author=b"Eve <eve@example.com>"),
    )
    assert told(path) == {
        ("a", "ada@example.com"): 18,
        ("a", "grace@example.com"): 2,
        ("a", "eve@example.com"): 1,
    }


def test_a_chain_may_lead_through_branches_and_merges(tmp_path):
    path = make(
        tmp_path / "r.git",
        Work({"a": BASE, "b": BASE}),
        on(1, files={"a": EDITED}, author=GRACE, parents=[0]),
        on(2, files={"b": EDITED}, author=GRACE, parents=[0]),
        on(3, files={"a": EDITED, "b": EDITED}, parents=[2, 1]),
    )
    assert told(path) == by_git(path)
    assert names(path) == {"a", "b"}


def test_what_a_merge_threw_away_is_nobodys(tmp_path):
    path = make(
        tmp_path / "r.git",
        Work({"a": BASE}),
        on(1, files={"a": EDITED}, author=GRACE, parents=[0]),
        on(2, files={"b": "b\n"}, parents=[0]),
        on(3, files={"a": BASE}, parents=[2, 1]),
    )
    assert told(path) == {("a", "ada@example.com"): 20, ("b", "ada@example.com"): 1}


LEFT_TO_BLAME = {
    "its content came twice": (
        Work({"a": BASE}), on(1, files={"a": EDITED}), on(2, files={"a": BASE}),
    ),
    "two branches did the same": (
        Work({"a": BASE}),
        on(1, files={"a": EDITED}, parents=[0]),
        on(2, files={"a": EDITED}, author=GRACE, parents=[0]),
        on(3, files={"a": EDITED}, parents=[1, 2]),
    ),
    "a merge made it": (
        Work({"a": BASE}),
        on(1, files={"a": EDITED}, parents=[0]),
        on(2, files={"a": "0\n" + BASE}, parents=[0]),
        on(3, files={"a": "0\n" + EDITED}, parents=[1, 2]),
    ),
    "a merge made it once more": (
        Work({"a": BASE}),
        on(1, files={"a": EDITED}, author=GRACE),
        on(2, files={"a": BASE + "2\n"}),
        on(3, files={"a": "3\n" + BASE}, parents=[0]),
        on(4, files={"a": EDITED}, parents=[2, 3]),
    ),
    "it had another name": (Work({"b": BASE}), on(1, renames={"b": "a"})),
    "it may have had another name": (Work({"b": BASE}), on(1, files={"b": None, "a": EDITED})),
    "it was a link": (Work({"b": BASE}),),
    "its author has no name": (Work({"a": BASE}, author=b" <a@example.com>"),),
    "its author has no address": (Work({"a": BASE}, author=b"Ada <>"),),
    "it is binary for git": (Work({"a": "\0" + BASE}),),
}  # fmt: skip


@pytest.mark.parametrize("works", LEFT_TO_BLAME.values(), ids=LEFT_TO_BLAME)
def test_a_file_is_left_to_blame_because(tmp_path, works):
    path = make(tmp_path / "r.git", *works)
    if "a" not in run(path, "ls-tree", "--name-only", "main"):
        _turned_from_a_link(path)
    assert names(path) & {"a"} == set()


def _turned_from_a_link(path):
    blob = run(path, "hash-object", "-w", "--stdin", text=BASE.encode())
    for mode in (b"120000", b"100644"):
        listed = b"%s blob %s\ta\n" % (mode, blob.encode())
        tree = run(path, "mktree", text=listed)
        head = run(path, "rev-parse", "main")
        commit = b"tree %s\nparent %s\nauthor %s 1 +0000\ncommitter %s 1 +0000\n\nx\n"
        commit_by_hand(path, commit % (tree.encode(), head.encode(), ADA, ADA))


@pytest.mark.parametrize("name", [*ODD, "\nline first", "ends in a return\r", "\\", "x" * 250])
def test_odd_names_are_chains_as_well(tmp_path, name):
    works = (Work({name: "1\n"}), on(1, files={name: "1\n2\n"}, author=GRACE))
    assert told(make(tmp_path / "r.git", *works)) == {
        (name, "ada@example.com"): 1,
        (name, "grace@example.com"): 1,
    }


def test_lines_that_look_like_gits_own_are_content(tmp_path):
    odd = "@@ -1,9 +1,9 @@\nindex 1..2\n:100644 100644 1 2 M\ta\n-- a\n++ a\n"
    path = make(
        tmp_path / "r.git",
        Work({"a": odd, "b": BASE}),
        on(1, files={"a": f"first\n{odd}", "b": BASE + odd}, author=GRACE),
        on(2, files={"a": f"first\n{odd}last without an end"}),
    )
    assert told(path) == by_git(path)
    assert names(path) == {"a", "b"}


def test_a_mode_that_changed_is_no_change_of_lines(tmp_path):
    path = tmp_path / "r"
    path.mkdir()
    run(path, "init", "-q", "-b", "main")
    person = ("-c", "user.name=A", "-c", "user.email=a@b")
    for mode in (0o644, 0o755):
        (path / "a").write_text(BASE)
        (path / "a").chmod(mode)
        run(path, "add", ".")
        run(path, *person, "commit", "-qm", "x")
    assert told(path) == {("a", "a@b"): 20}


def test_blame_takes_chains_and_the_rest_together(acme, tmp_path):
    files = {f"d/f{number}": f"{number}\n{BASE}" for number in range(20)}
    path = make(
        tmp_path / "r.git",
        Work({**files, "moved": BASE}),
        on(1, files={"d/f1": EDITED}, renames={"moved": "here"}, author=GRACE),
        on(2, files={"d/f2": EDITED}, author=GRACE),
        on(3, files={"d/f2": files["d/f2"]}),
    )
    synced(acme, path)
    assert stored(acme) == by_git(path)
    assert names(path) == {*files, "here"} - {"here", "d/f2"}


def test_a_file_that_came_where_another_was_lost_may_be_a_new_one(tmp_path):
    other = "".join(f"another {number}\n" for number in range(30))
    path = make(tmp_path / "r.git", Work({"b": BASE}), on(1, files={"b": None, "a": other}))
    assert told(path) == {("a", "ada@example.com"): 30}


def test_a_lost_file_may_be_the_origin_of_two(tmp_path):
    files = {"b": None, "a": BASE, "c": EDITED}
    path = make(tmp_path / "r.git", Work({"b": BASE}), on(1, files=files, author=GRACE))
    assert names(path) == set()


def test_lines_come_where_they_were_put(tmp_path):
    path = make(
        tmp_path / "r.git",
        Work({"a": "1\n2\n3\n"}),
        on(1, files={"a": "1\nx\n2\n3\n"}, author=GRACE),
        on(2, files={"a": "x\n2\n3\ny\n"}, author=b"Eve <eve@example.com>"),
        on(3, files={"a": "x\n2\ny\n"}),
    )
    assert told(path) == {
        ("a", "grace@example.com"): 1,
        ("a", "ada@example.com"): 1,
        ("a", "eve@example.com"): 1,
    }
