"""The whole house on one machine, with nothing installed before: what `make demo` runs.

Starts the embedded services (or uses those that the environment names), prepares them, makes the
organisation `acme`, syncs a real repository into its store, computes its metrics and serves it.
A second run finds all that again and takes only what is new.
"""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from rich.console import Console

from config import embedded
from devhealth.connectors.local import Local
from devhealth.errors import Permanent
from devhealth.models.records import Commit, CommitFile, Identity, Repository
from devhealth.models.rollups import ROLLUPS, RepoDay
from devhealth.progress import bar
from devhealth.recompute import everything, overdue, recompute
from devhealth.sinks import Sink, Store, open_store, sink_of_run
from devhealth.sync import Synced, sync_git

if TYPE_CHECKING:
    from apps.orgs.models import Organization

STATE = Path(".devhealth")
EMAIL = "owner@acme.example"
QUERY = """
query First($days: DateRangeInput!) {
  repoMetricsDaily(filter: {range: $days}, first: 5) {
    nodes { day commitsCount authorsCount locAdded locDeleted busFactor30d }
  }
}
""".strip()

console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored of the repository after a sync."""

    repository: str
    commits: int
    file_changes: int
    repo_days: int
    last_day: date


def run(repo: Path, *, once: bool, port: int) -> None:
    """Everything, in order. Raises `Permanent` for a repository that cannot be read."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill stops all, too
    with _services() as environment:
        os.environ |= environment | {"DEVHEALTH_ENV": "development"}
        with console.status("Preparing databases"):
            store, organization, password, token = _prepare()
        sink = sink_of_run(store, organization.id, (Repository, Identity, Commit, *ROLLUPS))
        facts = _fill(sink, repo)
        with _serving(port) as url:
            answer = _ask(url, token, facts)
            if once:
                seconds = round(time.monotonic() - began, 1)
                print(json.dumps(_summary(organization.slug, facts, seconds, answer)))  # noqa: T201
            else:
                _invite(url, organization.slug, password, token, facts)
                _wait()
        store.close()


@contextmanager
def _services() -> Iterator[dict[str, str]]:
    with console.status("Starting PostgreSQL and Valkey"):
        try:
            services = embedded.start(STATE)
        except embedded.EmbeddedError as error:
            raise Permanent(str(error)) from error
    try:
        yield services.environment()
    finally:
        with console.status("Stopping"):
            services.stop()


def _prepare() -> tuple[Store, "Organization", str, str]:
    """Migrations, the organisation, its owner with a new password, and one new token."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from apps.orgs import services

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
    organization.tokens.filter(name="demo", revoked_at=None).update(revoked_at=datetime.now(UTC))
    _, token = services.issue_token(organization, by=owner, name="demo")
    return store, organization, password, token


def _fill(sink: Sink, repo: Path) -> Facts:
    """Sync, compute, and only then move the mark: a run cut short is simply run again."""
    with bar("commits", console) as move:
        synced = asyncio.run(
            sync_git(
                sink, Local(repo), progress=lambda now: move(now.commits, now.expected, _words(now))
            )
        )
    with bar("metrics", console) as move:
        first = sink.newest_version(RepoDay) is None
        today = datetime.now(UTC).date()
        touches = everything(sink) if first else synced.touches | overdue(sink, today)
        written = sum(recompute(sink, touches, today=today).values())
        move(1, 1, f"metrics: {written:,} rows changed")
    synced.finish(sink)
    return _facts(sink, synced)


def _words(synced: Synced) -> str:
    name = synced.repository.full_name
    return f"{name}: {synced.commits:,} new commits, {synced.files:,} file changes"


def _facts(sink: Sink, synced: Synced) -> Facts:
    where = {"repo_id": synced.repository.repo_id}
    commits = sink.read(Commit, where=where, columns=["committed_at"])["committed_at"].dt.date()
    days = sink.latest(RepoDay, where=where, columns=["day"])["day"]
    last = commits.max()
    return Facts(
        repository=synced.repository.full_name,
        commits=commits.len(),
        file_changes=sink.read(CommitFile, where=where, columns=["is_binary"]).height,
        repo_days=days.n_unique(),
        last_day=last if isinstance(last, date) else datetime.now(UTC).date(),
    )


# --- serving -------------------------------------------------------------------------------------


@contextmanager
def _serving(port: int) -> Iterator[str]:
    """The processes of the Procfile, until the block ends; the URL of the API."""
    port = _free(port)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--blocking-threads", "4", "--log-level", "warning"]
    web = subprocess.Popen([*command, "config.wsgi:application"])  # noqa: S603
    try:
        url = f"http://localhost:{port}"
        with console.status(f"Waiting for {url}"):
            _await_ready(f"{url}/readyz", web)
        yield url
    finally:
        web.send_signal(signal.SIGTERM)
        try:
            web.wait(timeout=15)
        except subprocess.TimeoutExpired:
            web.kill()
            web.wait()


def _free(port: int) -> int:
    """The port, or where it is taken any free one."""
    for candidate in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise Permanent("No port is free on 127.0.0.1: stop something, then try again.")


def _await_ready(url: str, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if web.poll() is not None:
            raise Permanent("The web process ended before it was ready; its words stand above.")
        try:
            with urlopen(url, timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.1)
    raise Permanent(f"{url} was not ready within 60 s; the web process's words stand above.")


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


def _summary(slug: str, facts: Facts, seconds: float, answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "organization": slug,
        "repository": facts.repository,
        "commits": facts.commits,
        "file_changes": facts.file_changes,
        "repo_days": facts.repo_days,
        "seconds": seconds,
        "graphql": answer,
    }


def _invite(url: str, slug: str, password: str, token: str, facts: Facts) -> None:
    tenant = url.replace("localhost", f"{slug}.localhost")
    body = json.dumps({"query": " ".join(QUERY.split()), "variables": _variables(facts)})
    console.print(
        f"\n[bold]{facts.repository}[/bold]: {facts.commits:,} commits, "
        f"{facts.file_changes:,} file changes, {facts.repo_days:,} days of metrics\n\n"
        f"GraphiQL   {tenant}/graphql\n"
        f"REST docs  {tenant}/api/v1/docs\n"
        f"Owner      {EMAIL}  {password}\n"
        f"Token      {token}\n\n"
        "Ask it:\n",
        highlight=False,
    )
    print(  # noqa: T201
        f"curl -s {url}/graphql -H 'Authorization: Bearer {token}' "
        f"-H 'Content-Type: application/json' -d '{body}'"
    )
    console.print("\nCtrl-C stops everything; the data stays in .devhealth.", highlight=False)


def _wait() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("Stopping")
