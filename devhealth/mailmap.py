"""When a branch has another `.mailmap`: stored commits get the names that it gives them now.

git maps names, not messages: who is named in Co-authored-by lines stays as written there, for the
Directory to resolve.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from uuid import UUID

import polars as pl

from devhealth.connectors import History
from devhealth.models.records import Commit, MailmapEntry
from devhealth.models.touches import Touches
from devhealth.processors import local as processor
from devhealth.processors.mailmap import Mailmap
from devhealth.processors.stamped import OF_COMMITS, alone, of_commits
from devhealth.processors.stamps import Stamps
from devhealth.rewriting import Rewriting
from devhealth.sinks import Sink
from devhealth.sinks.tables import objects

NAMES = ("author_name", "author_email", "committer_email")
GONE = "no longer in the .mailmap"


async def rename(
    sink: Sink,
    repo_id: UUID,
    connector: History,
    head: str,
    mailmap: Mailmap,
    stamps: Stamps,
    noted: Callable[[Touches], Awaitable[None]],
    checkpoint: Callable[[], None],
) -> None:
    """Write stored commits of the branch, and their files, that are to bear other names now."""
    names = await _names(connector, head, mailmap, checkpoint)
    lead = replace(OF_COMMITS.lead, gives=(*OF_COMMITS.lead.gives, *NAMES))
    found = alone(Commit, partial(_stamped_under, names))
    named = replace(OF_COMMITS, parts=(lead,), found=found)
    rewriting = Rewriting(
        sink=sink, partition=repo_id, stamped=named, stamps=stamps, checkpoint=checkpoint
    )
    await rewriting.write(rewriting.look_through(), noted)


def keep(sink: Sink, repo_id: UUID, mailmap: Mailmap, checkpoint: Callable[[], None]) -> None:
    """Have exactly the file's entries stored; those that it has no longer become tombstones."""
    checkpoint()
    rows = sink.read(MailmapEntry, where={"repo_id": repo_id}, deleted=True)
    stored = {_key(entry): entry for entry in objects(MailmapEntry, rows)}
    told = {_key(entry): entry for entry in mailmap.entries(repo_id)}
    gone = [stored[key] for key in stored.keys() - told.keys() if not stored[key].deleted_at]
    changed = [entry for key, entry in told.items() if stored.get(key) != entry]
    changed += [replace(each, deleted_at=sink.version, deleted_reason=GONE) for each in gone]
    checkpoint()
    sink.write(changed)


async def _names(
    connector: History, head: str, mailmap: Mailmap, checkpoint: Callable[[], None]
) -> pl.DataFrame:
    rows = []
    async for commit in connector.persons(head):
        checkpoint()
        rows.append((commit["hash"].decode("ascii"), *processor.persons(commit, mailmap)))
    return pl.DataFrame(rows, schema=dict.fromkeys(("hash", *NAMES), pl.String), orient="row")


def _stamped_under(names: pl.DataFrame, rows: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    return of_commits(rows.update(names, on="hash"), stamps)


def _key(entry: MailmapEntry) -> tuple[str, str]:
    return entry.commit_email, entry.commit_name
