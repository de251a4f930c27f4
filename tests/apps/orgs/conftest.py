import pytest
from django.db import connection

from apps.orgs.models import Organization, User
from tests.tenants import Tenant, create_tenant


@pytest.fixture
def initech(committed) -> Tenant:
    """A third organisation, committed, for threads to change; it is gone afterwards."""
    made = create_tenant("initech")
    yield made
    with connection.cursor() as cursor:
        cursor.execute(f"drop schema if exists {made.organization.schema_name} cascade")
    Organization.objects.filter(id=made.organization.id).delete()
    User.objects.filter(email__endswith="@initech.example").delete()
