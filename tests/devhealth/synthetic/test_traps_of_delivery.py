"""In the default world everything occurs that numbers have stumbled over: deliveries and work."""

from datetime import date, timedelta

import pytest

from devhealth.synthetic.world import Attempt, Deployment, History, Incident, Item, Run

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def runs(histories: dict[str, History]) -> list[Run]:
    return [each for history in histories.values() for each in history.runs]


@pytest.fixture(scope="module")
def deployments(histories: dict[str, History]) -> list[Deployment]:
    return [each for history in histories.values() for each in history.deployments]


@pytest.fixture(scope="module")
def incidents(histories: dict[str, History]) -> list[Incident]:
    return [each for history in histories.values() for each in history.incidents]


def statuses(run: Run) -> list[str]:
    return [each.status for each in run.attempts]


def is_over_midnight(thing: Attempt | Deployment) -> bool:
    if isinstance(thing, Attempt):
        began = thing.jobs[0].started_at if thing.jobs else None
    else:
        began = thing.started_at
    if not began or not thing.finished_at:
        return False
    return (began.strftime("%H:%M"), thing.finished_at.strftime("%H:%M")) == ("23:55", "00:05")


RUNS = {
    "flaky": lambda run: statuses(run)[-2:] == ["failed", "success"],
    "failed for good": lambda run: statuses(run)[-1] == "failed" and len(statuses(run)) > 1,
    "tried three times": lambda run: len(statuses(run)) == 3,
    "cancelled at work": lambda run: statuses(run)[-1] == "cancelled" and run.attempts[-1].jobs,
    "cancelled before": lambda run: statuses(run)[-1] == "cancelled" and not run.attempts[-1].jobs,
    "skipped": lambda run: statuses(run) == ["skipped"],
    "under way": lambda run: statuses(run)[-1] == "running",
    "over midnight": lambda run: is_over_midnight(run.attempts[0]),
}


@pytest.mark.parametrize("what", RUNS)
def test_there_are_runs(runs: list[Run], what: str):
    assert sum(1 for each in runs if RUNS[what](each)) >= 3


DEPLOYMENTS = {
    "failed": lambda each: each.status == "failed",
    "cancelled": lambda each: each.status == "cancelled",
    "under way": lambda each: each.status == "pending",
    "retired": lambda each: each.retired_at,
    "over midnight": is_over_midnight,
    "to staging": lambda each: each.environment == "staging",
    "released": lambda each: each.kind == "release" and each.is_production,
    "released for some": lambda each: each.environment == "prerelease",
}


@pytest.mark.parametrize("what", DEPLOYMENTS)
def test_there_are_deployments(deployments: list[Deployment], what: str):
    assert sum(1 for each in deployments if DEPLOYMENTS[what](each)) >= 3


def test_older_commits_are_deployed_again(histories: dict[str, History]):
    again = 0
    for history in histories.values():
        of = [each for each in history.deployments if each.status == "success"
              and each.is_production]  # fmt: skip
        again += len(of) - len({each.commit for each in of})
    assert again >= 3


INCIDENTS = {
    "named": lambda each: each.broken_by,
    "unnamed": lambda each: each.names_pull is None,
    "of four days": lambda each: each.resolved_at and each.resolved_at - each.opened_at > 4 * DAY,
    "open": lambda each: each.resolved_at is None,
    "graded": lambda each: each.severity,
    "ungraded": lambda each: each.severity is None,
}


@pytest.mark.parametrize("what", INCIDENTS)
def test_there_are_incidents(incidents: list[Incident], what: str):
    assert sum(1 for each in incidents if INCIDENTS[what](each)) >= 3


def test_what_an_incident_names_was_deployed_before(histories: dict[str, History]):
    for history in histories.values():
        ended = {each.deployment_id: each.finished_at for each in history.deployments}
        for each in history.incidents:
            if each.broken_by:
                assert ended[each.broken_by] < each.opened_at


def path(item: Item) -> list[str]:
    """The statuses that it had."""
    return [item.filed.status, *(each.after for each in item.changes if each.field == "status")]


def states(item: Item) -> list[tuple[str, str | None]]:
    """The statuses that it had, and who had it."""
    status, holder = item.filed.status, item.filed.assignee
    found = [(status, holder)]
    for each in item.changes:
        status = each.after or "" if each.field == "status" else status
        holder = each.after if each.field == "assignee" else holder
        found.append((status, holder))
    return found


def fields(item: Item) -> set[str]:
    return {each.field for each in item.changes}


def is_same_instant(item: Item) -> bool:
    return len({each.at for each in item.changes}) < len(item.changes)


def is_at_midnight(item: Item) -> bool:
    times = [item.created_at, *(each.at for each in item.changes)]
    return [each.strftime("%H:%M") for each in times[:2]] == ["23:55", "00:05"]


ITEMS = {
    "reopened": lambda item: "Done" in path(item)[:-1],
    "reopened and done": lambda item: path(item).count("Done") == 2 and path(item)[-1] == "Done",
    "never begun": lambda item: len(path(item)) == 1,
    "canceled": lambda item: path(item)[-1] == "Won't Do",
    "canceled and taken up": lambda item: path(item)[-2:] == ["Won't Do", "To Do"],
    "done at once": lambda item: path(item) in (["To Do", "Done"], ["Backlog", "Done"]),
    "flagged": lambda item: "flagged" in fields(item),
    "on hold": lambda item: "On Hold" in path(item),
    "waiting for a pigeon": lambda item: "Awaiting Pigeon" in path(item),
    "moved": lambda item: "scope" in fields(item),
    "of nobody, in progress": lambda item: ("In Progress", None) in states(item),
    "in progress for months": lambda item: (
        path(item)[-1] == "In Progress" and item.updated_at.date() < date(2026, 8, 1)
    ),
    "added in mid-sprint": lambda item: any(each.is_mid_sprint for each in item.changes),
    "planned": lambda item: any(
        each.field == "sprint" and not each.is_mid_sprint for each in item.changes
    ),
    "bugs": lambda item: item.item_type == "bug",
    "incidents": lambda item: item.item_type == "incident",
    "expedited": lambda item: item.priority == "Expedite",
    "estimated": lambda item: item.now.points,
    "not estimated": lambda item: item.now.points is None,
    "estimated anew": lambda item: "points" in fields(item) and item.filed.points,
    "given to another": lambda item: any(
        each.field == "assignee" and each.before and each.after for each in item.changes
    ),
    "changed twice at once": is_same_instant,
    "filed before midnight": is_at_midnight,
    "parts of others": lambda item: item.parent,
}


@pytest.mark.parametrize("what", ITEMS)
def test_there_are_items(items: list[Item], what: str):
    assert sum(1 for each in items if ITEMS[what](each)) >= 3


def test_changes_lead_from_what_was_filed_to_what_is_now(items: list[Item]):
    for item in items:
        assert path(item)[-1] == item.now.status
        given = [each.after for each in item.changes if each.field == "assignee"]
        assert [item.filed.assignee, *given][-1] == item.now.assignee


def test_an_item_is_in_one_project_only(items: list[Item]):
    assert len({each.native_id for each in items}) == len(items)
    assert len({each.key for each in items}) == len(items)
