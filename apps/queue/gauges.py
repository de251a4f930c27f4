"""How the queues are doing, by queue and tier and never by organisation: what `/metrics` shows.

Two statements a scrape, whatever is pending: over the shares, and over indices that hold only what
waits or went wrong. What is held for a suspended organisation is not counted as waiting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LABELS = ("queue", "tier")

MOST_COUNTED = 10_000  # of a queue and tier: beyond it, their age says more than their number

_SHARES = """
with parked as (
    select s.queue, s.tier, count(*) as n, min(not_before) as since
    from (select organization_id, queue, not_before from queue_workunit
          where state = 'pending' and waits_for is not null
            and not_before <= statement_timestamp() limit %(most)s) as u
    join queue_queueshare s using (organization_id, queue)
    where not s.is_held
    group by 1, 2
),
shares as (
    select queue, tier, min(next_at) filter (
               where next_at <= statement_timestamp() and not is_held
           ) as since,
           sum(running) as running, sum("limit") as "limit",
           sum(expiries) as expiries, sum(redeliveries) as redeliveries
    from queue_queueshare group by 1, 2
)
select queue, tier, least(claimable.n + coalesce(parked.n, 0), %(most)s),
       coalesce(extract(epoch from statement_timestamp() - least(shares.since, parked.since)), 0),
       running, "limit", expiries, redeliveries
from shares left join parked using (queue, tier), lateral (
    select count(*) as n from (
        select from queue_queueshare s, lateral (
            select from queue_workunit u
            where u.organization_id = s.organization_id and u.queue = s.queue
              and u.state = 'pending' and u.waits_for is null
              and u.not_before <= statement_timestamp()
            limit %(most)s
        ) as due
        where s.queue = shares.queue and s.tier = shares.tier
          and s.next_at <= statement_timestamp() and not s.is_held
        limit %(most)s
    ) as counted
) as claimable
order by 1, 2
"""

_CONCERNS = """
select s.queue, s.tier, count(*) filter (where u.state = 'failed'),
       count(*) filter (where u.state = 'quarantined')
from queue_workunit u join queue_queueshare s using (organization_id, queue)
where u.state in ('failed', 'quarantined')
group by 1, 2 order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure: its name, what it says, and whether it only ever rises."""

    name: str
    help: str
    rises: bool = False

    def family(self) -> Metric:
        kind = CounterMetricFamily if self.rises else GaugeMetricFamily
        return kind(f"devhealth_{self.name}", self.help, labels=LABELS)


SHARES = (
    Shown(
        "units_waiting",
        "Units that are due and not begun, those that wait for a slot too; "
        f"{MOST_COUNTED}: that many or more.",
    ),
    Shown("oldest_due_seconds", "How long the oldest of them has been due; 0: none is."),
    Shown("units_running", "Units that a worker has."),
    Shown("units_limit", "How many could run at once, if every organisation used its share."),
    Shown("lease_expiries", "Leases that ended because a worker stopped answering.", rises=True),
    Shown("redeliveries", "Claims of units that had been begun before.", rises=True),
)
CONCERNS = (
    Shown("units_failed", "Units that a person must look at; kept for 90 days."),
    Shown("units_quarantined", "Units that ended three times in a way nobody foresaw."),
)


class Queues(Collector):
    """Asked anew at every scrape."""

    def collect(self) -> Iterator[Metric]:
        yield from _families(SHARES, _rows(_SHARES))
        yield from _families(CONCERNS, _rows(_CONCERNS))

    def describe(self) -> list[Metric]:
        return [each.family() for each in (*SHARES, *CONCERNS)]


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"most": MOST_COUNTED})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _families(shown: tuple[Shown, ...], rows: list[tuple[Any, ...]]) -> Iterator[Metric]:
    for place, each in enumerate(shown, start=len(LABELS)):
        family: Any = each.family()
        for row in rows:
            family.add_metric(row[: len(LABELS)], float(row[place]))
        yield family


registry = CollectorRegistry()
registry.register(Queues())


def exposition() -> bytes:
    """Prometheus' text format."""
    return generate_latest(registry)
