import pytest

from tests.devhealth.http.asking import Time
from tests.provider import Peer
from tests.repositories import NOON, Work, make

HOUR = 3600


@pytest.fixture
def three(tmp_path):
    """Three commits an hour apart: one, two, three."""
    return make(
        tmp_path / "three.git",
        Work({"a": "1\n"}, message="one"),
        Work({"a": "2\n"}, message="two", at=NOON + HOUR),
        Work({"a": "3\n"}, message="three", at=NOON + 2 * HOUR),
    )


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def peer(time):
    with Peer(clock=time.now, style="gitlab") as started:
        yield started
