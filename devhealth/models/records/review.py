"""Pull requests (GitLab's merge requests), and what people said of them.

Who it was is told as `provider:login`, lower case, for that is what the provider knows; '' where
the account is gone. What the Directory says of them is stamped, and so is all that depends on it:
whether a reviewer is somebody else than the author, and whether it was a person who answered.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from devhealth.models.directory import UNASSIGNED
from devhealth.models.fields import column
from devhealth.models.records.record import Record

LOGIN = "provider:login, lower case; '' where the account is gone."
NOBODY = UUID(int=0)  # before the Directory was asked


@dataclass(slots=True, kw_only=True)
class PullRequest(Record):
    """A pull request and its phases, in hours: draft + pickup + review = cycle; coding is before.

    A response is a review or comment by another person who is no bot, between ready and merge.
    """

    table: ClassVar[str] = "pull_requests"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "number")
    instants: ClassVar[tuple[str, ...]] = ("created_at", "merged_at", "closed_at", "updated_at")
    spans: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = (
        ("created_at", ("closed_at",)),
        ("ready_at", ("first_response_at", "closed_at")),
    )

    repo_id: UUID = column("The repository that it asks to be merged into.")
    number: int = column("As people call it: #7, !7.")
    title: str = column("As it reads now.")
    url: str = column("Where a person opens it.")
    state: str = column("open, merged or closed.")
    is_draft: bool = column("It is a draft now.")
    author_login: str = column(LOGIN)
    author_name: str = column("As the account is named; '' where it is not told.", "")
    created_at: datetime = column("When it was opened.")
    updated_at: datetime = column("When anything of it last changed, by the provider.")
    ready_at: datetime | None = column(
        "When it was opened, or first marked as ready for review. Null: always a draft.", None
    )
    merged_at: datetime | None = column("Null: not merged.", None)
    closed_at: datetime | None = column(
        "Merged or closed without. Null: open, again or still.", None
    )
    base_branch: str = column("Where it is to go.")
    head_branch: str = column("Where it comes from; '' where that is not told.", "")
    is_into_default: bool = column("`base_branch` is the repository's default branch.", True)
    merge_commit_hash: str | None = column("What it became on the branch. Null: not told.", None)
    first_commit_at: datetime | None = column(
        "The author's clock of its earliest commit. Null: not told.", None
    )
    loc_added: int | None = column("Lines added. Null: not told.", None)
    loc_deleted: int | None = column("Lines deleted. Null: not told.", None)
    loc_changed: int | None = column("loc_added + loc_deleted.", None)
    files_changed: int | None = column("Null: not told.", None)
    size_bucket: str | None = column(
        "small (≤ 50 changed lines), medium (≤ 300) or large. Null: lines are not told.", None
    )
    commits_count: int | None = column("Of its branch. Null: not told.", None)
    comments_count: int = column("Comments of reviews and of the conversation, by anybody.", 0)
    reverts_number: int | None = column(
        "The pull request of this repository that it reverts, by its branch or words.", None
    )
    labels: list[str] = column("As they read now, sorted.", default_factory=list)
    refers_to: list[str] = column(
        "Work items that it names, sorted: how (`told` by the provider, `closes` by its words, "
        "`named` in title, branch or body), a space, and their key (`gh:o/r#7`, `jira:ABC-1`).",
        default_factory=list,
    )
    ai_assistance: str = column("none or assisted, by trailers and authors: a lower bound.", "none")
    author_id: UUID = column("The author's identity.", NOBODY)
    actor_kind: str = column("human or bot: its author.", "human")
    team_id: str = column(
        "Owning team: the repository's, else the author's when it was opened; `unassigned` where "
        "none.",
        UNASSIGNED,
    )
    author_team_id: str = column(
        "The author's primary team when it was opened; `unassigned` where none.", UNASSIGNED
    )
    first_response_at: datetime | None = column(
        "Earliest response. Null: none before it was merged or closed.", None
    )
    first_review_at: datetime | None = column("Earliest review by another person, no bot.", None)
    approved_at: datetime | None = column("Earliest approval by another person, no bot.", None)
    reviews_count: int = column("Reviews by others, bots left out.", 0)
    changes_requested_count: int | None = column(
        "Of these, such that asked for changes. Null: the provider has no such thing.", None
    )
    draft_hours: float | None = column("created → ready. Null: never ready.", None)
    pickup_hours: float | None = column("ready → first response. Null: no response.", None)
    review_hours: float | None = column("first response → merged. Null: not both.", None)
    cycle_hours: float | None = column("created → merged. Null: not merged.", None)
    coding_hours: float | None = column(
        "Earliest commit → created; 0 where it is younger. Null: no commit is told.", None
    )
    item_theme: str = column("Its best-linked work item's theme; '' where none has any.", "")
    item_subcategory: str = column("The same, closer.", "")
    item_rule: str = column("The rule that decided there.", "")
    work_theme: str = column(
        "What kind of work it is: its work item's, else by the first rule that matches.",
        "unclassified",
    )
    work_subcategory: str = column("The same, closer.", "unclassified")
    category_rule: str = column("The rule that decided; '' where none did.", "")


@dataclass(slots=True, kw_only=True)
class PullRequestCommit(Record):
    """A commit of a pull request's branch, as it is now."""

    table: ClassVar[str] = "pull_request_commits"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "number", "hash")
    instants: ClassVar[tuple[str, ...]] = ("committed_at",)

    repo_id: UUID = column("The repository.")
    number: int = column("The pull request.")
    hash: str = column("Full object name, hexadecimal.")
    committed_at: datetime | None = column("The committer's clock. Null: not told.", None)


