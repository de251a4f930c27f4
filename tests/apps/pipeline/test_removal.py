"""A source that is synced no more, with or without its facts."""

from uuid import uuid4

import pytest

from apps.errors import Conflict
from apps.orgs.models import AuditEntry
from apps.pipeline.models import SyncConfig, SyncWatermark
from apps.pipeline.services import removal
from devhealth.errors import Transient
from devhealth.models.records import Repository
from devhealth.models.rollups import TeamDay
from devhealth.removing import classes
from devhealth.sinks.bound import SqlSink
from devhealth.sinks.tables import CLASSES
from tests import repositories, work
from tests.apps.orgs.people import told
from tests.apps.pipeline.rows import backfill_job, run_of, sync_config
from tests.apps.pipeline.worlds import ago, history, on

LEFT, GOING = "/srv/api", "/srv/web"


@pytest.fixture
def config(acme):
    return sync_config(acme, sources=[LEFT, GOING])


def remove(who, config, source=GOING, facts="keep"):
    path = f"sync-configs/{config.pk}/sources?source={source}&facts={facts}"
    return who.send("DELETE", path)


def again(acme, config):
    with acme.entered():
        return SyncConfig.objects.filter(pk=config.pk).first()


# --- its facts stay ------------------------------------------------------------------------------


def test_globex_finds_no_source_of_acmes(globex, config):
    assert remove(globex, config).status_code == 404


def test_a_source_that_is_none_is_not_found(acme, config):
    assert remove(acme, config, "/srv/other").status_code == 404


@pytest.mark.parametrize("facts", ["", "burn"])
def test_what_becomes_of_its_facts_is_said(acme, config, facts):
    assert remove(acme, config, facts=facts).status_code == 400


def test_it_is_synced_no_more_and_begins_anew_if_it_comes_back(acme, config):
    with acme.entered():
        for each in (LEFT, GOING):
            SyncWatermark.objects.create(
                config=config, source=each, target="git", synced_through=config.created_at
            )
    answer = remove(acme, config)
    assert (answer.status_code, answer.json()) == (
        202,
        {"source": GOING, "facts": "keep", "repository_id": None},
    )
    kept = again(acme, config)
    with acme.entered():
        assert (kept.sources, [each.source for each in kept.watermarks.all()]) == ([LEFT], [LEFT])
    assert work.states() == []


def test_with_its_last_source_a_config_goes(acme, config):
    for each in (LEFT, GOING):
        assert remove(acme, config, each).status_code == 202
    assert again(acme, config) is None


def test_nothing_is_taken_out_while_something_is_under_way(acme, config):
    run_of(acme, config)
    assert told(remove(acme, config)) == (409, "busy")


def test_not_while_a_backfill_is_paused_either(acme, config):
    backfill_job(acme, config, "paused")
    assert told(remove(acme, config)) == (409, "busy")


def test_it_is_in_the_audit_log(acme, config):
    remove(acme, config)
    entry = AuditEntry.objects.get(action="sources.remove")
    assert (entry.before["sources"], entry.after["sources"], entry.after["facts"]) == (
        [LEFT, GOING],
        [LEFT],
        "keep",
    )


# --- they go -------------------------------------------------------------------------------------


def test_facts_that_another_config_brings_are_not_removed(acme, config):
    sync_config(acme, sources=[GOING])
    assert told(remove(acme, config, facts="remove")) == (409, "source_in_use")
    assert remove(acme, config).status_code == 202


def test_nobody_guesses_whose_facts_are_meant(acme, config):
    assert told(remove(acme, config, facts="remove")) == (409, "repository_unknown")


@pytest.mark.parametrize("column", ["url", "full_name"])
def test_a_source_that_is_gone_is_known_by_what_is_stored(acme, config, column):
    named = {"full_name": "web", "url": "x", column: GOING}
    acme.write([Repository(repo_id=uuid4(), source_id="local", provider="local", **named)])
    answer = remove(acme, config, facts="remove")
    assert answer.json()["repository_id"]
    assert work.states(actor="pipeline.remove_facts") == ["pending"]


@pytest.fixture
def other(world, tmp_path):
    """A copy of the first one under another address, with a person who is in no other."""
    more = [on(ago(back), files={"b": f"{back}\n"}) for back in (3, 2, 1)]
    alone = on(ago(1), files={"c": "1\n"}, author=b"Zoe <zoe@web.example>")
    path = repositories.make(tmp_path / "web", *history(50)[:2], *more, alone)
    repositories.run(path, "config", "remote.origin.url", "https://git.example/acme/web")
    return path


def test_another_clone_of_the_same_repository_is_in_the_way(world, tmp_path):
    clone = repositories.make(tmp_path / "clone", *history(50))
    config = world.config(sources=[str(world.path), str(clone)])
    with pytest.raises(Conflict, match="same repository"):
        take_out(world, config, clone)


def kept(world):
    """All newest rows, without what the store adds; what is empty says nothing."""
    sink, found = world.sink(), {}
    for cls in CLASSES:
        rows = sink.read(cls).drop(cls.version, "head_hash", "until", strict=False)
        if "is_empty" in rows.columns:
            rows = rows.filter(~rows["is_empty"])
        found[cls.table] = sorted(map(str, rows.to_dicts()))
    return found


def synced(world, **more):
    config = world.config(**more)
    world.sync(config)
    work.run_all()
    return config


def take_out(world, config, source):
    return removal.remove_source(config.pk, str(source), "remove", by=world.member)


def test_without_its_facts_all_is_as_if_it_had_never_been_synced(world, other):
    synced(world)
    before = kept(world)
    config = synced(world, name="web", sources=[str(other)])
    assert kept(world) != before
    take_out(world, config, other)
    work.run_all()
    assert kept(world) == before


def test_no_version_and_no_tombstone_of_it_is_left(world, other):
    config = synced(world, name="web", sources=[str(other)])
    gone = take_out(world, config, other)
    work.run_all()
    sink = world.sink()
    for cls in classes():
        assert sink.read(cls, where={cls.partition: gone.repository_id}, deleted=True).height == 0
    assert sink.latest(TeamDay, where={"is_empty": False}).height == 0


@pytest.mark.parametrize("after", [1, 5, 20])
def test_who_is_cut_short_is_gone_on_for(world, other, after, monkeypatch):
    synced(world)
    before = kept(world)
    config = synced(world, name="web", sources=[str(other)])
    remove, calls = SqlSink.remove, []

    def cut(self, *given):
        calls.append(given)
        if len(calls) == after:
            raise Transient("killed")
        remove(self, *given)

    monkeypatch.setattr(SqlSink, "remove", cut)
    take_out(world, config, other)
    work.run_all()
    assert "pending" in work.states(actor="pipeline.remove_facts")
    work.make_due()
    work.run_all()
    assert kept(world) == before


def test_it_may_come_back(world, other):
    config = synced(world, name="web", sources=[str(other)])
    before = kept(world)
    take_out(world, config, other)
    work.run_all()
    synced(world, name="web", sources=[str(other)])
    assert kept(world) == before
