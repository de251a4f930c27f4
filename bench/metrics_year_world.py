"""An organisation's year, seeded: repositories of unequal size, and what people did in them.

Frames are made whole by polars, without a walk over rows: a draw is a hash of its place and of a
seed. A pull request is of one commit, and has reviews and comments by others of its repository; a
work item goes one of a few ways through its states (`metrics_year_items`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID, uuid5

import polars as pl

from devhealth.models.fields import DTYPES
from devhealth.models.records import (
    Comment,
    Commit,
    CommitFile,
    PullRequest,
    PullRequestCommit,
    Record,
    Repository,
    Review,
)
from devhealth.sinks.tables import ZEROS, table_of

SEED = 20_261_127
LAST = date(2026, 11, 29)
YEAR = 395  # days: every day of a year has its whole window
AUTHORS, TEAMS, PATHS = 15, 12, 12_000
INSTANT = DTYPES["instant"]
HOUR = 3_600_000  # milliseconds
NAMES = UUID(int=SEED)

Frames = Iterator[tuple[type[Record], pl.DataFrame]]


@dataclass(frozen=True)
class Size:
    """How much of a year's work there is, of how many repositories and days up to the last."""

    share: float = 1.0
    repositories: int = 60
    scopes: int = 40
    days: int = YEAR

    def of(self, whole: int) -> int:
        return int(whole * self.share)

    @property
    def first(self) -> date:
        return LAST - timedelta(days=self.days - 1)


class Draws:
    """Numbers in [0, 1), the same ones for the same seed; each call draws others."""

    def __init__(self, seed: int = SEED) -> None:
        self._seed = seed

    def __call__(self, count: int) -> pl.Series:
        self._seed += 1
        return pl.int_range(count, eager=True).hash(self._seed) / 2.0**64

    def exponential(self, count: int, mean: float) -> pl.Series:
        return (1 - self(count)).log() * -mean

    def below(self, count: int, end: int) -> pl.Series:
        return (self(count) * end).cast(pl.Int64)

    def weighted(self, count: int, weights: Sequence[float]) -> pl.Series:
        """Places in a list, each as often as it weighs."""
        sums = pl.Series(list(accumulate(weights)), dtype=pl.Float64)
        return sums.search_sorted(self(count) * sums[-1], side="right").cast(pl.Int64)

    def of(self, count: int, shares: Mapping[Any, float]) -> pl.Series:
        return pl.Series(list(shares)).gather(self.weighted(count, list(shares.values())))

    def instants(self, count: int, size: Size) -> pl.Series:
        """Of the size's days, few of them at weekends."""
        days = [size.first + timedelta(days=place) for place in range(size.days)]
        chosen = self.weighted(count, [0.15 if day.weekday() > 4 else 1 for day in days])
        begin = datetime.combine(size.first, datetime.min.time(), UTC)
        spent = ((chosen + self(count)) * 24 * HOUR).cast(pl.Int64)
        return (spent + int(begin.timestamp() * 1000)).cast(INSTANT)


def ids(kind: str, count: int) -> pl.Series:
    return pl.Series([str(uuid5(NAMES, f"{kind} {place}")) for place in range(count)])


def whole(cls: type[Record], frame: pl.DataFrame) -> pl.DataFrame:
    """All columns of a class: what is not given is its default, or nothing."""
    given = {spec.name: spec for spec in fields(cls)}
    cells = []
    for column in table_of(cls).columns:
        spec, dtype = given[column.name], DTYPES[column.kind]
        if column.name in frame.columns:
            cell = pl.col(column.name)
        elif column.kind == "texts":
            cell = pl.lit([], dtype)
        else:
            found = ZEROS[column.kind] if spec.default is MISSING else spec.default
            cell = pl.lit(str(found) if isinstance(found, UUID) else found)
        cells.append(cell.cast(dtype).alias(column.name))
    return frame.select(cells)


