"""Records of any of some spells are read once; the polars reference says which they are."""

from itertools import combinations, product
from uuid import UUID

import polars as pl
import pytest

from devhealth.errors import Permanent
from devhealth.models.records import Incident
from devhealth.sinks.spells import Spell
from tests.devhealth.sinks.rows import REPO, day, noon, stored_values

STARTED, RESOLVED = "started_at", "resolved_at"
SPELLS = [
    Spell(STARTED, day(1), day(3)),
    Spell(STARTED, None, day(1)),
    Spell(RESOLVED, day(2), None),
    Spell(RESOLVED, noon(1), noon(2)),
    Spell(STARTED, day(2), day(3), RESOLVED),
    Spell(STARTED, noon(1), None, RESOLVED),
    Spell(STARTED, None, day(2), RESOLVED),
    Spell(STARTED, None, None, RESOLVED),
]
# Also one that ceased before it began, as clocks may have it.
LASTING = list(product(range(4), [None, 0, 1, 2, 3]))


def incident(started, resolved, **values):
    usual = {"repo_id": REPO, "title": "", "url": "", "status": "resolved"}
    return Incident(
        source_id="tracker.example",
        started_at=noon(started),
        resolved_at=None if resolved is None else noon(resolved),
        **usual | {"incident_id": f"{started} {resolved}"} | values,
    )


@pytest.fixture
def everything(acme):
    acme.write([incident(*each) for each in LASTING])
    return acme.read(Incident)


def ids(frame):
    return stored_values(frame, "incident_id")


def test_a_stranger_reads_nothing_of_any_spell(everything, globex):
    assert ids(globex.read(Incident, spells=SPELLS)) == []


@pytest.mark.parametrize("spell", SPELLS)
def test_a_spell_takes_what_it_says(acme, everything, spell):
    assert ids(acme.read(Incident, spells=[spell])) == ids(spell.of(everything))


@pytest.mark.parametrize("spells", list(combinations(SPELLS[:6], 2)))
def test_what_several_take_comes_once(acme, everything, spells):
    taken = pl.concat(spell.of(everything) for spell in spells).unique("incident_id")
    assert ids(acme.read(Incident, spells=spells)) == ids(taken)


def test_a_spell_takes_nothing_that_a_filter_leaves_out(acme, everything):
    acme.write([incident(1, 2, incident_id="another", repo_id=UUID(int=77))])
    found = acme.read(Incident, where={"repo_id": UUID(int=77)}, spells=SPELLS)
    assert ids(found) == ["another"]


def test_a_spell_takes_no_tombstone(acme):
    acme.write([incident(1, 2, deleted_at=noon(3))])
    assert ids(acme.read(Incident, spells=SPELLS)) == []


@pytest.mark.parametrize("spell", [Spell("title", None, day(1)), Spell(STARTED, None, None, "url")])
def test_a_spell_by_what_is_no_instant_is_refused(acme, spell):
    with pytest.raises(Permanent, match="is not read by"):
        acme.read(Incident, spells=[spell])
