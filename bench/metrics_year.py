"""What a year of all metrics costs in PostgreSQL: `python -m bench.metrics_year`.

1 M file changes of 250,000 commits, 200,000 pull requests with two reviews and two comments each,
500,000 changes of 100,000 work items in 40 scopes, pipelines, deployments and incidents of 60
repositories of unequal size and 12 teams, over 395 days: every table is computed, from an empty one
on, read from and written to PostgreSQL. Then one day of 200 repositories which have each something
new, the days before it computed. Linear: the same at a sixteenth and at a fourth.

CPU is user + system of a process of its own, and of the server; single runs. One JSON line a
figure. BENCH_SHARE=0.0625 leaves out the sizes above it.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import UUID

import psycopg

from bench.git_into import Spent
from config import embedded

SHARES = (0.0625, 0.25, 1.0)
MOST = float(os.environ.get("BENCH_SHARE", "1"))
LINEAR = 1.2  # a row of the largest may cost so many times one of the fourth
ORGS = {share: UUID(int=place + 1) for place, share in enumerate(SHARES)}
MANY = UUID(int=100)
DAYS = 61  # of the many repositories: a window before each of the days that are computed


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="devhealth-bench-") as folder:
        with embedded.services(Path(folder) / "services") as services:
            measure(services.database_uri)
        embedded.remove(Path(folder) / "services")


def measure(uri: str) -> None:
    costs: dict[float, float] = {}
    for share in (each for each in SHARES if each <= MOST):
        costs[share] = year(uri, share)
    if {0.25, 1.0} <= costs.keys():
        tell("metrics_year_cost_of_a_row_1_to_a_fourth", costs[1.0] / costs[0.25], "x", LINEAR)
    day(uri)


def year(uri: str, share: float) -> float:
    """µs of CPU for each record, of ours and the server's."""
    rows = filled(uri, ORGS[share], share, 60, 40, 395)
    with tempfile.NamedTemporaryFile(prefix="devhealth-bench-") as touched:
        looked = run("look", uri, ORGS[share], touched.name)
        found = run("year", uri, ORGS[share], touched.name)
    name = f"metrics_year_{share:g}".replace(".", "_")
    whole = share == 1.0
    print(f"{name}: {rows:.0f} records, {found['written']:.0f} rows written", file=sys.stderr)
    total = found["cpu"] + found["server"]
    tell(f"{name}_all", total, "CPU s", 20 if whole else None)
    tell(f"{name}_ours", found["cpu"], "CPU s", 8 if whole else None)
    tell(f"{name}_looked_for", looked["cpu"] + looked["server"], "CPU s")
    tell(f"{name}_a_record", total / rows * 1e6, "CPU µs")
    tell(f"{name}_peak", found["peak"], "MB", 1000 if whole else None)
    tell(f"{name}_growth", found["grown"], "MB")
    return total / rows


def day(uri: str) -> None:
    filled(uri, MANY, DAYS / 395, 200, 40, DAYS)
    run("before", uri, MANY)
    settle(uri)
    found = run("day", uri, MANY)
    print(f"metrics_day: {found['written']:.0f} rows written", file=sys.stderr)
    tell("metrics_one_day_of_200_repositories_ours", found["cpu"], "CPU s", 0.5)
    tell("metrics_one_day_of_200_repositories_server", found["server"], "CPU s")


def filled(uri: str, org: UUID, *size: float) -> float:
    rows = run("fill", uri, org, *size)["rows"]
    settle(uri)
    return rows


def settle(uri: str) -> None:
    """What autovacuum would have done by the time of a compute."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def run(how: str, uri: str, org: UUID, *size: float | str) -> dict[str, float]:
    """What one process of its own tells, and the server's part."""
    before = Spent.now()
    words = [sys.executable, "-m", "bench.metrics_year_into", how, uri, str(org), *map(str, size)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    server = Spent.now().servers - before.servers
    return json.loads(done.stdout) | {"server": server}


def tell(name: str, value: float, unit: str, most: float | None = None) -> None:
    line = {"name": name, "value": round(value, 2), "unit": unit, "target": most}
    print(json.dumps(line | {"ok": most is None or value <= most}), flush=True)


if __name__ == "__main__":
    main()
