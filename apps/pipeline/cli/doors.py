"""What a command asks for, wherever it is answered. Values are the REST API's JSON."""

from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and the seconds until it is worth asking again. None: it will not change."""

    value: Json
    wait: float | None


class Door(Protocol):
    def preview(self, body: Json) -> Json: ...
    def start(self, body: Json) -> Json: ...
    def job(self, job_id: str) -> Told: ...
    def jobs(self, limit: int) -> list[Json]: ...
    def recompute(self, body: Json) -> Json: ...
    def recomputed(self, recompute_id: str) -> Told: ...
