"""Histories, syncs of them, and what is stored afterwards."""

import asyncio
from datetime import date

from devhealth.connectors.local import Local
from devhealth.errors import Transient
from devhealth.models.records import Commit, CommitFile, Identity, Repository
from devhealth.sync import sync_git
from tests.repositories import GRACE, NOON, Work, run

DAY = 86_400
TODAY = date(2026, 3, 1)


def on(day, **fields):
    """A commit at noon, so many days after 1 January 2026."""
    return Work(at=NOON + day * DAY, **fields)


HISTORY = (
    on(0, files={"a": "1\n2\n", "b": "1\n"}),
    on(1, files={"a": "1\n2\n3\n"}, author=GRACE),
    on(2, files={"b": "2\n"}, renames={"a": "c"}),
)
ONE_MORE = (*HISTORY, on(3, files={"d": "1\n"}))
REWRITTEN = (*HISTORY[:2], on(2, files={"b": "other\n"}))


class Failing:
    """A sink that loses its connection at its n-th write."""

    def __init__(self, sink, writes):
        self._sink = sink
        self._left = writes

    def __getattr__(self, name):
        return getattr(self._sink, name)

    def write(self, rows, cls=None):
        self._left -= 1
        if self._left == 0:
            raise Transient("The connection was lost.")
        return self._sink.write(rows, cls)

    async def write_batch(self, rows):
        return self.write(rows)


def sync(acme, path, *, finish=True, fail_at=0, **options):
    sink = Failing(acme.sink(), fail_at)
    synced = asyncio.run(sync_git(sink, Local(path), **options))
    if finish:
        synced.finish(sink)
    return synced


def files(acme):
    return [(row["path"], row["loc_added"]) for row in acme.records(CommitFile)]


def hashes(acme):
    return {row["hash"] for row in acme.records(Commit)}


def branch(path):
    return set(run(path, "rev-list", "main").split())


def mark(acme):
    (row,) = acme.records(Repository)
    return row["head_hash"]


def everything(acme, *, versions=False):
    return [
        acme.records(cls, versions=versions) for cls in (Commit, CommitFile, Identity, Repository)
    ]


def dirty(synced):
    return sorted(synced.touches.days[Commit, str(synced.repository.repo_id)])
