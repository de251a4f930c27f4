"""Which deployment broke something: the one before an incident, the one that a revert takes back.

An incident's own word counts; else what its title names, a deployment or a pull request, by address
or number, if that had reached people by then; else the last production deployment before it.
"""

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from devhealth.models.records import (
    Deployment,
    Incident,
    Link,
    PullRequest,
)
from devhealth.processors.frames import Frames, hours, rows_of

# From the surest on. Whatever is known by two of them is as sure as the second.
BASES: Final = ("native", "explicit_text", "heuristic")
SURE: Final = {basis: place for place, basis in enumerate(BASES)}
TEXTS: Final = pl.List(pl.String())
NATIVE: Final = pl.col("link_basis") == "native"

_ADDRESS: Final = re.compile(r"https?://[^\s<>\"')\]]+")
_NUMBER: Final = re.compile(r"(?<![\w/&#!])[#!]([0-9]{1,9})\b")

OF_INCIDENT: Final = ["source_id", "incident_id"]
CONFIDENCE: Final = {"native": 1.0, "explicit_text": 0.9, "heuristic": 0.5}
RULE: Final = {"native": "told", "explicit_text": "named", "heuristic": "preceding"}


def resolved_incidents(found: Frames, changes: pl.DataFrame, owner: str) -> pl.DataFrame:
    """Incidents with their deployment, and how long it took; `changes` are as they should be."""
    incidents, deployments = found[Incident], found[Deployment]
    told = pl.when(NATIVE)
    rows = (
        incidents.join(_named(found, changes), on=OF_INCIDENT, how="left")
        .join(_preceding(incidents, deployments), on=OF_INCIDENT, how="left")
        .with_columns(
            deployment_id=told.then("deployment_id").otherwise(pl.coalesce("named", "preceding"))
        )
        .with_columns(
            link_basis=told.then("link_basis")
            .when(pl.col("named").is_not_null()).then(pl.lit("explicit_text"))
            .when(pl.col("preceding").is_not_null()).then(pl.lit("heuristic"))
        )
    )  # fmt: skip
    ends = deployments.select("deployment_id", deployed_at="finished_at")
    return rows.join(ends, on="deployment_id", how="left").with_columns(
        restore_hours=hours("started_at", "resolved_at").clip(0),
        recovery_hours=hours("deployed_at", "resolved_at").clip(0),
        team_id=pl.lit(owner),
    ).select(incidents.columns)  # fmt: skip


def _preceding(incidents: pl.DataFrame, deployments: pl.DataFrame) -> pl.DataFrame:
    """Of each incident the last production deployment that ended before it."""
    successes = (
        deployments.filter("is_counted", "is_production", status="success")
        .select(preceding="deployment_id", ended="finished_at")
        .drop_nulls("ended")
        .sort("ended", "preceding")
        .unique("ended", keep="last", maintain_order=True)
    )
    begun = incidents.select(*OF_INCIDENT, "started_at").sort("started_at", *OF_INCIDENT)
    return begun.join_asof(
        successes, left_on="started_at", right_on="ended", allow_exact_matches=False
    ).select(*OF_INCIDENT, "preceding")


def _named(found: Frames, changes: pl.DataFrame) -> pl.DataFrame:
    """Of each incident the deployment that its title names; of several the one that ended last."""
    deployments = found[Deployment]
    ends = deployments.select("deployment_id", ended="finished_at").drop_nulls("ended")
    meant = pl.concat(
        [_by_word(deployments, "url", pl.col("deployment_id")), *_by_change(found, changes)]
    )
    candidates = _spoken(found[Incident]).join(meant, on="word").join(ends, on="deployment_id")
    before = candidates.filter(pl.col("ended") < pl.col("started_at"))
    newest = before.sort("ended", "deployment_id").unique(
        OF_INCIDENT, keep="last", maintain_order=True
    )
    return newest.select(*OF_INCIDENT, named="deployment_id")


