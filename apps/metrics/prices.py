"""What GraphQL's larger questions about metrics cost."""

from collections.abc import Mapping
from typing import Any

from apps.cost import Arguments, Cost
from apps.errors import BadRequest

MOST_PARTS = 10
GROUPS = 10  # of a part that does not say how many

Part = Mapping[str, Any]


def parts_of(arguments: Arguments) -> list[Part]:
    """Whatever has a range of days in `batch`, alone or in a list: a new kind is no gift.

    Raises `BadRequest` for more than ten.
    """
    given: list[Any] = []
    for value in arguments["batch"].values():
        given += value if isinstance(value, list) else [value]
    parts: list[Part] = [each for each in given if isinstance(each, dict) and "dateRange" in each]
    if len(parts) > MOST_PARTS:
        raise BadRequest(
            f"A batch has at most {MOST_PARTS} parts, not {len(parts)}.", code="too_many_parts"
        )
    return parts


def questions_of(arguments: Arguments) -> int:
    """One for a part, and one for the days that it is compared with; two for two measures, and for
    a matrix, which names no measure or people."""
    return sum(map(_spans, parts_of(arguments)))


def values_of(arguments: Arguments) -> int:
    """Days × groups of each part, however the days are put together."""
    return sum(_spans(part) * _days(part) * _groups(part) for part in parts_of(arguments))


def _spans(part: Part) -> int:
    """Of days or measures."""
    is_matrix = "maxEdges" in part and "path" not in part
    return 2 if part.get("compareToPrior") or "y" in part or is_matrix else 1


def _days(part: Part) -> int:
    """Both ends included."""
    days: int = (part["dateRange"]["endDate"] - part["dateRange"]["startDate"]).days + 1
    return max(days, 1)


def _groups(part: Part) -> int:
    groups: int = part.get("topN") or part.get("maxNodes") or GROUPS
    return max(groups, 1)


BATCH = Cost(questions=questions_of, values=values_of, rows=1)
"""Of `analytics(batch: …)`: its values are counted here, not by the lists of its answer."""
