"""The whole house on one machine, with nothing installed before: what `make demo` runs.

Starts the embedded services (or uses those that the environment names), prepares them, makes the
organisation `acme` and a sync config of a real repository, starts web, worker and clock, and has
them sync it and compute its metrics, as anybody's run is. Then it serves them. A second run finds
all that again and takes only what is new.
"""

import asyncio
import json
import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from rich.console import Console

from config import embedded, processes
from config.processes import Processes
from devhealth.connectors.local import Local
from devhealth.errors import Permanent
from devhealth.models.records import BlameFile, Commit, CommitFile
from devhealth.models.rollups import RepoDay
from devhealth.processors import local
from devhealth.progress import bar
from devhealth.sinks import Sink, Store, open_store

if TYPE_CHECKING:
    from apps.orgs.services import Member
    from apps.pipeline.models import SyncRun

STATE = Path(".devhealth")
EMAIL = "owner@acme.example"
MOST_BLAMED = 2_000  # files: of more a first blame may take longer than somebody waits for a demo
POLL_SECONDS, COUNT_SECONDS = 0.1, 1.0
QUERY = """
query First($days: DateRangeInput!) {
  repoMetricsDaily(filter: {range: $days}, first: 5) {
    nodes { day commitsCount authorsCount locAdded locDeleted busFactor30d }
  }
}
""".strip()

console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Source:
    """The repository, as the library sees it. `directories`: all that git needs of the disk."""

    path: str
    name: str
    repo_id: Any
    commits: int
    files: int
    directories: tuple[str, ...]

    @property
    def targets(self) -> list[str]:
        return ["git", "blame"] if self.files <= MOST_BLAMED else ["git"]


@dataclass(frozen=True, slots=True)
class Home:
    """What was prepared: the store, who owns the organisation, and how to get in."""

    store: Store
    owner: "Member"
    password: str
    token: str

    @property
    def slug(self) -> str:
        return str(self.owner.organization.slug)

    @property
    def sink(self) -> Sink:
        return self.store.for_org(self.owner.organization.id)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored of the repository after a sync. `lines`: of today's files, as blamed."""

    repository: str
    repo_id: Any
    commits: int
    file_changes: int
    lines: int
    repo_days: int
    last_day: date


def run(repo: Path, *, once: bool, port: int, facts: embedded.Store = "postgresql") -> None:
    """Everything, in order; `facts` is where they lie, unless the environment names their place.

    Raises `Permanent` for a repository that cannot be read.
    """
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill stops all, too
    source = _source(repo)
    with _services(facts) as environment:
        os.environ |= environment | _development(source)
        with processes.running(port) as running:
            with console.status("Preparing databases"):
                home = _prepare()
            running.start_clock()
            run = _sync(home, source, running)
            found = _facts(home.sink, source)
            with console.status(f"Waiting for {running.url}"):
                running.await_ready()
            answer = _ask(running.url, home.token, found)
            if once:
                seconds = round(time.monotonic() - began, 1)
                print(json.dumps(_summary(home.slug, found, run, seconds, answer)))  # noqa: T201
            else:
                _invite(running.url, home, found, run)
                _wait()
        home.store.close()


def _source(repo: Path) -> Source:
    connector = Local(repo)

    async def looked_at() -> tuple[dict[str, Any], int, int]:
        raw = await connector.repository()
        head = raw["head_hash"]
        return raw, await connector.count(head), len(await connector.files(head))

    raw, commits, files = asyncio.run(looked_at())
    record = local.repository(raw)
    top = Path(raw["path"])
    return Source(
        path=raw["path"],
        name=raw["name"],
        repo_id=record.repo_id,
        commits=commits,
        files=files,
        directories=(str(top), *_elsewhere(top)),
    )


def _elsewhere(top: Path) -> tuple[str, ...]:
    """Where a worktree keeps its objects."""
    link = top / ".git"
    if not link.is_file():
        return ()
    home = (top / link.read_text().removeprefix("gitdir:").strip()).resolve()
    common = home / "commondir"
    shared = (str((home / common.read_text().strip()).resolve()),) if common.exists() else ()
    return (str(home), *shared)


