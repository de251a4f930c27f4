"""What the demo says in the end: to scripts as one line, to people with what to try."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from rich.console import Console

from config.demo_globex import MadeUp
from config.demo_home import Home
from config.demo_source import Facts
from devhealth.errors import Permanent

if TYPE_CHECKING:
    from apps.pipeline.models import SyncRun

console = Console(stderr=True)

QUERY = """
query First($days: DateRangeInput!) {
  repoMetricsDaily(filter: {range: $days}, first: 5) {
    nodes { day commitsCount authorsCount locAdded locDeleted busFactor30d }
  }
}
""".strip()


def ask(url: str, token: str, facts: Facts) -> dict[str, Any]:
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


def summary(
    home: Home,
    facts: Facts,
    run: "SyncRun",
    made_up: MadeUp,
    seconds: float,
    answer: dict[str, Any],
) -> dict[str, Any]:
    return {
        "organization": home.slug,
        "repository": facts.repository,
        "commits": facts.commits,
        "file_changes": facts.file_changes,
        "lines": facts.lines,
        "repo_days": facts.repo_days,
        "config": str(run.config_id),
        "run": str(run.pk),
        "made_up": {
            "organization": made_up.home.slug,
            "repositories": made_up.repositories,
            "work_items": made_up.work_items,
        },
        "seconds": seconds,
        "graphql": answer,
    }


def invite(url: str, home: Home, facts: Facts, run: "SyncRun", made_up: MadeUp) -> None:
    tenant = url.replace("localhost", f"{home.slug}.localhost")
    console.print(
        f"\n[bold]{facts.repository}[/bold]: {facts.commits:,} commits, "
        f"{facts.file_changes:,} file changes, {facts.repo_days:,} days of metrics\n\n"
        f"Overview   {tenant}/\n"
        f"Admin      {tenant}/admin/\n"
        f"GraphiQL   {tenant}/graphql\n"
        f"REST docs  {tenant}/api/v1/docs\n"
        f"Owner      {home.email}  {home.password}\n"
        f"Token      {home.token}\n\n"
        f"[bold]{made_up.home.slug}[/bold], made up: {made_up.repositories} repositories, "
        f"{made_up.work_items:,} work items, a half-year of it all\n\n"
        f"Overview   {url.replace('localhost', f'{made_up.home.slug}.localhost')}/\n"
        f"Admin      {url.replace('localhost', f'{made_up.home.slug}.localhost')}/admin/\n"
        f"GraphiQL   {url.replace('localhost', f'{made_up.home.slug}.localhost')}/graphql\n"
        f"Owner      {made_up.home.email}  {made_up.home.password}\n"
        f"Token      {made_up.home.token}\n\n"
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
    console.print(how_to_show(url, home), highlight=False)
    if facts.lines:
        print(_curl(f"{url}/api/v1/ownership?repository_id={facts.repo_id}", home.token))  # noqa: T201
    console.print("\nCtrl-C stops everything; the data stays in .devhealth.", highlight=False)


def how_to_show(url: str, home: Home) -> str:
    """dev-health-web against the organisation's host; its first build knows no login."""
    from django.conf import settings

    tenant = url.replace("localhost", f"{home.slug}.localhost")
    slug = settings.OPEN_ORGANIZATION
    again = f"start again with DEVHEALTH_OPEN_ORGANIZATION={home.slug}"
    switch = (
        f"{slug} is open: everybody on this machine may read it, without people."
        if slug
        else f"For a build without a login {again}."
    )
    return (
        f"\ndev-health-web: NEXT_PUBLIC_API_BASE={tenant} (docs/web-client.md). {switch}\n"
        f"List its origin first: {tenant}/admin/origins/, http://localhost:3000\n"
    )


def _curl(url: str, token: str, body: dict[str, Any] | None = None) -> str:
    sent = f" -H 'Content-Type: application/json' -d '{json.dumps(body)}'" if body else ""
    return f"curl -s '{url}' -H 'Authorization: Bearer {token}'{sent}"
