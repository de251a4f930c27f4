"""file_metrics_daily: what a day did to a file that it changed, and the 30 days up to it.

A hotspot is where much effort goes: how often a file changes, times its size (Tornhill 2015, "Your
Code as a Crime Scene"), which is read as the lines that changed, so that it needs no checkout. Only
days that changed a file have a row of it; on any other day, and in any other bucket, the same
expression answers from records. A file that was renamed begins anew.

What a grouping by less than repository and path puts together counts as one file; changes are
counted one by one all the same.
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part, Source
from devhealth.metrics.windows import active, days_of, in_order, place, running, with_close_keys
from devhealth.models.records import CommitFile
from devhealth.models.rollups import FileDay

WINDOW: Final = 30

OF_FILE = Source(
    CommitFile,
    "committed_at",
    ("repo_id", "path", "author_id", "loc_added", "loc_deleted"),
    window=WINDOW,
)

LINES: Final = pl.col("loc_added") + pl.col("loc_deleted")

OF_DAY = {
    "file_changes_count": pl.col("commits"),
    "loc_added": pl.col("loc_added"),
    "loc_deleted": pl.col("loc_deleted"),
}
OF_WINDOW = {
    "commits_30d": pl.col("commits"),
    "changed_loc_30d": LINES,
    "hotspot_score_30d": pl.col("commits") * (1 + LINES).log(),
}


def over_files(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """A row for each file and day that changed it."""
    files, window = frames[OF_FILE.key], grouping.window(WINDOW) or 1
    changes = _changes(files, grouping.by)
    days = days_of(changes["place"], grouping.rows_within)
    reach = changes["place"].search_sorted(days["place"] - (window - 1))
    sums = running(changes.select("loc_added", "loc_deleted", commits=pl.lit(1, pl.Int64)))
    upto = sums[days["until"]]
    return pl.concat(
        [
            files.select(grouping.row)[changes["row"].gather(days["since"])],
            (upto - sums[days["since"]]).select(**OF_DAY),
            (upto - sums[reach]).select(**OF_WINDOW),
            active(changes.filter(LINES > 0), "author", days["place"], window).to_frame(
                "authors_30d"
            ),
        ],
        how="horizontal",
    )


def _changes(files: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """Changes by their `place`, each with the `row` that it has among the files."""
    placed = files.with_columns(key=in_order(files, by)).select(
        "loc_added",
        "loc_deleted",
        place=place(pl.col("key")),
        author=pl.col("author_id").to_physical().cast(pl.Int64),
        row=pl.int_range(pl.len()),
    )
    return with_close_keys(placed.sort("place"))


METRIC = Metric(
    rollup=FileDay,
    parts=(
        Part(
            sources=(OF_FILE,),
            gives=(*OF_DAY, *OF_WINDOW, "authors_30d"),
            over=over_files,
            groups=("repo_id", "path", "author_id", "team_id"),
            always=("repo_id", "path"),
            apart=tuple(OF_DAY),
        ),
    ),
)
