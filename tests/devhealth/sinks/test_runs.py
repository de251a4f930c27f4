"""The version of a run that no job began."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from devhealth.models.records import Identity, Repository
from devhealth.sinks import sink_of_run

AHEAD = datetime(2200, 1, 1, tzinfo=UTC)


def test_a_run_is_newer_than_what_a_clock_ahead_has_stored_of_any_of_its_classes(store):
    org_id = uuid4()
    ada = Identity(author_id=uuid4(), name="Ada", email=None, actor_kind="human")
    store.for_org(org_id, version=AHEAD).write([ada])
    run = sink_of_run(store, org_id, (Repository, Identity))
    assert run.version == AHEAD + timedelta(milliseconds=1)


def test_another_organisations_clock_does_not_count(store):
    ada = Identity(author_id=uuid4(), name="Ada", email=None, actor_kind="human")
    store.for_org(uuid4(), version=AHEAD).write([ada])
    assert sink_of_run(store, uuid4(), (Repository, Identity)).version < AHEAD
