"""Two months of a team, from a seed: as they were three days ago, are today, and were rewritten."""

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from tests.repositories import ADA, GRACE, Work, add, make, run

DAYS = 62
LATEST = 3  # days that the repository does not have early on
REWRITTEN = 24  # days that a rewrite changes; the backfill takes some of them
ORIGIN = "https://git.example.com/acme/api.git"  # the same for every copy


@dataclass(frozen=True)
class History:
    path: Path
    early: str
    full: str
    rewritten: str

    def order(self) -> list[str]:
        return [self.early, self.full, self.rewritten]

    def copy(self, to: Path) -> Path:
        """As it was early on."""
        shutil.copytree(self.path, to)
        move(to, self.early)
        return to


def move(repository: Path, head: str) -> None:
    run(repository, "update-ref", "refs/heads/main", head)


def build(path: Path, random: Random, today: date) -> History:
    works = [each for day in range(DAYS, 0, -1) for each in _day(random, today, day)]
    early = sum(_days_ago(work, today) > LATEST for work in works)
    kept = [work for work in works if _days_ago(work, today) > REWRITTEN]
    others = [each for day in range(REWRITTEN, 0, -1) for each in _day(random, today, day)]
    make(path, *works[:early])
    heads = [run(path, "rev-parse", "main")]
    for variant in (works, kept + others):
        add(path, *variant)
        heads.append(run(path, "rev-parse", "main"))
    run(path, "config", "remote.origin.url", ORIGIN)
    for name, head in zip(("early", "full", "rewritten"), heads, strict=True):
        run(path, "update-ref", f"refs/heads/{name}", head)
    return History(path, *heads)


def _day(random: Random, today: date, days_ago: int) -> list[Work]:
    midnight = datetime.combine(today - timedelta(days=days_ago), time(), UTC)
    seconds = sorted(random.randrange(86_400) for _ in range(random.randint(2, 6)))
    return [_work(random, int(midnight.timestamp()) + each) for each in seconds]


def _work(random: Random, at: int) -> Work:
    author = random.choice((ADA, GRACE, b"Lin <lin@example.com>"))
    files = {
        f"src/{random.randrange(40)}.py": "\n".join(
            str(random.randrange(10**6)) for _ in range(random.randint(1, 30))
        )
        for _ in range(random.randint(1, 5))
    }
    return Work(files=dict(files), author=author, at=at, message=f"Work {at}")


def _days_ago(work: Work, today: date) -> int:
    return (today - datetime.fromtimestamp(work.at, UTC).date()).days
