"""The demo's second organisation: made up from a seed, so that every number has something to show.

It lives beside the first one in the same store and sees nothing of it.
"""

import asyncio
from dataclasses import dataclass
from datetime import date

from config.demo_home import Home, await_metrics
from config.processes import Processes
from devhealth.fixtures import Generating, Progress
from devhealth.models.directory import Directory
from devhealth.models.records import Repository, WorkItem
from devhealth.models.touches import Touches
from devhealth.synthetic.directory import directory
from devhealth.synthetic.making import make

SEED, DAYS, REPOSITORIES, PEOPLE = 1, 180, 6, 18


@dataclass(frozen=True, slots=True)
class MadeUp:
    """How much there is of it."""

    home: Home
    repositories: int
    work_items: int


def fill(home: Home, until: date, running: Processes, move: Progress) -> MadeUp:
    """The world up to a day, stored, computed; what an earlier demo left is brought up to it.

    What it decides of its people and work it decides in the service, as anybody would.
    """
    from django_tenants.utils import tenant_context

    world = make(SEED, DAYS, REPOSITORIES, PEOPLE, until=until)
    with tenant_context(home.owner.organization):
        generating = Generating(
            world=world,
            sinks=lambda: home.sink,
            progress=move,
            directory=_adopted(home, directory(world)),
        )
        touches = asyncio.run(generating.run())
        _have_computed(home, touches)
        await_metrics(home.owner, running)
    return MadeUp(
        home=home,
        repositories=home.sink.read(Repository, columns=["repo_id"]).height,
        work_items=home.sink.read(WorkItem, columns=["work_item_id"]).height,
    )


def _adopted(home: Home, told: Directory) -> Directory:
    """The same with the ids that its teams have in the service."""
    from apps.metrics.directory import load
    from apps.metrics.directory_adoption import adopt

    adopt(told, by=home.owner)
    return load().directory


def _have_computed(home: Home, touches: Touches) -> None:
    from apps.pipeline.services.dirty_days import WRITTEN, ask_for_compute, note

    note(WRITTEN, touches)
    ask_for_compute(home.owner.organization.id)