def _development(source: Source) -> dict[str, str]:
    """This machine's owner allows what this machine's owner names."""
    return {
        "DEVHEALTH_ENV": "development",
        "DEVHEALTH_LOG_LEVEL": os.environ.get("DEVHEALTH_LOG_LEVEL", "WARNING"),
        "LOCAL_REPO_ROOTS": os.pathsep.join(source.directories),
    }


@contextmanager
def _services(facts: embedded.Store) -> Iterator[dict[str, str]]:
    with console.status("Starting the embedded services"):
        try:
            services = embedded.start(STATE, store=facts)
        except embedded.EmbeddedError as error:
            raise Permanent(str(error)) from error
    try:
        yield services.environment()
    finally:
        with console.status("Stopping"):
            services.stop()


def _prepare() -> Home:
    """Migrations, the organisation, its owner with a new password, and one new token."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from apps.billing.services import set_tier
    from apps.billing.tiers import ENTERPRISE
    from apps.orgs import services
    from apps.orgs.models import Scope

    call_command("migrate_schemas", interactive=False, verbosity=0)
    store = open_store(settings.DATABASE_URI)
    store.migrate()
    password = secrets.token_urlsafe(12)
    organization = services.ensure_organization(
        "Acme", "acme", owner_email=EMAIL, password=password
    )
    owner = services.find_person(EMAIL)
    if owner is None:
        raise Permanent("The organisation `acme` has another owner here: `make clean`, then again.")
    owner.set_password(password)
    owner.save()
    set_tier(organization, ENTERPRISE, by="demo")
    organization.tokens.filter(name="demo", revoked_at=None).update(revoked_at=datetime.now(UTC))
    _, token = services.issue_token(organization, by=owner, name="demo", scopes=Scope)
    return Home(store, services.authenticate(token), password, token)


# --- a run, as anybody's -------------------------------------------------------------------------


def _sync(home: Home, source: Source, running: Processes) -> "SyncRun":
    """A run of the repository's config, followed to its end and its metrics'."""
    from django_tenants.utils import tenant_context

    with tenant_context(home.owner.organization):
        run = _started(home.owner, source)
        with bar("commits", console) as move:
            for stored in _until_over(home.sink, source, run, running):
                move(stored, source.commits, f"{source.name}: syncing")
            unit = run.units.get()
            if unit.state != "completed":
                raise Permanent(unit.error)
            move(source.commits, source.commits, _words(source, unit))
        with bar("metrics", console) as move:
            _await_metrics(home.owner, running)
            move(1, 1, "metrics: computed")
    return run


def _started(owner: "Member", source: Source) -> "SyncRun":
    """A new run; or the one that an earlier demo, cut short, has left."""
    from apps.errors import AppError
    from apps.pipeline.models import SyncConfig, SyncRun
    from apps.pipeline.services import configs, syncs

    try:
        config = SyncConfig.objects.filter(provider="local", sources=[source.path]).first()
        config = config or configs.create(
            SyncConfig(
                name=source.path[-200:],
                provider="local",
                targets=source.targets,
                sources=[source.path],
            ),
            by=owner,
        )
        left = SyncRun.objects.filter(config=config, state__in=syncs.LIVE).first()
        return left or syncs.start_run(config.pk, by=owner)
    except AppError as error:
        raise Permanent(error.detail) from error


def _until_over(sink: Sink, source: Source, run: "SyncRun", running: Processes) -> Iterator[int]:
    """How many commits are stored, now and then, as long as the run goes on."""
    from devhealth.models.states import ENDED

    counted_at = time.monotonic()
    while run.state not in ENDED:
        running.require_alive()
        if time.monotonic() >= counted_at + COUNT_SECONDS:
            yield _commits(sink, source).height
            counted_at = time.monotonic()
        time.sleep(POLL_SECONDS)
        run.refresh_from_db(fields=["state"])


def _await_metrics(owner: "Member", running: Processes) -> None:
    """Until the organisation's compute is over. Raises `Permanent` with its sentence."""
    from apps.queue.models import WorkUnit
    from devhealth.models.states import ENDED, State

    computes = WorkUnit.objects.filter(
        organization_id=owner.organization.id, actor="pipeline.compute"
    ).order_by("-id")
    while (newest := computes.first()) is not None and newest.state not in ENDED:
        running.require_alive()
        time.sleep(POLL_SECONDS)
    if newest is None or newest.state != State.COMPLETED:
        raise Permanent(newest.error if newest else "Nobody asked for the metrics.")


