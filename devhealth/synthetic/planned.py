"""Changes in the making: what people are going to do, before it is known what comes of it.

Instants are whole seconds since 1970, UTC.
"""

from dataclasses import dataclass, field

from devhealth.synthetic.dice import Dice
from devhealth.synthetic.rhythm import DAY, MINUTE, at, at_work, day_of, moment, offset
from devhealth.synthetic.world import Comment, Commit, File, Person, Review, World


@dataclass(slots=True, kw_only=True)
class Draft:
    """A commit before it has a place."""

    author: Person
    authored: int
    committed: int
    subject: str
    files: tuple[File, ...]
    co_authors: tuple[tuple[str, str], ...] = ()
    is_assisted: bool = False


@dataclass(slots=True, kw_only=True)
class Plan:
    """A pull request before it has a number. What is later than the world's end never happens.

    nth         its place among all of the repository, by which rare things befall it for sure
    says        reviews and comments, as (at, who, kind, state): kind is review, issue or lines
    reverts     what it takes back
    is_on_main  it goes into the default branch
    """

    nth: int
    author: Person
    title: str
    created: int
    head: str
    commits: list[Draft]
    ready: int | None = None
    drafts: list[tuple[int, bool]] = field(default_factory=list)
    is_draft: bool = False
    is_on_main: bool = True
    says: list[tuple[int, Person | None, str, str]] = field(default_factory=list)
    dismissed: set[int] = field(default_factory=set)
    merged: int | None = None
    closed: int | None = None
    reopened: int | None = None
    labels: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()
    reverts: "Plan | None" = None
    number: int = 0
    merge_commit: str | None = None
    made: tuple[Commit, ...] = ()

    @property
    def is_assisted(self) -> bool:
        return self.author.login == "copilot-swe-agent" or any(
            each.is_assisted for each in self.commits
        )

    def cut(self, end: int) -> None:
        """Forget what would be at `end` or later."""
        self.commits = [each for each in self.commits if each.committed < end]
        self.says = [each for each in self.says if each[0] < end]
        self.drafts = [each for each in self.drafts if each[0] < end]
        if self.ready is not None and self.ready >= end:
            self.ready, self.is_draft = None, True
        elif self.drafts:
            self.is_draft = not self.drafts[-1][1]
        self.reopened = None if self.reopened and self.reopened >= end else self.reopened
        if self.merged and self.merged >= end:
            self.merged = self.closed = None
        if self.closed and self.closed >= end:
            self.closed = None

    def last(self) -> int:
        """When anything of it changed last."""
        ends = [self.ready, self.merged, self.closed, self.reopened, *(at for at, _ in self.drafts)]
        times = [self.created, *(each[0] for each in self.says), *(each for each in ends if each)]
        times += [each.committed for each in self.commits]
        return max(times)

    def spoken(self, first_id: int) -> tuple[tuple[Review, ...], tuple[Comment, ...]]:
        """Reviews and comments, with ids from there on; comments of lines belong to the review of
        their instant and person."""
        reviews: list[Review] = []
        comments: list[Comment] = []
        for place, (when, who, kind, state) in enumerate(sorted(self.says, key=_order)):
            key, own = who.key if who else None, first_id + place
            if kind == "review":
                is_dismissed = when in self.dismissed and state != "commented"
                reviews.append(
                    Review(review_id=own, reviewer=key, state=state, at=at(when),
                           is_dismissed=is_dismissed)
                )  # fmt: skip
            elif kind == "issue":
                comments.append(Comment(comment_id=own, author=key, at=at(when)))
            else:
                of = reviews[-1].review_id
                comments.append(
                    Comment(comment_id=own, author=key, at=at(when), kind="review", review_id=of)
                )
        return tuple(reviews), tuple(comments)


def _order(said: tuple[int, Person | None, str, str]) -> tuple[int, int]:
    return said[0], ("issue", "review", "lines").index(said[2])


def commit_of(draft: Draft, name: str, parents: tuple[str, ...], *, email: str) -> Commit:
    return Commit(
        hash=name,
        parents=parents,
        author=draft.author.key,
        email=email,
        committer_email=email,
        authored_at=at(draft.authored),
        utc_offset_minutes=offset(draft.author, draft.authored),
        committed_at=at(draft.committed),
        subject=draft.subject,
        files=draft.files,
        co_authors=draft.co_authors,
        is_revert=draft.subject.startswith('Revert "'),
        is_assisted=draft.is_assisted,
    )


def beginning(dice: Dice, author: Person, day: int, nth: int) -> int:
    """When a change is begun; every 47th two minutes before midnight, UTC."""
    return day * DAY + DAY - 2 * MINUTE if nth % 47 == 9 else moment(dice, author, day)


def steps(dice: Dice, author: Person, first: int, nth: int, count: int) -> list[tuple[int, int]]:
    """When so many commits of a branch were authored and committed; one in twenty was committed
    anew later, every 53rd branch has two of one second."""
    found: list[tuple[int, int]] = []
    when = first
    for place in range(count):
        if place:
            is_same = nth % 53 == 4 and place == 1
            when = when if is_same else at_work(dice, author, when + dice.spread(_PAUSES) * MINUTE)
        authored = when
        if nth % 47 == 9 and not place:
            when += 5 * MINUTE  # on the next day
        elif dice.chance(5):
            when = at_work(dice, author, when + dice.spread((60, 600, 3_000)) * MINUTE)
        found.append((authored, when))
    return found


_PAUSES = (4, 15, 45, 120, 400, 1_500)


def end_of(world: World) -> int:
    """The first second after the world."""
    return day_of(world.until) * DAY
