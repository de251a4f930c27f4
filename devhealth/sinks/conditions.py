"""What a filter may ask of a column beside being one of some values. A null passes none of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AtLeast:
    """So much or more."""

    value: Any


@dataclass(frozen=True, slots=True)
class Has:
    """A text that this one stands in; letters of ASCII in whatever case, others as they are.

    No two stores agree about the case of the rest.
    """

    text: str
