"""Pull requests and the work items that they name, in a store, whatever came first."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID

from devhealth.linking import link, link_all
from devhealth.models.directory import CategoryRule, Directory
from devhealth.models.records import Link, PullRequest, WorkItem
from devhealth.processors.stamps import Stamps
from tests.devhealth.metrics.pulls import pull
from tests.devhealth.metrics.worlds import API
from tests.devhealth.work.things import SITE, records, story

RULES = Directory(
    categories=(
        CategoryRule(theme="quality", subcategory="bugfix", types=("bug",)),
        CategoryRule(theme="risk", subcategory="security", titles=("#2",)),
    )
)
STAMPS = Stamps(RULES, "acme/api")


TODAY = date(2026, 4, 1)


def request(*refers_to, number=1):
    made = pull(number, "2026-03-02 09:00", merged="2026-03-03 09:00").pull_request
    return replace(made, refers_to=sorted(refers_to))


def linked(acme, *told):
    for each in told:
        acme.tell(each, TODAY)
    return asyncio.run(link_all(acme.sink(), STAMPS))


def links(acme):
    return [
        (row["from_id"], row["basis"], row["confidence"], row["rule"]) for row in acme.records(Link)
    ]


def theme(acme):
    return {row["number"]: row["work_theme"] for row in acme.records(PullRequest)}


BUG = records([story("2026-03-01 09:00", kind="bug")], RULES)


def test_a_key_that_nothing_has_links_nothing(acme):
    assert linked(acme, [request("named jira:OURS-1")]).rows.total() == 0
    assert links(acme) == []


def test_an_item_may_come_long_after_the_pull_request_that_names_it(acme):
    acme.sink().write([request("named jira:OURS-1")])
    linked(acme, BUG)
    assert links(acme) == [("#1", "explicit_text", 0.8, "named")]


def test_of_several_ways_to_name_an_item_the_surest_counts(acme):
    linked(acme, BUG, [request("named jira:OURS-1", "closes jira:OURS-1", "told jira:OURS-1")])
    assert links(acme) == [("#1", "native", 1.0, "told")]


def test_a_key_that_two_sites_have_means_one_of_them_and_nobody_knows_which(acme):
    one = next(each for each in records([story("2026-03-01 09:00")]) if type(each) is WorkItem)
    other = replace(one, work_item_id=UUID(int=5), source_id=f"other.{SITE}")
    linked(acme, [one, other], [request("named jira:OURS-1")])
    assert links(acme) == [("#1", "heuristic", 0.5, "named")] * 2


def test_an_item_is_known_by_the_key_that_it_had_before_it_was_moved(acme):
    moved = records([story("2026-03-01 09:00", ("2026-03-05 09:00", "scope", "THEIRS"))])
    linked(acme, moved, [request("named jira:OURS-1")])
    assert links(acme) == [("#1", "explicit_text", 0.8, "named")]


def test_a_pull_request_is_of_its_items_kind_of_work_else_of_its_own(acme):
    linked(acme, BUG, [request("closes jira:OURS-1"), request(number=2), request(number=3)])
    assert theme(acme) == {1: "quality", 2: "risk", 3: "unclassified"}


def test_it_is_its_own_again_once_it_names_nothing(acme):
    linked(acme, BUG, [request("closes jira:OURS-1")])
    told = request()
    stored = replace(told, item_theme="quality", item_subcategory="bugfix", item_rule="1",
                     work_theme="quality")  # fmt: skip
    acme.sink().write([stored])
    done = asyncio.run(link(acme.sink(), API, STAMPS))
    assert (links(acme), theme(acme)) == ([], {1: "unclassified"})
    assert done.touches.partitions() == [str(API)]


def test_asked_again_nothing_is_written(acme):
    linked(acme, BUG, [request("closes jira:OURS-1")])
    assert linked(acme).rows.total() == 0
