"""Where ClickHouse's tables stand, as DDL: on one server, on a cluster, replicated, in shards.

No cluster runs here. The texts are compared, and the engine itself says that they can be read.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import pytest

from devhealth.models.fields import SUM, column, measure
from devhealth.models.rollups import Rollup
from devhealth.sinks.clickhouse import open_store
from devhealth.sinks.clickhouse_address import address
from devhealth.sinks.clickhouse_schema import Layout, fingerprint, migrate, physical, statements
from devhealth.sinks.tables import CLASSES, table_of
from tests.devhealth.sinks.classes import TEST_CLASSES
from tests.devhealth.sinks.test_schema import Shoe

LAYOUTS = {
    "one server": Layout("facts"),
    "cluster": Layout("facts", cluster="main"),
    "replicas": Layout("facts", cluster="main", replicated=True),
    "shards": Layout("facts", cluster="main", sharded=True),
    "replicated shards": Layout("facts", cluster="main", replicated=True, sharded=True),
}


@dataclass(slots=True, kw_only=True)
class ShoeDay(Rollup):
    """Of a shoe."""

    table: ClassVar[str] = "shoe_days"
    key: ClassVar[tuple[str, ...]] = ("shoe_id", "day")
    partition: ClassVar[str] = "shoe_id"

    shoe_id: UUID = column("The shoe.")
    steps: int = measure("steps", "Walked.", SUM)


SHOES = (
    "(org_id UUID, synced_at DateTime64(3, 'UTC'), shoe_id UUID, "
    "deleted_at Nullable(DateTime64(3, 'UTC')), deleted_reason Nullable(String))"
)
DAYS = (
    "(org_id UUID, computed_at DateTime64(3, 'UTC'), shoe_id UUID, day Date32, is_empty Bool, "
    "steps Int64, precedence UInt128 default bitShiftLeft(toUInt128("
    "toUnixTimestamp64Milli(computed_at) + 2208988800001), 64) - toUnixTimestamp64Nano(now64(9)))"
)
REMEMBERED = " settings non_replicated_deduplication_window = 1000"
FED = "select org_id, computed_at, shoe_id, day, is_empty, steps, precedence from"


def test_on_one_server_a_record_is_a_table():
    assert statements(LAYOUTS["one server"], table_of(Shoe)) == [
        f"create table if not exists `facts`.`shoes` {SHOES} "
        f"engine = ReplacingMergeTree(synced_at) order by (org_id, shoe_id){REMEMBERED}"
    ]


def test_on_one_server_a_rollup_is_its_versions_and_its_newest_rows_and_what_feeds_them():
    assert statements(LAYOUTS["one server"], table_of(ShoeDay)) == [
        f"create table if not exists `facts`.`shoe_days_versions` {DAYS} engine = MergeTree() "
        f"partition by toYYYYMM(day) order by (org_id, shoe_id, day, computed_at){REMEMBERED}",
        f"create table if not exists `facts`.`shoe_days` {DAYS} "
        "engine = ReplacingMergeTree(precedence) "
        f"partition by toYYYYMM(day) order by (org_id, shoe_id, day){REMEMBERED}",
        "create materialized view if not exists `facts`.`shoe_days_feed` to `facts`.`shoe_days` "
        f"as {FED} `facts`.`shoe_days_versions`",
    ]


def test_on_a_cluster_every_statement_is_for_all_servers():
    for cls in (Shoe, ShoeDay):
        for statement in statements(LAYOUTS["cluster"], table_of(cls)):
            assert " on cluster `main` " in statement


def test_replicas_dedupe_by_themselves_and_share_the_servers_own_path():
    assert statements(LAYOUTS["replicas"], table_of(Shoe)) == [
        f"create table if not exists `facts`.`shoes` on cluster `main` {SHOES} "
        "engine = ReplicatedReplacingMergeTree(synced_at) order by (org_id, shoe_id)"
    ]


def test_the_versions_of_replicas_are_replicated_too():
    versions = statements(LAYOUTS["replicas"], table_of(ShoeDay))[0]
    assert "engine = ReplicatedMergeTree() partition by" in versions


def test_shards_hold_whole_organisations_behind_a_table_of_the_usual_name():
    local, spread = statements(LAYOUTS["shards"], table_of(Shoe))
    assert "`facts`.`shoes_local` on cluster `main`" in local
    assert spread == (
        "create table if not exists `facts`.`shoes` on cluster `main` as `facts`.`shoes_local` "
        "engine = Distributed(`main`, `facts`, `shoes_local`, cityHash64(org_id))"
    )


def test_in_a_shard_its_own_versions_feed_its_own_newest_rows():
    view = statements(LAYOUTS["shards"], table_of(ShoeDay))[-1]
    assert view == (
        "create materialized view if not exists `facts`.`shoe_days_feed` on cluster `main` "
        f"to `facts`.`shoe_days_local` as {FED} `facts`.`shoe_days_versions_local`"
    )


def test_what_is_erased_is_erased_where_it_stands():
    assert physical(LAYOUTS["shards"], table_of(ShoeDay)) == {
        "shoe_days_versions": "`facts`.`shoe_days_versions_local`",
        "shoe_days": "`facts`.`shoe_days_local`",
    }


class Scribe:
    """A server that notes what it is told; it has the tables of an older class."""

    def __init__(self, stored):
        self.stored = stored
        self.told = []

    def command(self, statement):
        self.told.append(statement)

    def rows(self, statement):
        return list(self.stored.items()) if "system.columns" in statement else []


def test_a_new_column_is_added_to_every_table_before_the_view_feeds_it():
    older = ["org_id", "computed_at", "shoe_id", "day", "is_empty", "precedence"]
    names = ("shoe_days", "shoe_days_versions", "shoe_days_feed")
    server = Scribe(dict.fromkeys(names, older))
    migrate(server, LAYOUTS["shards"], (ShoeDay,))
    told = [statement for statement in server.told if statement.startswith("alter")]
    added = "on cluster `main` add column if not exists steps Int64 default 0"
    assert told == [
        f"alter table `facts`.`shoe_days_versions_local` {added}",
        f"alter table `facts`.`shoe_days_versions` {added}",
        f"alter table `facts`.`shoe_days_local` {added}",
        f"alter table `facts`.`shoe_days` {added}",
        "alter table `facts`.`shoe_days_feed` on cluster `main` modify query "
        f"{FED} `facts`.`shoe_days_versions_local`",
    ]


def test_the_database_is_made_on_every_server():
    server = Scribe({})
    migrate(server, LAYOUTS["replicas"], ())
    assert server.told[0] == "create database if not exists `facts` on cluster `main`"


def test_another_layout_is_another_shape():
    shapes = {fingerprint(layout, CLASSES) for layout in LAYOUTS.values()}
    assert len(shapes) == len(LAYOUTS)


def test_only_shards_are_written_to_through_another_server():
    sharded, whole = (
        open_store(f"clickhouse://host/facts?cluster=main{more}").settings
        for more in ("&sharded=1", "")
    )
    assert sharded.items() - whole.items() == {
        ("distributed_foreground_insert", 1),
        ("optimize_skip_unused_shards", 1),
    }


@pytest.mark.parametrize("kind", ["chdb"], indirect=True)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_engine_can_read_every_statement(store, layout):
    for cls in TEST_CLASSES:
        for statement in statements(layout, table_of(cls)):
            (read,) = store.rows("select formatQuery({text:String})", {"text": statement})
            assert read[0].startswith("CREATE ")


@pytest.mark.parametrize(
    ("options", "layout"),
    [
        ("", Layout("facts")),
        ("?cluster=main", Layout("facts", cluster="main")),
        ("?cluster=main&replicated=1", Layout("facts", cluster="main", replicated=True)),
        ("?cluster=main&sharded=yes", Layout("facts", cluster="main", sharded=True)),
        ("?cluster=main&sharded=0", Layout("facts", cluster="main")),
    ],
)
def test_the_address_says_where_tables_stand(options, layout):
    assert address(f"clickhouse://host/facts{options}").layout == layout
