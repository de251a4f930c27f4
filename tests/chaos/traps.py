"""Files by which the suite stops a worker at a point, learns that it stands there, lets it go.

<directory>/<organisation>.trap    where to stop: actor, point, how often it is passed before
<directory>/<organisation>.hit     somebody stands there: process, unit
<directory>/<trap>.go              go on
<directory>/<organisation>.fault   what the provider does to this organisation
<directory>/log                    one JSON object a line: claims, ends, git's arguments
"""

import json
import os
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID, uuid4


@dataclass(frozen=True, slots=True)
class Trap:
    """The `nth` time that this actor passes this point."""

    actor: str
    point: str
    nth: int = 1
    id: str = ""


class Board:
    """Both sides of the files."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._passed: Counter[str] = Counter()
        self._lock = Lock()

    # --- the suite's side

    def arm(self, organization: UUID, trap: Trap) -> None:
        self._file(organization, "hit").unlink(missing_ok=True)
        self._write(organization, "trap", {**asdict(trap), "id": uuid4().hex})

    def disarm(self, organization: UUID) -> None:
        self._file(organization, "trap").unlink(missing_ok=True)

    def hit(self, organization: UUID) -> dict[str, Any] | None:
        return self._read(organization, "hit")

    def go(self, organization: UUID, hit: dict[str, Any] | None = None) -> None:
        """Let go whoever stands there, or stood there when this was the hit."""
        if found := hit or self.hit(organization):
            self._write(found["id"], "go", {})

    def fault(self, organization: UUID, **fault: Any) -> None:
        """`retry_after` (seconds or null): the provider refuses; `poison`: it kills."""
        self._write(organization, "fault", fault)

    def heal(self, organization: UUID) -> None:
        self._file(organization, "fault").unlink(missing_ok=True)

    def log(self, kind: str, organization: UUID) -> list[dict[str, Any]]:
        path = self.directory / "log"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        return [
            each
            for each in found
            if each["kind"] == kind and each["organization"] == str(organization)
        ]

    # --- the worker's side

    def pass_by(self, organization: UUID, actor: str, point: str, unit: int) -> None:
        """Stops here until told to go, if this is the place."""
        found = self._read(organization, "trap")
        if found is None or (found["actor"], found["point"]) != (actor, point):
            return
        with self._lock:
            self._passed[found["id"]] += 1
            if self._passed[found["id"]] != found["nth"]:
                return
        self.disarm(organization)
        hit = {"id": found["id"], "pid": os.getpid(), "unit": unit, "at": time.time()}
        self._write(organization, "hit", hit)
        while not self._file(found["id"], "go").exists():
            time.sleep(0.02)

    def fault_of(self, organization: UUID) -> dict[str, Any] | None:
        return self._read(organization, "fault")

    def note(self, kind: str, organization: UUID, **more: Any) -> None:
        line = {"kind": kind, "organization": str(organization), "at": time.time(), **more}
        log = os.open(self.directory / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(log, (json.dumps(line) + "\n").encode())
        finally:
            os.close(log)

    # --- files

    def _file(self, of: UUID | str, kind: str) -> Path:
        return self.directory / f"{of}.{kind}"

    def _read(self, organization: UUID, kind: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(self._file(organization, kind).read_text())
        except FileNotFoundError:
            return None
        return found

    def _write(self, of: UUID | str, kind: str, content: dict[str, Any]) -> None:
        """Whole or not at all."""
        path = self._file(of, kind)
        made = path.with_name(f".{path.name}.{uuid4().hex}")
        made.write_text(json.dumps(content))
        made.replace(path)
