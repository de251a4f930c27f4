"""After a sync's writes: what stored records say of one another is found and written.

Every run looks at all that is stored of a repository and writes what differs from it, so it may be
cut anywhere and run again, and one that finds nothing to change writes nothing. Days are noted
before each write.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from devhealth.models.fields import DTYPES
from devhealth.models.records import Deployment, Link, PipelineRun, Record, Repository
from devhealth.models.touches import Touches
from devhealth.processors.frames import differing, schema_of
from devhealth.processors.resolve import OF_BRANCH, OF_RUNS, READ, RESOLVED, delivery, runs
from devhealth.processors.stamps import Stamps
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sync import NOBODY, Watch

LOST: Final = "nothing says so any more"

RUNS: Final = frozenset({"cicd"})
DELIVERY: Final = frozenset({"git", "prs", "deployments", "incidents"})


@dataclass(slots=True)
class Resolved:
    """What a run did: rows written, by table, and the days that they count on."""

    rows: Counter[str] = field(default_factory=Counter)
    touches: Touches = field(default_factory=Touches)


async def resolve(
    sink: Sink,
    repository: Repository,
    stamps: Stamps,
    *,
    target: str | None = None,
    watch: Watch[Any] = NOBODY,
    batch_size: int = BATCH_SIZE,
) -> Resolved:
    """Have the records of a repository say of one another what follows from them all.

    repository  its id and default branch count
    stamps      the Directory's word on it: the owning team, which deployments count
    target      what was synced just now (git, prs, cicd, deployments or incidents): only what can
                depend on it is looked at; None: everything
    watch       `noted` is awaited with the days of each write before it, `checkpoint` called before
                every read and write
    """
    run = _Run(sink=sink, repository=repository, stamps=stamps, watch=watch, size=batch_size)
    if target is None or target in DELIVERY:
        await run.delivery()
    if target is None or target in RUNS:
        await run.pipelines()
    return run.done


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One repository's."""

    sink: Sink
    repository: Repository
    stamps: Stamps
    watch: Watch[Any]
    size: int
    done: Resolved = field(default_factory=Resolved)

    async def delivery(self) -> None:
        """Links to work items are `linking`'s."""
        stored = {
            cls: self._read(cls, columns) for cls, columns in READ.items() if cls not in OF_BRANCH
        }
        stored[Link] = stored[Link].filter(pl.col("to_kind") != "work_item")
        kind = self.stamps.deployment_kind(self.stamps.full_name)
        asks = not stored[Deployment].filter(kind=kind).is_empty()
        for each in OF_BRANCH:
            nothing = pl.DataFrame(schema=schema_of(each)).select(READ[each])
            stored[each] = self._read(each, READ[each]) if asks else nothing
        should_be = delivery(stored, self.stamps, self.repository.default_branch)
        for cls, rows in should_be.items():
            before = stored[cls]
            await self._write(cls, differing(cls, before, rows), before)
            await self._write(cls, self._buried(cls, before, rows), before)

    async def pipelines(self) -> None:
        """Attempts are many: of those that differ only what does is written."""
        stored = self._read(PipelineRun, OF_RUNS)
        found = runs(stored, self.stamps).select(OF_RUNS)
        others = differing(PipelineRun, stored, found)
        key = list(PipelineRun.key)
        for part in others.iter_slices(self.size):
            await self._note(PipelineRun, part, stored)
            changed = part.select(*key, *RESOLVED[PipelineRun], "is_final_attempt")
            self.done.rows[PipelineRun.table] += self.sink.amend(changed, PipelineRun)

    def _read(self, cls: type[Record], columns: tuple[str, ...]) -> pl.DataFrame:
        self.watch.checkpoint()
        where = {"repo_id": self.repository.repo_id}
        names = list(columns or schema_of(cls))
        return self.sink.read(cls, where=where, columns=names).select(names)

    def _buried(self, cls: type[Record], before: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
        """What is stored and made by nobody but us, and should not be."""
        return before.join(rows, on=list(cls.key), how="anti").with_columns(
            deleted_at=pl.lit(self.sink.version, DTYPES["instant"]), deleted_reason=pl.lit(LOST)
        )

    async def _write(self, cls: type[Record], rows: pl.DataFrame, before: pl.DataFrame) -> None:
        for part in rows.iter_slices(self.size):
            await self._note(cls, part, before)
            self.done.rows[cls.table] += self.sink.write(part, cls)

    async def _note(self, cls: type[Record], rows: pl.DataFrame, before: pl.DataFrame) -> None:
        touches = Touches()
        was = before.join(rows, on=list(cls.key), how="semi")
        touches.change(cls, was, rows, self.sink.version.date())
        if touches.days:
            await self.watch.noted(touches)
        self.done.touches |= touches
        self.watch.checkpoint()
