"""git's words → records. Texts that are no UTF-8 get U+FFFD; in paths, which are keys, `\\xNN`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from devhealth.models.records import BlameFile, Commit, CommitFile, Repository
from devhealth.processors.assistants import ai_assistance
from devhealth.processors.identity import Identities
from devhealth.processors.mailmap import Mailmap
from devhealth.processors.remotes import remote
from devhealth.processors.stamps import Stamps

Raw = Mapping[str, Any]

REPOSITORIES = UUID("0b6c8f0e-8d7b-5f5e-9a55-2f0d4f6f6c11")  # never to change: every repo_id does
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FIRST, _LAST = -2_208_988_800, 10_413_792_000  # 1900 and 2300: what every store can hold
_CO_AUTHOR = re.compile(
    rb"^co-authored-by:[ \t]*([^<\n]*)<([^<>\n]*)>", re.IGNORECASE | re.MULTILINE
)
_REVERT_BODY = re.compile(rb"^This reverts commit [0-9a-f]{7,64}\b", re.MULTILINE)
_ZONE = re.compile(rb"([+-])(\d\d)([0-5]\d)")
_UNMAPPED = Mailmap()
_WIDEST_ZONES = (-12 * 60, 14 * 60)


@dataclass(frozen=True, slots=True)
class Blame:
    """Of which repository, at which commit, and when the run began that asks."""

    repo_id: UUID
    revision: str
    at: datetime


def repository(raw: Raw) -> Repository:
    """`head_hash` stays null: the sync sets it once everything up to there is stored."""
    origin = remote(raw["remote_url"])
    address = f"{origin.host}/{origin.path}".lower() if origin else raw["root_hash"]
    return Repository(
        repo_id=uuid5(REPOSITORIES, address),
        source_id=origin.host if origin else "local",
        provider="local",
        full_name=origin.path if origin else raw["name"],
        url=origin.url if origin else raw["path"],
        default_branch=raw["default_branch"],
        root_hash=raw["root_hash"],
    )


def commit(
    raw: Raw, repo_id: UUID, stamps: Stamps, mailmap: Mailmap = _UNMAPPED
) -> tuple[Commit, list[CommitFile]]:
    """One commit and its files, one row a path.

    A date that git cannot read, or outside 1900–2299, is 1970-01-01T00:00:00Z, as git itself shows
    dates it cannot represent; `is_dated` tells. A zone that none of the world has is null. Whether
    an assistant made it is told by the names that it was signed with, whoever they are mapped to.
    """
    name, email, committer_email = persons(raw, mailmap)
    commit_hash = raw["hash"].decode("ascii")
    authored_at = _instant(raw["authored_at"]) or EPOCH
    offset = _offset(raw["authored_zoned"].rpartition(b" ")[2])
    committed_at = _instant(raw["committed_at"]) or EPOCH
    co_authors = _co_authors(raw["body"])
    co_author_emails = sorted({email.lower() for _, email in co_authors if email})
    stamp = stamps.of_commit((name, email), authored_at, offset, committed_at, co_author_emails)
    files = _one_a_path(
        [
            CommitFile(
                repo_id=repo_id,
                commit_hash=commit_hash,
                path=path_of(path),
                committed_at=committed_at,
                loc_added=0 if added == b"-" else int(added),
                loc_deleted=0 if deleted == b"-" else int(deleted),
                is_binary=added == b"-",
                previous_path=path_of(previous) if previous else None,
                author_id=stamp.author_id,
                actor_kind=stamp.actor_kind,
            )
            for added, deleted, path, previous in raw["files"]
        ]
    )
    loc_added = sum([file.loc_added for file in files])
    loc_deleted = sum([file.loc_deleted for file in files])
    return (
        Commit(
            repo_id=repo_id,
            hash=commit_hash,
            author_name=name,
            author_email=email,
            authored_at=authored_at,
            author_utc_offset_minutes=offset,
            committer_email=committer_email,
            committed_at=committed_at,
            parent_count=len(raw["parents"].split()),
            subject=raw["subject"].decode("utf-8", "replace"),
            co_author_emails=co_author_emails,
            co_author_ids=stamp.co_author_ids,
            loc_added=loc_added,
            loc_deleted=loc_deleted,
            loc_changed=loc_added + loc_deleted,
            files_changed=len(files),
            size_bucket=size_bucket(loc_added + loc_deleted),
            is_revert=_is_revert(raw["subject"], raw["body"]),
            ai_assistance=ai_assistance(
                _text(raw["author_name"]), _text(raw["author_email"]), co_authors
            ),
            author_id=stamp.author_id,
            actor_kind=stamp.actor_kind,
            team_id=stamp.team_id,
            author_team_id=stamp.author_team_id,
            time_of_week=stamp.time_of_week,
        ),
        files,
    )


def blame(
    raw: Raw, blamed: Blame, people: Identities, mailmap: Mailmap = _UNMAPPED
) -> list[BlameFile]:
    """A file's lines by who made them, one row a name and address."""
    rows: dict[tuple[str, str], BlameFile] = {}
    for stretch in raw["lines"]:
        name, email = mailmap.proper(stretch["author_name"], stretch["author_email"])
        person = _text(name), _text(email).lower()
        at = _instant(stretch["committed_at"]) or EPOCH
        identity = people.meet(*person, at)
        row = rows.get(person)
        if row is None:
            row = rows[person] = BlameFile(
                repo_id=blamed.repo_id,
                path=path_of(raw["path"]),
                author_email=person[1],
                author_name=person[0],
                lines=0,
                oldest_at=at,
                newest_at=at,
                blamed_at=blamed.at,
                revision=blamed.revision,
                author_id=identity.author_id,
                actor_kind=identity.actor_kind,
            )
        row.lines += stretch["lines"]
        row.oldest_at, row.newest_at = min(row.oldest_at, at), max(row.newest_at, at)
    return [rows[person] for person in sorted(rows)]


