"""What happened, one row each: facts as the processors normalise them.

A record is written whole, as an upsert on its key; the store adds `org_id` (first in every key)
and `synced_at` (the version: the run's start). Instants are UTC, cut to milliseconds. Nothing in a
key is ever null.
"""

from devhealth.models.records.code import (
    BlameFile,
    BlameMark,
    Commit,
    CommitFile,
    Identity,
    MailmapEntry,
    Repository,
)
from devhealth.models.records.delivery import (
    Deployment,
    DeploymentChange,
    Incident,
    Link,
    PipelineRun,
)
from devhealth.models.records.health import QuarantinedRecord, RepositoryAddress, SourceCoverage
from devhealth.models.records.record import Record
from devhealth.models.records.review import Comment, PullRequest, PullRequestCommit, Review
from devhealth.models.records.work import Sprint, WorkItem, WorkItemChange, WorkScope

__all__ = [
    "RECORDS",
    "BlameFile",
    "BlameMark",
    "Comment",
    "Commit",
    "CommitFile",
    "Deployment",
    "DeploymentChange",
    "Identity",
    "Incident",
    "Link",
    "MailmapEntry",
    "PipelineRun",
    "PullRequest",
    "PullRequestCommit",
    "QuarantinedRecord",
    "Record",
    "Repository",
    "RepositoryAddress",
    "Review",
    "SourceCoverage",
    "Sprint",
    "WorkItem",
    "WorkItemChange",
    "WorkScope",
]

RECORDS: tuple[type[Record], ...] = (
    Repository,
    MailmapEntry,
    Identity,
    Commit,
    CommitFile,
    BlameFile,
    BlameMark,
    PullRequest,
    PullRequestCommit,
    Review,
    Comment,
    PipelineRun,
    Deployment,
    DeploymentChange,
    Incident,
    Link,
    RepositoryAddress,
    SourceCoverage,
    QuarantinedRecord,
    WorkScope,
    WorkItem,
    WorkItemChange,
    Sprint,
)
