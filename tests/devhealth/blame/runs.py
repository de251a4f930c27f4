"""Blames of repositories, and what git itself says of the same files."""

import asyncio
import re
from collections import Counter

from devhealth.connectors.local import Local
from devhealth.models.records import BlameFile
from devhealth.sync import sync_git
from devhealth.sync_blame import sync_blame
from tests.devhealth.sync.runs import Failing
from tests.repositories import run


def known(acme, path):
    """Its commits are synced."""
    sink = acme.sink()
    synced = asyncio.run(sync_git(sink, Local(path)))
    synced.finish(sink)
    return synced


def blame(acme, path, *, fail_at=0, **options):
    return asyncio.run(sync_blame(Failing(acme.sink(), fail_at), Local(path), **options))


def synced(acme, path, **options):
    """Both, one after the other."""
    known(acme, path)
    return blame(acme, path, **options)


def lines(acme):
    """Stored lines by file and address."""
    found = Counter()
    for row in acme.records(BlameFile):
        found[row["path"], row["author_email"]] += row["lines"]
    return dict(found)


def by_git(path):
    """The same, as plain `git blame` at main prints it."""
    listed = run(path, "-c", "core.quotePath=false", "ls-tree", "-r", "main").splitlines()
    found = Counter()
    for entry in listed:
        meta, _, name = entry.partition("\t")
        if meta.startswith("100"):
            told = run(path, "-c", "mailmap.blob=", "blame", "--line-porcelain", "main", "--", name)
            found.update(
                (name, each.lower()) for each in re.findall(r"(?m)^author-mail <(.*)>$", told)
            )
    return dict(found)


def sets(acme):
    """Every stored row with its version, tombstones included."""
    return acme.sink().read(BlameFile, deleted=True).sort(BlameFile.key).to_dicts()
