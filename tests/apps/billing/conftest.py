from collections.abc import Iterator

import pytest

from apps.billing import rates
from apps.billing.models import OwnLimit
from apps.queue import bells
from tests.apps.billing.paying import Payer


@pytest.fixture(autouse=True)
def as_anybody(request, settings) -> Iterator[None]:
    """acme and globex without the limits that the tests gave them; nobody has asked for anything.

    It is undone with all that the test has written.
    """
    if not {"db", "committed"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "db")
    request.getfixturevalue("tenants")
    OwnLimit.objects.all().delete()
    redis = bells.broker(settings.REDIS_URL).client
    redis.delete("nothing", *redis.scan_iter("rates:*"))
    rates.forget_tiers()
    yield
    rates.forget_tiers()


@pytest.fixture
def payer(committed, tenants, stripe):
    return Payer(tenants["acme"], stripe)
