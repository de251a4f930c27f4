"""Pipelines of a repository: runs of every push and every night, some of them again."""

from collections.abc import Iterator, Sequence
from typing import Final

from devhealth.synthetic.dice import Dice
from devhealth.synthetic.landing import MAIN
from devhealth.synthetic.rhythm import DAY, MINUTE, at, is_quiet
from devhealth.synthetic.world import Attempt, Commit, Job, PullRequest, Repository, Run

_WAIT: Final = (2, 8, 30, 90, 400, 1_800)  # seconds
_LAST: Final = (40, 120, 300, 600, 1_200, 3_000)
_AGAIN: Final = (1, 5, 40, 500)  # minutes
_NIGHT: Final = DAY - 5 * MINUTE  # 23:55, UTC
_IDS: Final = 1_000_000  # runs that one repository has room for

Push = tuple[int, str, str, str]  # when, commit, branch, event


def runs(
    dice: Dice, repository: Repository, pulls: Sequence[PullRequest], commits: Sequence[Commit],
    days: range, end: int,
) -> Iterator[Run]:  # fmt: skip
    """In the order in which they were asked for."""
    pushes = sorted([*_of_pulls(pulls), *_nightly(commits, days)])
    for number, (when, commit, branch, event) in enumerate(pushes, 1):
        asked = when + dice.between(1, 20) if event != "schedule" else when
        attempts = _nights(asked) if event == "schedule" else _attempts(dice, asked, number)
        if there := _until(attempts, end):
            yield Run(
                run_id=repository.native_id * _IDS + number,
                name="nightly" if event == "schedule" else "tests",
                branch=branch,
                commit=commit,
                event=event,
                attempts=there,
            )


def _of_pulls(pulls: Sequence[PullRequest]) -> Iterator[Push]:
    """When it was opened, whenever its branch went on, and when it was merged."""
    for pull in pulls:
        created = int(pull.created_at.timestamp())
        pushed: dict[int, str] = {}
        for commit in pull.commits:
            pushed[max(created, int(commit.committed_at.timestamp()))] = commit.hash
        for when, name in pushed.items():
            yield when, name, pull.head_branch, "pull_request"
        if pull.merged_at and pull.merge_commit and pull.base_branch == MAIN:
            yield int(pull.merged_at.timestamp()), pull.merge_commit, MAIN, "push"


def _nightly(commits: Sequence[Commit], days: range) -> Iterator[Push]:
    """Every tenth night and the last, from just before midnight to just after, of what was newest
    then."""
    place, newest = 0, ""
    for day in days:
        night = day * DAY + _NIGHT
        while place < len(commits) and commits[place].committed_at.timestamp() < night:
            newest = commits[place].hash
            place += 1
        is_due = day == days[-1] or (day % 10 == 3 and not is_quiet(day))
        if newest and is_due:
            yield night - 30, newest, MAIN, "schedule"


def _nights(asked: int) -> list[Attempt]:
    """23:55 → 00:05."""
    jobs = (Job(at(asked + 30), at(asked + 30 + 10 * MINUTE)),)
    return [
        Attempt(number=1, queued_at=at(asked), status="success", jobs=jobs,
                finished_at=jobs[0].finished_at)
    ]  # fmt: skip


def _attempts(dice: Dice, asked: int, number: int) -> list[Attempt]:
    """What failed is mostly tried again, and mostly passes then."""
    found = [_attempt(dice, asked, 1, 12)]
    while found[-1].status == "failed" and len(found) < 3 and dice.chance(60):
        ended = int(found[-1].finished_at.timestamp()) if found[-1].finished_at else asked
        again = ended + dice.spread(_AGAIN) * MINUTE + dice.below(MINUTE)
        found.append(_attempt(dice, again, len(found) + 1, 25))
    return found


def _attempt(dice: Dice, asked: int, number: int, failing: int) -> Attempt:
    throw = dice.below(100)
    status = "failed" if throw < failing else "cancelled" if throw >= 96 else "success"
    if throw in (92, 93) and number == 1:
        return _without_jobs(asked, "skipped", 2)
    if throw == 99:
        return _without_jobs(asked, "cancelled", dice.between(5, 300), number)
    began = asked + dice.spread(_WAIT)
    jobs = tuple(_jobs(dice, began))
    ends = [job.finished_at for job in jobs if job.finished_at]
    return Attempt(
        number=number, queued_at=at(asked), status=status, jobs=jobs, finished_at=max(ends)
    )


def _without_jobs(asked: int, status: str, seconds: int, number: int = 1) -> Attempt:
    return Attempt(
        number=number,
        queued_at=at(asked),
        status=status,
        jobs=(),
        finished_at=at(asked + seconds),
    )


def _jobs(dice: Dice, began: int) -> Iterator[Job]:
    """The first begins at once, the others within a minute."""
    for place in range(dice.between(1, 3)):
        start = began + place * dice.between(0, 30)
        yield Job(at(start), at(start + dice.spread(_LAST)))


def _until(attempts: Sequence[Attempt], end: int) -> tuple[Attempt, ...]:
    """As they are at the end: what would be later has not happened."""
    found = []
    last = at(end)
    for each in attempts:
        if each.queued_at >= last:
            break
        if each.finished_at and each.finished_at >= last:
            jobs = tuple(_under_way(job, end) for job in each.jobs if job.started_at < last)
            each = Attempt(
                number=each.number,
                queued_at=each.queued_at,
                status="running" if jobs else "queued",
                jobs=jobs,
                finished_at=None,
            )
        found.append(each)
    return tuple(found)


def _under_way(job: Job, end: int) -> Job:
    is_over = job.finished_at is not None and job.finished_at < at(end)
    return job if is_over else Job(job.started_at, None)
