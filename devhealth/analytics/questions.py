"""What may be asked, and how an answer can fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from devhealth.errors import Permanent
from devhealth.sinks.query import Bucket


class Dimension(StrEnum):
    """What numbers are told apart by."""

    TEAM = "team"
    REPO = "repo"
    AUTHOR = "author"
    FILE = "file"
    ENVIRONMENT = "environment"
    WORK_SCOPE = "work_scope"
    WORK_TYPE = "work_type"
    STATUS = "status"
    THEME = "theme"
    SUBCATEGORY = "subcategory"
    PROVIDER = "provider"

    @property
    def columns(self) -> tuple[str, ...]:
        """Of rollups and records; the last one is what a filter names."""
        return COLUMNS[self]


COLUMNS: Mapping[Dimension, tuple[str, ...]] = {
    Dimension.TEAM: ("team_id",),
    Dimension.REPO: ("repo_id",),
    Dimension.AUTHOR: ("author_id",),
    Dimension.FILE: ("repo_id", "path"),
    Dimension.ENVIRONMENT: ("environment",),
    Dimension.WORK_SCOPE: ("work_scope_id",),
    Dimension.WORK_TYPE: ("item_type",),
    Dimension.STATUS: ("status",),
    Dimension.THEME: ("work_theme",),
    Dimension.SUBCATEGORY: ("work_subcategory",),
    Dimension.PROVIDER: ("provider",),
}

Clock = Literal["weekday", "hour"]

Where = tuple[tuple[Dimension, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One measure over UTC days [since, until).

    bucket      a value for each day, ISO week or month, or one for all
    dimension   a value for each of these; None: for everything together
    beside      more dimensions: a value for each that occurs together
    clock       a value for each weekday (1: Monday) or hour (00 to 23) of the instant that counts,
                or for both, as clocks in `zone` show it
    where       dimensions with the ids (or paths) that count; none: all do
    population  people (bots left out) or all
    as_of       as the rows stood at that instant; None: now
    """

    measure: str
    since: date
    until: date
    bucket: Bucket = "all"
    dimension: Dimension | None = None
    beside: tuple[Dimension, ...] = ()
    clock: tuple[Clock, ...] = ()
    zone: str = "UTC"
    where: Where = ()
    population: str = "people"
    as_of: datetime | None = None

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        return ((self.dimension,) if self.dimension else ()) + self.beside

    @property
    def by(self) -> tuple[str, ...]:
        """The columns that name a group."""
        return (*self._held, *self.clock)

    @property
    def columns(self) -> frozenset[str]:
        """All of rows and records that it groups by or filters on."""
        return frozenset((*self._held, *(name.columns[-1] for name, _ in self.where)))

    @property
    def _held(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for each in self.dimensions for name in each.columns))

    @property
    def prior(self) -> tuple[date, date]:
        """As many days, just before."""
        return self.since - (self.until - self.since), self.since

    @property
    def last(self) -> date:
        return self.until - timedelta(days=1)


class Unanswerable(Permanent):
    """A question that has no answer, whoever asks it.

    code  unknown_measure · not_groupable · not_additive · not_versioned · too_many_records
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
