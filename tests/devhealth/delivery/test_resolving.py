"""What a run of `resolve` writes, whatever was there before, wherever it is cut, in any store."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest

from devhealth.models.directory import Directory
from devhealth.models.records import (
    Deployment,
    DeploymentChange,
    Incident,
    Link,
    PipelineRun,
)
from devhealth.models.touches import Touches
from devhealth.processors.resolve import RESOLVED, kept
from devhealth.processors.stamps import Stamps
from devhealth.sync import Watch
from tests.devhealth.delivery.stored import resolving, write
from tests.devhealth.delivery.things import (
    ACME_API,
    MERGES,
    OWNED,
    deployed,
    incident,
    landed,
    of,
    pull,
    ran,
)
from tests.devhealth.metrics.worlds import API, WEB, frame
from tests.devhealth.restamp.runs import restamped
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.disturbed import Countdown, EndedError

MADE = (Deployment, DeploymentChange, Incident, Link, PipelineRun)
REVERT = pull(9, "2026-01-13 09:00", "c9", reverts_number=7)
RED = ran("1.1", "2026-01-05 23:55", "failed", is_final_attempt=False)
WORLD = [
    landed("c0", "2026-01-05 08:00"),
    landed("c1", "2026-01-06 08:00"),
    landed("mine", "2026-01-05 20:00"),
    pull(7, "2026-01-06 08:00:02", "c1"),
    *of(7, "x1"),
    REVERT,
    deployed("one", "2026-01-05 09:00", "c0"),
    deployed("two", "2026-01-06 09:00", "c1"),
    incident("i", "2026-01-07 12:00", "2026-01-10 13:00"),
    RED,
    ran("1.2", "2026-01-06 00:05"),
]
CHANGES = {"#7": "two", "mine": "two"}


def records(acme):
    return [acme.records(cls) for cls in MADE]


def changes(acme):
    return {row["change_id"]: row["deployment_id"] for row in acme.records(DeploymentChange)}


@pytest.fixture
def world(acme):
    write(acme, WORLD)
    return acme


def test_every_store_is_given_the_same(any_store):
    acme = Organisation(any_store)
    write(acme, WORLD)
    done = resolving(acme, OWNED)
    assert dict(done.rows) == {
        "deployments": 2, "deployment_changes": 2, "incidents": 1, "links": 2, "pipeline_runs": 2,
    }  # fmt: skip
    assert changes(acme) == CHANGES
    one, two = acme.records(Deployment)
    assert (one["failure_basis"], two["failure_basis"]) == (None, "explicit_text")
    assert acme.records(Incident)[0]["recovery_hours"] == 100
    assert [row["is_flaky"] for row in acme.records(PipelineRun)] == [False, True]
    assert not resolving(acme, OWNED).rows
    resolving(acme, MERGES)
    assert [row["deployment_id"] for row in acme.records(Deployment)] == [
        "merge:7", "merge:9", "one", "two",
    ]  # fmt: skip
    assert changes(acme) == {"#7": "merge:7", "#9": "merge:9"}
    resolving(acme, OWNED)
    assert changes(acme) == CHANGES


def test_a_second_run_writes_nothing_and_touches_nothing(world):
    resolving(world)
    done = resolving(world)
    assert (dict(done.rows), done.touches) == ({}, Touches())


def test_another_repository_is_left_alone(world):
    other = replace(incident("w", "2026-01-07 12:00"), repo_id=WEB)
    write(world, [other])
    resolving(world)
    assert {row["incident_id"]: row["deployment_id"] for row in world.records(Incident)} == {
        "i": "two", "w": None,
    }  # fmt: skip


def test_an_incident_that_is_opened_later_touches_the_day_of_its_deployment(world):
    resolving(world)
    told = {"deployment_id": "one", "link_basis": "native"}
    write(world, [incident("late", "2026-03-01 12:00", **told)])
    touched = resolving(world).touches.days
    assert date(2026, 1, 5) in touched[Deployment, str(API)]
    assert date(2026, 1, 6) not in touched[Deployment, str(API)]


def test_a_revert_that_is_gone_makes_its_deployment_whole_again(world):
    resolving(world)
    lost = {"deleted_at": REVERT.merged_at, "deleted_reason": "lost"}
    told = {"deployment_id": "one", "link_basis": "native"}
    write(world, [replace(REVERT, **lost), incident("i", "2026-01-07 12:00", **told)])
    resolving(world)
    assert [row["failure_basis"] for row in world.records(Deployment)] == ["native", None]
    assert [row["from_kind"] for row in world.records(Link)] == ["incident"]


def test_a_deployment_found_in_between_takes_changes_over(world):
    resolving(world)
    write(world, [deployed("between", "2026-01-06 07:00", "mine")])
    touched = resolving(world).touches.days
    assert changes(world) == {"#7": "two", "mine": "between"}
    assert touched[DeploymentChange, str(API)] == {date(2026, 1, 6)}


def test_only_what_a_target_bears_on_is_looked_at(world):
    assert set(resolving(world, target="cicd").rows) == {"pipeline_runs"}
    assert "pipeline_runs" not in resolving(world, target="prs").rows
    assert not resolving(world, target="blame").rows


def test_days_are_noted_before_they_are_written(world):
    noted = []

    async def note(touches):
        noted.append((touches, len(world.records(DeploymentChange))))

    done = resolving(world, watch=Watch(noted=note))
    assert noted[0][1] == 0
    together = Touches()
    for touches, _ in noted:
        together |= touches
    assert together == done.touches


def test_a_run_that_is_cut_anywhere_and_run_again_is_an_undisturbed_one(world, store):
    globex, call = Organisation(store), 1
    write(globex, WORLD)
    resolving(globex)
    while True:
        countdown = Countdown("checkpoint", call)
        watch = Watch(checkpoint=lambda each=countdown: each.pass_by("checkpoint"))
        with suppress(EndedError):
            resolving(world, watch=watch, batch_size=1)
            break
        call += 1
    assert records(world) == records(globex)
    assert call > 9  # reads of eight classes, and more than one write


def test_what_is_told_in_two_runs_ends_where_one_does(acme, store):
    for part in (WORLD[::2], WORLD[1::2]):
        write(acme, part)
        resolving(acme)
    globex = Organisation(store)
    write(globex, WORLD)
    resolving(globex)
    assert records(acme) == records(globex)


# --- what a sync is told again --------------------------------------------------------------------


@pytest.mark.parametrize("cls", RESOLVED)
def test_what_is_told_again_differs_in_nothing(world, cls):
    resolving(world, OWNED)
    stored = world.sink().read(cls).drop("synced_at").sort(cls.key)
    told = frame(cls, [each for each in WORLD if type(each) is cls])
    stamps = Stamps(OWNED, "acme/api")
    assert kept(cls, told, stored, stamps).sort(cls.key).to_dicts() == stored.to_dicts()


def test_a_native_link_told_again_differs_in_nothing(world):
    told = incident(
        "i", "2026-01-07 12:00", "2026-01-10 13:00", deployment_id="one", link_basis="native"
    )
    write(world, [told])
    resolving(world)
    stored = world.sink().read(Incident).drop("synced_at")
    stamps = Stamps(Directory(), "acme/api")
    assert kept(Incident, frame(Incident, [told]), stored, stamps).to_dicts() == stored.to_dicts()


def test_a_native_link_that_is_told_no_longer_is_dropped(world):
    told = incident("i", "2026-01-07 12:00", deployment_id="one", link_basis="native")
    write(world, [told])
    stored = world.sink().read(Incident).drop("synced_at")
    again = frame(Incident, [incident("i", "2026-01-07 12:00")])
    found = kept(Incident, again, stored, Stamps(Directory(), "acme/api"))
    assert found.select("deployment_id", "link_basis").row(0) == (None, None)


def test_what_is_new_has_what_the_directory_says(acme):
    told = frame(Deployment, [deployed("release:1", "2026-01-05 09:00", kind="release")])
    found = kept(Deployment, told, told.clear(), Stamps(OWNED, "acme/api"))
    assert found.select("team_id", "is_counted").row(0) == ("web", False)


def test_another_directory_is_followed_by_all_that_it_decides(acme):
    write(acme, [ACME_API, *WORLD])
    resolving(acme)
    done = restamped(acme, OWNED)
    assert done.resolved
    assert {row["team_id"] for row in acme.records(DeploymentChange)} == {"web"}
    assert {row["team_id"] for row in acme.records(Incident)} == {"web"}
    assert (DeploymentChange, str(API)) in done.touches.days
    assert restamped(acme, OWNED).resolved == 0
