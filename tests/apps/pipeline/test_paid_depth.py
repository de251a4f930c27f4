"""A change of what is paid for, from Stripe's event to the chunks of a backfill."""

import pytest

from apps.billing.services import tier_of
from apps.pipeline.services import backfills
from tests import work
from tests.apps.billing.paying import Payer
from tests.apps.pipeline.worlds import DAY, ago, today
from tests.stripe_server import deliver


@pytest.fixture
def payer(world, stripe):
    return Payer(world.tenant, stripe)


def heard(payer):
    """The events of by now, and the billing queue's work; syncing and fetching stand still."""
    for event in payer.stripe.events:
        deliver(event)
    with payer.tenant.entered():
        work.run_all("billing")


def beyond(world, job):
    with world.tenant.entered():
        return job.chunks.filter(is_beyond_tier=True, state="canceled").count()


def test_a_downgrade_cancels_what_is_too_old_and_an_upgrade_takes_it_up_again(world, payer):
    """Weeks end 43, 36 and 29 days ago: two lie beyond, the third is cut when it is begun."""
    subscription = payer.subscribe("team_monthly")
    heard(payer)
    with world.tenant.entered():
        job = world.backfill(world.config(), ago(50), today() + DAY, order="oldest")
    payer.stripe.change(subscription, status="canceled")
    heard(payer)
    assert tier_of(world.tenant.organization.id).key == "community"
    assert beyond(world, job) == 2
    with world.tenant.entered():
        work.run_all()
        assert world.job(job).state == "canceled"
        assert min(world.days()) == ago(30)
    payer.subscribe("enterprise_monthly")
    heard(payer)
    with world.tenant.entered():
        backfills.retry(job.id, by=world.member)
        work.run_all()
        assert world.job(job).state == "completed"
        assert min(world.days()) == ago(50)
