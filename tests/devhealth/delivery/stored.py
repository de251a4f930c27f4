"""Things in a store: written as a sync does, resolved, computed."""

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Any

from devhealth.models.directory import Directory
from devhealth.models.records import Record, Repository
from devhealth.models.touches import Touches
from devhealth.processors.resolve import RESOLVED, kept
from devhealth.processors.stamps import Stamps
from devhealth.resolving import Resolved, resolve
from tests.devhealth.delivery.things import ACME_API
from tests.devhealth.metrics.worlds import frame
from tests.devhealth.stores import Organisation

LATER = date(2026, 12, 31)


def write(organisation: Organisation, things: Iterable[Record]) -> None:
    things = list(things)
    sink = organisation.sink()
    for cls in {type(each) for each in things}:
        sink.write([each for each in things if type(each) is cls])


def resolving(
    organisation: Organisation,
    directory: Directory | None = None,
    repository: Repository = ACME_API,
    **more: Any,
) -> Resolved:
    stamps = Stamps(directory or Directory(), repository.full_name)
    return asyncio.run(resolve(organisation.sink(), repository, stamps, **more))


def known(
    organisation: Organisation,
    things: Iterable[Record],
    directory: Directory | None = None,
    repositories: Iterable[Repository] = (ACME_API,),
) -> Organisation:
    """With all of these things, and the days that they make."""
    write(organisation, [*repositories, *things])
    for each in repositories:
        resolving(organisation, directory, each)
    organisation.compute_everything(LATER)
    return organisation


def synced(
    organisation: Organisation, things: Iterable[Record], directory: Directory | None = None
) -> Touches:
    """Written with what was resolved of them before, then resolved; what that touched."""
    things, sink, touches = list(things), organisation.sink(), Touches()
    stamps = Stamps(directory or Directory(), ACME_API.full_name)
    for cls in {type(each) for each in things}:
        told = frame(cls, [each for each in things if type(each) is cls])
        stored = sink.read(cls).drop("synced_at")
        before = stored.join(told, on=list(cls.key), how="semi")
        after = kept(cls, told, stored, stamps) if cls in RESOLVED else told
        touches.change(cls, before, after, LATER)
        sink.write(after, cls)
    return touches | resolving(organisation, directory).touches
