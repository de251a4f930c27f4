"""The rollups of work items in plain Python: each day of each scope, looked at by itself.

Instants become seconds and days are walked one after the other; nothing is shared with the library.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import quantiles

from tests.devhealth.work.things import SCOPES

WIP = ("in_progress", "in_review", "blocked")
OVER = ("done", "canceled")
TEAM = "unassigned"
HOUR = timedelta(hours=1)


def spans(one):
    """(from, until or None, state) of a story, in order."""
    state = {"status": one.status, "scope": one.scope, "holder": one.holder, "flagged": ""}
    found, since = [], one.created
    for when, what, value in one.events:
        when = max(when, one.created)
        found.append((since, when, dict(state)))
        state[what] = value
        since = when
    return [*found, (since, None, dict(state))]


def facts(one):
    """What a story comes to: start, completion, cancellation, reopenings, with their scopes."""
    told = spans(one)
    runs = []
    for since, _, state in told:
        if not runs or runs[-1][1] != state["status"]:
            runs.append((since, state["status"], state["scope"]))
    start = next(((at, scope) for at, status, scope in runs if status in WIP[:2]), None)
    wip_since = next((at for at, status, _ in runs if status in WIP), None)
    last_at, last, last_scope = runs[-1]
    reopened = [
        (at, scope)
        for (_, before, _), (at, status, scope) in pairwise(runs)
        if before in OVER and status not in OVER
    ]
    return {
        "start": start,
        "wip_since": wip_since,
        "done": (last_at, last_scope) if last == "done" else None,
        "canceled": (last_at, last_scope) if last == "canceled" else None,
        "reopened": reopened,
    }


def overlap(since, until, begin, end):
    """Hours of [since, until) in [begin, end)."""
    return max(timedelta(0), min(until or end, end) - max(since, begin)) / HOUR


def is_blocked(state):
    return state["status"] not in OVER and bool(state["flagged"] or state["status"] == "blocked")


def efficiency(one, start, done):
    active = waiting = 0.0
    for since, until, state in spans(one):
        hours = overlap(since, until, start, done)
        if is_blocked(state) or state["status"] == "todo":
            waiting += hours
        elif state["status"] in WIP:
            active += hours
    return active / (active + waiting) if active + waiting > 0 else None


def at_rank(sample, rank):
    """Linear at (n − 1) · rank; null of nothing."""
    if not sample:
        return None
    if len(sample) == 1:
        return round(float(sample[0]), 6)
    return round(quantiles(sorted(sample), n=100, method="inclusive")[round(rank * 100) - 1], 6)


def item_days(stories, first, last):
    """Every row of work_item_metrics_daily, by scope and day."""
    rows = {}
    day = first
    while day <= last:
        for name in SCOPES:
            row = _day(stories, name, day)
            if any(value not in (0, None) for value in row.values()):
                rows[str(SCOPES[name].work_scope_id), day] = row
        day += timedelta(days=1)
    return rows


def _day(stories, scope, day):
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = begin + timedelta(days=1)
    counts, samples = defaultdict(int), defaultdict(list)
    for one in stories:
        _filed(one, scope, begin, end, counts)
        _moved(facts(one), scope, begin, end, counts)
        _completed(one, scope, begin, end, counts, samples)
        _lasting(one, scope, begin, end, counts, samples)
    throughput, wip = counts["throughput_7d"], counts["wip"]
    return {
        **{name: counts[name] for name in NAMES},
        "story_points_completed": float(counts["points"]),
        "cycle_hours_p50": at_rank(samples["cycle"], 0.5),
        "cycle_hours_p85": at_rank(samples["cycle"], 0.85),
        "cycle_hours_p95": at_rank(samples["cycle"], 0.95),
        "cycle_hours_n": len(samples["cycle"]),
        "lead_hours_p50": at_rank(samples["lead"], 0.5),
        "lead_hours_p85": at_rank(samples["lead"], 0.85),
        "flow_efficiency_p50": at_rank(samples["flow"], 0.5),
        "flow_efficiency_n": len(samples["flow"]),
        "wip_age_hours_p50": at_rank(samples["age"], 0.5),
        "wip_age_hours_p85": at_rank(samples["age"], 0.85),
        "blocked_hours": round(float(counts["blocked"]), 6),
        "wip_congestion": round(wip / max(1, throughput), 6),
        "completed_or_wip": throughput + wip,
        "completed_share": round(throughput / (throughput + wip), 6) if throughput + wip else None,
    }


def _filed(one, scope, begin, end, counts):
    is_new = one.scope == scope and begin <= one.created < end
    counts["items_created"] += is_new
    counts["bugs_created"] += is_new and one.kind == "bug"
    counts["unplanned_count"] += is_new and one.kind in ("bug", "incident")


def _moved(told, scope, begin, end, counts):
    for name, key in (("items_started", "start"), ("items_canceled", "canceled")):
        counts[name] += _is_on(told[key], scope, begin, end)
    counts["items_reopened"] += sum(_is_on(each, scope, begin, end) for each in told["reopened"])
    counts["throughput_7d"] += _is_on(told["done"], scope, end - timedelta(days=7), end)


def _completed(one, scope, begin, end, counts, samples):
    told = facts(one)
    if not _is_on(told["done"], scope, begin, end):
        return
    done = told["done"][0]
    counts["items_completed"] += 1
    counts["bugs_completed"] += one.kind == "bug"
    counts["points"] += one.points or 0
    samples["lead"].append((done - one.created) / HOUR)
    if told["start"]:
        start = told["start"][0]
        samples["cycle"].append((done - start) / HOUR)
        flow = efficiency(one, start, done)
        samples["flow"] += [] if flow is None else [round(flow, 6)]


def _lasting(one, scope, begin, end, counts, samples):
    for since, until, state in spans(one):
        if state["scope"] != scope:
            continue
        counts["blocked"] += overlap(since, until, begin, end) if is_blocked(state) else 0
        lasts = since < end and (until is None or until >= end)
        if lasts and state["status"] not in OVER:
            counts["items_open"] += 1
        if lasts and state["status"] in WIP:
            counts["wip"] += 1
            counts["wip_unassigned"] += not state["holder"]
            samples["age"].append((end - facts(one)["wip_since"]) / HOUR)


NAMES = (
    "items_created", "items_started", "items_completed", "items_canceled", "items_reopened",
    "bugs_created", "bugs_completed", "unplanned_count", "items_open", "wip", "wip_unassigned",
    "throughput_7d",
)  # fmt: skip


def _is_on(event, scope, begin, end):
    return event is not None and event[1] == scope and begin <= event[0] < end


def state_days(stories, first, last):
    """Every row of work_item_state_durations_daily: hours, items and items left at the end."""
    rows = {}
    day = first
    while day <= last:
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        end = begin + timedelta(days=1)
        hours, there, left = defaultdict(float), defaultdict(set), defaultdict(int)
        for one in stories:
            for since, until, state in spans(one):
                key = str(SCOPES[state["scope"]].work_scope_id), state["status"], day
                spent = overlap(since, until, begin, end)
                if state["status"] not in OVER and spent > 0:
                    hours[key] += spent
                    there[key].add(one.number)
                    left[key] += until is None or until >= end
                elif state["status"] not in OVER and since < begin == until:
                    hours[key] += 0.0  # it ceased at midnight: the row says that none is left
        rows |= {key: (round(hours[key], 6), len(there[key]), left[key]) for key in hours}
        day += timedelta(days=1)
    return rows
