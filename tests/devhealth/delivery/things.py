"""What reaches people, as small as a test needs it: pull requests, runs, deployments, incidents."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from devhealth.models.directory import Directory, Team
from devhealth.models.records import (
    Commit,
    Deployment,
    Incident,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    Record,
    Repository,
)
from devhealth.processors.frames import Frames
from devhealth.processors.resolve import READ, delivery, runs
from devhealth.processors.stamps import Stamps
from tests.devhealth.metrics.worlds import API, at, frame, work

ACME_API = Repository(
    repo_id=API,
    source_id="github.com",
    provider="github",
    full_name="acme/api",
    url="https://github.com/acme/api",
    default_branch="main",
)
MERGES = Directory(deployment_kinds=(("acme/*", "merge"),))
RELEASES = Directory(deployment_kinds=(("acme/api", "release"),))
OWNED = Directory(teams=(Team("web", "Web", repositories=("acme/api",)),))

When = str | datetime | None


def moment(when: When) -> datetime | None:
    return at(when) if isinstance(when, str) else when


def landed(name: str, when: When, **more: Any) -> Commit:
    """A commit of the default branch."""
    commit, _ = work(moment(when), name=name, **more)
    return commit


def pull(number: int, merged: When = None, become: str | None = None, **more: Any) -> PullRequest:
    """One that was opened and begun a day before it was merged, unless it says otherwise."""
    merged_at = moment(merged)
    created_at = moment(more.pop("created", None)) or (merged_at or at("2026-01-01 00:00"))
    begun = moment(more.pop("begun", None)) or created_at - timedelta(days=1)
    values = {
        "repo_id": API,
        "title": "",
        "url": f"https://github.com/acme/api/pull/{number}",
        "state": "merged" if merged_at else "open",
        "is_draft": False,
        "author_login": "github:ada",
        "created_at": created_at,
        "updated_at": merged_at or created_at,
        "base_branch": "main",
        "commits_count": 1,
    }
    return PullRequest(
        number=number,
        merged_at=merged_at,
        closed_at=merged_at,
        merge_commit_hash=become,
        first_commit_at=begun,
        **(values | more),
    )


def of(number: int, *hashes: str, repo: UUID = API) -> list[PullRequestCommit]:
    return [PullRequestCommit(repo_id=repo, number=number, hash=each) for each in hashes]


def deployed(
    name: str,
    ended: When,
    commit: str | None = None,
    status: str = "success",
    environment: str = "production",
    **more: Any,
) -> Deployment:
    finished_at = moment(ended)
    created_at = moment(more.pop("created", None)) or finished_at
    values = {
        "repo_id": API,
        "is_production": environment == "production",
        "url": f"https://github.com/acme/api/deployments/{name}",
        "ref": "main",
    }
    return Deployment(
        deployment_id=name,
        environment=environment,
        status=status,
        commit_hash=commit,
        created_at=created_at,
        finished_at=finished_at,
        **(values | more),
    )


def incident(name: str, began: When, ended: When = None, **more: Any) -> Incident:
    values = {"source_id": "github.com", "repo_id": API, "title": "Down", "url": ""}
    return Incident(
        incident_id=name,
        started_at=moment(began),
        resolved_at=moment(ended),
        status="resolved" if ended else "open",
        **(values | more),
    )


def ran(
    run: str, ended: When, status: str = "success", commit: str | None = "c1", **more: Any
) -> PipelineRun:
    """An attempt of the workflow `test` on the default branch; `1.2` is run 1's second."""
    run_id, _, attempt = run.partition(".")
    values: dict[str, Any] = {
        "repo_id": API,
        "name": "test",
        "branch": "main",
        "is_default_branch": True,
        "is_final_attempt": True,
        "url": f"https://github.com/acme/api/actions/runs/{run_id}",
    }
    return PipelineRun(
        run_id=run_id,
        attempt=int(attempt or 1),
        status=status,
        commit_hash=commit,
        finished_at=moment(ended),
        **(values | more),
    )


def stored(things: Iterable[Record]) -> Frames:
    """What a store has of one repository, for `delivery`."""
    things = list(things)
    return {
        cls: frame(cls, [each for each in things if type(each) is cls]).select(columns or "*")
        for cls, columns in READ.items()
    }


def resolved(things: Iterable[Record], directory: Directory | None = None) -> Frames:
    """All of `delivery` for acme/api."""
    stamps = Stamps(directory or Directory(), "acme/api")
    return delivery(stored(things), stamps, "main")


def resolved_runs(things: Iterable[PipelineRun]) -> list[dict[str, Any]]:
    found = runs(frame(PipelineRun, list(things)), Stamps(Directory(), "acme/api"))
    return found.sort("run_id", "attempt").to_dicts()
