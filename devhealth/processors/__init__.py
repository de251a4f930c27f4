"""Normalise: one raw dict in, records out. Pure: no I/O, no clock, no logging.

`PROCESSORS` names the module that reads each connector's words, under the connector's own name;
what they share (`identity`, `assistants`, `remotes`, …) has no connector. `Processor` is what a
module has whose connector speaks to an API.
"""

from importlib import import_module
from typing import Any, Protocol, cast

from devhealth.models.records import Deployment, Incident, PipelineRun, Repository, WorkScope
from devhealth.processors.reading import Raw
from devhealth.processors.told import ToldPullRequest, ToldWorkItem

PROCESSORS: tuple[str, ...] = (
    "devhealth.processors.local",
    "devhealth.processors.github",
    "devhealth.processors.gitlab",
    "devhealth.processors.jira",
    "devhealth.processors.synthetic",
)


class Processor(Protocol):
    """Functions of a module. All but `address` raise `Unreadable` for what was not promised so.

    A tracker's has `project` in place of `repository` and all that repositories have but issues;
    one that has both keeps work items in projects.
    """

    def project(self, raw: Raw) -> WorkScope: ...

    def work_item(self, raw: Raw, scope: WorkScope) -> ToldWorkItem | None:
        """Null: it is something else that is listed with them."""
        ...

    def repository(self, raw: Raw) -> Repository: ...

    def pull_request(self, raw: Raw, repository: Repository) -> ToldPullRequest: ...

    def pipeline_runs(self, raw: Raw, repository: Repository) -> list[PipelineRun]: ...

    def deployments(self, raw: Raw, repository: Repository) -> list[Deployment]: ...

    def incident(self, raw: Raw, repository: Repository) -> Incident | None: ...

    def known_by(self, target: str, raw: Raw) -> str:
        """The id that the records of a thing have, from as little as a sweep asks for."""
        ...

    def address(self, target: str, raw: Any) -> str:
        """What a thing of a target is called, however broken it is."""
        ...


def processor_of(name: str) -> Processor:
    """The module under a connector's name."""
    module = next(each for each in PROCESSORS if each.rpartition(".")[2] == name)
    return cast("Processor", import_module(module))
