"""A partition is deleted for good: all rows of it, of every version, and nobody else's."""

from uuid import uuid4

import pytest

from devhealth.errors import Permanent
from tests.devhealth.sinks.classes import GardenDay, Note
from tests.devhealth.sinks.rows import at, garden, note

OTHER = uuid4()


@pytest.fixture
def both(acme, globex, versions):
    """Two versions of the same rows at acme and at globex, and more of another partition."""
    for sink in (acme, versions(1), globex):
        sink.write([note(1, title="one"), note(2)])
        sink.write([garden(0, picked=1), garden(1, picked=2)])
        sink.write([note(1, shelf_id=OTHER)])
        sink.write([garden(0, picked=7, garden_id=OTHER)])
    return acme, globex


def partitions(sink, cls):
    return sorted(set(sink.read(cls, deleted=cls is Note)[cls.partition]))


def of(cls):
    made = note(1) if cls is Note else garden(0)
    return getattr(made, cls.partition)


@pytest.mark.parametrize("cls", [Note, GardenDay])
def test_another_organisations_rows_stay(both, cls):
    acme, globex = both
    before = globex.read(cls).sort(*cls.key)
    acme.remove(cls, of(cls))
    assert globex.read(cls).sort(*cls.key).equals(before)


@pytest.mark.parametrize("cls", [Note, GardenDay])
def test_the_partitions_rows_go_and_the_others_stay(both, cls):
    acme, _ = both
    acme.remove(cls, of(cls))
    assert partitions(acme, cls) == [str(OTHER)]


def test_no_older_version_is_left(both):
    acme, _ = both
    acme.remove(GardenDay, of(GardenDay))
    seen = [
        acme.latest(GardenDay, as_of=at(each), where={"garden_id": of(GardenDay)})
        for each in (0, 1)
    ]
    assert [each.height for each in seen] == [0, 0]


def test_tombstones_go_too(acme):
    acme.write([note(1, deleted_at=at(0))])
    acme.remove(Note, of(Note))
    assert acme.read(Note, deleted=True).height == 0


@pytest.mark.parametrize("cls", [Note, GardenDay])
def test_what_is_gone_may_be_written_again(both, cls):
    acme, _ = both
    acme.remove(cls, of(cls))
    acme.write([note(1) if cls is Note else garden(0)])
    assert partitions(acme, cls) == sorted([str(OTHER), str(of(cls))])


def test_nothing_is_removed_where_nobody_ever_wrote(acme):
    acme.remove(Note, OTHER)
    assert acme.read(Note).height == 0


def test_a_table_of_the_whole_organisation_has_no_partition_to_remove(acme, monkeypatch):
    monkeypatch.setattr(GardenDay, "partition", "")
    with pytest.raises(Permanent, match="no partitions"):
        acme.remove(GardenDay, OTHER)


def test_what_is_no_id_is_refused(acme):
    with pytest.raises(Permanent):
        acme.remove(Note, "nowhere")
