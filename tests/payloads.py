"""Real payloads of public projects, where a folder of them is: they are not part of the project.

The folder is named by `DEVHEALTH_PAYLOADS`, else it is `../shared/data` beside the checkout. Tests
of them stand in modules named `…_payloads.py`; without the folder these are not collected.
"""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
NAMED = Path(os.environ.get("DEVHEALTH_PAYLOADS", ROOT.parent / "shared" / "data"))
FOLDER = NAMED if NAMED.is_dir() else None

REASON = (
    f"payloads: {NAMED}"
    if FOLDER
    else f"payloads: none, {NAMED} is no directory; DEVHEALTH_PAYLOADS names another"
)

csv.field_size_limit(1 << 30)


def devlake(provider: str, table: str) -> Iterator[tuple[Any, Any]]:
    """(body, what it was asked for) of each answer of a raw table; the latter may be null."""
    assert FOLDER is not None, REASON
    path = FOLDER / "devlake" / provider / "raw_tables" / f"_raw_{provider}_api_{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield json.loads(row["data"]), json.loads(row["input"] or "null")


def octokit(event: str) -> Iterator[Any]:
    """Every example of a GitHub webhook's body."""
    assert FOLDER is not None
    for path in sorted((FOLDER / "octokit-webhooks" / event).glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))
