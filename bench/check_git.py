"""git itself judges the commit figures: `REPO=path python -m bench.check_git`.

Syncs a repository into fresh stores, computes its days and compares commits, lines and distinct
files of each with what `git log --numstat -M` prints, read here in its plain text form and by none
of the library's code. One JSON object a store; exit 1 if any day differs.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from devhealth.connectors.local import Local
from devhealth.models.rollups import RepoDay
from devhealth.recompute import recompute
from devhealth.sinks import Sink, open_store
from devhealth.sync import sync_git

NEUTRAL = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1"}
OLDEST, NEWEST = date(1900, 1, 1), date(2300, 1, 1)
EPOCH = date(1970, 1, 1)  # stands in for what lies beyond these
SHOWN = 10


@dataclass
class Day:
    """What happened on a UTC day by the committer's clock, whoever did it."""

    commits: int = 0
    added: int = 0
    deleted: int = 0
    paths: set[str] = field(default_factory=set)

    def figures(self) -> tuple[int, int, int, int]:
        return self.commits, self.added, self.deleted, len(self.paths)


Figures = dict[date, tuple[int, int, int, int]]


def by_git(repository: Path) -> Figures:
    """Commits, lines added and deleted, distinct files of each day, as git prints them."""
    days: dict[date, Day] = defaultdict(Day)
    day = Day()
    log = ("log", "--numstat", "-M", "--format=commit %ct", _branch(repository), "--")
    for line in _git(repository, *log).split("\n"):
        if line.startswith("commit "):
            day = days[_day(line.removeprefix("commit "))]
            day.commits += 1
        elif line:
            added, deleted, path = line.split("\t", 2)
            day.added += int(added.replace("-", "0"))
            day.deleted += int(deleted.replace("-", "0"))
            day.paths.add(_new_path(path))
    return {each: days[each].figures() for each in sorted(days)}


def by_us(sink: Sink, repository: Path) -> Figures:
    """The same from a store without rows of this repository, by sync and recompute."""
    synced = asyncio.run(sync_git(sink, Local(repository)))
    recompute(sink, synced.touches, today=datetime.now(UTC).date())
    synced.finish(sink)
    where = {"repo_id": synced.repository.repo_id, "population": "all"}
    names = ("day", "commits_count", "loc_added", "loc_deleted", "files_changed")
    rows = sink.latest(RepoDay, where=where, columns=names).iter_rows()
    return {day: (commits, *rest) for day, commits, *rest in rows if commits}


def mismatches(git: Figures, ours: Figures) -> list[dict[str, Any]]:
    """Days that differ: (commits, added, deleted, files) as git has them and as we do."""
    return [
        {"day": str(day), "git": git.get(day), "devhealth": ours.get(day)}
        for day in sorted(git.keys() | ours.keys())
        if git.get(day) != ours.get(day)
    ]


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        env=os.environ | NEUTRAL,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode("utf-8", "surrogateescape")


def _branch(repository: Path) -> str:
    """The default branch: origin's, else this repository's."""
    references = _git(repository, "for-each-ref", "--format=%(refname)").splitlines()
    origins = "refs/remotes/origin/HEAD"
    return origins if origins in references else "HEAD"


def _day(seconds: str) -> date:
    """Empty: a date that git itself cannot show, as before 1970."""
    try:
        day = datetime.fromtimestamp(int(seconds), UTC).date()
    except (ValueError, OverflowError):
        return EPOCH
    return day if OLDEST <= day < NEWEST else EPOCH


def _new_path(path: str) -> str:
    """`src/{old => new}/a.py`, `old => new`: the name after the arrow."""
    inner = re.sub(r"\{.* => (.*)\}", r"\1", path).replace("//", "/")
    return inner.rpartition(" => ")[2]


@contextmanager
def fresh_sinks() -> Iterator[dict[str, Sink]]:
    """An organisation of its own in each kind of store that there is, erased in the end."""
    with ExitStack() as closing:
        room = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        uris = {"sqlite": f"sqlite:///{room}/facts.db"} | _postgresql(room / "services", closing)
        sinks = {}
        for kind, uri in uris.items():
            store = open_store(uri)
            closing.callback(store.close)
            store.migrate()
            sinks[kind] = store.for_org(uuid4())
            closing.callback(sinks[kind].erase)
        yield sinks


def _postgresql(directory: Path, closing: ExitStack) -> dict[str, str]:
    """DATABASE_URI, else an embedded one, else none."""
    if uri := os.environ.get("DATABASE_URI"):
        return {"postgresql": uri}
    from config import embedded

    try:
        services = embedded.start(directory, durable=False)
    except embedded.EmbeddedError as error:
        print(f"SQLite only: {error}", file=sys.stderr)
        return {}
    closing.callback(embedded.remove, directory)  # as root the data lies elsewhere
    closing.callback(services.stop)
    return {"postgresql": services.database_uri}


def main() -> int:
    repository = Path(os.environ.get("REPO") or ".").resolve()
    git = by_git(repository)
    wrong = 0
    with fresh_sinks() as sinks:
        for kind, sink in sinks.items():
            began = time.monotonic()
            different = mismatches(git, by_us(sink, repository))
            wrong += len(different)
            print(
                json.dumps(
                    {
                        "store": kind,
                        "repository": str(repository),
                        "commits": sum(figures[0] for figures in git.values()),
                        "days": len(git),
                        "mismatches": len(different),
                        "first": different[:SHOWN],
                        "seconds": round(time.monotonic() - began, 1),
                    }
                )
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