def path_of(path: bytes) -> str:
    """A path as keys have it."""
    return path.decode("utf-8", "backslashreplace")


def is_dated(raw: Raw) -> bool:
    """False: the author's or the committer's date is absurd, 1970 stands in for it."""
    return None not in (_instant(raw["authored_at"]), _instant(raw["committed_at"]))


def _one_a_path(files: list[CommitFile]) -> list[CommitFile]:
    """A damaged tree may name a path twice: their lines are summed, the first keeps its name."""
    if len(files) < 2:
        return files
    paths = {file.path: file for file in reversed(files)}
    if len(paths) == len(files):
        return files
    for file in files:
        first = paths[file.path]
        if first is not file:
            first.loc_added += file.loc_added
            first.loc_deleted += file.loc_deleted
            first.is_binary |= file.is_binary
    return [file for file in files if paths[file.path] is file]


def size_bucket(loc_changed: int) -> str:
    """small ≤ 50 changed lines, medium ≤ 300, large above."""
    return "small" if loc_changed <= 50 else "medium" if loc_changed <= 300 else "large"


def persons(raw: Raw, mailmap: Mailmap) -> tuple[str, str, str]:
    """The author's name, their address and the committer's, as a commit's columns have them.

    Names in Co-authored-by lines are the message's own: git does not map those either.
    """
    author = mailmap.proper(raw["author_name"], raw["author_email"])
    committer = mailmap.proper(raw["committer_name"], raw["committer_email"])
    return _text(author[0]), _text(author[1]).lower(), _text(committer[1]).lower()


@lru_cache(maxsize=1 << 14)
def _text(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _instant(seconds: bytes) -> datetime | None:
    """Whole seconds since 1970, as git has them; so nothing is left to cut to milliseconds."""
    try:
        since_epoch = int(seconds)
    except ValueError:
        return None
    return datetime.fromtimestamp(since_epoch, UTC) if _FIRST <= since_epoch < _LAST else None


@lru_cache(maxsize=1 << 10)
def _offset(zone: bytes) -> int | None:
    """Minutes east of UTC. Null: no zone of the world, which are −12:00 to +14:00."""
    found = _ZONE.fullmatch(zone)
    if not found:
        return None
    sign, hours, minutes = found.groups()
    offset = (int(hours) * 60 + int(minutes)) * (-1 if sign == b"-" else 1)
    return offset if _WIDEST_ZONES[0] <= offset <= _WIDEST_ZONES[1] else None


def _co_authors(body: bytes) -> list[tuple[str, str]]:
    """(name, address) of every Co-authored-by line, wherever in the body: squash merges leave them
    in the middle, where git's own trailer rules do not see them."""
    if b"<" not in body:
        return []
    return [
        (name.strip().decode("utf-8", "replace"), email.strip().decode("utf-8", "replace"))
        for name, email in _CO_AUTHOR.findall(body)
    ]


def _is_revert(subject: bytes, body: bytes) -> bool:
    """What `git revert` and the hosts' revert buttons write. A revert of a revert (`Reapply "…"`,
    `Revert "Revert "…""`) counts too: it undoes a commit, namely the revert."""
    if subject.startswith(b'Revert "') and b'"' in subject[8:]:
        return True
    return b"This reverts commit " in body and _REVERT_BODY.search(body) is not None
