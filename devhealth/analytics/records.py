"""Any other number: the daily expression again, over the records of the asked span and groups."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from devhealth.analytics.catalogue import HUMAN, catalogue
from devhealth.analytics.questions import Clock, Dimension, Question, Unanswerable
from devhealth.analytics.rows import folded
from devhealth.loading import lasting
from devhealth.metrics import DAY, Frames, Key, Metric, Part, Source, sources_of
from devhealth.metrics.copies import REPOSITORIES, counted_once
from devhealth.models.records import Commit, CommitFile, Record
from devhealth.sinks import Sink

MOST_RECORDS: Final = 2_000_000

FOLDED: Final = "group_"

CLOCKS: Final[Mapping[Clock, str]] = {"weekday": "%u", "hour": "%H"}

COMMIT: Final = ("repo_id", "hash")
OF_COMMIT: Final = {"repo_id": "repo_id", "commit_hash": "hash"}  # of a file, the commit's key


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Records that must be loaded: of a class, by an instant, over days [since, until).

    ends  the instant before which they cease, where they last from the other one on
    """

    cls: type[Record]
    at: str
    ends: str = ""
    since: date
    until: date
    where: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(slots=True)
class Loader:
    """Reads each `Need` once, with all the columns that anybody wants of it."""

    sink: Sink
    columns: dict[Need, dict[str, None]] = field(default_factory=dict)
    _read: dict[Need, pl.DataFrame] = field(default_factory=dict)

    def want(self, need: Need, columns: Iterable[str]) -> None:
        self.columns.setdefault(need, {}).update(dict.fromkeys(columns))

    def load(self, need: Need) -> pl.DataFrame:
        """Raises `Unanswerable` for more records than one answer is made of."""
        if need not in self._read:
            frame = self._found(need, list(self.columns[need]))
            if frame.height > MOST_RECORDS:
                raise Unanswerable(
                    f"More than {MOST_RECORDS:,} records of {need.cls.table} are behind this: "
                    "ask for fewer days or repositories.",
                    code="too_many_records",
                )
            self._read[need] = frame
        return self._read[need]

    def _found(self, need: Need, columns: list[str]) -> pl.DataFrame:
        where: dict[str, Any] = {name: list(values) for name, values in need.where}
        days, most = (need.since, need.until), MOST_RECORDS + 1
        if need.ends:
            spans = (need.at, need.ends)
            return lasting(self.sink, need.cls, spans, days, where, columns=columns, limit=most)
        return self.sink.read(need.cls, *days, where, at=need.at, columns=columns, limit=most)


