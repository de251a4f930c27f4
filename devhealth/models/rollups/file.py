"""What a day did to a file."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from devhealth.models.fields import RECORD, SUM, column, measure
from devhealth.models.rollups.rollup import Rollup


@dataclass(slots=True, kw_only=True)
class FileDay(Rollup):
    """One file on a UTC day that changed it; every commit counts, bots' too. Days that only its
    window reaches have no row, which would be up to thirty times as many.
    """

    table: ClassVar[str] = "file_metrics_daily"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "path", "day")

    repo_id: UUID = column("The repository.")
    path: str = column("Path after the commit; bytes that are no UTF-8 as \\xNN.")
    file_changes_count: int = measure(
        "file changes", "Commits that changed the file that day; merges change none.", SUM
    )
    loc_added: int = measure("lines", "Lines added, as `git log --numstat -M` counts.", SUM)
    loc_deleted: int = measure("lines", "Lines deleted, as `git log --numstat -M` counts.", SUM)
    commits_30d: int = measure(
        "commits", "Commits that changed the file in 30 days to the day.", RECORD
    )
    changed_loc_30d: int = measure("changed lines", "Over 30 days to the day.", RECORD)
    authors_30d: int = measure("people", "Authors who changed a line in 30 days.", RECORD)
    hotspot_score_30d: float = measure(
        "score",
        "commits_30d · ln(1 + changed_loc_30d): how often it changes times how much (Tornhill "
        "2015).",
        RECORD,
        better="lower",
    )
