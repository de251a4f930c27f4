"""What a flame diagram of the client's is made of: the real course of one thing, in stretches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from apps.errors import NotFound
from apps.metrics import deliveries, pull_requests, work_items
from apps.metrics.operations import DEPLOYMENTS_READ
from apps.metrics.records import Asked
from apps.metrics.services import Cells
from apps.orgs.members import Member
from devhealth.models.directory import ACTIVE, OVER
from devhealth.models.records import Deployment

State = Literal["active", "waiting", "blocked", "ci"]
Category = Literal["planned", "unplanned", "rework"]

MOST_PARTS = 200
WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one instant to another. The whole has no parent."""

    id: str
    label: str
    start: datetime
    end: datetime
    state: State
    category: Category = "planned"
    parent: str | None = WHOLE


@dataclass(frozen=True, slots=True)
class Timeline:
    """Of one thing. The whole is the first of its stretches."""

    entity: dict[str, Any]
    stretches: Sequence[Stretch]

    @property
    def start(self) -> datetime:
        return min(each.start for each in self.stretches)

    @property
    def end(self) -> datetime:
        return max(each.end for each in self.stretches)


# --- a pull request ------------------------------------------------------------------------------


def of_pull_request(repository_id: UUID, number: int, now: datetime, *, by: Member) -> Timeline:
    """Coding, draft, waiting for a response, review; from the first request for changes on, rework.

    Raises `NotFound`.
    """
    row = pull_requests.pull_request(repository_id, number, by=by)
    if row is None:
        raise NotFound("There is no such pull request.")
    reviews = pull_requests.PullRequests([row], by).reviews(row, MOST_PARTS).rows
    phases = list(_phases(row, reviews, now))
    begun, ended = phases[0].start, phases[-1].end
    whole = Stretch(WHOLE, f"#{number} {row['title']}", begun, ended, "active", parent=None)
    told = ("repo_id", "number", "title", "url", "state", "created_at", "merged_at")
    return Timeline(_entity("pr", row, told), [whole, *phases])


def _phases(row: Cells, reviews: Sequence[Cells], now: datetime) -> Iterator[Stretch]:
    created, ended = row["created_at"], row["merged_at"] or row["closed_at"] or now
    if (first := row["first_commit_at"]) is not None and first < created:
        yield Stretch("coding", "Coding", first, created, "active")
    ready = min(row["ready_at"] or ended, ended)
    if created < ready:
        yield Stretch("draft", "Draft", created, ready, "active")
    response = min(row["first_response_at"] or ended, ended)
    if ready < response or (ready, response) == (created, ended):
        yield Stretch("pickup", "Waiting for a response", ready, response, "waiting")
    asked = [
        each["submitted_at"]
        for each in reviews
        if each["state"] == "changes_requested" and not each["is_own"]
    ]
    rework = max(min(asked, default=ended), response)
    if response < min(rework, ended):
        yield Stretch("review", "Review", response, min(rework, ended), "active")
    if rework < ended:
        yield Stretch("rework", "Changes requested", rework, ended, "active", "rework")


# --- a work item ---------------------------------------------------------------------------------


def of_work_item(work_item_id: UUID, now: datetime, *, by: Member) -> Timeline:
    """Every stretch in one status, until it is over. Raises `NotFound`."""
    row = work_items.work_item(work_item_id, by=by)
    if row is None:
        raise NotFound("There is no such work item.")
    changes = work_items.WorkItems([row], by).changes(row, MOST_PARTS).rows
    spells = list(_spells(changes, now))
    begun = row["created_at"]
    ended = max((each.end for each in spells), default=row["completed_at"] or now)
    category: Category = "unplanned" if _is_unplanned(changes) else "planned"
    whole = Stretch(
        WHOLE, f"{row['item_key']} {row['title']}", begun, max(begun, ended), "active", category,
        parent=None,
    )  # fmt: skip
    told = ("work_item_id", "item_key", "title", "url", "status", "item_type", "created_at")
    return Timeline(_entity("issue", row, told), [whole, *spells])


def _spells(changes: Sequence[Cells], now: datetime) -> Iterator[Stretch]:
    """Changes after which its status is the same are one spell."""
    usual: Category = "unplanned" if _is_unplanned(changes) else "planned"
    category, open_spell = usual, None
    for each in changes:
        if each["is_reopening"]:
            category = "rework"
        status = "blocked" if each["is_flagged"] else each["status"]
        until = each["until"] or now
        if open_spell and (open_spell.label, open_spell.category) == (_label(status), category):
            open_spell = _until(open_spell, until)
            continue
        if open_spell:
            yield open_spell
        open_spell = None
        if status not in OVER:
            name = f"{each['place']}:{status}"
            open_spell = Stretch(name, _label(status), each["at"], until, _state(status), category)
    if open_spell:
        yield open_spell


def _until(spell: Stretch, end: datetime) -> Stretch:
    return Stretch(spell.id, spell.label, spell.start, end, spell.state, spell.category)


def _label(status: str) -> str:
    return status.replace("_", " ").capitalize()


def _state(status: str) -> State:
    if status in ACTIVE:
        return "active"
    return "blocked" if status == "blocked" else "waiting"


def _is_unplanned(changes: Sequence[Cells]) -> bool:
    return any(each["is_unplanned"] for each in changes)


# --- a deployment --------------------------------------------------------------------------------


def of_deployment(
    repository_id: UUID, deployment_id: str, now: datetime, *, by: Member
) -> Timeline:
    """Waiting and running, and how long each of its changes had waited. Raises `NotFound`."""
    row = _deployment(repository_id, deployment_id, by)
    among = deliveries.Deployments([row], by)
    created, ended = row["created_at"], row["finished_at"] or now
    begun = row["started_at"] or created
    whole = Stretch(
        WHOLE, f"{row['environment']}: {row['status']}", created, max(created, ended), "ci",
        parent=None,
    )  # fmt: skip
    parts = [Stretch("run", "Deploying", begun, max(begun, ended), "ci")]
    if created < begun:
        parts.insert(0, Stretch("queue", "Waiting to begin", created, begun, "waiting"))
    changes = [
        Stretch(each["change_id"], _change_label(each, among), merged, deployed, "waiting")
        for each in among.changes(row, MOST_PARTS).rows
        if (merged := each["merged_at"]) and merged < (deployed := each["deployed_at"])
    ]
    told = ("repo_id", "deployment_id", "environment", "status", "url", "created_at", "finished_at")
    return Timeline(_entity("deployment", row, told), [whole, *parts, *changes])


def _change_label(change: Cells, among: deliveries.Deployments) -> str:
    found = among.pull_request(change)
    return f"{change['change_id']} {found['title']}" if found else str(change["change_id"])[:12]


def _deployment(repository_id: UUID, deployment_id: str, by: Member) -> Cells:
    asked = Asked(
        cls=Deployment,
        operation=DEPLOYMENTS_READ,
        where={"repo_id": repository_id, "deployment_id": deployment_id},
        order=(("created_at", "desc"),),
    )
    found = deliveries.deliveries_page(asked, by=by, limit=1).rows
    if not found:
        raise NotFound("There is no such deployment.")
    return found[0]


def _entity(kind: str, row: Cells, names: tuple[str, ...]) -> dict[str, Any]:
    return {"type": kind} | {name: row[name] for name in names}
