"""The course of a work item: stretches in which nothing changed, and what its changes came to.

Each stretch follows from a change, the filing being the first, and counts where the item was then
and for the team of who had it then, unless a team owns the project.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from devhealth.synthetic.expected.arithmetic import HOUR, hours, rounded
from devhealth.synthetic.expected.kinds import Kind, Kinds
from devhealth.synthetic.expected.people import People, scope_id
from devhealth.synthetic.world import Change, Item, Project, State, Status, World

ACTIVE: Final = ("in_progress", "in_review")
WIP: Final = (*ACTIVE, "blocked")
OVER: Final = ("done", "canceled")
URGENT: Final = ("incident", "expedite")
Place = tuple[str, str]  # scope, team


@dataclass(slots=True, kw_only=True)
class Stretch:
    """[since, until) of an item; None: it goes on. `change`: what began it; None: its filing."""

    since: datetime
    until: datetime | None
    place: Place
    status: str
    is_held: bool
    is_flagged: bool
    change: Change | None

    @property
    def is_blocked(self) -> bool:
        return self.status not in OVER and (self.status == "blocked" or self.is_flagged)


@dataclass(slots=True, kw_only=True)
class Course:
    """start, completion, cancellation  the stretches that these began; None: there is none"""

    item: Item
    work: Kind
    stretches: list[Stretch]
    wip_since: datetime | None
    start: Stretch | None
    completion: Stretch | None
    cancellation: Stretch | None
    reopenings: list[Stretch]
    unplanned: Stretch | None

    @property
    def is_bug(self) -> bool:
        return self.item.item_type == "bug"

    @property
    def cycle_hours(self) -> float | None:
        if not self.start or not self.completion:
            return None
        return hours(self.start.since, self.completion.since)

    def flow(self) -> float | None:
        """Active ÷ (active + waiting) hours between start and completion; done in between, it
        neither was worked on nor waited."""
        if not self.start or not self.completion:
            return None
        active = waiting = 0.0
        for each in self.stretches:
            if not each.until or each.since < self.start.since or each.status in OVER:
                continue
            spent = rounded((each.until - each.since) / HOUR)
            if each.status in ACTIVE and not each.is_flagged:
                active += spent
            else:
                waiting += spent
        active, waiting = rounded(active), rounded(waiting)
        return rounded(active / (active + waiting)) if active + waiting > 0 else None


class Courses:
    """Of the items of a world."""

    def __init__(self, world: World, people: People, kinds: Kinds) -> None:
        self._people, self._kinds = people, kinds
        self._statuses: Mapping[str, Status] = {each.name: each for each in world.statuses}
        self._projects: Mapping[str, Project] = {each.key: each for each in world.projects}

    def of(self, item: Item) -> Course:
        stretches = list(self._stretches(item))
        turns = [
            stretches[0],
            *(now for was, now in pairwise(stretches) if was.status != now.status),
        ]
        last = turns[-1]
        active = (each for each in stretches if each.status in ACTIVE)
        return Course(
            item=item,
            work=self._kinds.of_item(item),
            stretches=stretches,
            wip_since=next((each.since for each in turns if each.status in WIP), None),
            start=next(active, None),
            completion=last if last.status == "done" else None,
            cancellation=last if last.status == "canceled" else None,
            reopenings=[
                now for was, now in pairwise(turns) if was.status in OVER and now.status not in OVER
            ],
            unplanned=_unplanned(item, stretches),
        )

    def _stretches(self, item: Item) -> Iterator[Stretch]:
        changes: list[Change | None] = [None, *item.changes]
        ends: list[datetime | None] = [*(each.at for each in item.changes), None]
        since, state = item.created_at, item.filed
        for change, until in zip(changes, ends, strict=True):
            if change:
                since, state = change.at, _after(state, change)
            yield Stretch(
                since=since,
                until=until,
                place=self._place(state, since),
                status=self._statuses[state.status].means,
                is_held=state.assignee is not None,
                is_flagged=state.is_flagged,
                change=change,
            )

    def _place(self, state: State, at: datetime) -> Place:
        project = self._projects[state.project]
        return scope_id(project), project.owner or self._people.team_of(state.assignee, at)


def _after(state: State, change: Change) -> State:
    """What a change made of it, as far as it counts here."""
    project, status, assignee, flagged = (
        state.project, state.status, state.assignee, state.is_flagged,
    )  # fmt: skip
    if change.field == "scope" and change.after:
        project = change.after.rpartition("-")[0]
    elif change.field == "status" and change.after:
        status = change.after
    elif change.field == "assignee":
        assignee = change.after
    elif change.field == "flagged":
        flagged = change.after is not None
    return State(project=project, status=status, assignee=assignee, is_flagged=flagged)


def _unplanned(item: Item, stretches: Iterable[Stretch]) -> Stretch | None:
    """By which stretch it came unplanned: its filing, or coming into a sprint that had begun."""
    words = {item.item_type, (item.priority or "").lower(), *map(str.lower, item.labels)}
    is_unplanned = bool(words & {"bug", *URGENT})
    for each in stretches:
        if is_unplanned if each.change is None else each.change.is_mid_sprint:
            return each
    return None
