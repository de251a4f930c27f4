import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from apps.orgs.models import Organization, User
from tests.tenants import Tenant, create_tenant


@pytest.fixture
def unhurried(services):
    """Nobody has tried a password yet."""
    redis = Redis.from_url(settings.REDIS_URL)
    redis.delete(*redis.keys("attempts:*"), "nothing")
    yield redis
    redis.close()


@pytest.fixture
def initech(committed) -> Tenant:
    """A third organisation, committed, for threads to change; it is gone afterwards."""
    made = create_tenant("initech")
    yield made
    with connection.cursor() as cursor:
        cursor.execute(f"drop schema if exists {made.organization.schema_name} cascade")
    Organization.objects.filter(id=made.organization.id).delete()
    User.objects.filter(email__endswith="@initech.example").delete()
