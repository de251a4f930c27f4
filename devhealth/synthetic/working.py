"""Work items of a project: filed, taken up, put aside, moved, done, taken up again.

Instants are milliseconds since 1970, UTC: trackers tell them so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from devhealth.synthetic.cast import CUSTOM
from devhealth.synthetic.dice import Dice
from devhealth.synthetic.rhythm import DAY, EPOCH, HOUR, MINUTE, at, at_work, moment, works
from devhealth.synthetic.world import Change, Item, Person, Project, Sprint, State

_TYPES: Final = ("story", "story", "story", "task", "task", "task", "bug", "bug", "spike")
_POINTS: Final = (1, 2, 3, 5, 8, 13)
_TAKEN: Final = (10, 300, 1_500, 6_000, 20_000)  # minutes
_STEP: Final = (30, 200, 900, 2_900, 7_000)
_FORTNIGHT: Final = 14
_TOPICS: Final = ("login", "harvest", "weather", "invoice", "search", "export", "map", "alarm")
_LABELS: Final = ("ui", "tech-debt", "customer", "security")
_MOVED: Final = 5_000  # added to the number of an item that came from another project


def sprints(project: Project, days: range, end: int) -> tuple[Sprint, ...]:
    """Two weeks each, from Monday 09:00 UTC on; the last is to come."""
    first = days.start + (4 - days.start) % 7  # a Monday: 1970 began on a Thursday
    found = []
    for number, day in enumerate(range(first, days.stop + _FORTNIGHT, _FORTNIGHT), 1):
        began, ends = day * DAY + 9 * HOUR, (day + _FORTNIGHT) * DAY + 9 * HOUR
        found.append(
            Sprint(
                sprint_id=f"{project.native_id}{number:03}",
                name=f"{project.key} {number}",
                started_at=at(began) if began < end else None,
                ended_at=at(ends),
                completed_at=at(ends - HOUR) if ends - HOUR < end else None,
            )
        )
    return tuple(found)


@dataclass(slots=True)
class Course:
    """An item in the making: what it is like, and what changed; nothing happens at `end` or later.

    `now` is the instant of the newest change, milliseconds.
    """

    native_id: str
    state: State
    actor: str
    now: int
    end: int
    changes: list[Change] = field(default_factory=list)

    def change(self, what: str, after: str | None, *, actor: str = "", mid: bool = False) -> None:
        """At `now`, unless it is so already."""
        before = _texts(self.state)[what]
        if before == after or self.now >= self.end:
            return
        self._add(what, before, after, actor, mid=mid)
        self.state = _with(self.state, what, after)

    def move(self, to: Project, before: str, after: str) -> None:
        """It leaves its sprint in the same instant."""
        if self.now < self.end:
            self.change("sprint", None)
            self._add("scope", before, after, "", mid=False)
            self.state = replace(self.state, project=to.key)

    def _add(
        self, what: str, before: str | None, after: str | None, actor: str, *, mid: bool
    ) -> None:
        self.changes.append(
            Change(
                change_id=f"{self.native_id}{len(self.changes):02}",
                at=instant(self.now),
                field=what,
                before=before,
                after=after,
                actor=actor or self.actor,
                is_mid_sprint=mid,
            )
        )


def _texts(state: State) -> dict[str, str | None]:
    """What can be changed, as changes have it."""
    return {
        "status": state.status,
        "assignee": state.assignee,
        "points": None if state.points is None else str(state.points),
        "sprint": state.sprint,
        "flagged": "flagged" if state.is_flagged else None,
    }


def _with(state: State, what: str, after: str | None) -> State:
    if what == "status":
        return replace(state, status=after or "")
    if what == "assignee":
        return replace(state, assignee=after)
    if what == "points":
        return replace(state, points=int(after) if after else None)
    if what == "sprint":
        return replace(state, sprint=after)
    return replace(state, is_flagged=after is not None)


def instant(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


@dataclass(slots=True)
class Working:
    """The items that are filed in a project. Every so-manieth, counted from the first, does
    something rare; `beside` is the project that some are moved to."""

    dice: Dice
    project: Project
    beside: Project | None
    crew: Sequence[Person]
    sprints: Sequence[Sprint]
    percent: int
    end: int
    items: list[Item] = field(default_factory=list)
    _number: int = 0

    def run(self, days: range) -> list[Item]:
        """In the order in which they were filed."""
        for day in days:
            for person in self.crew:
                if works(self.dice, day):
                    for _ in range(self.dice.times(22 * self.percent // 100)):
                        self._file(person, day)
        return sorted(self.items, key=lambda item: (item.created_at, item.native_id))

    def _file(self, reporter: Person, day: int) -> None:
        dice, nth = self.dice, self._number
        filed = moment(dice, reporter, day) * 1_000 + dice.below(1_000)
        if nth % 43 == 8:
            filed = (day + 1) * DAY * 1_000 - 5 * MINUTE * 1_000  # 23:55
        if filed >= self.end * 1_000:
            return
        self._number += 1
        native_id = f"{self.project.native_id}{nth + 1:05}"
        has_owner = dice.chance(20)
        state = State(
            project=self.project.key,
            status="Backlog" if dice.chance(60) else "To Do",
            assignee=dice.one(self.crew).key if has_owner else None,
            points=dice.one(_POINTS) if dice.chance(60) else None,
        )
        course = Course(native_id, state, reporter.key, filed, self.end * 1_000)
        self._lead(course, nth)
        self.items.append(self._item(course, state, reporter, nth, filed))

    def _item(self, course: Course, filed: State, reporter: Person, nth: int, created: int) -> Item:
        dice, key = self.dice, f"{self.project.key}-{nth + 1}"
        is_moved = course.state.project != self.project.key
        kind = "incident" if nth % 29 == 14 else dice.one(_TYPES)
        newest = max([created, *(_ms(each.at) for each in course.changes)])
        return Item(
            native_id=course.native_id,
            key=f"{course.state.project}-{_MOVED + nth}" if is_moved else key,
            title=f"{kind.title()}: {dice.one(_TOPICS)} {nth + 1}",
            item_type=kind,
            reporter=reporter.key,
            created_at=instant(created),
            updated_at=instant(newest),
            filed=filed,
            now=course.state,
            changes=tuple(course.changes),
            labels=(dice.one(_LABELS),) if dice.chance(35) else (),
            priority="Expedite" if nth % 31 == 12 else "Medium" if dice.chance(50) else None,
            due_at=instant(created + 30 * DAY * 1_000) if dice.chance(10) else None,
            parent=self.items[-1].native_id if self.items and dice.chance(8) else None,
            former_keys=(key,) if is_moved else (),
        )

    def _lead(self, course: Course, nth: int) -> None:
        """From its filing to wherever it comes."""
        dice = self.dice
        if nth % 43 == 8:
            course.now += 10 * MINUTE * 1_000  # 00:05 of the next day
            course.change("points", str(dice.one(_POINTS)))
        self._plan(course, nth)
        if nth % 11 == 3:
            return  # nobody ever takes it up
        if self.beside and nth % 23 == 5:
            self._later(course, _TAKEN)
            course.move(
                self.beside, f"{self.project.key}-{nth + 1}", f"{self.beside.key}-{_MOVED + nth}"
            )
        if nth % 37 == 20:
            self._at_once(course)
            return
        self._take_up(course, nth)
        if nth % 47 == 15:
            return  # nobody ever ends it
        if nth % 13 == 6:
            self._later(course, _STEP)
            course.change("status", "Won't Do")
            if nth % 39 == 6:
                self._later(course, _STEP)
                course.change("status", "To Do")  # after all
            return
        self._finish(course, nth)

    def _plan(self, course: Course, nth: int) -> None:
        """Half of all come into a sprint, at its beginning or, every seventeenth, in its midst."""
        if not self.dice.chance(50) and nth % 17 != 4:
            return
        for sprint in self.sprints:
            began = _ms(sprint.started_at) if sprint.started_at else course.end
            if nth % 17 == 4 and began < course.now < _ms(sprint.ended_at) - HOUR * 1_000:
                course.now += MINUTE * 1_000
                course.change("sprint", sprint.sprint_id, mid=True)
                return
            if began > course.now:
                course.now = max(course.now, began - self.dice.between(1, 48) * HOUR * 1_000)
                course.change("sprint", sprint.sprint_id)
                return

    def _take_up(self, course: Course, nth: int) -> None:
        """Somebody takes it, in the same instant as they begin; every nineteenth nobody does."""
        dice = self.dice
        self._later(course, _TAKEN)
        who = dice.one(self.crew)
        if nth % 19 == 7:
            course.change("assignee", None)
        elif course.state.assignee is None or dice.chance(25):
            course.change("assignee", who.key, actor=who.key)
        if dice.chance(8):
            course.change("points", str(dice.one(_POINTS)))
        course.change("status", "In Progress", actor=who.key)
        if nth % 9 == 2:
            self._hold(course, nth)

    def _hold(self, course: Course, nth: int) -> None:
        """Flagged, on hold or waiting for a pigeon, for a while."""
        self._later(course, _STEP)
        if nth % 27 == 2:
            course.change("flagged", "flagged")
            self._later(course, _STEP)
            course.change("flagged", None)
            return
        course.change("status", CUSTOM if nth % 27 == 11 else "On Hold")
        self._later(course, _STEP)
        course.change("status", "In Progress")

    def _finish(self, course: Course, nth: int) -> None:
        dice = self.dice
        if dice.chance(70):
            self._later(course, _STEP)
            course.change("status", "Code Review")
            if dice.chance(15):
                self._later(course, _STEP)
                course.change("status", "In Progress")
        self._later(course, _STEP)
        course.change("status", "Done")
        if nth % 21 == 10 or dice.chance(2):
            self._later(course, _STEP)
            course.change("status", "In Progress")  # it was not, after all
            if nth % 42 == 10:
                self._later(course, _STEP)
                course.change("status", "Done")

    def _at_once(self, course: Course) -> None:
        """Done without ever having been begun."""
        self._later(course, _STEP)
        course.change("status", "Done")

    def _later(self, course: Course, minutes: Sequence[int]) -> None:
        """When somebody is at work again."""
        who = self.dice.one(self.crew)
        then = course.now // 1_000 + self.dice.spread(minutes) * MINUTE + self.dice.below(MINUTE)
        course.now = at_work(self.dice, who, then) * 1_000 + self.dice.below(1_000)
        course.actor = who.key


def moved_into(project: Project, items: Sequence[Item]) -> Iterator[Item]:
    """Those that are there now."""
    return (item for item in items if item.now.project == project.key)


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
