"""Which of many repositories, or projects of a tracker, somebody wants.

    Wanted(patterns=("acme/*", "!acme/old-*"))    one owner's, without some
    Wanted(patterns=("api",))                     whose name has a part of this name
    Wanted()                                      all; archived ones and forks are asked for by name

Capitals and small letters are one.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

NOT = "!"
WILD = frozenset("*?[")


class Named(Protocol):
    """What a pattern looks at."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def is_archived(self) -> bool: ...
    @property
    def is_fork(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    patterns  one of these must match, and none that begins with `!`; none is all
    archived  whether what is archived is in, too
    forks     whether forks are
    """

    patterns: tuple[str, ...] = ()
    archived: bool = False
    forks: bool = False

    def takes(self, found: Named) -> bool:
        if (found.is_archived and not self.archived) or (found.is_fork and not self.forks):
            return False
        wanted = [each for each in self.patterns if not each.startswith(NOT)]
        unwanted = [each.removeprefix(NOT) for each in self.patterns if each.startswith(NOT)]
        is_in = not wanted or any(_matches(found, each) for each in wanted)
        return is_in and not any(_matches(found, each) for each in unwanted)


def _matches(found: Named, pattern: str) -> bool:
    pattern = pattern.lower()
    names = [each.lower() for each in found.names]
    if WILD & set(pattern):
        return any(fnmatchcase(each, pattern) for each in names)
    return any(pattern in each for each in names)
