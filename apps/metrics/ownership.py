"""Whose today's code is, as both APIs tell it: of one repository, by what lies under a path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import polars as pl

from apps.cursors import Places
from apps.errors import NotFound, Unprocessable
from apps.metrics.authors import Authors
from apps.metrics.labels import privacy_of
from apps.metrics.operations import OWNERSHIP_READ
from apps.metrics.services import Cells
from apps.metrics.store import sink
from apps.orgs.services import Member
from devhealth.analytics.owners import Owners, may_be_told, owners_shown
from devhealth.analytics.parts import Privacy
from devhealth.analytics.records import MOST_RECORDS
from devhealth.metrics.ownership import of_places, owners_of_places, placed, standing
from devhealth.models.records import BlameFile, BlameMark, Repository
from devhealth.sinks import Sink
from devhealth.sinks.tables import table_of

MOST_OWNERS = 100
COLUMNS = ["path", "lines", "oldest_at", "newest_at", "blamed_at", "author_id", "actor_kind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A directory or file of a repository; '' is all of it. Bots count only in `all`."""

    repository_id: UUID
    path: str = ""
    population: str = "people"

    @property
    def place(self) -> str:
        return self.path.strip("/")

    def places(self, organization_id: UUID) -> Places:
        """The cursors of this question, asked by this organisation."""
        bound = (str(self.repository_id), self.place, self.population)
        return Places(organization_id, "ownership", *bound)


class Owning:
    """Who owns each of some places: counted, and named by one query, once somebody asks."""

    def __init__(self, rows: pl.DataFrame, by: Member) -> None:
        self._rows = rows
        self._by = by

    def of(self, place: str, first: int) -> Owners:
        return owners_shown(self._found[place], self._privacy, min(first, MOST_OWNERS))

    def name(self, author_id: str) -> str | None:
        """Null: nothing is known under this id any more."""
        return self._authors.tell(author_id, "name")

    @cached_property
    def _privacy(self) -> Privacy:
        return privacy_of(self._by)

    @cached_property
    def _found(self) -> dict[str, pl.DataFrame]:
        found = owners_of_places(self._rows).partition_by("place", as_dict=True)
        return {str(place): rows for (place,), rows in found.items()}

    @cached_property
    def _authors(self) -> Authors:
        """All whom any answer about these places could name."""
        told = (may_be_told(each, self._privacy) for each in self._found.values())
        ids = {name for each in told for name in each["author_id"].head(MOST_OWNERS)}
        return Authors(ids, self._by)


@dataclass(frozen=True, slots=True)
class OwnedPlace:
    """One place's numbers, as `metrics.ownership` gives them, and who knows its owners."""

    numbers: Cells
    owning: Owning

    @property
    def path(self) -> str:
        return str(self.numbers["path"])

    def owners(self, first: int) -> Owners:
        return self.owning.of(self.path, first)


@dataclass(frozen=True, slots=True)
class OwnershipPage:
    """Some of what lies directly under the path, by path, and all of it as one place.

    whole  null: no line is known there
    mark   the blame that all of this is as of; null: none has come to its end yet
    """

    asked: Asked
    places: Places
    mark: Cells | None
    whole: OwnedPlace | None
    rows: Sequence[OwnedPlace]
    has_next: bool

    @property
    def blamed_at(self) -> datetime | None:
        return self.mark["blamed_at"] if self.mark else None

    @property
    def revision(self) -> str | None:
        return self.mark["revision"] if self.mark else None

    def cursor(self, row: OwnedPlace) -> str:
        return self.places.write([row.path])

    @property
    def next_cursor(self) -> str | None:
        return self.cursor(self.rows[-1]) if self.has_next else None


def ownership_page(
    asked: Asked, *, by: Member, limit: int, after: str | None = None
) -> OwnershipPage:
    """At most `limit` places, by three queries of the store.

    Raises `NotFound`, and `Unprocessable` for a repository of more rows than one answer is made of.
    """
    by.require(OWNERSHIP_READ)
    places = asked.places(by.organization.id)
    last = places.read(after)[0] if after else None
    here = sink(by.organization)
    mark = _mark(here, asked.repository_id)
    rows = placed(_rows(here, asked) if mark else _nothing(), asked.place)
    found = of_places(rows)
    if last is not None:
        found = found.filter(pl.col("path") > last)
    shown, whole = found.head(limit), rows.with_columns(place=pl.lit(asked.place))
    return OwnershipPage(
        asked=asked,
        places=places,
        mark=mark,
        whole=next(iter(_owned(of_places(whole), whole, by)), None),
        rows=_owned(shown, rows.filter(pl.col("place").is_in(shown["path"].to_list())), by),
        has_next=found.height > limit,
    )


def _owned(places: pl.DataFrame, rows: pl.DataFrame, by: Member) -> list[OwnedPlace]:
    owning = Owning(rows, by)
    return [OwnedPlace(numbers, owning) for numbers in places.to_dicts()]


def _mark(here: Sink, repository_id: UUID) -> Cells | None:
    """The repository's. Null: no blame of it has come to its end. Raises `NotFound`."""
    if here.get(Repository, [(repository_id,)]).is_empty():
        raise NotFound("There is no such repository.")
    marks: list[dict[str, Any]] = here.get(BlameMark, [(repository_id,)]).to_dicts()
    return marks[0] if marks else None


def _rows(here: Sink, asked: Asked) -> pl.DataFrame:
    """Its standing rows, all of them: a store compares whole paths, no beginnings."""
    rows = here.read(
        BlameFile,
        where={"repo_id": asked.repository_id},
        columns=COLUMNS,
        limit=MOST_RECORDS + 1,
    )
    if rows.height > MOST_RECORDS:
        raise Unprocessable(
            f"More than {MOST_RECORDS:,} rows of {BlameFile.table} are behind this repository's "
            "ownership: ask `dev-hops metrics ownership` at the store.",
            code="too_many_records",
        )
    known = rows.with_columns(repo_id=pl.lit(str(asked.repository_id)), deleted_at=pl.lit(None))
    return standing(known, asked.population)


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema=table_of(BlameFile).schema)
