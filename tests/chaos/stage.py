"""The world that scenes play in. Imported once Django is set up."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import polars as pl
from django.db import close_old_connections, connection
from django_tenants.utils import tenant_context

from apps.billing import tiers
from apps.billing.services import set_tier
from apps.orgs import services as orgs
from apps.orgs.models import Organization, Scope
from apps.orgs.services import Member
from apps.pipeline.models import BackfillJob, SyncConfig, SyncRun
from apps.pipeline.services import backfills, configs, syncs
from tests.chaos import history
from tests.chaos.fleet import Fleet
from tests.chaos.servers import Servers
from tests.chaos.traps import Board, Trap
from tests.chaos.watch import Watcher

Frames = dict[str, pl.DataFrame]

INITIAL_DAYS = 14  # that the first sync takes; the backfill takes those before
PATIENCE = 90.0
ARRIVAL = 45.0

_OPEN = """
select count(*) from queue_workunit
where organization_id = %s and state in ('pending', 'running') and actor <> 'pipeline.daily'
"""


class TooLateError(Exception):
    """Something that should have happened by now."""


def until(holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What it answers once that is true."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        if time.monotonic() >= deadline:
            raise TooLateError(f"Not within {seconds:.0f} s: {what}.")
        time.sleep(0.1)
    return answer


@dataclass
class Case:
    """One organisation in one scene, and what was found wrong with it."""

    name: str
    happens: str
    organization: Organization
    member: Member
    repository: Path
    config_id: UUID
    first_day: date
    before: date
    job_id: UUID | None = None
    run_id: UUID | None = None
    problems: list[str] = field(default_factory=list)
    redelivery: float | None = None
    remark: str = ""
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def id(self) -> UUID:
        found: UUID = self.organization.id
        return found

    @contextmanager
    def inside(self) -> Iterator[None]:
        close_old_connections()
        with tenant_context(self.organization):
            yield

    def run(self) -> None:
        with self.inside():
            self.run_id = syncs.start_run(self.config_id, by=self.member).id

    def backfill(self) -> None:
        with self.inside():
            asked = backfills.Asked(self.config_id, self.first_day, self.before)
            self.job_id = backfills.start(asked, by=self.member).id

    def steer(self, verb: Callable[..., None]) -> None:
        with self.inside():
            verb(self.job_id, by=self.member)

    def set_tier(self, tier: tiers.Tier) -> None:
        close_old_connections()
        set_tier(self.organization, tier, by="chaos")

    def job(self) -> BackfillJob:
        with self.inside():
            return BackfillJob.objects.get(id=self.job_id)

    def chunks(self) -> list[Any]:
        with self.inside():
            return list(self.job().chunks.order_by("index"))

    def run_state(self) -> str:
        with self.inside():
            return str(SyncRun.objects.get(id=self.run_id).state)

    def query(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.inside(), connection.cursor() as cursor:
            cursor.execute(text, values)
            return list(cursor.fetchall())

    def is_settled(self) -> bool:
        return self.query(_OPEN, self.id) == [(0,)]

    def expect(self, holds: bool, sentence: str) -> None:
        if not holds:
            self.problems.append(sentence)

    @contextmanager
    def judged(self) -> Iterator[None]:
        """What comes too late is a problem of this case, not of its neighbours."""
        try:
            yield
        except TooLateError as error:
            self.problems.append(str(error))
        self.seconds = time.monotonic() - self.began


@dataclass
class Stage:
    directory: Path
    random: Random
    servers: Servers
    fleet: Fleet
    board: Board
    watch: Watcher
    history: history.History
    today: date
    made: int = 0
    undisturbed: dict[str, Frames] = field(default_factory=dict)

    def case(self, name: str, happens: str) -> Case:
        """A new organisation with a config, of a repository as it was early."""
        self.made += 1
        slug = f"chaos-{self.made}"
        organization = orgs.create_organization(
            slug, slug, owner_email=f"olga@{slug}.example", password=None
        )
        owner = orgs.find_person(f"olga@{slug}.example")
        _, text = orgs.issue_token(organization, by=owner, name="chaos", scopes=Scope)
        set_tier(organization, tiers.ENTERPRISE, by="chaos")
        repository = self.history.copy(self.directory / "repositories" / f"{slug}.git")
        self.watch.add(organization)
        member = orgs.authenticate(text)
        with tenant_context(organization):
            config = configs.create(_config(repository), by=member)
        first = self.today - timedelta(days=history.DAYS)
        before = self.today - timedelta(days=INITIAL_DAYS)
        return Case(name, happens, organization, member, repository, config.id, first, before)

    def cases(self, wanted: Iterable[str], happens: dict[str, str]) -> list[Case]:
        """Of those that are wanted, after their first sync."""
        cases = [self.case(name, happens[name]) for name in wanted]
        for case in cases:
            case.run()
        for case in cases:
            self.settle(case)
        for case in cases:
            case.began = time.monotonic()
        return cases

    def begin(self, case: Case, trap: Trap | None = None) -> None:
        """New commits, a run for them, and the backfill, all at once; a trap on their way."""
        if trap:
            self.board.arm(case.id, trap)
        history.move(case.repository, self.history.full)
        case.backfill()
        case.run()

    def trapped(self, case: Case) -> dict[str, Any]:
        """Where its worker stands. Raises `TooLateError`."""
        found: dict[str, Any] = until(
            partial(self.board.hit, case.id), "its worker is where it should stop", ARRIVAL
        )
        return found

    def standing(self, cases: Iterable[Case]) -> list[tuple[Case, dict[str, Any]]]:
        """Those whose worker came to its trap, and where; the others have a problem."""
        found = []
        for case in cases:
            with case.judged():
                found.append((case, self.trapped(case)))
        return found

    def settle(self, case: Case, seconds: float = PATIENCE) -> None:
        until(case.is_settled, f"{case.name}: nothing is left to do", seconds)

    def is_through(self, case: Case, hit: dict[str, Any]) -> bool:
        """Whoever stood there has left the unit."""
        ends = self.board.log("end", case.id)
        return any((each["pid"], each["id"]) == (hit["pid"], hit["unit"]) for each in ends)

    def claims(self, case: Case, since: float = 0) -> list[dict[str, Any]]:
        return [each for each in self.board.log("claim", case.id) if each["at"] >= since]

    def redelivered(self, case: Case, since: float, unit: int) -> float | None:
        """Seconds until somebody claimed it again, or the one that does the same in its place."""
        before = next(each for each in self.claims(case) if each["id"] == unit)
        is_shared = before["actor"] == "pipeline.compute"
        found = [
            each["at"]
            for each in self.claims(case, since)
            if each["id"] == unit or (is_shared and each["actor"] == before["actor"])
        ]
        return round(found[0] - since, 1) if found else None


def _config(repository: Path) -> SyncConfig:
    return SyncConfig(
        name="api",
        provider="local",
        targets=["git", "blame"],
        sources=[str(repository)],
        options={"initial_days": INITIAL_DAYS},
    )
