"""Pull requests of `acme/api`, told as a provider tells them, and what is derived of them."""

from datetime import UTC, datetime, timedelta
from operator import attrgetter
from uuid import UUID

import polars as pl
from hypothesis import strategies as st

from devhealth.models.directory import Directory
from devhealth.models.records import Comment, PullRequest, Review
from devhealth.processors.identity import author_id
from devhealth.processors.pull_requests import derived
from devhealth.processors.stamps import Stamps
from devhealth.sinks.tables import table_of
from devhealth.sinks.values import columns_of

REPO = UUID(int=7)
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
CLASSES = (PullRequest, Review, Comment)


def at(hours):
    """Hours after nine on a Monday; null stays so."""
    return None if hours is None else MONDAY + timedelta(hours=hours)


def pull(number=7, *, author="ada", created=0, ready=0, merged=None, closed=None, **more):
    """By default by Ada, opened at nine, ready at once."""
    return PullRequest(
        repo_id=REPO,
        number=number,
        title=more.pop("title", "Work"),
        url=f"https://example.com/acme/api/pull/{number}",
        state="merged" if merged is not None else "closed" if closed is not None else "open",
        is_draft=ready is None,
        author_login=login(author),
        created_at=at(created),
        updated_at=at(max(each or 0 for each in (created, ready, merged, closed))),
        ready_at=at(ready),
        merged_at=at(merged),
        closed_at=at(merged if closed is None else closed),
        base_branch="main",
        changes_requested_count=more.pop("changes_requested_count", 0),
        **more,
    )


def review(by, hours, state="commented", *, number=7, review_id="", **more):
    return Review(
        repo_id=REPO,
        number=number,
        review_id=review_id or f"{by}{hours}",
        state=state,
        submitted_at=at(hours),
        reviewer_login=login(by),
        author_login="",
        **more,
    )


def comment(by, hours, *, number=7, comment_id="", **more):
    return Comment(
        repo_id=REPO,
        number=number,
        comment_id=comment_id or f"{by}{hours}",
        kind="issue",
        created_at=at(hours),
        author_login=login(by),
        **more,
    )


def login(name):
    """`github:` and a login; '' stays so."""
    return f"github:{name}" if name else ""


def known(name):
    """The id of somebody without an entry in the Directory."""
    return str(author_id(login(name) or "unknown"))


def framed(records):
    """Records of all classes as frames; there may be none of a class."""
    frames = {}
    for cls in CLASSES:
        table = table_of(cls)
        rows = sorted((each for each in records if type(each) is cls), key=attrgetter(*cls.key))
        columns = dict(zip(table.names, columns_of(table, rows), strict=True))
        texts = {
            name: list(map(str, cells)) if table.kind(name) == "uuid" else cells
            for name, cells in columns.items()
        }
        frames[cls] = pl.DataFrame(texts, schema={name: table.schema[name] for name in columns})
    return frames


def rows_of(frames):
    """By class, in the order of keys."""
    return {cls: frames[cls].sort(cls.key).to_dicts() for cls in CLASSES}


def derive(*records, directory=None):
    return rows_of(derived(framed(records), Stamps(directory or Directory(), "acme/api")))


def only(*records, directory=None):
    """What is derived of the only pull request."""
    return derive(*records, directory=directory)[PullRequest][0]


def reviews(*records, directory=None):
    return derive(*records, directory=directory)[Review]


# --- any of them ----------------------------------------------------------------------------------

PEOPLE = ("ada", "augusta", "grace", "dependabot[bot]", "")
people = st.sampled_from(PEOPLE)
hours = st.integers(-2, 9)
maybe = st.none() | hours
numbers = st.integers(1, 3)


def _dated(created, ready, first_commit, merged, closed, **more):
    """In the order of things: nothing is ready or ends before it is there."""
    ready = None if ready is None else max(created, ready)
    merged, closed = (None if end is None else max(created, end) for end in (merged, closed))
    return pull(created=created, ready=ready, merged=merged, closed=closed,
                first_commit_at=at(first_commit), **more)  # fmt: skip


pulls = st.builds(
    _dated,
    number=numbers,
    author=people,
    created=hours,
    ready=maybe,
    first_commit=maybe,
    merged=maybe,
    closed=maybe,
    title=st.sampled_from(["Fix it", "Add it"]),
    labels=st.sampled_from([[], ["Bug"], ["bug", "ui"]]),
    changes_requested_count=st.sampled_from([None, 0, 5]),
    deleted_at=st.sampled_from([None, None, at(10)]),
)
reviewed = st.builds(
    review,
    people,
    hours,
    st.sampled_from(["approved", "changes_requested", "commented"]),
    number=numbers,
    review_id=st.sampled_from(["1", "2", "3", "4", "10"]),
    deleted_at=st.sampled_from([None, None, at(9), at(10)]),
)
commented = st.builds(
    comment,
    people,
    hours,
    number=numbers,
    comment_id=st.sampled_from("123"),
    deleted_at=st.sampled_from([None, None, at(9), at(10)]),
)


def _consistent(records):
    """Each key once, and of told pull requests only."""
    by_key = {(type(each), *attrgetter(*each.key)(each)): each for each in records}
    told = {each.number for each in by_key.values() if type(each) is PullRequest}
    return [each for each in by_key.values() if each.number in told]


worlds = st.lists(pulls | reviewed | reviewed | commented, max_size=20).map(_consistent)
