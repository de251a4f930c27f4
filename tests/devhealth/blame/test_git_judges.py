"""git itself judges: our lines by file and address are those of plain `git blame`."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from devhealth.connectors.git_blame import FEW, line_counts
from devhealth.connectors.git_command import Git
from tests.devhealth.blame.runs import blame, by_git, lines, synced
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import on
from tests.examples import tried
from tests.repositories import ADA, GRACE, Work, add, make, run

LINES = [f"line {number}\n" for number in range(8)]
people = st.sampled_from([ADA, GRACE, b"Ada <ADA@example.com>", b" <>"])
contents = st.lists(st.sampled_from(LINES), max_size=12).map("".join) | st.sampled_from(
    ["no newline", "a\r\nb\r", "\0binary\n"]
)
names = st.sampled_from(["a", "b", "dir/c"])


@st.composite
def histories(draw):
    """Commits that change, lose, rename and merge; the first one stands."""
    works = [Work({"a": "".join(LINES), "b": LINES[0]})]
    alive = [{"a", "b"}]
    for number in range(1, draw(st.integers(2, 9))):
        parent = draw(st.integers(max(0, number - 3), number - 1))
        others = draw(st.lists(st.integers(0, number - 1), max_size=1).map(set)) - {parent}
        files = set(alive[parent])
        changes = draw(st.dictionaries(names, st.none() | contents, max_size=2))
        old = draw(st.sampled_from([None, *sorted(files - changes.keys())]))
        renames = {old: f"{old}{number}"} if old else {}
        changes = {name: to for name, to in changes.items() if to is not None or name in files}
        files = files - renames.keys() | set(renames.values())
        files = files - {n for n, to in changes.items() if to is None}
        files |= {n for n, to in changes.items() if to is not None}
        works.append(
            on(
                number, files=changes, renames=renames, author=draw(people),
                parents=[parent, *others],
            )
        )  # fmt: skip
        alive.append(files)
    return works


def text_only(path, found):
    """git blames binary files, too."""
    binary = {name for name, _ in found if "\0" in run(path, "show", f"main:{name}")}
    return {key: count for key, count in found.items() if key[0] not in binary}


@tried(4, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(histories(), st.integers(1, 8))
def test_any_history_blamed_at_once_or_in_two_runs(store, works, first):
    with TemporaryDirectory() as folder:
        acme = Organisation(store)
        path = make(Path(folder, "r.git"), *works[: min(first, len(works) - 1)])
        synced(acme, path)
        assert lines(acme) == text_only(path, by_git(path))
        add(path, *works)
        blame(acme, path)
        assert lines(acme) == text_only(path, by_git(path))


ODD = ["with space", "ü", "tab\there", "new\nline", '"quoted"', "-dash", ":(glob)*", "*", "a\\xffb"]


@pytest.mark.parametrize("name", ODD)
def test_odd_names(acme, tmp_path, name):
    works = (Work({name: "1\n", "other": "1\n"}), on(1, files={name: "1\n2\n"}, author=GRACE))
    synced(acme, make(tmp_path / "with space ü", *works))
    assert lines(acme) == {
        (name, "ada@example.com"): 1,
        (name, "grace@example.com"): 1,
        ("other", "ada@example.com"): 1,
    }


def test_names_that_are_no_text(acme, tmp_path):
    works = (Work({b"\xff": "1\n"}), on(1, files={b"\xff": None, "a": "1\n"}))
    path = make(tmp_path / "r.git", works[0])
    synced(acme, path)
    before = lines(acme)
    add(path, *works)
    blame(acme, path)
    assert (before, lines(acme)) == (
        {("\\xff", "ada@example.com"): 1},
        {("a", "ada@example.com"): 1},
    )


def test_names_of_sha_256(acme, tmp_path):
    path = tmp_path / "r"
    path.mkdir()
    run(path, "init", "-q", "-b", "main", "--object-format=sha256")
    for number in range(13):
        (path / f"f{number}").write_text(f"{number}\n")
        run(path, "add", ".")
        run(path, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "x")
    synced(acme, path)
    assert lines(acme) == {(f"f{number}", "a@b"): 1 for number in range(13)}


@pytest.mark.parametrize("any_number", [11, 12, 201])
def test_few_and_many_files(acme, tmp_path, any_number):
    """From a dozen on a graph is written; the lines of 200 are counted at a time."""
    files = {f"d{n % 7}/f{n}": f"{n}\n" for n in range(any_number)}
    path = make(tmp_path / "r.git", Work(files), on(1, files={"d0/f0": "x\ny\n"}, author=GRACE))
    synced(acme, path, at_once=4)
    assert (len(lines(acme)), lines(acme)["d0/f0", "grace@example.com"]) == (any_number, 2)


def test_lines_of_very_many_files_are_counted_at_once(tmp_path):
    path = make(tmp_path / "r.git", Work({"a": "1\n2\n", "b": "1\n", "c": ""}))
    asked = [b"a", b"c", *(b"no%d" % number for number in range(FEW))]
    assert asyncio.run(line_counts(Git(path), run(path, "rev-parse", "main"), asked)) == {b"a": 2}
