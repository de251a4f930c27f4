"""What only one organisation has, and how it is found in what another one is told.

An organisation's mark is its slug: it stands in its host, its name, its people's addresses and in
every text that is seeded for it. Its own ids and its large numbers tell it apart as well.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID, uuid5

from devhealth.models.directory import Directory
from devhealth.processors.identity import Identities

NAMESPACE = UUID(int=77)
ACME = "acme-mark"
GLOBEX = "globex-mark"
SHARED = "shared"  # the owner of ids that both have
NOBODY = "nobody"  # the owner of ids that nobody has
LARGE = 7_000_000  # no number of globex's comes near it

Sent = Iterable[str]


_given: dict[str, set[str]] = defaultdict(set)


@cache
def id_of(owner: str, name: str) -> UUID:
    """The id that a column of this name has in rows of `owner`."""
    made = person_of(owner) if name == "author_id" else uuid5(NAMESPACE, f"{owner} {name}")
    _given[owner].add(str(made))
    return made


def address_of(owner: str) -> str:
    return f"{owner}@people.example"


def person_of(owner: str) -> UUID:
    """An author's id follows from their address."""
    return Identities(Directory()).resolve("", address_of(owner)).author_id


def ids_of(owner: str) -> frozenset[str]:
    """All that were given out so far."""
    return frozenset(_given[owner])


def number_of(slug: str) -> int:
    return LARGE if slug == ACME else 1


def leaks(told: str, secrets: Iterable[str], sent: Sent = ()) -> list[str]:
    """What of the secrets stands in a text, beside what was sent with the question itself."""
    rest = without(told, sent).lower()
    return sorted({each for each in secrets if each in rest})


def without(told: str, sent: Sent) -> str:
    for value in sorted({form for each in sent for form in forms(each)}, key=len, reverse=True):
        told = re.sub(re.escape(value), "(sent)", told, flags=re.IGNORECASE)
    return told


def forms(value: str) -> set[str]:
    """As it may come back: plain, in an address, in JSON."""
    return {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]} - {""}


def large_numbers(told: str) -> list[float]:
    """Numbers of a JSON text that only acme can have."""
    try:
        return [each for each in numbers(json.loads(told)) if each >= LARGE / 10]
    except ValueError:
        return []


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value
