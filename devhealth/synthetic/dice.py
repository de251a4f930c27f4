"""Chance, from one seed: the same throws on every platform and with every version of Python.

Only `Random.random()` is asked, whose values are promised; what is made of them is made by whole
numbers or by one multiplication.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Thing = TypeVar("Thing")

_MANY = 1 << 53


class Dice:
    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random  # noqa: S311 (nobody's secret)

    def seed(self) -> int:
        """For dice of their own: what is thrown with these changes nothing of what follows here."""
        return self.below(_MANY)

    def chance(self, percent: float) -> bool:
        return self._random() * 100 < percent

    def below(self, count: int) -> int:
        """0 to `count` - 1, each as likely."""
        return int(self._random() * count)

    def between(self, first: int, last: int) -> int:
        """`first` to `last`, both possible."""
        return first + self.below(last - first + 1)

    def one(self, things: Sequence[Thing]) -> Thing:
        return things[self.below(len(things))]

    def early(self, count: int) -> int:
        """0 to `count` - 1, the first ones much more often."""
        throw = self._random()
        return int(throw * throw * throw * count)

    def times(self, percent: int) -> int:
        """How often something happens that does so `percent` times in a hundred tries; 250: twice
        or three times."""
        return percent // 100 + self.chance(percent % 100)

    def spread(self, steps: Sequence[int]) -> int:
        """Between two neighbours of a rising list, each pair as likely."""
        place = self.below(len(steps) - 1)
        return self.between(steps[place], steps[place + 1])
