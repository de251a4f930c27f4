"""What the API takes of who waits for it: `python -m bench.api`, one JSON line a figure.

granian with two workers, as in production, over an embedded PostgreSQL: an organisation of 200
repositories and a year of 150,000 commits, asked by eight clients at once over connections that
stay. The dashboard's document is `home`, three series and two breakdowns. Times are by the clock,
so they are of this machine as it is now: of 120 answers the 95th in a hundred.

    BENCH_COMMITS=20000  fewer
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from bench.analytics import FIRST, organisation
from bench.git_into import Spent
from bench.jobs import house, tell

COMMITS = int(os.environ.get("BENCH_COMMITS", "150000"))
DAYS, CLIENTS, ASKED, WORKERS = 365, 8, 15, 2
ROWS = 1_000  # of a page
TRIVIAL = 200
ROOT = Path(__file__).parent.parent
DASHBOARD = """
query($batch: AnalyticsRequestInput!, $window: HomeWindowInput!) {
  home(window: $window) { deltas { metric value prior spark { ts value } } signals { text } }
  analytics(batch: $batch) {
    timeseries { measure total prior buckets { date value } }
    breakdowns { measure otherValue items { key label value share } }
    meta { degraded { code } }
  }
}"""
DAILY = """
query($days: MetricsDailyFilter!, $after: String) {
  repoMetricsDaily(filter: $days, first: 1000, after: $after) {
    nodes { day repoId commitsCount locAdded locDeleted authorsCount }
    pageInfo { hasNextPage endCursor }
  }
}"""


def main() -> None:
    with house() as environment:
        text = organisation(DAYS, COMMITS)
        with serving(environment, answers=0) as (port, server):
            ask = asking(port, text)
            tell("api_trivial_get", trivial(port, text), "CPU ms", 4)
            for days, target in ((90, 300), (DAYS, 1000)):
                tell(f"api_dashboard_{days}_days", p95(ask, dashboard(days)), "ms, p95", target)
            tell("api_daily_row_by_cursor", a_daily_row(ask), "µs a row", 50)
            tell("api_memory_of_a_worker", memory(server), "MB", 250)
        with serving(environment, answers=600) as (port, _):
            ask = asking(port, text)
            ask(dashboard(90))
            tell("api_dashboard_90_days_kept", p95(ask, dashboard(90)), "ms, p95", 15)


@contextmanager
def serving(environment: dict[str, str], *, answers: int) -> Iterator[tuple[int, psutil.Process]]:
    """The port, and the process above the workers."""
    port = 8_731
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "4"]
    command += ["--workers", str(WORKERS), "--host", "127.0.0.1", "--port", str(port)]
    given = {**os.environ, **environment, "DEVHEALTH_ANSWERS_SECONDS": str(answers)}
    given["DJANGO_SECRET_KEY"] = "only for benches"
    with subprocess.Popen(
        [*command, "config.wsgi:application"], cwd=ROOT, env=given, stdout=subprocess.DEVNULL
    ) as server:
        try:
            await_answer(port)
            yield port, psutil.Process(server.pid)
        finally:
            server.terminate()


def await_answer(port: int) -> None:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/livez")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("granian does not answer.")


Ask = Callable[[Any], Any]


def asking(port: int, text: str) -> Ask:
    """Each thread keeps a connection of its own."""
    import threading

    of_thread = threading.local()

    def ask(body: Any) -> Any:
        if not hasattr(of_thread, "connection"):
            of_thread.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {text}", "Content-Type": "application/json"}
        of_thread.connection.request("POST", "/graphql", json.dumps(body), headers)
        answer = of_thread.connection.getresponse()
        told = json.loads(answer.read())
        if answer.status != 200 or told.get("errors"):
            raise SystemExit(f"{answer.status}: {told}")
        return told["data"]

    return ask


def dashboard(days: int) -> dict[str, Any]:
    since, last = FIRST + timedelta(days=DAYS - days), FIRST + timedelta(days=DAYS - 1)
    span = {"startDate": str(since), "endDate": str(last)}

    def series(measure: str) -> dict[str, Any]:
        return {"measure": measure, "interval": "WEEK", "dateRange": span, "compareToPrior": False}

    def by_repository(measure: str) -> dict[str, Any]:
        return {"measure": measure, "dimension": "REPO", "dateRange": span, "topN": 10}

    batch = {
        "timeseries": [series(each) for each in ("COMMITS_COUNT", "LOC_ADDED", "REVERTS_COUNT")],
        "breakdowns": [by_repository(each) for each in ("LOC_ADDED", "LARGE_COMMITS_COUNT")],
    }
    return {"query": DASHBOARD, "variables": {"batch": batch, "window": span}}


def p95(ask: Ask, body: dict[str, Any]) -> float:
    """Milliseconds, with all clients at once."""

    def client(_: int) -> list[float]:
        ask(body)
        spent = []
        for _ in range(ASKED):
            began = time.perf_counter()
            ask(body)
            spent.append((time.perf_counter() - began) * 1000)
        return spent

    with ThreadPoolExecutor(CLIENTS) as pool:
        every = [each for spent in pool.map(client, range(CLIENTS)) for each in spent]
    return statistics.quantiles(every, n=100)[94]


def trivial(port: int, text: str) -> float:
    """Milliseconds of CPU of `GET /api/v1/me`, of our process and every server's."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask() -> None:
        connection.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {text}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{answer.status} of /api/v1/me")

    for _ in range(TRIVIAL // 4):
        ask()
    before = Spent.now()
    for _ in range(TRIVIAL):
        ask()
    return Spent.now().since(before)["total"] / TRIVIAL * 1000


def a_daily_row(ask: Ask) -> float:
    """Microseconds: one client, page after page to the end."""
    span = {"startDate": str(FIRST), "endDate": str(FIRST + timedelta(days=DAYS - 1))}
    variables: dict[str, Any] = {"days": {"range": span}, "after": None}
    count, began = 0, time.perf_counter()
    while True:
        page = ask({"query": DAILY, "variables": variables})["repoMetricsDaily"]
        count += len(page["nodes"])
        variables["after"] = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return (time.perf_counter() - began) / count * 1e6


def memory(server: psutil.Process) -> float:
    """MB of the larger worker."""
    return max(each.memory_info().rss for each in server.children(recursive=True)) / 2**20


if __name__ == "__main__":
    main()
