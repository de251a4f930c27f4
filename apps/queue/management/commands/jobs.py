"""`manage.py jobs`: look at units of work, and steer them.

    jobs list [--state STATE] [--queue QUEUE] [--org SLUG] [--limit N]
    jobs show ID
    jobs quarantined
    jobs requeue ID…     take up again what failed, was canceled or quarantined
    jobs cancel ID…      what is pending ends when a worker takes it up, which is at once, what
                         runs at its next checkpoint

`--json` prints one JSON value. Exit codes: 0 done, 1 not done, with a sentence on stderr.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import QuerySet
from django_tenants.utils import get_tenant_model
from rich.console import Console
from rich.table import Table

from apps.errors import AppError, NotFound
from apps.queue import services
from apps.queue.models import PUBLIC, WorkUnit
from devhealth.models.states import State

COLUMNS = ("id", "state", "queue", "actor", "organization", "due", "starts", "error")
LIMIT = 50
WIDTH = 140  # of a table that no terminal reads


class Command(BaseCommand):
    help = "List, show, requeue and cancel units of work."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        asked = parser.add_subparsers(dest="asked", required=True, metavar="COMMAND")
        listing = asked.add_parser("list", help="the newest units")
        listing.add_argument("--state", choices=[state.value for state in State])
        listing.add_argument("--queue")
        listing.add_argument("--org", metavar="SLUG", help="the organisation's slug")
        listing.add_argument("--limit", type=int, default=LIMIT)
        asked.add_parser("quarantined", help="units that ended three times unforeseen")
        asked.add_parser("show", help="all of one unit").add_argument("ids", nargs=1, type=int)
        for name, help in (("requeue", "take up again"), ("cancel", "end")):
            asked.add_parser(name, help=help).add_argument("ids", nargs="+", type=int)
        for each in asked.choices.values():
            each.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, asked: str, as_json: bool, **given: Any) -> None:
        try:
            rows = ASKED[asked](given)
        except AppError as error:
            raise CommandError(error.detail) from error
        if as_json:
            self.stdout.write(json.dumps(rows[0] if asked == "show" else rows, indent=2))
        else:
            self._print(rows, is_whole=asked == "show")

    def _print(self, rows: list[dict[str, Any]], *, is_whole: bool) -> None:
        table = Table("field", "value") if is_whole else Table(*COLUMNS)
        lines = rows[0].items() if is_whole else [[row[name] for name in COLUMNS] for row in rows]
        for line in lines:
            table.add_row(*[_cell(each) for each in line])
        is_terminal = self.stdout.isatty()
        Console(
            file=self.stdout, width=None if is_terminal else WIDTH, markup=False, highlight=False
        ).print(table)


# --- what can be asked for -----------------------------------------------------------------------

Given = Mapping[str, Any]
Rows = list[dict[str, Any]]


def listed(given: Given) -> Rows:
    """The newest first."""
    where = {name: given[name] for name in ("state", "queue") if given.get(name)}
    if given.get("org"):
        where["organization_id"] = _organization(given["org"])
    return _rows(WorkUnit.objects.filter(**where).order_by("-id")[: given.get("limit", LIMIT)])


def quarantined(given: Given) -> Rows:
    return listed({"state": State.QUARANTINED.value})


def shown(given: Given) -> Rows:
    return [_whole(row, unit) for row, unit in _each(_units(given["ids"]))]


def requeued(given: Given) -> Rows:
    return _steered(services.requeue, given["ids"])


def canceled(given: Given) -> Rows:
    return _steered(services.cancel, given["ids"])


def _steered(steer: Callable[[int], None], ids: list[int]) -> Rows:
    """All of them or none, as they are afterwards."""
    with transaction.atomic():
        for each in ids:
            steer(each)
    return _rows(_units(ids))


ASKED: Mapping[str, Callable[[Given], Rows]] = {
    "list": listed,
    "show": shown,
    "quarantined": quarantined,
    "requeue": requeued,
    "cancel": canceled,
}


def _units(ids: list[int]) -> list[WorkUnit]:
    """In the order that they were named in. Raises `NotFound`."""
    found = WorkUnit.objects.in_bulk(ids)
    if missing := [str(each) for each in ids if each not in found]:
        raise NotFound(f"There is no unit {', '.join(missing)}.")
    return [found[each] for each in ids]


def _organization(slug: str) -> UUID:
    found = get_tenant_model().objects.filter(slug=slug).values_list("id", flat=True).first()
    if found is None:
        raise NotFound(f"There is no organisation `{slug}`.")
    return UUID(str(found))


# --- as they are shown ---------------------------------------------------------------------------


def _rows(units: "QuerySet[WorkUnit] | list[WorkUnit]") -> Rows:
    return [row for row, _ in _each(units)]


def _each(units: Iterable[WorkUnit]) -> list[tuple[dict[str, Any], WorkUnit]]:
    units = list(units)
    found = get_tenant_model().objects.filter(id__in={unit.organization_id for unit in units})
    slugs = dict(found.values_list("id", "slug"))
    return [(_row(unit, slugs), unit) for unit in units]


def _row(unit: WorkUnit, slugs: Mapping[UUID, str]) -> dict[str, Any]:
    """`organization`: its slug; its id where it is gone; null for nobody's."""
    whose = slugs.get(unit.organization_id, str(unit.organization_id))
    return {
        "id": unit.id,
        "state": str(unit.state),
        "queue": unit.queue,
        "actor": unit.actor,
        "organization": None if unit.organization_id == PUBLIC else whose,
        "due": unit.not_before.isoformat(timespec="seconds"),
        "starts": unit.starts,
        "error": unit.error,
    }


def _whole(row: dict[str, Any], unit: WorkUnit) -> dict[str, Any]:
    instants = ("created_at", "claimed_at", "lease_until", "finished_at")
    known = {name: getattr(unit, name) for name in instants}
    return row | {
        "ids": unit.ids,
        "slots": unit.slots,
        "waits_for": unit.waits_for,
        "dedupe_key": unit.dedupe_key,
        "request_id": unit.request_id,
        "delays": unit.delays,
        "fence": unit.fence,
        "worker": unit.worker,
        "stop_requested": unit.stop_requested,
        **{name: value and value.isoformat() for name, value in known.items()},
    }


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
