"""What became of a GitLab issue, by what GitLab itself says of it: its notes → moves.

The words: gitlab.com/gitlab-org/gitlab, app/services/system_notes, app/models/*_note.rb. Labels are
named `~"in progress"` or by their id, people `@ada`, milestones `%"19.12"` or by their number.
What is said in one note is one move each; what it does not understand changes nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from devhealth.models.records import Sprint
from devhealth.processors.gitlab_notes import login_of, name_of
from devhealth.processors.histories import UNTOLD, Move, Status
from devhealth.processors.reading import Raw, Unreadable, ident, instant, moment, part, parts, text

OPENED: Final = Status(raw="opened", category="todo")
CLOSED: Final = Status(raw="closed", category="done")

_IS_CLOSED: Final = re.compile(
    r"(?:status changed to )?closed\b"
    r"|(?:resolved the corresponding error and|automatically) closed\b",
    re.I,
)
_IS_OPENED: Final = re.compile(r"(?:status changed to )?(?:re)?opened\b", re.I)
_LABELLED: Final = re.compile(r"\b(added|removed)\b|~(?:(\d+)\b|\"([^\"]*)\"|([\w:.&?/-]+))", re.I)
_ASSIGNED: Final = re.compile(
    r"\b(unassigned|reassigned|assigned|additionally)\b|@([\w.-]*\w)", re.I | re.ASCII
)
_UNASSIGNED_ALL: Final = re.compile(r"removed (?:all )?assignees?\b", re.I)
_SPRINT: Final = re.compile(
    r"(?:changed (?:milestone|iteration) to|milestone changed to) (\S.*)"
    r"|removed (?:milestone|iteration)\b|milestone removed\b",
    re.I | re.S,
)
_SPRINT_NAME: Final = re.compile(r"(?:%|\*iteration:)(?:\"([^\"]*)\"|(\S+))")
_WEIGHT: Final = re.compile(r"changed weight to \**(\d+)|removed the weight\b", re.I)
_TYPE: Final = re.compile(r"changed (?:issue )?type from \**(\w+)\** to \**(\w+)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`login` is '' where the account is gone."""

    id: str
    at: datetime
    login: str
    name: str
    body: str

    def move(self, field: str, before: str | None, after: str | None, what: str = "") -> Move:
        return Move(
            change_id=f"{self.id}:{what or field}",
            at=self.at,
            field=field,
            before=before,
            after=after,
            actor_login=self.login,
            actor_name=self.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What notes need to be understood.

    status   as it is now
    closed_at  as GitLab tells it; null: open, or not told
    labels   names by ids
    sprint   the one it is in now; null: none
    number   how notes may name that sprint instead of by its name
    names    login → as accounts are named
    """

    status: Status
    closed_at: datetime | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    sprint: Sprint | None = None
    number: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


def said_of(raw: Raw) -> list[Said]:
    """All that GitLab itself says of it, oldest first, by GraphQL or by REST; people's own words
    left out. None where neither was asked."""
    if raw.get("activity") is not None:
        told = [_said(each, "createdAt") for each in parts(raw, "activity") if _is_own(each)]
    else:
        notes = parts(raw, "notes") if raw.get("notes") is not None else []
        told = [_said(each, "created_at") for each in notes if _is_own(each)]
        told += [_labelled(each) for each in _events(raw, "label_events")]
        told += [_turned(each) for each in _events(raw, "state_events")]
    return sorted(told, key=lambda each: each.at)


def moves(said: Iterable[Said], known: Known) -> list[Move]:
    """In order; of one instant as they are told."""
    told = [each for each in {each.id: each for each in said}.values() if each.body]
    place = {each.id: at for at, each in enumerate(told)}
    found = [
        *(_states(told, known) or _closing(known)),
        *_labels(told, known),
        *_assignees(told, known),
        *_sprints(told, known),
        *_plain(told),
    ]
    last = len(place)
    return sorted(
        found, key=lambda move: (move.at, place.get(move.change_id.partition(":")[0], last))
    )


def _is_own(note: Raw) -> bool:
    return note.get("system") is True


def _said(note: Raw, at: str) -> Said:
    own = ident(note, "id").rpartition("/")[2]
    return _by(note, "author", own, moment(note, at), text(note, "body", ""))


def _by(raw: Raw, who: str, own: str, at: datetime, body: str) -> Said:
    account = part(raw, who)
    login = login_of(account)
    return Said(id=own, at=at, login=login, name=name_of(account, login), body=body)


def _events(raw: Raw, key: str) -> list[Raw]:
    return parts(raw, key) if raw.get(key) is not None else []


def _labelled(event: Raw) -> Said:
    """In the words of a note; of a label that is no more it says nothing."""
    action = {"add": "added", "remove": "removed"}.get(text(event, "action"), "")
    name = text(part(event, "label"), "name", "").replace('"', "'")
    body = f'{action} ~"{name}" label' if action and name else ""
    own = f"label-{ident(event, 'id')}"
    return _by(event, "user", own, moment(event, "created_at"), body)


def _turned(event: Raw) -> Said:
    own = f"state-{ident(event, 'id')}"
    return _by(event, "user", own, moment(event, "created_at"), text(event, "state"))


def _states(said: list[Said], known: Known) -> list[Move]:
    """A note that says what it was anyway says nothing. Why it was closed last is not in a note."""
    steps = [
        (each, CLOSED if is_closed else OPENED)
        for each in said
        if (is_closed := _IS_CLOSED.match(each.body) is not None) or _IS_OPENED.match(each.body)
    ]
    if steps and OPENED not in (steps[-1][1], known.status):
        steps[-1] = (steps[-1][0], known.status)
    state, found = OPENED, []
    for each, after in steps:
        if after != state:
            move = each.move("status", state.raw, after.raw)
            found.append(replace(move, was_status=state, status=after))
        state = after
    return found


def _closing(known: Known) -> list[Move]:
    """Of an issue that no note tells the closing of, as of the years before GitLab noted it."""
    if known.status == OPENED or known.closed_at is None:
        return []
    move = Said(id=UNTOLD, at=known.closed_at, login="", name="", body="").move(
        "status", OPENED.raw, known.status.raw
    )
    return [replace(move, was_status=OPENED, status=known.status)]


def _labels(said: list[Said], known: Known) -> Iterator[Move]:
    for each in said:
        mode = ""
        for word, number, quoted, plain in _LABELLED.findall(each.body) if "~" in each.body else ():
            mode = word.lower() or mode
            name = (text(known.labels, number, "") if number else quoted or plain).lower()
            if name and mode:
                gone, come = (None, name) if mode == "added" else (name, None)
                yield each.move("label", gone, come, f"label {name}")


def _assignees(said: list[Said], known: Known) -> Iterator[Move]:
    held: dict[str, None] = {}
    for each in said:
        for login, is_come in _assigned(each.body, list(held)):
            if is_come:
                held[login] = None
            else:
                held.pop(login, None)
            gone, come = (None, login) if is_come else (login, None)
            move = each.move("assignee", gone, come, f"assignee {login}")
            yield replace(move, after_name=known.names.get(login, "") if is_come else "")


def _assigned(body: str, held: list[str]) -> Iterator[tuple[str, bool]]:
    """Who got it (true) and who had it until then."""
    if _UNASSIGNED_ALL.match(body):
        yield from ((login, False) for login in held)
        return
    if not body.lower().startswith(("assigned", "unassigned", "reassigned")):
        return
    mode = ""
    for word, username in _ASSIGNED.findall(body):
        mode = word.lower() or mode
        login = f"gitlab:{username.lower()}"
        if mode == "reassigned" and username:
            yield from ((each, False) for each in held if each != login)
        if username and mode != "additionally" and username.lower() != "ghost":
            yield login, mode != "unassigned"


def _sprints(said: list[Said], known: Known) -> Iterator[Move]:
    """Whether it came in mid-sprint is known only of the sprint that it is in now."""
    now: str | None = None
    for each in said:
        found = _SPRINT.match(each.body)
        if found is None:
            continue
        after = _sprint_name(found[1], known) if found[1] else None
        move = each.move("sprint", now, after)
        sprint, now = known.sprint, after
        begun = sprint.started_at if sprint and sprint.name == after else None
        yield replace(move, is_mid_sprint=begun is not None and each.at > begun)


def _sprint_name(told: str, known: Known) -> str:
    """`%"19.12"` → 19.12, and `%12` too where it is that of the sprint."""
    found = _SPRINT_NAME.search(told)
    if found is None:
        return told.strip()[:255]
    name = found[1] or found[2] or ""
    return known.sprint.name if known.sprint and name == known.number else name


def _plain(said: list[Said]) -> Iterator[Move]:
    """Points and types, which are told with what they became."""
    points: str | None = None
    for each in said:
        if found := _WEIGHT.match(each.body):
            yield each.move("points", points, found[1])
            points = found[1]
        elif found := _TYPE.match(each.body):
            yield each.move("type", found[1].lower(), found[2].lower())


def day(raw: Mapping[str, Any], key: str) -> datetime | None:
    """Where a day begins (UTC), told as `2026-03-31`. Null: none is. Raises `Unreadable`."""
    value = raw.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) != len("2026-03-31"):
        raise Unreadable(f"`{key}` is no day.")
    return instant({key: f"{value}T00:00:00+00:00"}, key)
