"""A sink is bound to one organisation: every read of every class, in every store.

The rows are those of the whole suite, so that a new class or column is asked for by itself.
"""

from datetime import timedelta

import pytest

from devhealth.models.rollups import ROLLUPS
from devhealth.sinks import open_store
from devhealth.sinks.query import Query, additive_measures
from devhealth.sinks.tables import CLASSES, table_of, values_of
from tests.isolation.marks import ACME, GLOBEX, LARGE, id_of, ids_of, leaks, numbers
from tests.isolation.stored_rows import DAY, row_of, rows_of

pytestmark = pytest.mark.isolation

NEXT = DAY + timedelta(days=1)
SECRETS = {ACME}


@pytest.fixture(scope="module", params=["postgresql", "sqlite", "clickhouse"])
def store(request, tmp_path_factory):
    opened = open_store(address(request, tmp_path_factory))
    opened.migrate()
    yield opened
    opened.close()


def address(request, tmp_path_factory):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('isolated')}/store.db"
    if request.param == "postgresql":
        return request.getfixturevalue("services").database_uri
    return request.getfixturevalue("clickhouse")


@pytest.fixture(scope="module")
def sinks(store):
    """acme's and globex's, each with its rows."""
    bound = [store.for_org(id_of(slug, "org_id")) for slug in (ACME, GLOBEX)]
    for sink, slug in zip(bound, (ACME, GLOBEX), strict=True):
        for rows in rows_of(slug):
            sink.write(rows)
    yield bound
    for sink in bound:
        sink.erase()


def own_key(cls):
    return values_of(cls)(row_of(cls, ACME, ACME))[: len(cls.key)]


def reads(cls):
    """Every way to ask for rows of a class, by name."""
    place = [*own_key(cls)]
    column, value = cls.key[0], place[0]
    return {
        "read": lambda sink: sink.read(cls),
        "deleted": lambda sink: sink.read(cls, deleted=True),
        "latest": lambda sink: sink.latest(cls),
        "page": lambda sink: sink.page(cls, limit=200),
        "get": lambda sink: sink.get(cls, [own_key(cls)]),
        "where": lambda sink: sink.read(cls, where={column: value}),
        "where in": lambda sink: sink.page(cls, where={column: [value]}),
    }


def summed(rollup):
    measures = tuple(name for name, _ in additive_measures(rollup))
    groups = tuple(name for name in rollup.key if name != "day")
    return Query(rollup=rollup, measures=measures, since=DAY, until=NEXT, by=groups)


def foreign(frame):
    """What of acme's is in a frame."""
    rows = frame.to_dicts()
    found = leaks(str(rows), {ACME, *ids_of(ACME)})
    return found + [each for each in numbers(rows) if each >= LARGE / 10]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_no_read_of_globexs_shows_a_row_of_acmes(sinks, cls):
    acme, globex = sinks
    for name, read in asked(cls).items():
        assert foreign(read(acme)) != [], f"{name}: acme does not see its own"
        assert foreign(read(globex)) == [], name


def asked(cls):
    """Not every class may be asked in every way: records have no versions to choose from."""
    told = reads(cls)
    return {
        name: each for name, each in told.items() if name != "latest" or table_of(cls).is_rollup
    }


@pytest.mark.parametrize("cls", ROLLUPS, ids=lambda cls: cls.__name__)
def test_no_sum_of_globexs_holds_a_number_of_acmes(sinks, cls):
    acme, globex = sinks
    assert foreign(acme.aggregate(summed(cls))) != []
    assert foreign(globex.aggregate(summed(cls))) == []


def test_what_globex_erases_is_its_own(sinks):
    acme, globex = sinks
    before = held(acme)
    globex.erase()
    assert (held(acme) == before, any(held(globex))) == (True, False)


def held(sink):
    return [sink.read(cls).to_dicts() for cls in CLASSES]
