"""Syncs of a peer, and what is stored afterwards."""

import asyncio
from uuid import UUID

from devhealth.models.records import (
    Comment,
    Deployment,
    DeploymentChange,
    Identity,
    Incident,
    Link,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    QuarantinedRecord,
    Repository,
    RepositoryAddress,
    Review,
    SourceCoverage,
)
from devhealth.sync_target import sync_target
from tests.devhealth.sync_target.peer import TARGETS

RUN = UUID(int=1)
TOLD = (
    PullRequest, PullRequestCommit, Review, Comment, PipelineRun, Deployment, Incident,
    DeploymentChange, Link, Identity, Repository,
)  # fmt: skip


def sync(acme, peer, *targets, sink=None, finish=True, run_id=RUN, **options):
    """The targets one after the other; what was done of the last."""
    for target in targets or TARGETS:
        sink_of_run = sink or acme.sink()
        done = asyncio.run(sync_target(sink_of_run, peer, target, run_id=run_id, **options))
        if finish:
            done.finish(sink_of_run)
    return done


def stored(acme, *classes):
    return {cls.table: acme.records(cls) for cls in classes or TOLD}


def keys(acme, cls, name):
    return [row[name] for row in acme.records(cls)]


def covered(acme, target):
    (row,) = [row for row in acme.records(SourceCoverage) if row["target"] == target]
    return row


def addresses(acme):
    rows = acme.records(RepositoryAddress)
    return sorted((row["address"], row["until"] is None, row["native_id"]) for row in rows)


def aside(acme):
    return [(row["address"], row["reason"]) for row in acme.records(QuarantinedRecord)]
