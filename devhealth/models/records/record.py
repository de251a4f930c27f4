"""What every record has."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from devhealth.models.fields import column


@dataclass(slots=True, kw_only=True)
class Record:
    """What every record has: its table, its key, the instants it is read by, its tombstone.

    spans  what it lasts: from an instant on until the earliest of some others, null while it does
    apart  by what rows are told apart, beside their instants, where they last
    """

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    instants: ClassVar[tuple[str, ...]] = ()
    spans: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()
    apart: ClassVar[tuple[str, ...]] = ("author_id", "actor_kind", "team_id", "author_team_id")
    partition: ClassVar[str] = "repo_id"
    version: ClassVar[str] = "synced_at"

    deleted_at: datetime | None = column("When the provider, or a complete sweep, lost it.", None)
    deleted_reason: str | None = column("Why it counts as deleted.", None)
