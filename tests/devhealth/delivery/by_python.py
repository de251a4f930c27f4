"""What reached people and what broke, by plain Python: sets and loops, as the definitions read."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from devhealth.models.records import (
    Commit,
    Deployment,
    Incident,
    PipelineRun,
    PullRequest,
    PullRequestCommit,
    Record,
)

Row = dict[str, Any]
Bucket = Callable[[date], date]
DAYS: Bucket = lambda day: day  # noqa: E731
SURE = ["native", "explicit_text", "heuristic"]


@dataclass(frozen=True)
class Change:
    """Something that came onto the branch, and where."""

    name: str
    anchor: str
    instant: datetime
    begun: datetime | None
    merged: datetime
    team: str


@dataclass
class World:
    """One repository's things by class; deployments are those that count."""

    commits: dict[str, Commit]
    pulls: list[PullRequest]
    branches: dict[int, set[str]]
    deployments: list[Deployment]
    all_deployments: list[Deployment]
    incidents: list[Incident]
    runs: list[PipelineRun]
    kind: str
    brought: list[tuple[Deployment, Change, str]] = field(default_factory=list)


def world_of(things: Iterable[Record], kind: str = "deployment") -> World:
    by_class = defaultdict(list)
    for each in things:
        by_class[type(each)].append(each)
    branches = defaultdict(set)
    for each in by_class[PullRequestCommit]:
        branches[each.number].add(each.hash)
    pulls = [each for each in by_class[PullRequest] if each.merged_at and each.is_into_default]
    world = World(
        commits={each.hash: each for each in by_class[Commit]},
        pulls=pulls,
        branches=branches,
        deployments=[each for each in by_class[Deployment] if each.kind == kind],
        all_deployments=by_class[Deployment],
        incidents=by_class[Incident],
        runs=by_class[PipelineRun],
        kind=kind,
    )
    if kind != "merge":
        world.brought = list(_brought(world))
    return world


# --- which deployment a change first reached people by -------------------------------------------


def _brought(world: World) -> Iterable[tuple[Deployment, Change, str]]:
    changes = [*map(lambda pull: _of_pull(world, pull), world.pulls), *_direct(world)]
    successes = [each for each in world.deployments if each.status == "success"]
    placed = [(each, place) for each in successes if (place := _place(world, each))]
    placed.sort(key=lambda pair: (pair[0].finished_at, pair[0].deployment_id))
    deployed = {}
    for each, (_, anchor) in placed:
        if anchor:
            deployed.setdefault(anchor, (each.finished_at, anchor))
    for environment in {each.environment for each, _ in placed}:
        line = [(each, at) for each, at in placed if each.environment == environment]
        for change in changes:
            holding = [pair for pair in line if _contains(pair[1], change, deployed)]
            if holding and holding[0] != line[0]:
                each, (_, anchor) = holding[0]
                yield each, change, "native" if anchor == change.anchor else "heuristic"


def _contains(place: tuple[datetime, str | None], change: Change, deployed: Row) -> bool:
    instant, anchor = place
    if change.instant != instant or anchor is None or change.anchor == anchor:
        return change.instant <= instant
    return change.anchor not in deployed or deployed[change.anchor] < deployed[anchor]


def _of_pull(world: World, pull: PullRequest) -> Change:
    become = world.commits.get(pull.merge_commit_hash or "")
    return Change(
        name=f"#{pull.number}",
        anchor=pull.merge_commit_hash or f"#{pull.number}",
        instant=become.committed_at if become else pull.merged_at,
        begun=pull.first_commit_at,
        merged=pull.merged_at,
        team=pull.team_id,
    )


def _direct(world: World) -> Iterable[Change]:
    of_pulls = {each.merge_commit_hash for each in world.pulls}
    for pull in world.pulls:
        of_pulls |= world.branches[pull.number] | _rebased(world, pull)
    for commit in world.commits.values():
        if commit.parent_count < 2 and commit.hash not in of_pulls:
            yield Change(
                commit.hash, commit.hash, commit.committed_at, commit.authored_at,
                commit.committed_at, commit.team_id,
            )  # fmt: skip


def _rebased(world: World, pull: PullRequest) -> set[str]:
    last = world.commits.get(pull.merge_commit_hash or "")
    if not last or last.parent_count != 1:
        return set()
    near = [
        (each.committed_at, each.hash)
        for each in world.commits.values()
        if each.parent_count < 2
        and each.hash != last.hash
        and each.committer_email == last.committer_email
        and timedelta() <= last.committed_at - each.committed_at <= timedelta(seconds=10)
    ]
    return {name for _, name in sorted(near, reverse=True)[: (pull.commits_count or 1) - 1]}