def code(size: Size) -> Frames:
    """Repositories, commits and their files, and pull requests with what is said of them."""
    draws, repos = Draws(), ids("repository", size.repositories)
    yield Repository, pl.DataFrame({"repo_id": repos, "provider": "github"})
    commits = _commits(draws, size, repos)
    yield Commit, commits
    yield CommitFile, _files(draws, commits, size.of(1_000_000))
    pulls = _pulls(draws, commits, size.of(200_000))
    yield PullRequest, pulls
    merged = pulls.select("repo_id", "number", "hash", committed_at="first_commit_at")
    yield PullRequestCommit, merged
    yield Review, _reviews(draws, pulls)
    yield Comment, _comments(draws, pulls)


def _commits(draws: Draws, size: Size, repos: pl.Series) -> pl.DataFrame:
    count = size.of(250_000)
    place = draws.weighted(count, [1 / (rank + 1) for rank in range(size.repositories)])
    author = draws.exponential(count, 3).cast(pl.Int64).clip(0, AUTHORS - 1)
    is_bot = draws(count) < 0.04
    people = ids("person", AUTHORS * size.repositories)
    frame = pl.DataFrame(
        {
            "place": place,
            "author": author.zip_with(~is_bot, pl.repeat(AUTHORS - 1, count, eager=True)),
        }
    ).with_columns(
        repo_id=repos.gather(place),
        hash=pl.int_range(count, eager=True).hash(1).cast(pl.String).str.zfill(40),
        actor_kind=pl.Series(["human", "bot"]).gather(is_bot.cast(pl.Int64)),
        committed_at=draws.instants(count, size),
        loc_added=draws.exponential(count, 80).cast(pl.Int64),
        loc_deleted=draws.exponential(count, 50).cast(pl.Int64),
        parent_count=1 + (draws(count) < 0.02).cast(pl.Int64),
        time_of_week=draws.of(count, {"working_hours": 0.8, "after_hours": 0.15, "weekend": 0.05}),
        is_revert=draws(count) < 0.01,
    )
    lines = pl.col("loc_added") + pl.col("loc_deleted")
    return frame.with_columns(
        author_id=people.gather(frame["place"] * AUTHORS + frame["author"]),
        authored_at="committed_at",
        loc_changed=lines,
        size_bucket=pl.when(lines > 300)
        .then(pl.lit("large"))
        .otherwise(pl.when(lines > 50).then(pl.lit("medium")).otherwise(pl.lit("small"))),
        **_teams("team_id", "author_team_id"),
    )


