"""Commits as small as a test needs them: as objects, as the frames of a store, and at random."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import compress
from typing import Any
from uuid import UUID

import polars as pl
from hypothesis import strategies as st

from devhealth.metrics import Frames, metrics
from devhealth.models.directory import UNASSIGNED, BusinessHours
from devhealth.models.records import Commit, CommitFile, Record, Repository
from devhealth.processors.calendar import Calendar
from devhealth.processors.local import size_bucket
from devhealth.sinks.tables import table_of, values_of

API, WEB, DOCS = (UUID(int=number) for number in (1, 2, 3))
ADA, GRACE, JOAN, ROBOT = (UUID(int=number) for number in (11, 12, 13, 14))

NINE_TO_SIX = Calendar(BusinessHours())

Work = tuple[Commit, list[CommitFile]]


def at(text: str) -> datetime:
    """`2026-01-05 23:55`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def work(
    moment: str | datetime,
    files: dict[str, tuple[int, int]] | None = None,
    *,
    by: UUID = ADA,
    repo: UUID = API,
    parents: int = 1,
    authored: datetime | None = None,
    offset: int | None = 0,
    revert: bool = False,
    name: str = "",
    bot: bool | None = None,
    owner: str = UNASSIGNED,
    team: str = UNASSIGNED,
    co_authors: Iterable[UUID] = (),
) -> Work:
    """A commit and its files: path → (lines added, lines deleted).

    owner  the team that it is delivery of
    team   its author's own
    """
    committed_at = at(moment) if isinstance(moment, str) else moment
    files = files or {}
    commit_hash = name or f"{committed_at:%Y%m%d%H%M%S}-{by.int}-{repo.int}"
    actor_kind = "bot" if (by == ROBOT if bot is None else bot) else "human"
    added, deleted = (sum(lines[place] for lines in files.values()) for place in (0, 1))
    commit = Commit(
        repo_id=repo,
        hash=commit_hash,
        author_name="",
        author_email="",
        authored_at=authored or committed_at,
        author_utc_offset_minutes=offset,
        committer_email="",
        committed_at=committed_at,
        parent_count=parents,
        subject="",
        co_author_emails=[],
        co_author_ids=sorted(str(each) for each in co_authors if each != by),
        loc_added=added,
        loc_deleted=deleted,
        loc_changed=added + deleted,
        files_changed=len(files),
        size_bucket=size_bucket(added + deleted),
        is_revert=revert,
        ai_assistance="none",
        author_id=by,
        actor_kind=actor_kind,
        team_id=owner,
        author_team_id=team,
        time_of_week=NINE_TO_SIX.time_of_week(authored or committed_at, offset),
    )
    changes = [
        CommitFile(
            repo_id=repo,
            commit_hash=commit_hash,
            path=path,
            committed_at=committed_at,
            loc_added=lines[0],
            loc_deleted=lines[1],
            is_binary=False,
            author_id=by,
            actor_kind=actor_kind,
        )
        for path, lines in files.items()
    ]
    return commit, changes


def repository(repo: UUID, **more: Any) -> Repository:
    """One that shares its history with all others that are made so."""
    values = {"source_id": "local", "provider": "local", "full_name": "", "url": ""}
    return Repository(repo_id=repo, root_hash="root", **values, **more)


def copied(works: Iterable[Work], repo: UUID, **more: Any) -> list[Work]:
    """The same commits in another repository; `more` says what a commit is else there."""
    return [
        (
            replace(commit, repo_id=repo, **more),
            [replace(change, repo_id=repo) for change in changes],
        )
        for commit, changes in works
    ]


def frames(
    works: Iterable[Work], repositories: Iterable[Repository] = (), others: Iterable[Record] = ()
) -> Frames:
    """What a store would give to all metrics, in the order of the lists."""
    # What lacks the instant that it is read by is not read.
    works = list(works)
    files = [change for _, changes in works for change in changes]
    given = [*repositories, *(commit for commit, _ in works), *files, *others]
    sources = {source.key: source for metric in metrics() for source in metric.sources}
    return {
        key: frame(
            source.cls,
            [
                each
                for each in given
                if type(each) is source.cls
                and (not source.at or getattr(each, source.at) is not None)
            ],
        )
        for key, source in sources.items()
    }


def frame(cls, rows) -> pl.DataFrame:
    table = table_of(cls)
    cells = [
        [str(value) if isinstance(value, UUID) else value for value in values_of(cls)(row)]
        for row in rows
    ]
    schema = {name: dtype for name, dtype in table.schema.items() if name != table.version}
    return pl.DataFrame(cells, schema=schema, orient="row")


def later(works: list[Work], by: timedelta) -> list[Work]:
    """The same works, moved in time."""
    return [
        (
            replace(
                commit,
                committed_at=commit.committed_at + by,
                authored_at=commit.authored_at + by,
            ),
            [replace(change, committed_at=change.committed_at + by) for change in changes],
        )
        for commit, changes in works
    ]


START = at("2024-01-20 00:00")

works = st.builds(
    lambda minutes, files, parents, authored, **more: work(
        START + timedelta(minutes=minutes),
        files if parents < 2 else {},
        parents=parents,
        authored=START + timedelta(minutes=minutes - authored),
        **more,
    ),
    minutes=st.one_of(st.integers(0, 90 * 1440), st.integers(0, 64).map(lambda day: day * 1440)),
    files=st.dictionaries(
        st.sampled_from(["a", "b", "c", "ü d"]),
        st.tuples(st.sampled_from([0, 1, 2, 150]), st.sampled_from([0, 1, 151])),
        max_size=3,
    ),
    by=st.sampled_from([ADA, ADA, GRACE, JOAN, ROBOT]),
    repo=st.sampled_from([API, API, WEB]),
    parents=st.sampled_from([0, 1, 1, 1, 2]),
    authored=st.integers(0, 3 * 1440),
    offset=st.sampled_from([None, 0, 345, -300, 60]),
    revert=st.booleans(),
    owner=st.sampled_from(["web", "api", UNASSIGNED]),
    team=st.sampled_from(["web", "api", UNASSIGNED]),
    co_authors=st.sets(st.sampled_from([ADA, GRACE, JOAN]), max_size=2),
)
# Some weeks of three people and a bot in two repositories; windows overlap and run out.
worlds = st.lists(works, max_size=25, unique_by=lambda one: (one[0].repo_id, one[0].hash))

few_works = st.lists(works, max_size=4, unique_by=lambda one: (one[0].repo_id, one[0].hash))

# The same with some of it in a copy, too, that another team owns; and what is known of the three.
copied_worlds = st.builds(
    lambda world, which: world + copied(compress(world, which), DOCS, team_id="docs"),
    worlds,
    st.lists(st.booleans(), max_size=25),
)
known_repositories = st.lists(
    st.builds(repository, st.sampled_from([API, WEB, DOCS]), is_fork=st.booleans()),
    unique_by=lambda known: known.repo_id,
)
