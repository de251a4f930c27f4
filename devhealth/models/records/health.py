"""What a sync saw and what it could not see, and where a repository was to be found."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from devhealth.models.fields import column
from devhealth.models.records.record import Record


@dataclass(slots=True, kw_only=True)
class RepositoryAddress(Record):
    """Under which address a repository was found, and from when on."""

    table: ClassVar[str] = "repository_addresses"
    key: ClassVar[tuple[str, ...]] = ("address", "since")

    address: str = column("host/owner/name, lower case.")
    since: datetime = column("When it was first seen there.")
    until: datetime | None = column(
        "When another was found there, or it elsewhere. Null: now.", None
    )
    repo_id: UUID = column("The repository.")
    native_id: str | None = column("The provider's own id of it. Null: not told.", None)


@dataclass(slots=True, kw_only=True)
class SourceCoverage(Record):
    """What one run fetched of one target of one repository, or of one project of a tracker."""

    table: ClassVar[str] = "source_coverage"
    key: ClassVar[tuple[str, ...]] = ("source_id", "repo_id", "target", "run_id")
    instants: ClassVar[tuple[str, ...]] = ("finished_at",)

    source_id: str = column("The provider's host.")
    repo_id: UUID = column("The repository, or the tracker's project (its `work_scope_id`).")
    target: str = column("git, blame, prs, cicd, deployments, incidents or work-items.")
    run_id: UUID = column("The run.")
    fetched: int = column("Things that the provider gave.", 0)
    written: int = column("Rows written.", 0)
    quarantined: int = column("Things that could not be read and were put aside.", 0)
    pages: int = column("Pages of lists.", 0)
    requests: int = column("Requests sent.", 0)
    quota: int = column("What they cost of the provider's quota, in its own points.", 0)
    oldest_at: datetime | None = column("The oldest instant fetched. Null: nothing.", None)
    newest_at: datetime | None = column("The newest instant fetched. Null: nothing.", None)
    unreachable_reason: str | None = column("Why it could not be seen. Null: it could.", None)
    finished_at: datetime = column("When it was over.")


@dataclass(slots=True, kw_only=True)
class QuarantinedRecord(Record):
    """Something that a provider gave and that could not be read; a run that can buries it."""

    table: ClassVar[str] = "quarantined_records"
    key: ClassVar[tuple[str, ...]] = ("source_id", "repo_id", "target", "address")
    instants: ClassVar[tuple[str, ...]] = ("found_at",)

    source_id: str = column("The provider's host.")
    repo_id: UUID = column("The repository, or the tracker's project (its `work_scope_id`).")
    target: str = column("git, blame, prs, cicd, deployments, incidents or work-items.")
    address: str = column("What it is: `pull request 7`, or where a person opens it.")
    reason: str = column("What is missing or wrong, as a sentence.")
    found_at: datetime = column("When the run began that found it.")
