"""What every rollup has."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from devhealth.models.fields import column


@dataclass(slots=True, kw_only=True)
class Rollup:
    """What every rollup has. Without a `partition` it is made of the whole organisation."""

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    instants: ClassVar[tuple[str, ...]] = ("day",)
    partition: ClassVar[str] = "repo_id"
    version: ClassVar[str] = "computed_at"
    labels: ClassVar[tuple[str, ...]] = ()  # what rows say beside their key that can be filtered on

    day: date = column("UTC calendar day.")
    is_empty: bool = column("Nothing happened, and nothing is left in the row's windows.", False)
