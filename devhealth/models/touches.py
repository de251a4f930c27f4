"""What a sync's writes touched: the only thing that a recompute needs to know of it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from devhealth.models.records import Record

EVERYWHERE = ""  # the partition of what an organisation has only one of


@dataclass(slots=True)
class Touches:
    """UTC days on which records of a class were added, changed or lost, by class and partition.

    A partition is what one read loads at a time: the text of a repository's id.
    """

    days: dict[tuple[type[Record], str], set[date]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def add(self, cls: type[Record], partition: UUID | str, instant: datetime) -> None:
        self.days[cls, str(partition)].add(instant.astimezone(UTC).date())

    def __or__(self, other: "Touches") -> "Touches":
        both = Touches()
        for touches in (self, other):
            for key, days in touches.days.items():
                both.days[key] |= days
        return both

    def partitions(self) -> list[str]:
        return sorted({partition for _, partition in self.days} - {EVERYWHERE})

    def everywhere(self) -> "Touches":
        """The same days, of the whole organisation."""
        all_of_them = Touches()
        for (cls, _), days in self.days.items():
            all_of_them.days[cls, EVERYWHERE] |= days
        return all_of_them
