"""What is said of a merge request: notes by people, and those that GitLab writes itself.

GitLab has no list of reviews. An approval and a request for changes leave a note of the system; a
person who comments on lines has reviewed, once, unless a verdict of theirs came before.
The words of system notes: gitlab.com/gitlab-org/gitlab, app/services/system_notes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from devhealth.models.records import Comment, Review
from devhealth.processors.reading import Raw, ident, moment, needed, part, parts, said, text

_DIFF_NOTES = frozenset({"DiffNote", "LegacyDiffNote"})
_VERDICTS = (
    ("approved this merge request", "approved"),
    ("requested changes", "changes_requested"),
)
_SAYING = ("approved", "requested", "marked", "unmarked", "changed t", "merged", "closed")
_DRAFT = re.compile(
    r"marked (?:this merge request )?as (?:a )?\*{0,2}(?:draft|work in progress)\b", re.IGNORECASE
)
_READY = re.compile(
    r"marked this merge request as \*{0,2}ready\b"
    r"|unmarked (?:this merge request )?as (?:a )?\*{0,2}(?:draft|work in progress)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(r"changed (?:the )?title from \*\*(.*)\*\* to \*\*(.*)\*\*", re.DOTALL)
_DIFF_MARKS = re.compile(r"\{[-+]|[-+]\}")
_DRAFT_TITLE = re.compile(r"\s*(?:\[(?:draft|wip)\]|\(draft\)|(?:draft|wip):|draft - )", re.I)


@dataclass(slots=True, kw_only=True)
class Note:
    """`login` is '' where the account is gone."""

    id: str
    body: str
    at: datetime
    login: str
    name: str
    is_system: bool
    is_on_lines: bool
    is_resolvable: bool


def login_of(account: Raw) -> str:
    """`gitlab:ada`; '' of an account that was deleted: GitLab gives its work to a ghost."""
    if not account:
        return ""
    username = text(account, "username").lower()
    return "" if username == "ghost" else f"gitlab:{username}"


def name_of(account: Raw, login: str) -> str:
    return text(account, "name", "") if login else ""


def notes_of(raw: Raw) -> list[Note]:
    """What counts of a merge request's, as GraphQL or as REST tells them, oldest first."""
    if raw.get("details") is None:
        told = [_by_rest(each) for each in parts(raw, "notes") if _counts(each)]
    else:
        nodes = parts(part(part(raw, "details"), "notes"), "nodes")
        told = [_by_graphql(each) for each in nodes if _counts(each)]
    return sorted(told, key=lambda note: (note.at, len(note.id), note.id))


def _counts(raw: Raw) -> bool:
    """What people say; of what the system notes, most of all notes, what says something here."""
    return needed(raw, "system") is not True or text(raw, "body", "").lower().startswith(_SAYING)


def _by_rest(raw: Raw) -> Note:
    return _note(
        raw,
        ident(raw, "id"),
        moment(raw, "created_at"),
        is_on_lines=said(raw, "type") in _DIFF_NOTES or raw.get("position") is not None,
    )


def _by_graphql(raw: Raw) -> Note:
    _, kind, number = f"//{text(raw, 'id')}".rsplit("/", 2)
    return _note(
        raw,
        number,
        moment(raw, "createdAt"),
        is_on_lines=kind in _DIFF_NOTES or raw.get("position") is not None,
    )


def _note(raw: Raw, note_id: str, at: datetime, *, is_on_lines: bool) -> Note:
    account = part(raw, "author")
    login = login_of(account)
    return Note(
        id=note_id,
        body=text(raw, "body", ""),
        at=at,
        login=login,
        name=name_of(account, login),
        is_system=raw["system"] is True,
        is_on_lines=is_on_lines,
        is_resolvable=raw.get("resolvable") is True,
    )


def is_draft_title(title: str) -> bool:
    """A draft is one by how its title begins: `Draft:`, before 2020 `WIP:`."""
    return _DRAFT_TITLE.match(title) is not None


def ready_at(notes: Iterable[Note], created_at: datetime, *, is_draft: bool) -> datetime | None:
    """When it was opened, or first marked as ready. Null: always a draft."""
    for note in notes:
        turned = _turned(note.body) if note.is_system else None
        if turned is not None:
            return created_at if turned == "draft" else note.at
    return None if is_draft else created_at


def _turned(body: str) -> str | None:
    """What it became, draft or ready, by a note of the system. Null: neither."""
    if _READY.match(body):
        return "ready"
    if _DRAFT.match(body):
        return "draft"
    if not (titles := _TITLE.match(body)):
        return None
    before, after = (is_draft_title(_DIFF_MARKS.sub("", each)) for each in titles.groups())
    return None if before == after else "draft" if after else "ready"


def noted_at(notes: Iterable[Note], words: str) -> datetime | None:
    """When the system last noted exactly this. Null: never."""
    return max((note.at for note in notes if note.is_system and note.body == words), default=None)


def reviews(notes: Iterable[Note], repo_id: UUID, number: int, author: str) -> list[Review]:
    return [
        Review(
            repo_id=repo_id,
            number=number,
            review_id=note.id,
            state=state,
            submitted_at=note.at,
            reviewer_login=note.login,
            reviewer_name=note.name,
            author_login=author,
        )
        for note, state in _judged(notes)
    ]


def _judged(notes: Iterable[Note]) -> Iterator[tuple[Note, str]]:
    """The notes that are reviews, with their states. Who took an approval back has given it."""
    seen: set[str] = set()
    for note in notes:
        state = _verdict(note.body) if note.is_system else None
        if state is None and note.is_on_lines and not note.is_system and note.login not in seen:
            state = "commented"
        if state is not None:
            seen.add(note.login)
            yield note, state


def _verdict(body: str) -> str | None:
    return next((state for words, state in _VERDICTS if body.startswith(words)), None)


def comments(notes: Iterable[Note], repo_id: UUID, number: int) -> list[Comment]:
    """What people said; what the system notes is no comment."""
    return [
        Comment(
            repo_id=repo_id,
            number=number,
            comment_id=note.id,
            kind="review" if note.is_on_lines or note.is_resolvable else "issue",
            created_at=note.at,
            author_login=note.login,
            author_name=note.name,
        )
        for note in notes
        if not note.is_system
    ]
