"""What kind of work it is: the first of the Directory's rules that matches decides."""

import re
from collections.abc import Iterable
from fnmatch import translate
from typing import NamedTuple

from devhealth.models.directory import CategoryRule, Directory

UNCLASSIFIED = "unclassified"


class Category(NamedTuple):
    """Named like the columns of records; `category_rule` is the rule's place, from 1."""

    work_theme: str
    work_subcategory: str
    category_rule: str


NONE = Category(UNCLASSIFIED, UNCLASSIFIED, "")


class Categories:
    """The rules of a Directory."""

    def __init__(self, directory: Directory) -> None:
        self._rules = [
            (_Rule(rule), Category(rule.theme, rule.subcategory, str(place)))
            for place, rule in enumerate(directory.categories, start=1)
        ]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def of(
        self,
        title: str,
        labels: Iterable[str],
        *,
        types: Iterable[str] = (),
        paths: Iterable[str] = (),
    ) -> Category:
        """Of a piece of work. What is not known of it matches no pattern."""
        texts = tuple([text.lower() for text in told] for told in (labels, (title,), types, paths))
        return next((category for rule, category in self._rules if rule.matches(texts)), NONE)


class _Rule:
    """Its lists as expressions, each beside the place of the texts that it is about."""

    def __init__(self, rule: CategoryRule) -> None:
        lists = (rule.labels, rule.titles, rule.types, rule.paths)
        self._lists = [
            (place, re.compile("|".join(map(translate, patterns))).match)
            for place, patterns in enumerate(lists)
            if patterns
        ]

    def matches(self, texts: tuple[list[str], ...]) -> bool:
        return all(any(map(match, texts[place])) for place, match in self._lists)
