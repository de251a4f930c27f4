"""What jira820 says of its issues, through the real client, connector, processor and store."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from devhealth.connectors.jira import Jira
from devhealth.http import Basic, Client, Guard, Missing
from devhealth.models.records import RECORDS, QuarantinedRecord, WorkItem, WorkItemChange, WorkScope
from devhealth.sinks import open_store, sink_of_run
from devhealth.sync_target import sync_target
from tests.jira820.front import Front
from tests.jira820.server import TODAY, asked, serving
from tests.provider import Peer

KEY = "JIRA820"
SITE = "https://acme.atlassian.net"
HERE = Guard(allowed=("127.0.0.1",))


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("jira820")) as started:
        yield started


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'facts.db'}")
    store.migrate()
    yield store
    store.close()


class Synced:
    """One organisation's."""

    def __init__(self, store, url):
        self.store, self.url, self.org = store, url, uuid4()

    def take(self, since=None, before=None):
        with Peer() as peer:
            Front(self.url, KEY).serve(peer)
            return asyncio.run(self._run(peer.url, since, before))

    async def _run(self, address, since, before):
        sink = sink_of_run(self.store, self.org, RECORDS)
        async with Client(address, auth=Basic("ada", "s3cr3t"), guard=HERE) as client:
            connector = Jira(client, KEY, site=SITE)
            window = {"since": since, "before": before}
            return await sync_target(sink, connector, "work-items", run_id=uuid4(), **window)

    def rows(self, cls):
        sink = sink_of_run(self.store, self.org, RECORDS)
        return sink.read(cls).drop("synced_at").sort(cls.key).to_dicts()


@pytest.fixture(scope="module")
def all_of_it(store, url):
    made = Synced(store, url)
    made.take()
    return made


def counted(url, jql):
    """As it counts itself."""
    return asked(url, "/rest/api/2/search", jql=f"project = {KEY}{jql}", maxResults=0)["total"]


def test_version_three_is_not_known_there(url):
    with Peer() as peer:
        Front(url, KEY).serve(peer)
        with pytest.raises(Missing):
            asyncio.run(in_bulk(peer.url))


async def in_bulk(address):
    async with Client(address, guard=HERE) as client:
        await client.ask("/rest/api/3/changelog/bulkfetch", {"issueIdsOrKeys": ["1"]})


def test_every_issue_is_a_record(all_of_it, url):
    assert len(all_of_it.rows(WorkItem)) == counted(url, "") > 300
    assert all_of_it.rows(QuarantinedRecord) == []
    assert [row["scope_key"] for row in all_of_it.rows(WorkScope)] == [KEY]


def test_as_many_are_over_as_it_counts(all_of_it, url):
    found = Counter(row["status"] in ("done", "canceled") for row in all_of_it.rows(WorkItem))
    done = counted(url, " AND statusCategory = Done")
    assert (found[True], found[False]) == (done, counted(url, "") - done)
    assert done


def test_as_many_of_each_type_as_it_counts(all_of_it, url):
    found = Counter(row["item_type"] for row in all_of_it.rows(WorkItem))
    assert {kind: counted(url, f' AND type = "{kind}"') for kind in found} == found
    assert len(found) > 2


def test_changes_lead_to_what_each_issue_is_now(all_of_it):
    last = {row["work_item_id"]: row for row in all_of_it.rows(WorkItemChange)}
    for row in sorted(all_of_it.rows(WorkItemChange), key=lambda row: row["place"]):
        last[row["work_item_id"]] = row
    for item in all_of_it.rows(WorkItem):
        assert last[item["work_item_id"]]["status_raw"] == item["status_raw"]


def test_two_windows_are_one_run(all_of_it, store, url):
    halves, cut = Synced(store, url), datetime(2026, 2, 15, tzinfo=UTC)
    first, second = halves.take(before=cut), halves.take(since=cut)
    assert first.fetched
    assert second.fetched
    assert halves.rows(WorkItem) == all_of_it.rows(WorkItem)
    assert halves.rows(WorkItemChange) == all_of_it.rows(WorkItemChange)


def test_a_transition_that_is_made_there_is_found_by_the_next_run(all_of_it, url):
    """Its own clock stands at nine of `TODAY`."""
    jql = f"project = {KEY} AND status = Open ORDER BY key ASC"
    [issue] = asked(url, "/rest/api/2/search", jql=jql, maxResults=1)["issues"]
    path = f"/rest/api/2/issue/{issue['key']}/transitions"
    for name in ("In Progress", "Done"):
        ways = asked(url, path)["transitions"]
        one = next(way for way in ways if way["to"]["name"] == name)
        asked(url, path, body={"transition": {"id": one["id"]}})
    done = all_of_it.take(since=datetime.fromisoformat(f"{TODAY}T00:00:00+00:00"))
    assert 0 < done.fetched < 300
    [item] = [row for row in all_of_it.rows(WorkItem) if row["native_id"] == issue["id"]]
    at = datetime.fromisoformat(f"{TODAY}T09:00:00+00:00")
    assert (item["status"], item["started_at"], item["completed_at"]) == ("done", at, at)
