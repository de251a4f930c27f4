from datetime import UTC, datetime, timedelta

import pytest

from apps.pipeline.models import Recompute
from tests.apps.integrations.connected import connected
from tests.apps.pipeline.rows import backfill_job, run_of, sync_config
from tests.apps.pipeline.worlds import World, forget_tiers, history, inside
from tests.repositories import Work, make


@pytest.fixture
def world(committed, tenants, tmp_path, settings):
    """acme, of the tier community, with a commit on each of the last fifty days."""
    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    path = make(tmp_path / "repo", *history(50))
    with inside(tenants["acme"]):
        yield World(tenants["acme"], path)
    forget_tiers()


@pytest.fixture
def repo(tmp_path, settings):
    """Three commits: today, five days ago and twenty days ago."""
    settings.LOCAL_REPO_ROOTS = [str(tmp_path)]
    now = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    works = [
        Work({f"{back}.txt": f"{back}\n"}, message=f"{back} days ago", at=now - back * 86_400)
        for back in (20, 5, 0)
    ]
    return make(tmp_path / "api", *works)


@pytest.fixture
def acme_ids(acme):
    """An id of acme's for each kind of id that an address can hold."""
    config = sync_config(acme)
    run, job = run_of(acme, config), backfill_job(acme, config)
    with acme.entered():
        recompute = Recompute.objects.create(requested_by=acme.owner.id)
        integration = connected()
    return {
        "config_id": config.pk,
        "run_id": run.pk,
        "job_id": job.pk,
        "recompute_id": recompute.pk,
        "integration_id": integration.pk,
    }
