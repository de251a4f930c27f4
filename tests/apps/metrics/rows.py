"""Rows small enough to compute in the head."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from devhealth.models.records import Identity
from devhealth.models.rollups import FileDay, RepoDay, TeamDay, UserDay

NAMESPACE = UUID(int=7)
JAN_1 = date(2026, 1, 1)
WINDOW = {"since": "2026-01-01", "until": "2026-02-01"}
RANGE = {"startDate": "2026-01-01", "endDate": "2026-01-31"}


def key(number: int) -> UUID:
    return uuid5(NAMESPACE, str(number))


def repo_day(repo: int = 1, day: int = 1, **more: Any) -> RepoDay:
    """Repository `repo` on the `day`th of January."""
    values = {"population": "people"} | more
    return RepoDay(repo_id=key(repo), day=JAN_1 + timedelta(days=day - 1), **values)


def user_day(author: int = 1, day: int = 1, **more: Any) -> UserDay:
    return UserDay(
        repo_id=key(1), author_id=key(author), day=JAN_1 + timedelta(days=day - 1), **more
    )


def team_day(team: str = "web", day: int = 1, **more: Any) -> TeamDay:
    values = {"population": "people"} | more
    return TeamDay(team_id=team, day=JAN_1 + timedelta(days=day - 1), **values)


def file_day(path: str = "a.py", day: int = 1, **more: Any) -> FileDay:
    return FileDay(repo_id=key(1), path=path, day=JAN_1 + timedelta(days=day - 1), **more)


def identity(author: int = 1, name: str = "Ada") -> Identity:
    return Identity(
        author_id=key(author), name=name, email=f"{name.lower()}@acme.example", actor_kind="human"
    )
