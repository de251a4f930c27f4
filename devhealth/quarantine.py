"""What a provider gave and nobody could read: put aside under its address, until somebody can."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from devhealth.models.records import QuarantinedRecord
from devhealth.sinks import Sink
from devhealth.sinks.tables import objects

READABLE = "it could be read again"


@dataclass(slots=True, kw_only=True)
class Quarantine:
    """Things of one target that could not be read; one that can be is put aside no more."""

    sink: Sink
    source_id: str
    repo_id: UUID
    target: str
    checkpoint: Callable[[], None]
    stored: dict[str, QuarantinedRecord] = field(init=False)
    changed: dict[str, QuarantinedRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.checkpoint()
        where = {"source_id": self.source_id, "repo_id": self.repo_id, "target": self.target}
        rows = objects(QuarantinedRecord, self.sink.read(QuarantinedRecord, where=where))
        self.stored = {each.address: each for each in rows}

    def take(self, address: str, reason: str) -> None:
        self.changed[address] = self.stored[address] = QuarantinedRecord(
            source_id=self.source_id,
            repo_id=self.repo_id,
            target=self.target,
            address=address,
            reason=reason,
            found_at=self.sink.version,
        )

    def release(self, address: Callable[[], str]) -> None:
        """It could be read. Its address is asked for only where anything is put aside."""
        if self.stored and (known := self.stored.pop(address(), None)):
            self.changed[known.address] = replace(
                known, deleted_at=self.sink.version, deleted_reason=READABLE
            )

    def write(self) -> None:
        """What changed since the last time."""
        changed, self.changed = self.changed, {}
        if changed:
            self.checkpoint()
            self.sink.write([*changed.values()])
