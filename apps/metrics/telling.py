"""Whose numbers are told to whom: one rule for every door (METRICS §1.10).

Fewer people than the organisation's threshold are not told apart, but to themselves. Bots are no
people, and neither is an id of nobody: they do not make up the number.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from django.utils import timezone

from apps.errors import Unprocessable
from apps.metrics.labels import bots_of, privacy_of
from apps.metrics.operations import METRICS_READ
from apps.metrics.services import Asked, Cells, Page, identities, metrics_page
from apps.metrics.store import sink
from apps.orgs.members import Member
from devhealth.analytics.parts import Privacy
from devhealth.models.rollups import Rollup
from devhealth.sinks import Sink
from devhealth.sinks.query import Query, additive_measures

APART = (
    "Only of repositories in which as many people as the organisation's privacy threshold had some "
    "in these days. If there are none, or nobody else is asked for, who asks has all of their own."
)
AT_ONCE = 2_000  # rows in memory while all are told
ENDS = ("reviewer_id", "author_id")


def require_apart(ids: Collection[str], *, by: Member) -> None:
    """Of a filter on people. Raises `Unprocessable` for fewer than are told apart."""
    wanted, privacy = set(ids), privacy_of(by)
    if wanted <= privacy.own:
        return
    known = identities(wanted, by=by)
    bots = {each for each, row in known.items() if row["actor_kind"] != "human"}
    if not wanted <= bots and privacy.hides(len(known.keys() - bots)):
        raise Unprocessable(
            f"Numbers of fewer than {privacy.threshold} people are told to nobody else: name more "
            "of them, or ask for a team.",
            code="too_few_people",
        )


def rows_page(asked: Asked, *, by: Member, limit: int, after: str | None = None) -> Page:
    """As `metrics_page`; rows of a person only from repositories in which enough people had some
    in these days. If there are none, or nobody else is asked for, who asks has all of their own.

    Two queries of the store more.
    """
    by.require(METRICS_READ)
    return metrics_page(_told_apart(asked, by), by=by, limit=limit, after=after)


def every_row(asked: Asked, *, by: Member) -> Iterator[Cells]:
    """The same rows without pages, as they are now: what is computed meanwhile changes none.

    The first are read at once, so that what is refused is refused here.
    """
    by.require(METRICS_READ)
    asked = _told_apart(replace(asked, as_of=asked.as_of or timezone.now()), by)
    here = sink(by.organization)  # once: while rows leave, nobody is in the organisation any more
    return _from(metrics_page(asked, by=by, limit=AT_ONCE, here=here), here, by)


def _from(page: Page, here: Sink, by: Member) -> Iterator[Cells]:
    yield from page.rows
    while after := page.next_cursor:
        page = metrics_page(page.asked, by=by, limit=AT_ONCE, after=after, here=here)
        yield from page.rows


def is_of_people(rollup: type[Rollup]) -> bool:
    return "author_id" in rollup.key


def _told_apart(asked: Asked, by: Member) -> Asked:
    if not is_of_people(asked.rollup):
        return asked
    privacy, where = privacy_of(by), dict(asked.where)
    given = {str(each) for each in _many(where.get("author_id", ()))}
    if given and given <= privacy.own:
        return asked
    told = _repositories(asked, privacy, by)
    if not told:
        own = given & privacy.own if "author_id" in where else privacy.own
        return replace(asked, where=where | {"author_id": sorted(own)})
    return replace(asked, where=where | {"repo_id": sorted(told)})


def _repositories(asked: Asked, privacy: Privacy, by: Member) -> set[str]:
    """In which enough people had rows, at either end where there are two."""
    rollup, (since, until) = asked.rollup, asked.window()
    ends = [name for name in ENDS if name in rollup.key]
    (measure, _), *_ = additive_measures(rollup)
    where = {name: each for name, each in asked.where.items() if name not in ends}
    found = sink(by.organization).aggregate(
        Query(
            rollup=rollup, measures=(measure,), since=since, until=until, by=("repo_id", *ends),
            where=where, as_of=asked.moment(),
        )
    )  # fmt: skip
    ids: dict[tuple[str, str], set[str]] = {}
    for repo_id, *several in found.select("repo_id", *ends).iter_rows():
        for end, each in zip(ends, several, strict=True):
            ids.setdefault((repo_id, end), set()).add(each)
    privacy = replace(privacy, bots=bots_of(by))
    few = {repo_id for (repo_id, _), each in ids.items() if privacy.hides_among(each)}
    return set(found["repo_id"]) - few


def _many(value: Any) -> Collection[Any]:
    return value if isinstance(value, list | tuple | set | frozenset) else [value]
