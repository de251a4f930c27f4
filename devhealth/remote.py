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
)
from devhealth.processors import Processor
from devhealth.processors.pull_requests import derived
from devhealth.processors.reading import Raw
from devhealth.processors.resolve import kept
from devhealth.processors.stamps import Stamps

Frames = dict[type[Record], pl.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of a connector's methods, by its name.

    by         the column that tells things apart, and names the thing in all that belongs to it
    classes    records that a thing is made of, itself first; what belongs to it is told whole
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
    read: Callable[[Processor, Raw, Repository], list[Record]]
    settled: Callable[[Frames, Frames, Stamps], Frames]
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


def _pull_request(processor: Processor, raw: Raw, repository: Repository) -> list[Record]:
    told = processor.pull_request(raw, repository)
    return [told.pull_request, *told.commits, *told.reviews, *told.comments]


def _pipeline_runs(processor: Processor, raw: Raw, repository: Repository) -> list[Record]:
    return [*processor.pipeline_runs(raw, repository)]


def _deployments(processor: Processor, raw: Raw, repository: Repository) -> list[Record]:
    return [*processor.deployments(raw, repository)]


def _incident(processor: Processor, raw: Raw, repository: Repository) -> list[Record]:
    found = processor.incident(raw, repository)
    return [found] if found else []


def _derived(told: Frames, stored: Frames, stamps: Stamps) -> Frames:
    return told | dict(derived(told, stamps))


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
    )
}
