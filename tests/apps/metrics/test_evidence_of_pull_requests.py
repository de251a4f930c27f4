"""Pull requests, reviews and comments behind a number, over GraphQL and REST."""

from datetime import UTC, date, datetime

import pytest

from apps.metrics.store import store
from devhealth.due import everything
from devhealth.recompute import recompute
from tests.devhealth.metrics.pulls import comment, pull, records, review
from tests.devhealth.metrics.worlds import ADA, GRACE

PULLS = [
    pull(
        7, "2026-01-04 10:00", review("2026-01-05 10:00", ADA), comment("2026-01-05 11:00", GRACE),
        merged="2026-01-05 12:00", by=GRACE,
    ),
    pull(8, "2026-01-05 10:00"),
]  # fmt: skip
EVIDENCE = """
query($measure: MeasureInput!, $first: Int = 50, $after: String) {
  evidence(measure: $measure, scope: {level: ORG, ids: []}, day: "2026-01-05",
           first: $first, after: $after) {
    value
    nodes { kind number title url hash authorId authorName }
    pageInfo { endCursor }
  }
}"""


@pytest.fixture
def reviewed(computed):
    for record in records(PULLS):
        computed.write([record])
    sink = store().for_org(computed.organization.id, version=datetime.now(UTC))
    recompute(sink, everything(sink), today=date(2026, 2, 1))
    return computed


def test_mallory_of_globex_sees_no_pull_request_of_acme(reviewed, globex):
    found = globex.graphql(EVIDENCE, measure="PRS_OPEN")["data"]["evidence"]
    assert (found["value"], found["nodes"]) == (0, [])


def test_a_pull_request_is_told_by_its_number_and_opens_at_its_address(reviewed):
    found = reviewed.graphql(EVIDENCE, measure="PRS_MERGED")["data"]["evidence"]
    assert found["value"] == 1
    assert found["nodes"] == [
        {
            "kind": "pull request",
            "number": 7,
            "title": "#7",
            "url": "https://github.com/acme/api/pull/7",
            "hash": None,
            "authorId": str(GRACE),
            "authorName": None,
        }
    ]


def test_a_review_is_its_reviewers_and_opens_where_its_pull_request_does(reviewed):
    (node,) = reviewed.graphql(EVIDENCE, measure="REVIEWS_COUNT")["data"]["evidence"]["nodes"]
    assert (node["kind"], node["number"], node["title"]) == ("review", 7, "#7")
    assert (node["authorName"], node["url"]) == ("Ada", "https://github.com/acme/api/pull/7")


def test_what_made_members_active_comes_in_pages_of_any_kinds(reviewed):
    kinds, after = [], None
    while page := reviewed.graphql(EVIDENCE, measure="ACTIVE_MEMBERS_COUNT", first=2, after=after)[
        "data"
    ]["evidence"]["nodes"]:
        kinds += [(each["kind"], each["number"]) for each in page]
        after = reviewed.graphql(EVIDENCE, measure="ACTIVE_MEMBERS_COUNT", first=2, after=after)[
            "data"
        ]["evidence"]["pageInfo"]["endCursor"]
    assert kinds == [
        ("commit", None),  # 23:30
        ("comment", 7),  # 11:00
        ("commit", None),  # 10:00
        ("pull request", 8),
        ("review", 7),
    ]


def test_rest_says_the_same(reviewed):
    asked = {"measure": "prs_open", "day": "2026-01-05"}
    found = reviewed.get("evidence", **asked).json()
    (item,) = found["items"]
    assert (found["value"], item["kind"], item["number"], item["hash"]) == (
        1, "pull request", 8, None,
    )  # fmt: skip


def test_one_who_reviewed_another_is_in_no_row(reviewed):
    window = {"since": "2026-01-05", "until": "2026-01-06"}
    assert reviewed.get("metrics/review_edges_daily", **window).json()["items"] == []