def _words(source: Source, unit: Any) -> str:
    return f"{source.name}: {unit.records_fetched:,} new commits, {unit.rows_written:,} rows"


def _commits(sink: Sink, source: Source) -> Any:
    return sink.read(Commit, where={"repo_id": source.repo_id}, columns=["committed_at"])


def _facts(sink: Sink, source: Source) -> Facts:
    where = {"repo_id": source.repo_id}
    commits = _commits(sink, source)["committed_at"].dt.date()
    days = sink.latest(RepoDay, where=where, columns=["day"])["day"]
    last = commits.max()
    return Facts(
        repository=source.name,
        repo_id=source.repo_id,
        commits=commits.len(),
        file_changes=sink.read(CommitFile, where=where, columns=["is_binary"]).height,
        lines=int(sink.read(BlameFile, where=where, columns=["lines"])["lines"].sum()),
        repo_days=days.n_unique(),
        last_day=last if isinstance(last, date) else datetime.now(UTC).date(),
    )


# --- what is shown -------------------------------------------------------------------------------


def _ask(url: str, token: str, facts: Facts) -> dict[str, Any]:
    """The README's first query, over HTTP like anybody else's."""
    body = json.dumps({"query": QUERY, "variables": _variables(facts)}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    with urlopen(Request(f"{url}/graphql", body, headers), timeout=30) as reply:  # noqa: S310
        answer: dict[str, Any] = json.load(reply)
    if "errors" in answer:
        raise Permanent(f"The API answered with an error: {answer['errors'][0]['message']}")
    data: dict[str, Any] = answer["data"]
    return data


def _variables(facts: Facts) -> dict[str, Any]:
    since = facts.last_day - timedelta(days=6)
    return {"days": {"startDate": str(since), "endDate": str(facts.last_day)}}


def _summary(
    slug: str, facts: Facts, run: "SyncRun", seconds: float, answer: dict[str, Any]
) -> dict[str, Any]:
    return {
        "organization": slug,
        "repository": facts.repository,
        "commits": facts.commits,
        "file_changes": facts.file_changes,
        "lines": facts.lines,
        "repo_days": facts.repo_days,
        "config": str(run.config_id),
        "run": str(run.pk),
        "seconds": seconds,
        "graphql": answer,
    }


def _invite(url: str, home: Home, facts: Facts, run: "SyncRun") -> None:
    tenant = url.replace("localhost", f"{home.slug}.localhost")
    console.print(
        f"\n[bold]{facts.repository}[/bold]: {facts.commits:,} commits, "
        f"{facts.file_changes:,} file changes, {facts.repo_days:,} days of metrics\n\n"
        f"GraphiQL   {tenant}/graphql\n"
        f"REST docs  {tenant}/api/v1/docs\n"
        f"Owner      {EMAIL}  {home.password}\n"
        f"Token      {home.token}\n\n"
        "Ask it, ask what a backfill of the last 90 days would take, and whose today's code is:\n",
        highlight=False,
    )
    query = {"query": " ".join(QUERY.split()), "variables": _variables(facts)}
    backfill = {
        "config_id": str(run.config_id),
        "since": str(datetime.now(UTC).date() - timedelta(days=90)),
    }
    print(_curl(f"{url}/graphql", home.token, query))  # noqa: T201
    print(_curl(f"{url}/api/v1/backfills?dry_run=true", home.token, backfill))  # noqa: T201
    if facts.lines:
        print(_curl(f"{url}/api/v1/ownership?repository_id={facts.repo_id}", home.token))  # noqa: T201
    console.print("\nCtrl-C stops everything; the data stays in .devhealth.", highlight=False)


def _curl(url: str, token: str, body: dict[str, Any] | None = None) -> str:
    sent = f" -H 'Content-Type: application/json' -d '{json.dumps(body)}'" if body else ""
    return f"curl -s '{url}' -H 'Authorization: Bearer {token}'{sent}"


def _wait() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("Stopping")
