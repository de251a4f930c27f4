"""Who changes what in a repository, and when: pull requests and commits that go without one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from devhealth.synthetic.cast import AGENT, ASSISTANTS, UPDATES
from devhealth.synthetic.dice import Dice
from devhealth.synthetic.planned import Draft, Plan, beginning, end_of, steps
from devhealth.synthetic.reviewing import reviewed
from devhealth.synthetic.rhythm import MINUTE, at_work, day_of, works
from devhealth.synthetic.world import File, Item, Person, Repository, World

_LINES: Final = (0, 1, 3, 6, 12, 25, 60, 180, 700)
_COMMITS: Final = (1, 1, 1, 2, 2, 3, 4, 6)
_FOLDERS: Final = ("app", "lib", "web", "jobs", "tests", "docs")
_VERBS: Final = ("Add", "Fix", "Speed up", "Simplify", "Upgrade", "Secure", "Test", "Document")
_NOUNS: Final = (
    "the rain gauge", "the barometer", "the seed list", "the harbour log", "the orchard map",
    "the kiln", "the lantern", "the tide table", "the weather vane", "the compost report",
)  # fmt: skip
_LABELS: Final = ("feature", "bug", "refactor", "security", "tests", "docs")


@dataclass(slots=True)
class Files:
    """Paths of a repository; some are changed much more often than others."""

    dice: Dice
    paths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = [f"{folder}/part_{place}.py" for place in range(24) for folder in _FOLDERS]
        self.paths = [*names, *(f"assets/sign_{place}.png" for place in range(6))]

    def changed(self) -> tuple[File, ...]:
        """What a commit did: one to six files, each once."""
        dice, found = self.dice, dict[str, File]()
        for _ in range(dice.one((1, 1, 1, 2, 2, 3, 4, 6))):
            place = dice.early(len(self.paths))
            path = self.paths[place]
            if path in found:
                continue
            if path.endswith(".png"):
                found[path] = File(path, 0, 0, is_binary=True)
            elif dice.chance(2):
                new = self.paths[place] = _renamed(path)
                found[new] = File(new, dice.spread(_LINES), dice.below(4), previous_path=path)
            else:
                found[path] = File(path, dice.spread(_LINES), dice.spread(_LINES) // 2)
        return tuple(found.values())


def _renamed(path: str) -> str:
    stem, _, turn = path.removesuffix(".py").partition("_v")
    return f"{stem}_v{int(turn or 1) + 1}.py"


@dataclass(slots=True)
class Coding:
    """A repository in the making. `items`: what its pull requests may name, oldest first."""

    world: World
    repository: Repository
    dice: Dice
    items: Sequence[Item]
    percent: int
    first_day: int
    plans: list[Plan] = field(default_factory=list)
    direct: list[Draft] = field(default_factory=list)
    files: Files = field(init=False)
    end: int = field(init=False)
    crew: list[tuple[Person, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.files = Files(self.dice)
        self.end = end_of(self.world)
        if archived_at := self.repository.archived_at:
            self.end = min(self.end, int(archived_at.timestamp()))
        self.crew = [*_crew(self.world, self.repository)]

    def run(self) -> None:
        """Day by day; then what was opened is numbered."""
        for day in range(self.first_day, day_of(self.world.until)):
            for person, percent in self.crew:
                if works(self.dice, day):
                    for _ in range(self.dice.times(percent * self.percent // 100)):
                        self._work(person, day)
        self.direct = [each for each in self.direct if each.committed < self.end]
        self.plans = [each for each in self.plans if each.created < self.end]
        self.plans.sort(key=lambda plan: (plan.created, plan.nth))
        for number, plan in enumerate(self.plans, 1):
            plan.number = number
            plan.cut(self.end)

    def _work(self, person: Person, day: int) -> None:
        if self.dice.chance(8):
            first = beginning(self.dice, person, day, len(self.direct))
            when = steps(self.dice, person, first, len(self.direct), 1)
            self.direct.append(self._draft(person, *when[0], self._title()))
            return
        author = self._author(person)
        plan = self._plan(author, day)
        self._take(plan)
        if plan.merged and plan.is_on_main and (self.dice.chance(2) or plan.nth % 67 == 11):
            self._take(self._revert(plan, person))

    def _take(self, plan: Plan) -> None:
        people = [each for each, _ in self.crew if each.key != plan.author.key]
        reviewed(self.dice, plan, people, self.world, self._reaction)
        self.plans.append(plan)

    def _author(self, person: Person) -> Person:
        throw = self.dice.below(100)
        key = UPDATES if throw < 8 else AGENT if throw < 11 else person.key
        return person if key == person.key else self.world.person(key)

    def _plan(self, author: Person, day: int) -> Plan:
        dice, nth = self.dice, len(self.plans)
        is_update = author.key == UPDATES
        first = beginning(dice, author, day, nth)
        count = 1 if is_update else dice.one(_COMMITS)
        title = f"Bump seeds from 1.{nth} to 1.{nth + 1}" if is_update else self._title()
        drafts = [
            self._draft(author, *when, title if not place else self._title())
            for place, when in enumerate(steps(dice, author, first, nth, count))
        ]
        created = drafts[-1].committed + dice.between(1, 40) * MINUTE
        labels = ("dependencies",) if is_update else (dice.one(_LABELS),) * dice.below(2)
        return Plan(
            nth=nth,
            author=author,
            title=title,
            created=created,
            head=f"seeds-{nth}" if is_update else f"{author.login}-{nth}",
            commits=drafts,
            is_on_main=nth % 71 != 3,
            labels=labels,
            refers_to=() if is_update else self._item(created),
        )

    def _revert(self, of: Plan, person: Person) -> Plan:
        dice = self.dice
        begun = at_work(dice, person, (of.merged or 0) + dice.spread((20, 90, 400, 3_000)) * MINUTE)
        title = f'Revert "{of.title}"'
        return Plan(
            nth=len(self.plans),
            author=person,
            title=title,
            created=begun + MINUTE,
            head=f"revert-of-{of.nth}",
            commits=[self._draft(person, begun, begun, title)],
            reverts=of,
        )

    def _reaction(self, plan: Plan, when: int) -> None:
        """A commit after somebody asked for changes."""
        plan.commits.append(self._draft(plan.author, when, when, "Do as was asked"))

    def _draft(self, author: Person, authored: int, committed: int, subject: str) -> Draft:
        helpers = tuple(self._helpers(author))
        return Draft(
            author=author,
            authored=authored,
            committed=committed,
            subject=subject,
            files=self.files.changed(),
            co_authors=helpers,
            is_assisted=author.key == AGENT or any(each in ASSISTANTS for each in helpers),
        )

    def _helpers(self, author: Person) -> Iterator[tuple[str, str]]:
        if author.kind == "bot":
            return
        if self.dice.chance(18):
            yield self.dice.one(ASSISTANTS)
        if self.dice.chance(6):
            other, _ = self.dice.one(self.crew)
            if other.key != author.key:
                yield other.name, other.emails[0]

    def _title(self) -> str:
        return f"{self.dice.one(_VERBS)} {self.dice.one(_NOUNS)}"

    def _item(self, created: int) -> tuple[str, ...]:
        """One of the newest forty that were filed by then, as it was called then."""
        if not self.items or not self.dice.chance(55):
            return ()
        low, high = 0, len(self.items)
        while low < high:
            middle = (low + high) // 2
            if self.items[middle].created_at.timestamp() < created:
                low = middle + 1
            else:
                high = middle
        if not low:
            return ()
        found = self.items[low - 1 - self.dice.below(min(low, 40))]
        return (_called(found, created),)


def _called(item: Item, created: int) -> str:
    """By its newest key of that instant."""
    for change in item.changes:
        if change.field == "scope" and change.at.timestamp() > created:
            return change.before or item.key
    return item.key


def _crew(world: World, repository: Repository) -> Iterator[tuple[Person, int]]:
    """People and how many changes they make in a hundred working days: those at home there many,
    two guests few."""
    place = world.repositories.index(repository)
    humans = [each for each in world.people if each.kind == "human"]
    count = max(1, min(len(humans) // 2, len(world.repositories) // 2))
    home = place // 2 % count
    for number, person in enumerate(humans):
        if number % count == home:
            yield person, 24 if place % 2 else 30
        elif number in ((place * 3 + 1) % len(humans), (place * 5 + 2) % len(humans)):
            yield person, 6


def first_day(world: World, repository: Repository) -> int:
    """A fork begins when a third of the time is over."""
    began = day_of(world.since)
    days = day_of(world.until) - began
    return began + days // 3 if repository.fork_of else began
