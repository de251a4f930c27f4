"""A repository of a world as rows count it: whose everything was, on which day, for which team."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from devhealth.synthetic.expected.arithmetic import day_of, hours
from devhealth.synthetic.expected.kinds import Kind, Kinds
from devhealth.synthetic.expected.people import People, repo_id
from devhealth.synthetic.world import Comment, Commit, History, PullRequest, Review

WEEKEND, AFTER_HOURS, WORKING_HOURS = "weekend", "after_hours", "working_hours"


@dataclass(slots=True, kw_only=True)
class Done:
    """Something that somebody did. `own_team`: theirs then; `team`: whose it counts for."""

    at: datetime
    day: date
    author_id: str
    kind: str
    own_team: str
    team: str


@dataclass(slots=True, kw_only=True)
class Made(Done):
    """A commit of the default branch. `helpers`: ids of those whom it names as co-authors."""

    commit: Commit
    added: int
    deleted: int
    time_of_week: str
    helpers: tuple[str, ...]

    @property
    def is_merge(self) -> bool:
        return len(self.commit.parents) > 1


@dataclass(slots=True, kw_only=True)
class Given(Done):
    """A review, by its reviewer. `is_others`: of another's pull request."""

    review: Review
    is_others: bool


@dataclass(slots=True, kw_only=True)
class Asked(Done):
    """A pull request, by its author. Reviews are all that it has, `own_team` as of its opening."""

    pull: PullRequest
    reviews: tuple[Given, ...]
    comments: tuple[Done, ...]
    answered_at: datetime | None
    work: Kind

    @property
    def others(self) -> Iterator[Given]:
        return (each for each in self.reviews if each.is_others)

    @property
    def size(self) -> int:
        return self.pull.added + self.pull.deleted

    def phase(self, since: datetime | None, until: datetime | None) -> float | None:
        return hours(since, until) if since and until else None


@dataclass(slots=True, kw_only=True)
class Seen:
    """`owner`: the team that owns it."""

    repo_id: str
    owner: str | None
    history: History
    made: list[Made]
    asked: list[Asked]


def see(history: History, people: People, kinds: Kinds) -> Seen:
    seeing = _Seeing(people, kinds, history.repository.owner)
    return Seen(
        repo_id=repo_id(history.repository),
        owner=history.repository.owner,
        history=history,
        made=[seeing.made(each) for each in history.commits],
        asked=[seeing.asked(each) for each in history.pull_requests],
    )


@dataclass(frozen=True, slots=True)
class _Seeing:
    people: People
    kinds: Kinds
    owner: str | None

    def made(self, commit: Commit) -> Made:
        helpers = {self.people.helper(address) for _, address in commit.co_authors}
        others = helpers - {None, commit.author}
        done = self._done(commit.author, commit.committed_at)
        return Made(
            **_cells(done),
            commit=commit,
            added=sum(each.added for each in commit.files),
            deleted=sum(each.deleted for each in commit.files),
            time_of_week=time_of_week(commit.authored_at, commit.utc_offset_minutes),
            helpers=tuple(sorted(self.people.id_of(each) for each in others)),
        )

    def asked(self, pull: PullRequest) -> Asked:
        reviews = tuple(self._given(each, pull) for each in pull.reviews)
        comments = tuple(self._done(each.author, each.at) for each in pull.comments)
        return Asked(
            **_cells(self._done(pull.author, pull.created_at)),
            pull=pull,
            reviews=reviews,
            comments=comments,
            answered_at=min(self._answers(pull), default=None),
            work=self.kinds.of_pull(pull),
        )

    def _given(self, review: Review, pull: PullRequest) -> Given:
        done = self._done(review.reviewer, review.at)
        return Given(**_cells(done), review=review, is_others=review.reviewer != pull.author)

    def _answers(self, pull: PullRequest) -> Iterator[datetime]:
        """What other people said while it was asked for: ready, and neither merged nor closed."""
        said: list[tuple[str | None, Review | Comment]] = [
            *((each.reviewer, each) for each in pull.reviews),
            *((each.author, each) for each in pull.comments),
        ]
        for who, each in said:
            is_others = who != pull.author and self.people.kind_of(who) == "human"
            is_asked = pull.ready_at is not None and pull.ready_at <= each.at
            if is_others and is_asked and (pull.closed_at is None or each.at <= pull.closed_at):
                yield each.at

    def _done(self, person: str | None, at: datetime) -> Done:
        own = self.people.team_of(person, at)
        return Done(
            at=at,
            day=day_of(at),
            author_id=self.people.id_of(person),
            kind=self.people.kind_of(person),
            own_team=own,
            team=self.owner or own,
        )


def _cells(done: Done) -> dict[str, Any]:
    return {name: getattr(done, name) for name in Done.__slots__}


def time_of_week(authored_at: datetime, offset_minutes: int) -> str:
    """By the author's own clock; business hours are those that nobody set: 09:00 to 18:00."""
    clock = authored_at + timedelta(minutes=offset_minutes)
    if clock.weekday() >= 5:
        return WEEKEND
    return WORKING_HOURS if 9 <= clock.hour < 18 else AFTER_HOURS


def counts(done: Done, population: str) -> bool:
    return population == "all" or done.kind == "human"
