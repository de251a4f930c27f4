"""`dev-hops sync prs`, `cicd`, `deployments`, `incidents`, `work-items`: what an API tells."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from devhealth.commands import stored, utc, windowed
from devhealth.remote_options import Asked, asking

if TYPE_CHECKING:
    from devhealth.connectors import Remote
    from devhealth.remote_runs import Outcome, Reached
    from devhealth.sinks import Sink
    from devhealth.sync_target import Fetched

THINGS = {
    "prs": "pull requests",
    "cicd": "pipeline runs",
    "deployments": "deployments",
    "incidents": "incidents",
    "work-items": "work items",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of a target: changed in [since, before), UTC. `labels`: of issues that are incidents."""

    target: str
    since: datetime | None
    before: datetime | None
    is_sweep: bool
    labels: tuple[str, ...] = ("incident",)
    releases: bool = False


def command_of(target: str) -> click.Command:
    """`dev-hops sync TARGET`."""

    @asking(tracker=target == "work-items")
    @click.option("--directory", "directory_file", type=Path, help="People, teams, hours; TOML.")
    @click.option("--sweep", "is_sweep", is_flag=True, help="Also look for what is gone.")
    @windowed
    @stored
    def synced(
        asked: Asked,
        directory_file: Path | None,
        is_sweep: bool,
        since: datetime | None,
        before: datetime | None,
        db: str,
        org: UUID,
        as_json: bool,
        **more: Any,
    ) -> None:
        from devhealth.remote_runs import Place, run

        wanted = Wanted(
            target=target, since=utc(since), before=utc(before), is_sweep=is_sweep, **more
        )
        place = Place(db=db, org=org, as_json=as_json, directory_file=directory_file)
        run(asked, place, partial(_fetched, wanted), partial(_sentence, target))

    for option in _MORE.get(target, ()):
        synced = option(synced)
    synced.__doc__ = _help(target)
    return click.command(target)(synced)


_MORE: dict[str, tuple[Callable[[Any], Any], ...]] = {
    "deployments": (click.option("--releases", is_flag=True, help="Releases, too."),),
    "incidents": (
        click.option(
            "--incident-label",
            "labels",
            multiple=True,
            default=("incident",),
            show_default=True,
            help="GitHub: issues with one of these are incidents.",
        ),
    ),
}


def _help(target: str) -> str:
    return f"""{THINGS[target].capitalize()} of a provider. Safe to run again.

    Goes on from where the last run began, a little overlapping; the first takes all there is, or
    what changed since --since. With --before, only what changed on those days. Whatever is stored
    then says what the directory says; without one, what the provider says.
    """


async def _fetched(wanted: Wanted, reach: "Reached", name: str) -> "Outcome":
    """One target of one repository or project."""
    from devhealth import marks, places
    from devhealth.sync_target import sync_target

    sink, target = reach.sink(), wanted.target
    place_id = places.id_at(sink, reach.site.host, name)
    marked = marks.mark(sink, place_id, target)
    since = wanted.since
    if since is None and wanted.before is None:
        since = marked and marked - marks.OVERLAP[target]
        _say_where_it_begins(wanted, name, since)
    connector = _connector(wanted, reach, name, sink, place_id)
    fetched = await sync_target(
        sink,
        connector,
        target,
        run_id=marks.run_id(sink, marked, since, wanted.before),
        since=since,
        before=wanted.before,
        is_sweep=wanted.is_sweep,
        directory=reach.directory,
        watch=reach.watch(name, "fetched"),
        batch_size=reach.batch_size,
    )
    notes = list(getattr(connector, "notes", ()))
    return _outcome(name, sink, since, fetched, notes)


def _say_where_it_begins(wanted: Wanted, name: str, since: datetime | None) -> None:
    if since is None:
        what = THINGS[wanted.target]
        click.echo(f"{name}: no {what} were fetched yet, so all that there are will be.", err=True)


def _connector(
    wanted: Wanted, reach: "Reached", name: str, sink: "Sink", repo_id: UUID
) -> "Remote":
    from devhealth import marks
    from devhealth.processors.stamps import Stamps

    counted = Stamps(reach.directory, name).deployment_kind(name)
    return reach.site.connector(
        reach.client,
        name,
        labels=wanted.labels,
        releases=wanted.releases or counted == "release" or marks.has_releases(sink, repo_id),
    )


def _outcome(
    name: str, sink: "Sink", since: datetime | None, fetched: "Fetched", notes: list[str]
) -> "Outcome":
    from devhealth.remote_runs import Outcome

    counts = ("target", "fetched", "written", "quarantined", "pages", "requests", "quota")
    return Outcome(
        full_name=name,
        told={
            **{each: getattr(fetched, each) for each in counts},
            "since": since.isoformat() if since else None,
            "is_renamed": fetched.is_renamed,
            "notes": notes,
        },
        unreachable=fetched.unreachable or "",
        repository=fetched.repository,
        project=fetched.place.scope if fetched.place and not fetched.repository else None,
        touches=fetched.touches,
        finish=partial(fetched.finish, sink),
    )


def _sentence(target: str, told: dict[str, Any]) -> str:
    said = "{repository}: {fetched} {things}, {written} rows written; {requests} requests in "
    said += "{pages} pages for {quota} quota, in {seconds} s."
    if told["quarantined"]:
        said += " {quarantined} could not be read and were put aside."
    if told["is_renamed"]:
        said += " It had another name before."
    if told["dirty_days"]:
        said += " {dirty_days} days wait to be computed."
    words = said.format(**told, things=THINGS[target])
    return " ".join([words, *told["notes"], "Next: dev-hops metrics daily"])