def _place(world: World, each: Deployment) -> tuple[datetime, str | None] | None:
    changes = {pull.number: _of_pull(world, pull) for pull in world.pulls}
    named = [changes[p.number] for p in world.pulls if p.merge_commit_hash == each.commit_hash]
    if each.commit_hash and named:
        return named[0].instant, named[0].anchor
    within = [
        changes[p.number] for p in world.pulls if each.commit_hash in world.branches[p.number]
    ]
    if within:
        first = min(within, key=lambda change: (change.merged, change.anchor))
        return (first.instant, first.anchor) if first.merged <= each.finished_at else None
    if commit := world.commits.get(each.commit_hash or ""):
        return commit.committed_at, commit.hash
    if each.ref == "main" or (not world.commits and each.is_production):
        return each.created_at, None
    return None


# --- what broke ----------------------------------------------------------------------------------


def linked(world: World, each: Incident) -> tuple[str | None, str | None]:
    """The deployment of an incident and how that is known."""
    if each.link_basis == "native":
        return each.deployment_id, "native"
    before = [d for d in world.all_deployments if d.finished_at and d.finished_at < each.started_at]
    before.sort(key=lambda d: (d.finished_at, d.deployment_id))
    meant = [d for d in before if _is_named(world, each.title, d)]
    if meant:
        return meant[-1].deployment_id, "explicit_text"
    counted = [d for d in before if d in world.deployments]
    of_production = [d for d in counted if d.is_production and d.status == "success"]
    return (of_production[-1].deployment_id, "heuristic") if of_production else (None, None)


def _is_named(world: World, title: str, each: Deployment) -> bool:
    words = title.split()
    brought = {
        change.name
        for deployment, change, _ in world.brought
        if deployment is each and each.is_production
    }
    urls = {pull.url for pull in world.pulls if f"#{pull.number}" in brought}
    numbers = {f"#{word[1:]}" for word in words if re.fullmatch(r"[#!]\d+", word)}
    return bool(numbers & brought) or any(word in urls | {each.url} for word in words)


def failures(world: World, reverts: Iterable[PullRequest]) -> dict[str, str]:
    """Deployments that broke something and how that is known."""
    found = defaultdict(list)
    for each in world.incidents:
        name, basis = linked(world, each)
        found[name].append(basis)
    for deployment, change, basis in world.brought:
        for revert in reverts:
            is_it = change.name == f"#{revert.reverts_number}"
            if is_it and revert.merged_at and revert.merged_at > deployment.finished_at:
                found[deployment.deployment_id].append(max(basis, "explicit_text", key=SURE.index))
    successes = {each.deployment_id for each in world.deployments if each.status == "success"}
    return {name: min(ways, key=SURE.index) for name, ways in found.items() if name in successes}


# --- days ----------------------------------------------------------------------------------------


def every_day(world: World, bucket: Bucket = DAYS) -> list[list[Row]]:
    return [each(world, bucket) for each in (pipeline_days, deployment_days, incident_days)]


def deployment_days(world: World, bucket: Bucket = DAYS) -> list[Row]:
    reverts = [each for each in world.pulls if each.reverts_number]
    broken = failures(world, reverts)
    rows = []
    ended = [each for each in world.deployments if each.status != "pending" and each.finished_at]
    for environment, day in sorted({(e.environment, bucket(_day(e.finished_at))) for e in ended}):
        mine = [
            e for e in ended if (e.environment, bucket(_day(e.finished_at))) == (environment, day)
        ]
        good = [each for each in mine if each.status == "success"]
        names = {each.deployment_id for each in good}
        brought = [(d, change) for d, change, _ in world.brought if d.deployment_id in names]
        leads = [_hours(change.begun, d.finished_at) for d, change in brought if change.begun]
        merges = [_hours(change.merged, d.finished_at) for d, change in brought]
        minutes = [each.deploy_minutes for each in good if each.deploy_minutes is not None]
        bad = sum(each.deployment_id in broken for each in good)
        rows.append(
            {
                "day": day,
                "is_empty": False,
                "repo_id": str(mine[0].repo_id),
                "environment": environment,
                "is_production": any(each.is_production for each in mine),
                "deployments_count": len(good),
                "failed_deployments_count": sum(each.status == "failed" for each in mine),
                "cancelled_deployments_count": sum(each.status == "cancelled" for each in mine),
                "change_failures_count": bad,
                "change_fail_rate": _ratio(bad, len(good)),
                "deploy_minutes_p50": quantile(minutes, 0.5),
                "deploy_minutes_n": len(minutes),
                "change_lead_hours_p50": quantile(leads, 0.5),
                "change_lead_hours_p90": quantile(leads, 0.9),
                "change_lead_n": len(leads),
                "merge_lead_hours_p50": quantile(merges, 0.5),
                "merge_lead_hours_p90": quantile(merges, 0.9),
                "merge_lead_n": len(merges),
            }
        )
    return rows


