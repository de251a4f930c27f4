"""What follows from pull requests, their reviews and comments once it is known who everybody is.

One definition, at sync and at restamp: whose they are, what counts as a review or a response, how
long each phase took, what kind of work it is. Of a record that is gone only what its pull request
outlived counts: what was buried together with it still does for the tombstone.

A person without an account is `unknown`. Where both author and reviewer are, nobody knows whether
they are two: the review counts as the author's own.
"""

import polars as pl

from devhealth.models.records import Comment, PullRequest, Review
from devhealth.models.records.review import NOBODY
from devhealth.processors.categories import NONE, by_rules
from devhealth.processors.frames import hours
from devhealth.processors.naming import (
    COMMENTS,
    PULL_REQUESTS,
    REVIEWS,
    Frames,
    Naming,
    with_people,
    with_teams,
)
from devhealth.processors.stamps import Stamps

_KEY = ["repo_id", "number"]


def derived(found: Frames, stamps: Stamps) -> Frames:
    """The same pull requests, reviews and comments with all that is stamped, as it should be.

    Reviews and comments are all those of the pull requests; what is stamped may be there already,
    of another time. In no order.
    """
    pulls = _owned(_whose(found[PullRequest], PULL_REQUESTS, stamps), PULL_REQUESTS, stamps)
    ends = pulls.select(
        *_KEY, "ready_at", "closed_at",
        pull_author_id="author_id", pull_kind="actor_kind", pull_deleted_at="deleted_at",
    )  # fmt: skip
    reviews = _owned(_whose(found[Review], REVIEWS, stamps), REVIEWS, stamps)
    reviews = _counted(reviews.join(ends, on=_KEY, how="left"), REVIEWS)
    comments = _whose(found[Comment], COMMENTS, stamps)
    said = _counted(comments.join(ends, on=_KEY, how="left"), COMMENTS)
    told = _told(reviews).join(_answered(reviews, said), on=_KEY, how="full", coalesce=True)
    pulls = categorised(_phases(_with_reviews(pulls, told)), stamps)
    return {
        PullRequest: _as_given(pulls, found[PullRequest]),
        Review: _as_given(_judged(reviews), found[Review]),
        Comment: _as_given(comments, found[Comment]),
    }


def with_linked(told: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """What the work item of each said when that was found last: no provider tells it."""
    names = ["item_theme", "item_subcategory", "item_rule"]
    known = stored.select(*_KEY, *names)
    both = told.drop(names).join(known, on=_KEY, how="left", maintain_order="left")
    return both.with_columns(pl.col(names).fill_null("")).select(told.columns)


def _whose(rows: pl.DataFrame, naming: Naming, stamps: Stamps) -> pl.DataFrame:
    return with_teams(with_people(rows, naming, stamps.people), naming, stamps.teams)


def _owned(rows: pl.DataFrame, naming: Naming, stamps: Stamps) -> pl.DataFrame:
    owner = pl.lit(stamps.owner) if stamps.owner else pl.col(naming.team_id)
    return rows.with_columns(team_id=owner)


def _counted(rows: pl.DataFrame, naming: Naming) -> pl.DataFrame:
    """With `is_others`: another's than the author's; `counts`: so, a person's, and not gone."""
    is_others = (pl.col(naming.id) != pl.col("pull_author_id")).fill_null(True)
    gone_at, is_human = pl.col("deleted_at"), pl.col("actor_kind") == "human"
    is_there = gone_at.is_null() | (gone_at >= pl.col("pull_deleted_at")).fill_null(False)
    return rows.with_columns(is_there=is_there, is_others=is_others).with_columns(
        counts=pl.col("is_there") & pl.col("is_others") & is_human
    )


def _told(reviews: pl.DataFrame) -> pl.DataFrame:
    """What the reviews that count say of their pull requests."""
    state, at = pl.col("state"), pl.col("submitted_at")
    return (
        reviews.filter("counts")
        .group_by(_KEY)
        .agg(
            first_review_at=at.min(),
            approved_at=at.filter(state == "approved").min(),
            reviews_count=pl.len().cast(pl.Int64),
            changes_requested_count=(state == "changes_requested").sum().cast(pl.Int64),
        )
    )


def _answered(reviews: pl.DataFrame, comments: pl.DataFrame) -> pl.DataFrame:
    """When somebody answered first, while that was asked for."""
    at, closed_at = pl.col("at"), pl.col("closed_at")
    asked = (at >= pl.col("ready_at")) & (closed_at.is_null() | (at <= closed_at))
    said = pl.concat(
        rows.filter("counts").select(*_KEY, "ready_at", "closed_at", at=instant)
        for rows, instant in ((reviews, "submitted_at"), (comments, "created_at"))
    )
    return said.filter(asked).group_by(_KEY).agg(first_response_at=at.min())


def _with_reviews(pulls: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """What a provider does not tell of stays null: it is there before anything was counted."""
    names = [name for name in told.columns if name not in _KEY]
    is_told = pl.col("changes_requested_count").is_not_null().alias("is_told")
    joined = pulls.with_columns(is_told).drop(names, strict=False).join(told, on=_KEY, how="left")
    changes = pl.col("changes_requested_count").fill_null(0)
    return joined.with_columns(
        pl.col("reviews_count").fill_null(0),
        changes_requested_count=pl.when("is_told").then(changes),
    )


def _phases(pulls: pl.DataFrame) -> pl.DataFrame:
    return pulls.with_columns(
        draft_hours=hours("created_at", "ready_at"),
        pickup_hours=hours("ready_at", "first_response_at"),
        review_hours=hours("first_response_at", "merged_at"),
        cycle_hours=hours("created_at", "merged_at"),
        coding_hours=hours("first_commit_at", "created_at").clip(lower_bound=0),
    )


def categorised(pulls: pl.DataFrame, stamps: Stamps) -> pl.DataFrame:
    """As its work item is; else by title and labels: it has no type, and its paths are not stored.

    What its work item says is found by `linked`, and kept until that finds another.
    """
    own = by_rules(pulls, stamps.categories)
    of_item = dict(zip(NONE._fields, ("item_theme", "item_subcategory", "item_rule"), strict=True))
    return own.with_columns(
        pl.when(pl.col("item_theme") != "").then(pl.col(item)).otherwise(pl.col(name)).alias(name)
        for name, item in of_item.items()
    )


def _judged(reviews: pl.DataFrame) -> pl.DataFrame:
    """With what the pull request's author makes of them; the first of several at once has the
    lowest id."""
    is_another = pl.col("is_others") & pl.col("is_there")
    so_far = is_another.cum_sum().over(*_KEY, "reviewer_id")
    return reviews.sort("submitted_at", "review_id").with_columns(
        author_id=pl.col("pull_author_id").fill_null(str(NOBODY)),
        author_kind=pl.col("pull_kind").fill_null("human"),
        is_own=~pl.col("is_others"),
        is_first_of_reviewer=is_another & (so_far == 1),
    )


def _as_given(rows: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """The columns that were given."""
    return rows.select(given.columns)
