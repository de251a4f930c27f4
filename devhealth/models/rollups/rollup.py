"""What every rollup has."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from devhealth.models.fields import column


@dataclass(slots=True, kw_only=True)
class Rollup:
    """What every rollup has. Without a `partition` it is made of the whole organisation.

    labels  what rows say beside their key that can be filtered on
    person  the column of the key that says whose numbers they are, in tables by person
    """

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    instants: ClassVar[tuple[str, ...]] = ("day",)
    partition: ClassVar[str] = "repo_id"
    version: ClassVar[str] = "computed_at"
    labels: ClassVar[tuple[str, ...]] = ()
    person: ClassVar[str] = "author_id"

    day: date = column("UTC calendar day.")
    is_empty: bool = column("Nothing happened, and nothing is left in the row's windows.", False)