def incident_days(world: World, bucket: Bucket = DAYS) -> list[Row]:
    ends = {each.deployment_id: each.finished_at for each in world.all_deployments}
    events = [(each, each.started_at, False) for each in world.incidents]
    events += [(each, each.resolved_at, True) for each in world.incidents if each.resolved_at]
    rows = []
    for day in sorted({bucket(_day(at)) for _, at, _ in events}):
        mine = [(each, ended) for each, at, ended in events if bucket(_day(at)) == day]
        closed = [each for each, ended in mine if ended]
        restored = [_hours(each.started_at, each.resolved_at) for each in closed]
        causes = [(each, ends.get(linked(world, each)[0])) for each in closed]
        recovered = [_hours(cause, each.resolved_at) for each, cause in causes if cause]
        rows.append(
            {
                "day": day,
                "is_empty": False,
                "source_id": "github.com",
                "work_scope_id": "",
                "repo_id": str(mine[0][0].repo_id),
                "incidents_opened": len(mine) - len(closed),
                "incidents_resolved": len(closed),
                "restore_hours_p50": quantile(restored, 0.5),
                "restore_hours_p90": quantile(restored, 0.9),
                "restore_hours_n": len(restored),
                "recovery_hours_p50": quantile(recovered, 0.5),
                "recovery_hours_n": len(recovered),
            }
        )
    return rows


def pipeline_days(world: World, bucket: Bucket = DAYS) -> list[Row]:
    newest = defaultdict(int)
    for each in world.runs:
        newest[each.run_id] = max(newest[each.run_id], each.attempt)
    ended = [
        each
        for each in world.runs
        if each.finished_at and each.status in ("success", "failed", "cancelled")
    ]
    ended.sort(key=lambda each: (each.finished_at, each.attempt, each.run_id))
    final = [
        each for each in ended if each.is_final_attempt and each.attempt == newest[each.run_id]
    ]
    flaky, green = _flaky(ended), _green(final)
    rows = []
    for day in sorted({bucket(_day(each.finished_at)) for each in ended}):
        mine = [each for each in ended if bucket(_day(each.finished_at)) == day]
        runs = [each for each in final if bucket(_day(each.finished_at)) == day]
        firsts = [each for each in mine if each.attempt == 1]
        waits = [each.queue_minutes for each in runs if each.queue_minutes is not None]
        takes = [each.duration_minutes for each in runs if each.duration_minutes is not None]
        stretches = [hours for each, hours in green if bucket(_day(each.finished_at)) == day]
        passed = _passed(runs)
        rows.append(
            {
                "day": day,
                "is_empty": False,
                "repo_id": str(mine[0].repo_id),
                "runs_count": len(runs),
                "success_count": passed,
                "failed_count": sum(each.status == "failed" for each in runs),
                "cancelled_count": sum(each.status == "cancelled" for each in runs),
                "success_ratio": _ratio(passed, len(runs)),
                "rerun_count": len(mine) - len(firsts),
                "first_attempts_count": len(firsts),
                "first_attempt_success_count": _passed(firsts),
                "first_attempt_success_ratio": _ratio(_passed(firsts), len(firsts)),
                "flaky_count": sum(any(each is one for one in flaky) for each in mine),
                "duration_minutes_p50": quantile(takes, 0.5),
                "duration_minutes_p90": quantile(takes, 0.9),
                "duration_minutes_n": len(takes),
                "queue_minutes_p50": quantile(waits, 0.5),
                "queue_minutes_n": len(waits),
                "time_to_green_hours_p50": quantile(stretches, 0.5),
                "time_to_green_n": len(stretches),
            }
        )
    return rows


def _passed(runs: list[PipelineRun]) -> int:
    return sum(each.status == "success" for each in runs)


def _flaky(ended: list[PipelineRun]) -> list[PipelineRun]:
    failed, done, found = set(), set(), []
    for each in ended:
        what = (each.name, each.commit_hash)
        if each.commit_hash and each.status == "failed":
            failed.add(what)
        elif each.status == "success" and what in failed and what not in done:
            done.add(what)
            found.append(each)
    return found


def _green(final: list[PipelineRun]) -> list[tuple[PipelineRun, float]]:
    red: dict[tuple[str, str | None], datetime] = {}
    found = []
    for each in final:
        what = (each.name, each.branch)
        if not each.is_default_branch:
            continue
        if each.status == "failed":
            red.setdefault(what, each.finished_at)
        elif each.status == "success" and what in red:
            found.append((each, _hours(red.pop(what), each.finished_at)))
    return found


def quantile(values: list[float], share: float) -> float | None:
    """Linear at rank (n − 1) · share."""
    if not values:
        return None
    ordered = sorted(values)
    rank = (len(ordered) - 1) * share
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (rank - low), 6)


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _hours(since: datetime, until: datetime) -> float:
    return round(max(0.0, (until - since).total_seconds() / 3600), 6)


def _day(at: datetime) -> date:
    return at.date()
