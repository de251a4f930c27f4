"""deploy_metrics_daily, incident_metrics_daily: what reached people, what broke and was mended."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from devhealth.synthetic.expected.arithmetic import (
    Row,
    day_of,
    hours,
    minutes,
    quantile,
    quantiles,
    ratio,
)
from devhealth.synthetic.expected.reached import Brought, blamed, broken, brought
from devhealth.synthetic.expected.seen import Seen
from devhealth.synthetic.world import HOST, Incident

ENDED: Final = ("success", "failed", "cancelled")


def deployment_days(seen: Seen) -> Iterator[Row]:
    counted = brought(seen.history)
    bad = broken(seen.history, counted)
    found: dict[tuple[str, date], list[Brought]] = defaultdict(list)
    for each in counted:
        if each.status in ENDED:
            found[each.environment, day_of(each.finished_at)].append(each)
    for (environment, day), mine in found.items():
        key = {"repo_id": seen.repo_id, "environment": environment, "day": day}
        is_production = any(each.is_production for each in mine)
        yield {**key, "is_empty": False, "is_production": is_production, **_row(mine, bad)}


def _row(mine: list[Brought], bad: set[str]) -> Row:
    good = [each for each in mine if each.status == "success"]
    failures = sum(each.deployment_id in bad for each in good)
    times = [minutes(each.started_at, each.finished_at) for each in good if each.started_at]
    return {
        "deployments_count": len(good),
        "failed_deployments_count": sum(each.status == "failed" for each in mine),
        "cancelled_deployments_count": sum(each.status == "cancelled" for each in mine),
        "change_failures_count": failures,
        "change_fail_rate": ratio(failures, len(good)),
        "deploy_minutes_p50": quantile(times, 50),
        "deploy_minutes_n": len(times),
        **_leads(good),
    }


def _leads(good: Iterable[Brought]) -> Row:
    changes = [(change, each.finished_at) for each in good for change in each.changes]
    begun = [max(0.0, hours(each.begun_at, at)) for each, at in changes if each.begun_at]
    merged = [max(0.0, hours(each.merged_at, at)) for each, at in changes]
    return {
        **quantiles("change_lead_hours", begun, 50, 90),
        "change_lead_n": len(begun),
        **quantiles("merge_lead_hours", merged, 50, 90),
        "merge_lead_n": len(merged),
    }


def incident_days(seen: Seen) -> Iterator[Row]:
    causes = blamed(seen.history, brought(seen.history))
    opened: dict[date, list[Incident]] = defaultdict(list)
    mended: dict[date, list[Row]] = defaultdict(list)
    for each in seen.history.incidents:
        opened[day_of(each.opened_at)].append(each)
        if each.resolved_at:
            mended[day_of(each.resolved_at)].append(_mended(each, causes[each.incident_id]))
    for day in {*opened, *mended}:
        yield {
            "source_id": HOST,
            "work_scope_id": seen.repo_id,
            "repo_id": seen.repo_id,
            "day": day,
            "is_empty": False,
            "incidents_opened": len(opened[day]),
            **_of_mended(mended[day]),
        }


def _mended(incident: Incident, cause: Brought | None) -> Row:
    """How long it took; nothing of one that is still open."""
    if incident.resolved_at is None:
        return {}
    found = {"restore": hours(incident.opened_at, incident.resolved_at)}
    if cause:
        found["recovery"] = hours(cause.finished_at, incident.resolved_at)
    return found


def _of_mended(mended: list[Row]) -> Row:
    restored = [each["restore"] for each in mended]
    recovered = [each["recovery"] for each in mended if "recovery" in each]
    return {
        "incidents_resolved": len(mended),
        **quantiles("restore_hours", restored, 50, 90),
        "restore_hours_n": len(restored),
        "recovery_hours_p50": quantile(recovered, 50),
        "recovery_hours_n": len(recovered),
    }
