"""`dev-hops sync work-items --provider github|gitlab` as a script meets it."""

import json

import pytest

from tests.devhealth.remote_hops import github, gitlab
from tests.devhealth.test_cli import hops

ONE = {"github": ("--repo", "acme/api"), "gitlab": ("--repo", "acme/web/api")}


@pytest.fixture(params=[github, gitlab], ids=["github", "gitlab"])
def each(request, tmp_path):
    with request.param(tmp_path) as made:
        yield made


def told(provider, *more):
    return provider.told("work-items", *ONE[provider.provider], *more)


def test_issues_of_a_repository_become_numbers(each):
    assert told(each)["fetched"] == 1
    hops("metrics", "daily", "--db", each.db)
    days = ("--since", "2026-03-01", "--before", "2026-04-01", "--json")
    shown = hops("metrics", "show", "work_item_metrics_daily", "--db", each.db, *days)
    rows = json.loads(shown.stdout)
    assert {row["provider"] for row in rows} == {each.provider}
    assert sum(row["items_created"] for row in rows) == 1


def test_a_second_run_finds_nothing_new_in_two_requests(each):
    first = told(each)
    again = told(each)
    assert (first["quarantined"], again["written"], again["requests"]) == (0, 0, 2)
