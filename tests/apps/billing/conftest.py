import pytest

from tests.apps.billing.paying import Payer


@pytest.fixture
def payer(committed, tenants, stripe):
    return Payer(tenants["acme"], stripe)
