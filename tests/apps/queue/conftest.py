import pytest


@pytest.fixture
def acme_id(tenants):
    return tenants["acme"].organization.id


@pytest.fixture
def globex_id(tenants):
    return tenants["globex"].organization.id
