"""What kind of work it is: the first of the Directory's rules that matches decides."""

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from typing import NamedTuple

import polars as pl

from devhealth.models.directory import UNCLASSIFIED, CategoryRule, Directory

Match = Callable[[str], object]


class Category(NamedTuple):
    """Named like the columns of records; `category_rule` is the rule's place, from 1."""

    work_theme: str
    work_subcategory: str
    category_rule: str


NONE = Category(UNCLASSIFIED, UNCLASSIFIED, "")


class Categories:
    """The rules of a Directory.

    Work that no path is told of matches no rule that asks for paths, and none has any told yet.
    """

    def __init__(self, directory: Directory) -> None:
        self._rules = [
            (_Rule(rule), Category(rule.theme, rule.subcategory, str(place)))
            for place, rule in enumerate(directory.categories, start=1)
            if not rule.paths
        ]
        # Much work has the same labels: for these, how titles decide.
        self._by_title: dict[tuple[tuple[str, ...], ...], list[tuple[Match, Category]]] = {}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def of(self, title: str, labels: Iterable[str], types: Iterable[str] = ()) -> Category:
        """Of a piece of work. What is not told of it matches no pattern."""
        told = tuple(labels), tuple(types)
        rules = self._by_title.get(told)
        if rules is None:
            rules = self._by_title[told] = [
                (rule.titles, category) for rule, category in self._rules if rule.has(*told)
            ]
        text = title.lower()
        return next((category for matches, category in rules if matches(text)), NONE)


def by_rules(rows: pl.DataFrame, categories: Categories, kind: str | None = None) -> pl.DataFrame:
    """Rows with what the rules make of their `title`, `labels` and, where they have one, `kind`."""
    if not categories:
        return rows.with_columns(**{name: pl.lit(text) for name, text in NONE._asdict().items()})
    told = rows.select("title", "labels", types=pl.concat_list(kind) if kind else pl.lit(None))
    found = [categories.of(title, labels, types or ()) for title, labels, types in told.iter_rows()]
    schema = dict.fromkeys(NONE._fields, pl.String())
    return rows.with_columns(pl.DataFrame(found, schema=schema, orient="row").get_columns())


class _Rule:
    """Its lists as expressions; one that is not given matches anything."""

    def __init__(self, rule: CategoryRule) -> None:
        self.titles = _match(rule.titles) or (lambda title: True)
        self._labels, self._types = _match(rule.labels), _match(rule.types)

    def has(self, labels: tuple[str, ...], types: tuple[str, ...]) -> bool:
        return _any(self._labels, labels) and _any(self._types, types)


def _match(patterns: tuple[str, ...]) -> Match | None:
    return re.compile("|".join(map(translate, patterns))).match if patterns else None


def _any(match: Match | None, texts: tuple[str, ...]) -> bool:
    return match is None or any(match(text.lower()) for text in texts)
