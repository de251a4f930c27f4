"""What a client has used, for the rows that say what a sync covered and cost."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Spent:
    requests: int = 0
    """Sent, repetitions and redirects included."""
    not_modified: int = 0
    """Answered by 304: no quota."""
    retries: int = 0
    """Sent again, after an error or a refusal."""
    waited: float = 0.0
    """Seconds, for limits, places and before repetitions."""
    cost: int = 0
    """Quota reserved for what was answered, 304 left out. Requests, or points of GraphQL."""
    bytes: int = 0
    """Of bodies as they were sent, mostly compressed."""
