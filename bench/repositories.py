"""A seeded repository that looks like work: the same seed and size give the same commit hashes.

Text files of 50 to 2,000 lines, edited in a few hunks; commits of one to six files, by a dozen
people and two bots in several time zones; some renames and merges (which come on top).
"""

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEED = 20_261_122
START = 1_577_836_800  # 2020-01-01T00:00:00Z
SECONDS_APART = 5_400
NOUNS = (
    "order", "price", "client", "ledger", "queue", "window",
    "parser", "report", "session", "token", "graph", "index",
)  # fmt: skip
VERBS = (
    "load", "store", "merge", "split", "check", "count",
    "render", "parse", "resolve", "expire", "rotate", "close",
)  # fmt: skip
FOLDERS = ("core", "api", "web", "jobs", "docs", "tests")
AUTHORS = [
    *[
        (f"{n.title()} {v.title()}er", f"{n}@example.com")
        for n, v in zip(NOUNS, VERBS, strict=True)
    ],
    ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
    ("renovate[bot]", "29139614+renovate[bot]@users.noreply.github.com"),
]
ZONES = ("+0000", "+0100", "-0500", "+0545", "-0800")
CO_AUTHOR = "\n\nCo-authored-by: Claude <noreply@anthropic.com>"


@dataclass
class Change:
    """One commit's work on one file: the mark of its new content, or what happened to its name."""

    path: str
    mark: int
    renamed_from: str | None = None


def build(target: Path, commits: int, seed: int = SEED) -> None:
    """A bare repository of so many commits at `target`."""
    _git("init", "-q", "--bare", "-b", "main", str(target))
    importer = subprocess.Popen(
        ["git", "-C", str(target), "fast-import", "--quiet", "--depth=50"], stdin=subprocess.PIPE
    )
    assert importer.stdin is not None
    plan, files = _plan(random.Random(seed), commits)
    # All versions of one file in a row: fast-import then stores each as a delta of the one before.
    for number, marks in enumerate(files):
        for mark, lines in _versions(random.Random(f"{seed}/{number}"), marks):
            importer.stdin.write(_data(f"blob\nmark :{mark}\n", "\n".join(lines) + "\n"))
    for part in _commits(random.Random(seed + 1), plan):
        importer.stdin.write(part)
    importer.stdin.close()
    if importer.wait():
        sys.exit("git fast-import failed")


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def _plan(rng: random.Random, commits: int) -> tuple[list[list[Change]], list[list[int]]]:
    """Which files each commit changes, and for each file the marks of its versions in order."""
    plan: list[list[Change]] = []
    files: list[list[int]] = []
    paths: list[str] = []
    mark = 0
    for _ in range(commits):
        changes = []
        for number in _touched(rng, len(files)):
            mark += 1
            if number == len(files):
                files.append([])
                paths.append(_path(rng, number))
            files[number].append(mark)
            change = Change(paths[number], mark)
            if len(files[number]) > 1 and rng.random() < 0.01:
                change.renamed_from = change.path
                change.path = paths[number] = _path(rng, number)
            changes.append(change)
        plan.append(changes)
    return plan, files


def _touched(rng: random.Random, known: int) -> list[int]:
    """One to six files, the first ones more often; now and then a new one."""
    if known < 10 or rng.random() < 0.04:
        return [known]
    count = rng.choices((1, 2, 3, 4, 5, 6), (40, 25, 15, 10, 6, 4))[0]
    return sorted({int(known * rng.random() ** 2) for _ in range(count)})


def _path(rng: random.Random, number: int) -> str:
    noun, verb = rng.choice(NOUNS), rng.choice(VERBS)
    return f"{rng.choice(FOLDERS)}/{noun}/{verb}_{noun}_{number}.py"


def _versions(rng: random.Random, marks: list[int]) -> Iterator[tuple[int, list[str]]]:
    lines = [_line(rng) for _ in range(int(50 * 40 ** (rng.random() ** 2)))]
    for mark in marks:
        yield mark, lines
        for _ in range(rng.choice((1, 1, 2, 3, 5))):
            start = rng.randrange(len(lines))
            new = [_line(rng) for _ in range(rng.choice((1, 1, 2, 4, 12)))]
            lines[start : start + rng.choice((0, 1, 2, 4, 10))] = new


def _line(rng: random.Random) -> str:
    indent = "    " * rng.choice((0, 1, 1, 2, 2, 3))
    verb, noun, other = rng.choice(VERBS), rng.choice(NOUNS), rng.choice(NOUNS)
    return rng.choice(
        (
            "",
            f"{indent}{noun} = {verb}({other}, {rng.randrange(100)})",
            f"{indent}if {noun} is None or {other}.{verb}_count > {rng.randrange(1000)}:",
            f"{indent}return [{verb}_{noun}({other}) for {other} in {noun}s]",
            f"{indent}# The {noun} is {verb}ed before the {other}, else it would {verb} twice.",
            f"{indent}self.{noun}.{verb}({other}={other}, {noun}_id=self.{noun}_id)",
        )
    )


def _commits(rng: random.Random, plan: list[list[Change]]) -> Iterator[bytes]:
    """One line of history; now and then a commit is made on a side line and merged at once."""
    mark = max(change.mark for changes in plan for change in changes)  # those of blobs end here
    tip = 0
    for number, changes in enumerate(plan):
        mark += 1
        when = START + number * SECONDS_APART
        yield _commit(rng, mark, when, tip, 0) + _changes(changes)
        if tip and rng.random() < 0.025:
            mark += 1
            yield _commit(rng, mark, when + 60, tip, mark - 1) + _changes(changes)
        tip = mark


def _commit(rng: random.Random, mark: int, when: int, parent: int, merged: int) -> bytes:
    name, email = rng.choices(AUTHORS, range(2 * len(AUTHORS), 0, -2))[0]
    zone = rng.choice(ZONES)
    subject = f"{rng.choice(VERBS).title()} the {rng.choice(NOUNS)} of {rng.choice(NOUNS)}"
    body = "\n\n" + "\n".join(_line(rng) for _ in range(rng.choice((0, 0, 1, 4))))
    message = subject + body + (CO_AUTHOR if rng.random() < 0.1 else "")
    head = (
        f"commit refs/heads/main\nmark :{mark}\n"
        f"author {name} <{email}> {when - rng.randrange(3600)} {zone}\n"
        f"committer {name} <{email}> {when} {zone}\n"
    )
    parents = (f"from :{parent}\n" if parent else "") + (f"merge :{merged}\n" if merged else "")
    return _data(head, message) + parents.encode()


def _changes(changes: list[Change]) -> bytes:
    return "".join(
        (f"R {change.renamed_from} {change.path}\n" if change.renamed_from else "")
        + f"M 100644 :{change.mark} {change.path}\n"
        for change in changes
    ).encode()


def _data(head: str, text: str) -> bytes:
    content = text.encode()
    return head.encode() + b"data %d\n" % len(content) + content + b"\n"
