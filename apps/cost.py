"""What a field of GraphQL costs, said where the field is: `metadata={"cost": Cost(…)}`.

`config/cost.py` adds a document's up before anything of it runs; docs/graphql.md has the rule.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Arguments = Mapping[str, Any]
"""A field's, by their names in GraphQL, checked and with their defaults."""

Amount = int | Callable[[Arguments], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a field costs beside the values that are read of it.

    questions  put to a store or a database, however many rows the answer has
    values     that are worked through and not seen in the answer's own fields
    rows       at most, in the field's list, or in each list right below its object: a number, or
               the name of the argument that says it
    An amount that depends on the arguments is a function of them; it may refuse with an `AppError`.
    """

    questions: Amount = 1
    values: Amount = 0
    rows: int | str = "first"


HELD = Cost(questions=0)
"""Of a resolver that asks nobody: what it tells is there already."""