@dataclass(frozen=True, slots=True)
class Plan:
    """The records for one question. `part` gives the measure, or the first that it is made of."""

    question: Question
    metric: Metric
    part: Part

    @property
    def sources(self) -> tuple[Source, ...]:
        return sources_of(self.metric.parts_of([self.question.measure]))

    @property
    def is_by_team(self) -> bool:
        return "team_id" in self.question.columns

    def needs(self, copies: Sequence[str]) -> dict[Need, list[str]]:
        """What to load, with the columns of each."""
        wanted: dict[Need, list[str]] = {}
        for source in self.sources:
            if source.at:
                columns = [*source.columns, source.at, *source.cls.key]
                if _has(source.cls, team := self.part.team_of(source.cls)):
                    columns.append(team)
                columns += [name for name in self.question.by if _has(source.cls, name)]
                wanted[self._need(source)] = columns
        if self._joins_commits(copies):
            wanted[self._commits()] = [*COMMIT, "committed_at", self.part.team_of(Commit)]
        return wanted

    def _joins_commits(self, copies: Sequence[str]) -> bool:
        """Files say neither which team they count for nor whether their commit is a copy."""
        of_files = any(source.cls is CommitFile for source in self.sources)
        return of_files and (self.is_by_team or bool(self.copies_of(copies)))

    def copies_of(self, copies: Sequence[str]) -> list[str]:
        """The repositories whose commits must be told from copies. A repository has its own."""
        if "repo_id" in self.question.by:
            return []
        asked = dict(self.question.where).get(Dimension.REPO)
        concerned = sorted(set(copies) & set(asked)) if asked else list(copies)
        return concerned if len(concerned) > 1 else []

    def _need(self, source: Source) -> Need:
        window = source.window if self.question.bucket == "day" else 1
        return Need(
            cls=source.cls,
            at=source.at,
            ends=source.until,
            since=self.question.since - timedelta(days=window - 1),
            until=self.question.until,
            where=self._beside() if source.is_beside else self._where(source.cls),
        )

    def _beside(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        repositories = dict(self.question.where).get(Dimension.REPO)
        return (("repo_id", repositories),) if repositories else ()

    def _commits(self) -> Need:
        """The commits of the files that are read."""
        of_files = next(source for source in self.sources if source.cls is CommitFile)
        need = self._need(of_files)
        return Need(
            cls=Commit, at="committed_at", since=need.since, until=need.until,
            where=self._where(Commit),
        )  # fmt: skip

    def _where(self, cls: type[Record]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        where, part = dict(self.question.where), self.part
        columns = {name: name.columns[-1] for name in Dimension} | {
            Dimension.AUTHOR: part.person_of(cls),
            Dimension.TEAM: part.team_of(cls),
        }
        tests = {
            columns[name]: values for name, values in where.items() if _has(cls, columns[name])
        }
        tells_people = part.person and _has(cls, part.kind)  # co-authors are people
        if self.question.population == "people" and tells_people:
            tests[part.kind] = (HUMAN,)
        return tuple(sorted(tests.items()))

    def frames(self, loader: Loader, copies: Sequence[str], repositories: pl.DataFrame) -> Frames:
        """What the part computes over: each commit once, each file with its commit's team."""
        frames: dict[Key, pl.DataFrame] = {REPOSITORIES.key: repositories}
        commits = loader.load(self._commits()) if self._joins_commits(copies) else None
        concerned = self.copies_of(copies)
        if commits is not None and concerned:
            commits = counted_once(commits, repositories)
        for source in self.sources:
            if source.at:
                frame = self._with_clock(source, loader.load(self._need(source)))
                if source.cls is Commit and concerned:
                    frame = counted_once(frame, repositories)
                if source.cls is CommitFile and commits is not None:
                    frame = _of(frame, commits, self.part.team_of(Commit))
                frames[source.key] = self._of_constant(source.cls, frame)
        return frames

    def _with_clock(self, source: Source, frame: pl.DataFrame) -> pl.DataFrame:
        clock, at = self.question.clock, pl.col(source.at)
        shown = at.dt.convert_time_zone(self.question.zone)
        return frame.with_columns(shown.dt.strftime(CLOCKS[name]).alias(name) for name in clock)

    def _of_constant(self, cls: type[Record], frame: pl.DataFrame) -> pl.DataFrame:
        """Nothing of it where something else is asked for than what it says of all of them."""
        told = self.part.constant.get(cls, {})
        asked = {name.columns[-1]: values for name, values in self.question.where}
        is_other = any(value not in asked.get(name, (value,)) for name, value in told.items())
        return self.part.with_constant(cls, frame.clear() if is_other else frame)


def timed(plan: Plan) -> Plan:
    """Raises `Unanswerable` where hours are asked of what has no instant of its own."""
    if plan.question.clock and any(each.until or each.window > 1 for each in plan.sources):
        raise Unanswerable(
            f"{plan.question.measure} lasts or looks back over days: it is of no weekday or hour.",
            code="not_groupable",
        )
    return plan


def _has(cls: type[Record], column: str) -> bool:
    return column in cls.__dataclass_fields__


def _of(files: pl.DataFrame, commits: pl.DataFrame, team: str) -> pl.DataFrame:
    """Files whose commit is among these, with its team."""
    teams = commits.select(*COMMIT, team)
    return files.join(teams, left_on=list(OF_COMMIT), right_on=list(OF_COMMIT.values()))


BUCKETS: Mapping[str, pl.Expr] = {
    "day": DAY,
    "week": DAY.dt.truncate("1w"),
    "month": DAY.dt.truncate("1mo"),
}


@dataclass(frozen=True, slots=True)
class Computed:
    """A plan with its records, ready to be computed by any grouping of the same columns.

    closed  the first day that is not over yet: what lasts is not looked at beyond it. None: every
            day is over
    """

    plan: Plan
    frames: Frames
    closed: date | None = None

    def values(self, name: str, kept: pl.DataFrame | None = None) -> pl.DataFrame:
        """`bucket`, the question's columns, `value` and the size of its sample, `n`.

        Groups that are not `kept` are one, named by nulls.
        """
        return self._computed(name, self.plan.question.bucket, kept)

    def totals(self, name: str) -> pl.DataFrame:
        """The same over all buckets together."""
        return self._computed(name, "all", None)

    def _computed(self, name: str, bucket: str, kept: pl.DataFrame | None) -> pl.DataFrame:
        question, metric = self.plan.question, self.plan.metric
        by = question.by if kept is None else tuple(f"{FOLDED}{column}" for column in question.by)
        rows = metric.compute(
            self._asked(bucket, kept),
            BUCKETS.get(bucket, pl.lit(question.since)),
            (question.since, self._last(name)),
            by=by,
            measures=[name],
        )
        if "population" in rows.columns:  # bots are left out by now, where they are to be
            rows = rows.filter(pl.col("population") == "all")
        if bucket == "day":
            rows = rows.filter(pl.col("day") >= question.since)
        sample = metric.sample_of(name)
        return rows.select(
            pl.col("day").alias("bucket"),
            *(pl.col(column).alias(column.removeprefix(FOLDED)) for column in by),
            value=pl.col(name).cast(pl.Float64),
            n=pl.col(sample) if sample else pl.lit(None, pl.Int64),
        )

    def _last(self, name: str) -> date:
        """The last day that counts; of what lasts one at whose end it is known what does.

        Time that was spent counts as it goes: rows tell of today, too.
        """
        last = self.plan.question.last
        lasts = any(source.until for source in self.plan.sources)
        goes = self.plan.part.is_through and catalogue()[name].kind != "stock"
        if self.closed is None or not lasts or goes:
            return last
        return min(last, self.closed - timedelta(days=1))

    def _asked(self, bucket: str, kept: pl.DataFrame | None) -> Frames:
        """Records of the asked days, and of those that windows reach back to; folded if asked."""
        asked = dict(self.frames)
        for source in self.plan.sources:
            if source.at:
                frame = asked[source.key]
                if bucket != "day" and not source.until:
                    day = pl.col(source.at).dt.date()
                    frame = frame.filter(day >= self.plan.question.since)
                asked[source.key] = frame if kept is None else self._folded(source.cls, frame, kept)
        return asked

    def _folded(self, cls: type[Record], frame: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
        """Beside its own columns, which tell files and people apart whatever group they are in."""
        names = {column: f"{FOLDED}{column}" for column in self.plan.question.by}
        part = self.plan.part
        counts_for = {"team_id": part.team_of(cls), "author_id": part.person_of(cls)}
        beside = frame.with_columns(
            pl.col(counts_for.get(old, old)).alias(new) for old, new in names.items()
        )
        return folded(beside, list(names.values()), kept.rename(names))
