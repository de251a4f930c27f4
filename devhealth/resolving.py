"""After a sync's writes: what stored records say of one another is found and written.

Every run looks at all that is stored of a repository and writes what differs from it, so it may be
cut anywhere and run again, and one that finds nothing to change writes nothing. Days are noted
before each write.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from devhealth.models.records import Repository
from devhealth.models.touches import Touches
from devhealth.processors.stamps import Stamps
from devhealth.sinks import BATCH_SIZE, Sink
from devhealth.sync import NOBODY, Watch


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
    watch.checkpoint()
    return Resolved()
