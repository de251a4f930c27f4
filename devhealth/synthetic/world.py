"""The ground truth of a made-up organisation, in nobody's words: what happened, and what it means.

Instants are UTC, cut to milliseconds (commits and what GitHub would tell: to seconds). People are
named by their `key` everywhere; None: the account is gone, nobody knows whose it was. Tuples are in
order of time, unless something else is said. What a provider would leave to be guessed is said
outright: when it was ready, whether it is a revert, which deployment broke something.

A world is light; the history of a repository and the work of a project are made when asked for,
always the same, and nobody keeps them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from devhealth.synthetic.items import Change, Item, Project, Sprint, State, Status, Work

__all__ = [
    "HOST",
    "Attempt",
    "Change",
    "Comment",
    "Commit",
    "Deployment",
    "File",
    "History",
    "Incident",
    "Item",
    "Job",
    "Person",
    "Project",
    "PullRequest",
    "Repository",
    "Review",
    "Run",
    "Sprint",
    "State",
    "Status",
    "Stint",
    "Team",
    "Work",
    "World",
]

HOST = "synthetic.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, or a bot.

    emails  the first is the primary one; commits bear any of them
    login   at the provider, without `[bot]`
    kind    human or bot
    utc_offset_minutes, has_summer_time
            their clock, in winter; an hour more from the last Sunday of March, 01:00 UTC, to the
            last of October
    """

    key: str
    name: str
    emails: tuple[str, ...]
    login: str
    kind: str
    utc_offset_minutes: int
    has_summer_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """A person in a team over [since, until); None: always so, or for ever."""

    person: str
    since: datetime | None = None
    until: datetime | None = None
    is_primary: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """repositories, projects: names, or with a `*` how they begin, of what the team owns."""

    key: str
    name: str
    members: tuple[Stint, ...]
    repositories: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """full_name    owner/name, as it is now
    former_name  what it was called when it was first seen, before `renamed_at`; None: the same
    fork_of      the key of the repository whose first commits it shares
    merging      merge: a commit with two parents, and those of the branch; squash: one new commit
    counts       what its deployments are: deployment, release or merge
    owner        the key of the team that owns it; None: no team does
    project      where its work items are
    """

    key: str
    full_name: str
    native_id: int
    created_at: datetime
    former_name: str | None = None
    renamed_at: datetime | None = None
    archived_at: datetime | None = None
    fork_of: str | None = None
    merging: str = "merge"
    counts: str = "deployment"
    owner: str | None = None
    project: str = ""

    @property
    def first_name(self) -> str:
        """What its `repo_id` is made of."""
        return self.former_name or self.full_name


@dataclass(frozen=True, slots=True)
class File:
    """What a commit did to a path; lines are 0 where it is binary."""

    path: str
    added: int
    deleted: int
    is_binary: bool = False
    previous_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit. One that `is_on_branch` is of the default branch; the others stay on a pull
    request's.

    email, committer_email  as the commit has them
    co_authors              (name, address) as its trailers have them
    files                   a path once; none of a merge
    is_assisted             an AI assistant signed it
    """

    hash: str
    parents: tuple[str, ...]
    author: str
    email: str
    committer_email: str
    authored_at: datetime
    utc_offset_minutes: int
    committed_at: datetime
    subject: str
    files: tuple[File, ...] = ()
    co_authors: tuple[tuple[str, str], ...] = ()
    is_revert: bool = False
    is_assisted: bool = False
    is_on_branch: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """state         approved, changes_requested or commented, as it was submitted
    is_dismissed  it was taken back later, which changes nothing of that
    """

    review_id: int
    reviewer: str | None
    state: str
    at: datetime
    is_dismissed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """kind       issue (of the conversation) or review (of lines)
    review_id  the review that it is part of, of a comment of lines
    """

    comment_id: int
    author: str | None
    at: datetime
    kind: str = "issue"
    review_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """ready_at       None: it was never ready for review
    drafts         when it was made ready (True) or a draft again (False), if ever
    closed_at      merged, or closed without; None: open, still or again
    reopened_at    it had been closed before, and was opened again
    commits        of its branch, as it is now, whether they came onto the default branch or not
    merge_commit   what it became on the default branch
    reverts        the number of the pull request that it takes back
    refers_to      keys of work items that it names, as they were called then
    is_assisted    an AI assistant opened it or signed one of its commits
    """

    number: int
    title: str
    author: str | None
    created_at: datetime
    updated_at: datetime
    ready_at: datetime | None
    is_draft: bool
    merged_at: datetime | None
    closed_at: datetime | None
    head_branch: str
    base_branch: str
    added: int
    deleted: int
    files_changed: int
    commits: tuple[Commit, ...]
    drafts: tuple[tuple[datetime, bool], ...] = ()
    reopened_at: datetime | None = None
    merge_commit: str | None = None
    reviews: tuple[Review, ...] = ()
    comments: tuple[Comment, ...] = ()
    labels: tuple[str, ...] = ()
    reverts: int | None = None
    refers_to: tuple[str, ...] = ()
    is_assisted: bool = False

    @property
    def state(self) -> str:
        """open, merged or closed."""
        return "merged" if self.merged_at else "closed" if self.closed_at else "open"


@dataclass(frozen=True, slots=True)
class Job:
    """None: it has not ended."""

    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """status       queued, running, success, failed, cancelled or skipped
    finished_at  when its last job ended; of one that had none, when it was over; None: it is not
    """

    number: int
    queued_at: datetime
    status: str
    jobs: tuple[Job, ...]
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of a pipeline, by its attempts."""

    run_id: int
    name: str
    branch: str
    commit: str
    event: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """kind      deployment or release; what merges are, nobody tells
    commit    a hash of the default branch
    status    pending, success, failed or cancelled
    retired_at  when a newer one took its place; that changes nothing
    """

    deployment_id: str
    kind: str
    environment: str
    is_production: bool
    ref: str
    commit: str
    status: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """names_pull  the number of the pull request that its title names. None: it names none, and is
                put down to whatever went to production last before it, if anything did
    broken_by   the id of the production deployment that brought that pull request
    """

    incident_id: int
    number: int
    title: str
    severity: str | None
    opened_at: datetime
    resolved_at: datetime | None
    names_pull: int | None = None
    broken_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that happened in a repository.

    commits  of the default branch, as they came onto it: those of a branch before their merge
    """

    repository: Repository
    commits: tuple[Commit, ...]
    pull_requests: tuple[PullRequest, ...]
    runs: tuple[Run, ...]
    deployments: tuple[Deployment, ...]
    incidents: tuple[Incident, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything of [since, until), UTC days.

    statuses  of the tracker; all projects have the same
    """

    seed: int
    since: date
    until: date
    people: tuple[Person, ...]
    teams: tuple[Team, ...]
    repositories: tuple[Repository, ...]
    projects: tuple[Project, ...]
    statuses: tuple[Status, ...]
    make_history: "Callable[[World, Repository], History]"
    make_work: "Callable[[World, Project], Work]"

    def history(self, repository: Repository) -> History:
        """All that happened in one of `repositories`, made now."""
        return self.make_history(self, repository)

    def work(self, project: Project) -> Work:
        """All items of one of `projects`, made now."""
        return self.make_work(self, project)

    def histories(self) -> Iterator[History]:
        return (self.history(each) for each in self.repositories)

    def works(self) -> Iterator[Work]:
        return (self.work(each) for each in self.projects)

    def person(self, key: str) -> Person:
        return next(each for each in self.people if each.key == key)
