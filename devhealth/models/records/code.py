"""Repositories, their commits, whose today's lines are, and who people are."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from devhealth.models.directory import UNASSIGNED
from devhealth.models.fields import column
from devhealth.models.records.record import Record


@dataclass(slots=True, kw_only=True)
class Repository(Record):
    """A repository, kept through renames."""

    table: ClassVar[str] = "repositories"
    key: ClassVar[tuple[str, ...]] = ("repo_id",)

    repo_id: UUID = column("UUID5 of host/owner/name at first sight; no remote: of the root commit")
    source_id: str = column("The provider's host, or `local`.")
    provider: str = column("local, github or gitlab.")
    full_name: str = column("owner/name; without a remote the directory's name.")
    url: str = column("Where a person opens it; never with credentials.")
    native_id: str | None = column("The provider's own id.", None)
    default_branch: str | None = column("Null: HEAD is detached.", None)
    root_hash: str | None = column(
        "First commit on the first-parent line: repositories that share it are copies of one "
        "history. Null: not known.",
        None,
    )
    is_fork: bool = column("The provider calls it a fork.", False)
    is_archived: bool = column("The provider has archived it.", False)
    created_at: datetime | None = column("At the provider. Null: not told.", None)
    head_hash: str | None = column(
        "Newest commit up to which everything is stored, as far back as the organisation's history "
        "reaches here: where the next sync goes on. "
        "Null: no whole sync has finished.",
        None,
    )
    mailmap_hash: str | None = column(
        "The `.mailmap` by which the names of what is stored are mapped: its blob at `head_hash`, "
        "'' where there is none. Null: not known.",
        None,
    )


@dataclass(slots=True, kw_only=True)
class MailmapEntry(Record):
    """What a repository's `.mailmap` says of an address, or of a name and an address."""

    table: ClassVar[str] = "mailmap_entries"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "commit_email", "commit_name")

    repo_id: UUID = column("The repository.")
    commit_email: str = column("The address that commits have, lower case.")
    commit_name: str = column("The name that they have, lower case; '' for any.")
    proper_name: str = column("The name to show; '' where the commit's stays.")
    proper_email: str = column("The address to show, lower case; '' where the commit's stays.")


@dataclass(slots=True, kw_only=True)
class Identity(Record):
    """A person or a bot, under the one id that all their addresses resolve to."""

    table: ClassVar[str] = "identities"
    key: ClassVar[tuple[str, ...]] = ("author_id",)
    partition: ClassVar[str] = "author_id"

    author_id: UUID = column("Opaque; the same for every alias in the Directory.")
    name: str = column("Display name; '' where none was ever given.")
    email: str | None = column("Primary address, lower case. Null: known by login or name only.")
    handle: str | None = column("provider:login. Null: not known.", None)
    actor_kind: str = column("human or bot.")


@dataclass(slots=True, kw_only=True)
class Commit(Record):
    """A commit reachable from the default branch. Lines are `git log --numstat -M`'s own."""

    table: ClassVar[str] = "commits"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "hash")
    instants: ClassVar[tuple[str, ...]] = ("committed_at",)

    repo_id: UUID = column("The repository.")
    hash: str = column("Full object name, hexadecimal.")
    author_name: str = column("As `.mailmap` maps it.")
    author_email: str = column("As `.mailmap` maps it, lower case.")
    authored_at: datetime = column("The author's clock.")
    author_utc_offset_minutes: int | None = column("Null: the provider tells only UTC.", None)
    committer_email: str = column("As `.mailmap` maps it, lower case.")
    committed_at: datetime = column("The committer's clock; the day a commit counts on.")
    parent_count: int = column("0 for a root, 2 or more for a merge.")
    subject: str = column("First paragraph of the message on one line.")
    co_author_emails: list[str] = column("From Co-authored-by trailers, lower case, sorted.")
    co_author_ids: list[str] = column(
        "Their identities, sorted; bots and the author left out.", default_factory=list
    )
    loc_added: int = column("Lines added; 0 for merges and binary files.")
    loc_deleted: int = column("Lines deleted; 0 for merges and binary files.")
    loc_changed: int = column("loc_added + loc_deleted.")
    files_changed: int = column("Files named by numstat; 0 for merges.")
    size_bucket: str = column("small (≤ 50 changed lines), medium (≤ 300) or large.")
    is_revert: bool = column("The message is git's own revert message.")
    ai_assistance: str = column("none or assisted, by trailers and app authors: a lower bound.")
    author_id: UUID = column("The author's identity.")
    actor_kind: str = column("human or bot.")
    team_id: str = column(
        "Owning team: the repository's, else the author's; `unassigned` where none.", UNASSIGNED
    )
    author_team_id: str = column(
        "The author's primary team when it was committed; `unassigned` where none.", UNASSIGNED
    )
    time_of_week: str = column(
        "working_hours, after_hours or weekend, by the author's own clock and the organisation's "
        "business hours.",
        "working_hours",
    )


@dataclass(slots=True, kw_only=True)
class CommitFile(Record):
    """What a commit did to one path. Merges have none."""

    table: ClassVar[str] = "commit_files"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "commit_hash", "path")
    instants: ClassVar[tuple[str, ...]] = ("committed_at",)

    repo_id: UUID = column("The repository.")
    commit_hash: str = column("The commit.")
    path: str = column("Path after the commit; bytes that are no UTF-8 as \\xNN.")
    committed_at: datetime = column("The commit's.")
    loc_added: int = column("0 for binary files.")
    loc_deleted: int = column("0 for binary files.")
    is_binary: bool = column("git gives no line counts.")
    previous_path: str | None = column("Where it was renamed from.", None)
    author_id: UUID = column("The commit's.")
    actor_kind: str = column("The commit's.")


@dataclass(slots=True, kw_only=True)
class BlameFile(Record):
    """Lines of a file that `git blame` gives to one person, as of `blamed_at`; no past day's.

    A file's rows are one set: those of the newest `blamed_at` count, together. Files that have no
    lines of text (binary or empty ones, links, submodules) have none.
    """

    table: ClassVar[str] = "blame_files"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "path", "author_email", "author_name")

    repo_id: UUID = column("The repository.")
    path: str = column("Path at `revision`; bytes that are no UTF-8 as \\xNN.")
    author_email: str = column("As `.mailmap` maps it, lower case.")
    author_name: str = column("As `.mailmap` maps it.")
    lines: int = column("Lines whose last change, as git blame finds it, is theirs; 1 or more.")
    oldest_at: datetime = column("`committed_at` of the oldest of the lines' commits.")
    newest_at: datetime = column("`committed_at` of the newest of the lines' commits.")
    blamed_at: datetime = column("When the run began that asked git; the same in all of a set.")
    revision: str = column("The commit at which git was asked.")
    author_id: UUID = column("The author's identity.")
    actor_kind: str = column("human or bot.")


@dataclass(slots=True, kw_only=True)
class BlameMark(Record):
    """How far the blame of a repository is: what `revision` has is stored, as a whole."""

    table: ClassVar[str] = "blame_marks"
    key: ClassVar[tuple[str, ...]] = ("repo_id",)

    repo_id: UUID = column("The repository.")
    revision: str = column("The commit whose files are blamed.")
    blamed_at: datetime = column("When the run began that finished it.")
