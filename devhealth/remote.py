"""What is fetched of a provider's API: each target, what reads it, and what records it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from devhealth.models.records import (
    Comment,
    Deployment,
    Incident,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    Record,
    Repository,
    Review,
    Sprint,
    WorkItem,
    WorkItemChange,
)
from devhealth.places import Place
from devhealth.processors import Processor, work_items
from devhealth.processors.pull_requests import derived, with_linked
from devhealth.processors.reading import Raw
from devhealth.processors.resolve import kept
from devhealth.processors.stamps import Stamps

Frames = dict[type[Record], pl.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of a connector's methods, by its name.

    by         the column that tells things apart, and names the thing in all that belongs to it
    classes    records that a thing is made of, itself first; what belongs to it is told whole
    beside     records that things tell of what is none of theirs alone
    known_as   the column that has the provider's own id of a thing, where it is not `by`
    is_across  a thing may have been seen in another place before, or parts of it may lie there
    read       the processor's function → a thing's records
    settled    told, stored and the Directory → told as it is to be stored
    newest     the column that says which of two tellings is the newer. None: the later one
    untold     a column, and what it says of things that no provider told
    forgets    the instant by which the provider forgets old things. None: it forgets nothing
    under_way  columns, and what they say of things that are not over; none: each change is listed
    """

    name: str
    by: str
    classes: tuple[type[Record], ...]
    read: Callable[[Processor, Raw, Place], list[Record]]
    settled: Callable[[Frames, Frames, Stamps], Frames]
    beside: tuple[type[Record], ...] = ()
    known_as: str = ""
    is_across: bool = False
    newest: str | None = None
    untold: tuple[str, str] | None = None
    forgets: str | None = None
    under_way: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def thing(self) -> type[Record]:
        return self.classes[0]

    @property
    def parts(self) -> tuple[type[Record], ...]:
        return self.classes[1:]

    @property
    def method(self) -> str:
        """What the connector's method is called."""
        return self.name.replace("-", "_")


def _pull_request(processor: Processor, raw: Raw, place: Place) -> list[Record]:
    told = processor.pull_request(raw, _repository(place))
    return [told.pull_request, *told.commits, *told.reviews, *told.comments]


def _pipeline_runs(processor: Processor, raw: Raw, place: Place) -> list[Record]:
    return [*processor.pipeline_runs(raw, _repository(place))]


def _deployments(processor: Processor, raw: Raw, place: Place) -> list[Record]:
    return [*processor.deployments(raw, _repository(place))]


def _incident(processor: Processor, raw: Raw, place: Place) -> list[Record]:
    found = processor.incident(raw, _repository(place))
    return [found] if found else []


def _work_item(processor: Processor, raw: Raw, place: Place) -> list[Record]:
    if place.scope is None:
        raise TypeError(f"{place.name} is no place of work items")
    told = processor.work_item(raw, place.scope)
    return [told.item, *told.changes, *told.sprints] if told else []


def _repository(place: Place) -> Repository:
    if place.repository is None:
        raise TypeError(f"{place.name} is no repository")
    return place.repository


def _derived(told: Frames, stored: Frames, stamps: Stamps) -> Frames:
    linked = with_linked(told[PullRequest], stored[PullRequest])
    return told | dict(derived(told | {PullRequest: linked}, stamps))


def _work(told: Frames, stored: Frames, stamps: Stamps) -> Frames:
    return told | dict(work_items.derived(told, stamps))


def _kept(told: Frames, stored: Frames, stamps: Stamps) -> Frames:
    return {cls: kept(cls, rows, stored[cls], stamps) for cls, rows in told.items()}


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target(
            name="prs",
            by="number",
            classes=(PullRequest, PullRequestCommit, Review, Comment),
            read=_pull_request,
            settled=_derived,
            newest="updated_at",
        ),
        Target(
            name="cicd",
            by="run_id",
            classes=(PipelineRun,),
            read=_pipeline_runs,
            settled=_kept,
            forgets="queued_at",
            under_way={"status": ["queued", "running"]},
        ),
        Target(
            name="deployments",
            by="deployment_id",
            classes=(Deployment,),
            read=_deployments,
            settled=_kept,
            untold=("kind", "merge"),
            under_way={"status": ["pending"], "kind": ["deployment"]},
        ),
        Target(
            name="incidents",
            by="incident_id",
            classes=(Incident,),
            read=_incident,
            settled=_kept,
        ),
        Target(
            name="work-items",
            by="work_item_id",
            classes=(WorkItem, WorkItemChange),
            beside=(Sprint,),
            read=_work_item,
            settled=_work,
            known_as="native_id",
            is_across=True,
            newest="updated_at",
        ),
    )
}