@dataclass(slots=True, kw_only=True)
class Review(Record):
    """A review that was submitted, under the state that it was submitted with."""

    table: ClassVar[str] = "reviews"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "number", "review_id")
    instants: ClassVar[tuple[str, ...]] = ("submitted_at",)

    repo_id: UUID = column("The repository.")
    number: int = column("The pull request.")
    review_id: str = column("The provider's own id.")
    state: str = column("approved, changes_requested or commented; what became of it later aside.")
    submitted_at: datetime = column("When it was submitted.")
    reviewer_login: str = column(LOGIN)
    reviewer_name: str = column("As the account is named; '' where it is not told.", "")
    author_login: str = column("The pull request's.")
    reviewer_id: UUID = column("The reviewer's identity.", NOBODY)
    author_id: UUID = column("The identity of the pull request's author.", NOBODY)
    actor_kind: str = column("human or bot: the reviewer.", "human")
    author_kind: str = column("human or bot: the pull request's author.", "human")
    team_id: str = column(
        "Owning team: the repository's, else the reviewer's; `unassigned` where none.", UNASSIGNED
    )
    reviewer_team_id: str = column(
        "The reviewer's primary team when it was submitted; `unassigned` where none.", UNASSIGNED
    )
    is_own: bool = column("By the author; such reviews count nowhere.", False)
    is_first_of_reviewer: bool = column("The reviewer's first of this pull request.", False)


@dataclass(slots=True, kw_only=True)
class Comment(Record):
    """What somebody said of a pull request; a system's own notes are none."""

    table: ClassVar[str] = "comments"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "number", "comment_id")
    instants: ClassVar[tuple[str, ...]] = ("created_at",)

    repo_id: UUID = column("The repository.")
    number: int = column("The pull request.")
    comment_id: str = column("The provider's own id.")
    kind: str = column("review (of its lines) or issue (of its conversation).")
    created_at: datetime = column("When it was written.")
    author_login: str = column(LOGIN)
    author_name: str = column("As the account is named; '' where it is not told.", "")
    author_id: UUID = column("The author's identity.", NOBODY)
    actor_kind: str = column("human or bot.", "human")
    author_team_id: str = column(
        "The author's primary team when it was written; `unassigned` where none.", UNASSIGNED
    )
