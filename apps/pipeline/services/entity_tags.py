"""Entity tags of a source's target: they lie in its watermark's row, and move with it.

A tag promises that what it was of is stored already. What a fetch is told waits here until its rows
are in; the transaction that moves the mark keeps it. Whatever is cut short leaves the tags that
were there before, and the next fetch is told everything again.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from devhealth.http import Stored

Column = Mapping[str, Mapping[str, Any]]
"""As it lies in the row: by the client's key, `etag` and `next_url`."""


@dataclass(slots=True)
class Tags:
    """`devhealth.http.Etags` of one fetch. `known`: kept by the fetch before."""

    known: Mapping[str, Stored] = field(default_factory=dict)
    told: dict[str, Stored] = field(default_factory=dict)

    @classmethod
    def of(cls, column: Column) -> "Tags":
        return cls({key: Stored(**each) for key, each in column.items()})

    async def get(self, key: str) -> Stored | None:
        if (found := self.known.get(key)) is not None:
            self.told.setdefault(key, found)
        return found

    async def put(self, key: str, stored: Stored) -> None:
        self.told[key] = stored

    def column(self) -> Column:
        """Of what this fetch has asked for; what it did not ask for is forgotten."""
        return {key: asdict(each) for key, each in self.told.items()}
