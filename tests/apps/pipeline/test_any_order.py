"""Whatever is asked for, in any order, and whoever is killed in between: no gap and no double."""

from contextlib import suppress
from datetime import datetime
from uuid import uuid4

import polars as pl
import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from apps.errors import Conflict
from apps.pipeline.models import BackfillChunk, DirtyDays, Recompute, SyncWatermark
from apps.pipeline.services import backfills, compute
from apps.queue import clock
from apps.queue.models import QueueShare, Slot
from devhealth.models.records import BlameFile
from devhealth.models.states import State
from devhealth.sinks.postgres import PostgresSink
from tests import repositories, work
from tests.apps.pipeline import worlds
from tests.apps.pipeline.worlds import World, ago, history, on
from tests.devhealth.blame.runs import by_git
from tests.examples import tried

DEEPEST = 30
FIRST = 6  # days that the first sync takes

depths = st.integers(1, DEEPEST)
steps = st.one_of(
    st.just(("sync",)),
    st.tuples(st.just("backfill"), depths, depths, st.sampled_from(["newest", "oldest"])),
    st.tuples(st.sampled_from(["pause", "resume", "cancel", "retry"])),
    st.tuples(st.just("commit"), depths),
    st.tuples(st.just("rewrite"), depths),
    st.tuples(st.just("work"), st.sampled_from(["sync", "backfill", "metrics"])),
    st.tuples(st.just("killed"), st.integers(1, 4), st.booleans()),
    st.just(("tick",)),
)


class Killed(BaseException):
    """What a `kill -9` is to the thread that it meets: nothing after it happens."""


class Story:
    """One world, and the steps that are taken in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.works = history(DEEPEST + 10)
        world.rewrite(self.works)
        self.config = world.config(options={"initial_days": FIRST}, targets=["git", "blame"])
        self.jobs = []
        self.marks: dict[str, datetime] = {}

    def take(self, step):
        name, *given = step
        with suppress(Conflict):  # not everything is possible at any time
            getattr(self, name)(*given)
        self.look_at_marks()

    def look_at_marks(self):
        found = dict(SyncWatermark.objects.values_list("target", "synced_through"))
        assert all(found[target] >= mark for target, mark in self.marks.items())
        self.marks = found

    def sync(self):
        self.world.sync(self.config)

    def backfill(self, one, other, order):
        since, before = ago(max(one, other)), ago(min(one, other) - 1)
        self.jobs.append(self.world.backfill(self.config, since, before, order=order))

    def steer(self, verb):
        if self.jobs:
            getattr(backfills, verb)(self.jobs[-1].id, by=self.world.member)

    def pause(self):
        self.steer("pause")

    def resume(self):
        self.steer("resume")

    def cancel(self):
        self.steer("cancel")

    def retry(self):
        self.steer("retry")

    def commit(self, back):
        """Something lands on the branch that was committed a while ago."""
        self.works = [*self.works, on(ago(back), files={f"late {len(self.works)}": "1\n"})]
        self.world.rewrite(self.works)

    def rewrite(self, keep):
        """The branch loses what came after its first days."""
        self.works = [
            *self.works[: keep + 8],
            on(ago(1), files={"rewritten": f"{len(self.works)}\n"}),
        ]
        self.world.rewrite(self.works)

    def work(self, queue):
        work.run_all(queue)

    def killed(self, writes, before):
        """The worker dies at its n-th write, just before or just after it."""
        write, left = PostgresSink.write, [writes]

        def write_or_die(sink, rows, cls=None):
            left[0] -= 1
            if left[0] or not before:
                write(sink, rows, cls)
            if not left[0]:
                raise Killed
            return len(rows)

        PostgresSink.write = write_or_die
        try:
            with suppress(Killed):
                work.run_all()
        finally:
            PostgresSink.write = write
            connection.set_tenant(self.world.tenant.organization)
        self.tick()

    def tick(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "update queue_workunit set lease_until = now() - interval '1 s' "
                "where state = 'running'"
            )
        clock.tick()

    def end(self):
        """Everything that was begun comes to its end, then one more sync."""
        for _ in range(3):
            work.make_due()
            work.run_all()
        with suppress(Conflict):
            self.sync()
        work.make_due()
        work.run_all()

    def reached(self):
        """The earliest day of which anything may be stored; a stopped chunk leaves facts, too."""
        begun = BackfillChunk.objects.filter(attempts__gt=0)
        return min([ago(FIRST), *begun.values_list("since", flat=True)])


@pytest.mark.usefixtures("committed")
@tried(2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=2, max_size=10))
def test_any_order_leaves_no_gap_and_no_double(tenants, tmp_path, settings, taken):
    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    tenant = tenants["acme"]
    work.forget([tenant])  # of the example before, which may have failed
    with worlds.inside(tenant):
        story = Story(World(tenant, repositories.make(tmp_path / uuid4().hex)))
        for step in taken:
            story.take(step)
        story.end()
        check(story)


def check(story):
    stored = story.world.days()
    branch = sorted(date_of(each) for each in story.works)
    taken = {
        day
        for since, before in BackfillChunk.objects.filter(state=State.COMPLETED).values_list(
            "since", "before"
        )
        for day in branch
        if since <= day < before
    } | {day for day in branch if day >= ago(FIRST)}
    for day in taken:
        assert stored.count(day) == branch.count(day), f"{day} is not complete"
    assert all(day >= story.reached() for day in stored)
    assert all(stored.count(day) <= branch.count(day) for day in stored)
    assert {share.running for share in QueueShare.objects.all()} == {0}
    assert {slot.running for slot in Slot.objects.all()} <= {0}
    assert not DirtyDays.objects.exists()
    asked = compute.request_recompute(Recompute(), by=story.world.member)
    work.run_all("metrics")
    assert compute.recompute_of(asked.id, by=story.world.member).rows_written == 0
    assert story.world.computed_days() == set(stored)
    assert lines(story.world) == by_git(story.world.path)


def lines(world):
    """Standing lines by file and address."""
    rows = world.sink().read(BlameFile)
    counted = rows.group_by("path", "author_email").agg(pl.col("lines").sum())
    return {(path, address): count for path, address, count in counted.iter_rows()}


def date_of(each):
    return repositories.instant(each.at).date()
