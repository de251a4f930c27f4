"""Who the authors of one page are, read once and only if somebody asks."""

from collections.abc import Iterable
from functools import cached_property

from apps.metrics.services import Cells, identities
from apps.orgs.services import Member


class Authors:
    def __init__(self, ids: Iterable[str], by: Member) -> None:
        self._ids = set(ids)
        self._by = by

    def tell(self, author_id: str, column: str) -> str | None:
        """Null for an author who is not in the directory any more."""
        value: str | None = self._identities.get(author_id, {}).get(column)
        return value

    @cached_property
    def _identities(self) -> dict[str, Cells]:
        return identities(self._ids, by=self._by)
