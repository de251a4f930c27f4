"""After a sync's writes: pull requests are linked to the work items that they name.

Every run looks at all that is stored of a repository and writes what differs, so it may be cut
anywhere and run again. An item may come long after the pull request that names it, or be moved to
another key: so whatever came last asks.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import polars as pl

from devhealth.models.fields import DTYPES
from devhealth.models.records import Link, PullRequest, WorkItem, WorkItemChange
from devhealth.models.touches import Touches
from devhealth.processors.frames import differing
from devhealth.processors.linked import links, of_items, references
from devhealth.processors.pull_requests import categorised
from devhealth.processors.stamps import Stamps
from devhealth.resolving import LOST, Resolved
from devhealth.sinks import Sink
from devhealth.sync import NOBODY, Watch

GIVEN: Final = (
    "item_theme", "item_subcategory", "item_rule",
    "work_theme", "work_subcategory", "category_rule",
)  # fmt: skip
_PULLS: Final = ["repo_id", "number", "title", "labels", "refers_to", "merged_at", *GIVEN]
_KINDS: Final = ["work_theme", "work_subcategory", "category_rule"]


async def link_all(sink: Sink, stamps: Stamps, *, watch: Watch[Any] = NOBODY) -> Resolved:
    """`link` every repository whose pull requests name anything."""
    watch.checkpoint()
    named = sink.read(PullRequest, columns=["repo_id", "refers_to"])
    of = named.filter(pl.col("refers_to").list.len() > 0)["repo_id"].unique().sort()
    done = Resolved()
    for repo_id in of:
        linked = await link(sink, UUID(repo_id), stamps, watch=watch)
        done.rows.update(linked.rows)
        done.touches |= linked.touches
    return done


async def link(
    sink: Sink, repo_id: UUID, stamps: Stamps, *, watch: Watch[Any] = NOBODY
) -> Resolved:
    """Have the pull requests of a repository linked as they should be, and of their kind of work.

    watch   `noted` is awaited with the days of a write before it, `checkpoint` called before every
            read and write
    """
    here = {"repo_id": repo_id}
    watch.checkpoint()
    pulls = sink.read(PullRequest, where=here, columns=_PULLS).select(_PULLS)
    named = references(pulls)
    items = _items(sink, named["item_key"].unique().sort().to_list(), watch)
    found = links(named, items)
    done = Resolved()
    watch.checkpoint()
    stored = sink.read(Link, where={**here, "to_kind": "work_item"}).select(found.columns)
    lost = stored.join(found, on=list(Link.key), how="anti").with_columns(
        deleted_at=pl.lit(sink.version, DTYPES["instant"]), deleted_reason=pl.lit(LOST)
    )
    for rows in (differing(Link, stored, found), lost):
        watch.checkpoint()
        done.rows[Link.table] += sink.write(rows, Link) if rows.height else 0
    await _categorise(sink, pulls, categorised(of_items(pulls, found, items), stamps), done, watch)
    return done


async def _categorise(
    sink: Sink, before: pl.DataFrame, pulls: pl.DataFrame, done: Resolved, watch: Watch[Any]
) -> None:
    wrong = differing(PullRequest, before, pulls)
    if wrong.is_empty():
        return
    touches = Touches()
    for repo_id, merged_at in wrong.select("repo_id", "merged_at").drop_nulls().iter_rows():
        touches.add(PullRequest, repo_id, merged_at)
    await watch.noted(touches)
    done.touches |= touches
    watch.checkpoint()
    done.rows[PullRequest.table] += sink.amend(wrong.select(*PullRequest.key, *GIVEN), PullRequest)


def _items(sink: Sink, keys: list[str], watch: Watch[Any]) -> pl.DataFrame:
    """`work_item_id` and kind of those that are `called` so, or were before they were moved."""
    columns = ["work_item_id", "item_key", *_KINDS]
    names = ["called", "work_item_id", *_KINDS]
    now = _read(sink, WorkItem, {"item_key": keys}, columns, watch)
    found = now.rename({"item_key": "called"}).select(names)
    others = sorted(set(keys) - set(found["called"]))
    moved = _read(
        sink,
        WorkItemChange,
        {"field": "scope", "from_value": others},
        ["work_item_id", "from_value"],
        watch,
    )
    ids = moved["work_item_id"].unique().sort().to_list()
    there = _read(sink, WorkItem, {"work_item_id": ids}, ["work_item_id", *_KINDS], watch)
    former = moved.join(there, on="work_item_id").rename({"from_value": "called"}).select(names)
    return pl.concat([found, former]).unique(["called", "work_item_id"], maintain_order=True)


def _read(
    sink: Sink, cls: type[Any], where: dict[str, Any], columns: Iterable[str], watch: Watch[Any]
) -> pl.DataFrame:
    """Nothing where a list names nothing."""
    names = list(columns)
    watch.checkpoint()
    nothing = any(isinstance(asked, list) and not asked for asked in where.values())
    limit = 0 if nothing else None
    return sink.read(cls, where={} if nothing else where, columns=names, limit=limit).select(names)
