"""A repository of three weeks."""

import pytest

from tests.devhealth.sync.runs import on
from tests.repositories import make


@pytest.fixture
def repository(tmp_path):
    works = [on(day, files={"a": f"{day}\n"}) for day in (0, 6, 7, 13, 14)]
    return make(tmp_path / "api.git", *works)
