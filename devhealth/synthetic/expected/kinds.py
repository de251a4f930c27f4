"""What kind of work something is: by the first rule of the made-up organisation that fits.

A rule fits where each list that it gives has a pattern that something told fits. A pull request has
no type; it is of the kind of the item that it names, if that is of any.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from devhealth.models.directory import CategoryRule
from devhealth.synthetic.world import Item, PullRequest


class Kind(NamedTuple):
    theme: str
    subcategory: str


UNKNOWN: Final = Kind("unclassified", "unclassified")


class Kinds:
    """`items`: all of the world's, by whose keys pull requests name them."""

    def __init__(self, rules: Iterable[CategoryRule], items: Iterable[Item] = ()) -> None:
        self._rules = tuple(rules)
        self._named = dict(self._called(items))

    def of_item(self, item: Item) -> Kind:
        return self._first(item.title, item.labels, (item.item_type,))

    def of_pull(self, pull: PullRequest) -> Kind:
        for key in pull.refers_to:
            if (kind := self._named.get(key, UNKNOWN)) != UNKNOWN:
                return kind
        return self._first(pull.title, pull.labels, ())

    def _called(self, items: Iterable[Item]) -> Iterator[tuple[str, Kind]]:
        """By the keys that they have and had."""
        for each in items:
            for key in (each.key, *each.former_keys):
                yield key, self.of_item(each)

    def _first(self, title: str, labels: tuple[str, ...], types: tuple[str, ...]) -> Kind:
        for rule in self._rules:
            lists = ((rule.types, types), (rule.labels, labels), (rule.titles, (title,)))
            if not rule.paths and all(_fits(patterns, texts) for patterns, texts in lists):
                return Kind(rule.theme, rule.subcategory)
        return UNKNOWN


def _fits(patterns: tuple[str, ...], texts: tuple[str, ...]) -> bool:
    if not patterns:
        return True
    return any(fnmatchcase(text.lower(), pattern) for text in texts for pattern in patterns)
