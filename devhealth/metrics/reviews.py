"""Reviews of pull requests, by the instant of their submission, however old the pull request is.

A review is somebody else's than the author's, under the state that it was submitted with; bots'
reviews are not people's. CHAOSS calls them change request reviews (2024).
"""

from typing import Final

import polars as pl

from devhealth.metrics import Frames, Grouping, Part, Source
from devhealth.metrics.populations import per_population
from devhealth.models.records import Comment, Review

REVIEWS: Final = Source(
    Review,
    "submitted_at",
    ("repo_id", "number", "review_id", "reviewer_id", "actor_kind", "team_id", "is_own"),
    unless="is_own",
)
COMMENTS: Final = Source(
    Comment,
    "created_at",
    ("repo_id", "number", "comment_id", "author_id", "actor_kind", "author_team_id"),
)

ASKS_FOR_CHANGES: Final = pl.col("state") == "changes_requested"
APPROVES: Final = pl.col("state") == "approved"

OF_REVIEWS: Final = {
    "reviews_count": pl.len(),
    "reviewers_count": pl.col("reviewer_id").n_unique(),
    "top_reviewer_share": pl.col("reviewer_id").unique_counts().max() / pl.len(),
}


def over_reviews(frames: Frames, grouping: Grouping) -> pl.DataFrame:
    """Of both populations, by the reviewer's kind."""
    return per_population(frames[REVIEWS.key], grouping.row, OF_REVIEWS)


# What they say of a repository's day.
PART: Final = Part(
    sources=(REVIEWS,), gives=tuple(OF_REVIEWS), over=over_reviews, person="reviewer_id"
)
