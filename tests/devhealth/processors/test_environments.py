import pytest

from devhealth.processors.environments import is_production


@pytest.mark.parametrize("name", ["production", "Prod", "live", "prod-eu", "production/api"])
def test_where_people_use_it(name):
    assert is_production(name)


@pytest.mark.parametrize("name", ["staging", "preprod", "products", "review/prod", "delivery", ""])
def test_where_they_do_not(name):
    assert not is_production(name)
