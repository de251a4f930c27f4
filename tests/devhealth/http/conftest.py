import pytest

from tests.devhealth.http.asking import Time
from tests.provider import Peer


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def peer(time):
    with Peer(clock=time.now) as started:
        yield started
