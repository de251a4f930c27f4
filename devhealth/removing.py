"""A repository and all that was ever kept of it: its records, and the rollups of it alone.

A repository is a scope of work, too, under the same id. What is counted of several repositories is
not removed but computed anew: its days are noted before anything goes, all of them each time, so
that a run that was cut short is run again. Who is named by no other record, and what other records
say of removed ones, follows from the next restamp.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from devhealth.due import everything
from devhealth.models.records import RECORDS
from devhealth.models.rollups import ROLLUPS
from devhealth.sinks import Sink
from devhealth.sinks.tables import Row
from devhealth.sync import NOBODY, Watch

OF_A_REPOSITORY = ("repo_id", "work_scope_id")  # partitions that are a repository, or may be one


def classes() -> Iterator[type[Row]]:
    """Rollups first: as long as there are records, their days are known."""
    both: tuple[type[Row], ...] = (*ROLLUPS, *RECORDS)
    for cls in both:
        if cls.partition in OF_A_REPOSITORY:
            yield cls


async def remove_repository(sink: Sink, repo_id: UUID, *, watch: Watch[Any] = NOBODY) -> None:
    """Delete all that is stored of it. Of `watch`, `noted` is awaited with the days of all of it
    before, `checkpoint` called before every delete."""
    watch.checkpoint()
    touches = everything(sink, partition=str(repo_id))
    if touches.days:
        await watch.noted(touches)
    for cls in classes():
        watch.checkpoint()
        sink.remove(cls, repo_id)