def _teams(owner: str, person: str) -> dict[str, pl.Expr]:
    """The repository's, and somebody's own."""
    own = (pl.col("place") + pl.col("author") // 5) % TEAMS
    return {owner: team(pl.col("place") % TEAMS), person: team(own)}


def team(place: pl.Expr) -> pl.Expr:
    return pl.format("team-{}", place)


def _files(draws: Draws, commits: pl.DataFrame, count: int) -> pl.DataFrame:
    """Some files of a repository are changed far more often than others (Zipf, Mandelbrot)."""
    often = 1 + draws.exponential(commits.height, 4).cast(pl.Int64)
    rows = commits.select(
        "repo_id", "author_id", "actor_kind", "committed_at", "place", commit_hash="hash"
    ).with_columns(_=pl.int_ranges(0, often))
    rows = rows.explode("_").drop("_")
    known = pl.lit(PATHS) / (pl.col("place") + 1) + 200
    rank = (8 * ((known / 8 + 1).pow(draws(rows.height)) - 1)).cast(pl.Int64)
    named = rows.with_columns(
        path=pl.format("src/part_{}/billing/module_{}.py", rank % 40, rank),
        loc_added=draws.exponential(rows.height, 20).cast(pl.Int64),
        loc_deleted=draws.exponential(rows.height, 12).cast(pl.Int64),
    )
    return named.unique(["commit_hash", "path"], keep="first", maintain_order=True).head(count)


def _pulls(draws: Draws, commits: pl.DataFrame, count: int) -> pl.DataFrame:
    """Each of one commit; numbers go by the day that they were opened on."""
    frame = commits.head(count).sort("committed_at")
    hours = {
        "draft_hours": 0.5, "pickup_hours": 6.0, "review_hours": 24.0, "coding_hours": 12.0
    }  # fmt: skip
    frame = frame.with_columns(
        **{name: draws.exponential(count, mean) for name, mean in hours.items()},
        state=draws.of(count, {"merged": 0.86, "closed": 0.12, "open": 0.02}),
        number=pl.int_range(1, pl.len() + 1).over("repo_id"),
        work_theme=draws.of(count, {"feature": 0.5, "maintenance": 0.3, "unclassified": 0.2}),
        work_subcategory=pl.lit("unclassified"),
    )
    created, drafted = pl.col("committed_at"), after_hours(pl.col("draft_hours"))
    ready = created + drafted
    response = ready + after_hours(pl.col("pickup_hours"))
    end = response + after_hours(pl.col("review_hours"))
    is_over = (pl.col("state") != "open") & (end < end_of_year())
    is_merged = is_over & (pl.col("state") == "merged")
    answered = response < end_of_year()
    cycle = pl.sum_horizontal("draft_hours", "pickup_hours", "review_hours")
    return frame.with_columns(
        state=pl.when(is_over).then("state").otherwise(pl.lit("open")),
        created_at=created,
        updated_at=created,
        ready_at=ready,
        first_response_at=pl.when(answered).then(response),
        merged_at=pl.when(is_merged).then(end),
        closed_at=pl.when(is_over).then(end),
        first_commit_at=created - after_hours(pl.col("coding_hours")),
        merge_commit_hash=pl.when(is_merged).then("hash"),
        cycle_hours=pl.when(is_merged).then(cycle),
        pickup_hours=pl.when(answered).then("pickup_hours"),
        review_hours=pl.when(is_merged).then("review_hours"),
        changes_requested_count=(draws(count) < 0.2).cast(pl.Int64),
        reviews_count=draws.below(count, 5),
    )


def after_hours(hours: pl.Expr) -> pl.Expr:
    return pl.duration(milliseconds=(hours * HOUR).cast(pl.Int64), time_unit="ms")


def end_of_year() -> pl.Expr:
    return pl.lit(datetime.combine(LAST, datetime.max.time(), UTC), INSTANT)


def _said(draws: Draws, pulls: pl.DataFrame, often: pl.Series, name: str) -> pl.DataFrame:
    """So often of each: by some of the repository's people, within its cycle."""
    told = pulls.select("repo_id", "number", "place", "author", "created_at", "pickup_hours",
                        "author_id", "actor_kind")  # fmt: skip
    rows = told.with_columns(_=pl.int_ranges(0, often)).explode("_", empty_as_null=False)
    other = draws.exponential(rows.height, 3).cast(pl.Int64).clip(0, AUTHORS - 2)
    which = (rows["author"] + 1 + other) % AUTHORS
    people = ids("person", AUTHORS * (1 + int(str(pulls["place"].max()))))
    after = pl.col("pickup_hours").fill_null(1) + draws.exponential(rows.height, 12)
    return rows.with_columns(
        said_at=pl.min_horizontal(pl.col("created_at") + after_hours(after), end_of_year()),
        who=people.gather(rows["place"] * AUTHORS + which),
        author=which,
        said_id=pl.format(name + "{}", "_"),
    )


def _reviews(draws: Draws, pulls: pl.DataFrame) -> pl.DataFrame:
    rows = _said(draws, pulls, draws.below(pulls.height, 5), "r")
    shares = {"approved": 0.6, "commented": 0.25, "changes_requested": 0.15}
    return rows.with_columns(
        review_id="said_id",
        submitted_at="said_at",
        reviewer_id="who",
        author_kind="actor_kind",
        actor_kind=pl.lit("human"),
        state=draws.of(rows.height, shares),
        **_teams("team_id", "reviewer_team_id"),
    )


def _comments(draws: Draws, pulls: pl.DataFrame) -> pl.DataFrame:
    rows = _said(draws, pulls, draws.below(pulls.height, 5), "c")
    return rows.with_columns(
        comment_id="said_id",
        created_at="said_at",
        author_id="who",
        actor_kind=pl.lit("human"),
        **_teams("team_id", "author_team_id"),
    )
