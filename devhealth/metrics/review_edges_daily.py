"""review_edges_daily: who reviewed whose pull requests, in one repository on a day.

A review counts on the UTC day of its submission, under the state that it was submitted with;
nobody reviews their own.
"""

from dataclasses import replace
from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Metric, Part
from devhealth.metrics.reviews import APPROVES, ASKS_FOR_CHANGES, REVIEWS
from devhealth.models.rollups import ReviewEdgeDay

BETWEEN: Final = replace(REVIEWS, columns=(*REVIEWS.columns, "author_id", "state"))

# Reviews that count, by measure.
VERDICTS: Final = {"changes_requested_count": ASKS_FOR_CHANGES, "approvals_count": APPROVES}


def over_reviews(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Reviews, and what they came to; `actor_kind` is the reviewer's of the day's last one."""
    counts = {name: which.sum() for name, which in VERDICTS.items()}
    reviews = frames[BETWEEN.key].sort("submitted_at", "number", "review_id")
    return reviews.group_by(grouping.row).agg(
        pl.col("actor_kind").last(), reviews_count=pl.len(), **counts
    )


METRIC = Metric(
    rollup=ReviewEdgeDay,
    parts=(
        Part(
            sources=(BETWEEN,),
            gives=("actor_kind", "reviews_count", *VERDICTS),
            over=over_reviews,
            evidence=VERDICTS,
            person="reviewer_id",
        ),
    ),
)