def _spoken(incidents: pl.DataFrame) -> pl.DataFrame:
    """A row for each `word` of a title that may name something."""
    speaking = incidents.filter(pl.col("title").str.contains("[#!]|http"))
    words = pl.Series("word", [list(_words(title)) for title in speaking["title"]], TEXTS)
    return speaking.select(*OF_INCIDENT, "started_at").with_columns(words).explode("word")


def _words(title: str) -> Iterator[str]:
    """Addresses as they stand in records, and numbers as `#7`."""
    for address in _ADDRESS.findall(title):
        yield address.rstrip(".,;:!?/")
    for number in _NUMBER.findall(_ADDRESS.sub(" ", title)):
        yield f"#{int(number)}"


def _by_word(rows: pl.DataFrame, name: str, deployment_id: pl.Expr) -> pl.DataFrame:
    word = pl.col(name).str.strip_chars_end("/")
    return rows.select(word=word, deployment_id=deployment_id).filter(pl.col("word") != "")


def _by_change(found: Frames, changes: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """A pull request means the production deployments that brought it."""
    brought = changes.filter("is_production").select("change_id", "deployment_id")
    yield _by_word(brought, "change_id", pl.col("deployment_id"))
    addresses = found[PullRequest].select("url", change_id=pl.format("#{}", "number"))
    named = brought.join(addresses, on="change_id")
    yield _by_word(named, "url", pl.col("deployment_id"))


def failures(found: Frames, incidents: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """`deployment_id` and how it is known that it broke something.

    By an incident of its own, or by a revert of one of its changes that was merged after it.
    """
    by_incident = incidents.drop_nulls("deployment_id").select(
        "deployment_id", sure=_sure("link_basis")
    )
    reverts = _reverts(found[PullRequest]).filter("is_into_default").drop_nulls("merged_at")
    taken_back = changes.drop("merged_at").join(reverts, left_on="change_id", right_on="to_id")
    later = taken_back.filter(pl.col("merged_at") > pl.col("deployed_at"))
    by_revert = later.select(
        "deployment_id", sure=_sure("basis").clip(lower_bound=SURE["explicit_text"])
    )
    surest = pl.concat([by_incident, by_revert]).group_by("deployment_id").agg(pl.col("sure").min())
    return surest.select("deployment_id", failure_basis=_basis("sure"))


def links(found: Frames, incidents: pl.DataFrame) -> pl.DataFrame:
    """What reverts what, and what incidents come from which deployment."""
    of_incidents = incidents.drop_nulls("deployment_id").select(
        "repo_id", from_id="incident_id", to_id="deployment_id", basis="link_basis",
        from_kind=pl.lit("incident"), to_kind=pl.lit("deployment"),
        confidence=pl.col("link_basis").replace_strict(CONFIDENCE, return_dtype=pl.Float64),
        rule=pl.col("link_basis").replace_strict(RULE, return_dtype=pl.String),
    )  # fmt: skip
    kind = pl.lit("pull_request")
    of_reverts = _reverts(found[PullRequest]).select(
        "repo_id", "from_id", "to_id", basis=pl.lit("explicit_text"), from_kind=kind, to_kind=kind,
        confidence=pl.lit(CONFIDENCE["explicit_text"]), rule=pl.lit("reverts"),
    )  # fmt: skip
    both = pl.concat([rows_of(Link, of_incidents), rows_of(Link, of_reverts)])
    return both.unique(Link.key, keep="first", maintain_order=True).sort(Link.key)


def _reverts(pull_requests: pl.DataFrame) -> pl.DataFrame:
    numbers = pull_requests.drop_nulls("reverts_number")
    return numbers.with_columns(
        from_id=pl.format("#{}", "number"), to_id=pl.format("#{}", "reverts_number")
    )


def _sure(name: str) -> pl.Expr:
    return pl.col(name).replace_strict(SURE, return_dtype=pl.Int64)


def _basis(name: str) -> pl.Expr:
    return pl.col(name).replace_strict(dict(enumerate(BASES)), return_dtype=pl.String)
