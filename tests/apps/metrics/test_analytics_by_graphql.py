"""Batches of questions and the records behind numbers, as the API answers them."""

from dataclasses import replace

import pytest

from apps.metrics.store import store
from tests.apps.metrics.rows import identity, key
from tests.devhealth.metrics.worlds import API, GRACE
from tests.tenants import ask

JANUARY = {"startDate": "2026-01-01", "endDate": "2026-01-31"}
SERIES = {"measure": "COMMITS_COUNT", "interval": "WEEK", "dateRange": JANUARY}
BY_REPO = {"measure": "LOC_ADDED", "dimension": "REPO", "dateRange": JANUARY}
BY_PERSON = {"measure": "COMMITS_COUNT", "dimension": "AUTHOR", "dateRange": JANUARY}
MEDIAN = {"measure": "COMMIT_SIZE_LOC_P50", "dimension": "REPO", "dateRange": JANUARY}

ANALYTICS = """
query($batch: AnalyticsRequestInput!, $orgId: String) {
  analytics(batch: $batch, orgId: $orgId) {
    timeseries {
      id measure dimension dimensionValue dimensionLabel basis total prior deltaPct
      buckets { date value sampleSize lowSample }
    }
    breakdowns {
      id measure dimension basis otherValue totalGroups isPrivate
      items { key label value share sampleSize lowSample prior deltaPct }
    }
    meta { population degraded { part index id code reason } }
  }
}"""
BESIDE = """
query($batch: AnalyticsRequestInput!) {
  analytics(batch: $batch) { meta { computedAt computedThrough leftOutCommits } }
}"""
EVIDENCE = """
query($measure: MeasureInput!, $scope: ScopeFilterInput!, $first: Int = 50, $after: String) {
  evidence(measure: $measure, scope: $scope, day: "2026-01-05", first: $first, after: $after) {
    value recomputed isStale difference recordsCount unit
    nodes { kind hash title repository authorName url at }
    pageInfo { hasNextPage endCursor }
  }
}"""
EVERYTHING = {"level": "ORG", "ids": []}


def analytics(tenant, **batch):
    return tenant.graphql(ANALYTICS, batch=batch)["data"]["analytics"]


def refused(tenant, query, **variables):
    answer = ask(tenant.client(), query, **variables)
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


# --- the stranger --------------------------------------------------------------------------------


def test_mallory_of_globex_gets_no_number_of_acme(computed, globex):
    found = analytics(globex, breakdowns=[BY_REPO], timeseries=[SERIES])
    assert found["breakdowns"][0]["items"] == []
    assert found["timeseries"][0]["buckets"] == []


def test_a_repository_of_acme_is_nothing_for_globex(computed, globex):
    filters = {"scope": {"level": "REPO", "ids": [str(API)]}}
    found = analytics(globex, breakdowns=[BY_REPO], filters=filters)
    assert found["breakdowns"][0]["items"] == []


def test_a_claim_to_acme_is_nothing_for_globex(computed, globex):
    claim = str(computed.organization.id)
    assert refused(globex, ANALYTICS, batch={}, orgId=claim) == (404, "unknown_organization")


def test_mallory_of_globex_sees_no_record_of_acme(computed, globex):
    answer = globex.graphql(EVIDENCE, measure="COMMITS_COUNT", scope=EVERYTHING)
    assert answer["data"]["evidence"]["nodes"] == []


def test_a_cursor_of_another_organisation_is_refused(computed, globex):
    asked = {"measure": "COMMITS_COUNT", "scope": EVERYTHING, "first": 1}
    page = computed.graphql(EVIDENCE, **asked)["data"]["evidence"]["pageInfo"]
    found = refused(globex, EVIDENCE, **asked, after=page["endCursor"])
    assert found == (400, "invalid_cursor")


# --- answers -------------------------------------------------------------------------------------


def test_a_series_has_its_buckets_and_its_total(computed):
    (series,) = analytics(computed, timeseries=[{**SERIES, "id": "c"}])["timeseries"]
    found = [(each["date"], each["value"]) for each in series["buckets"] if each["value"]]
    assert found == [("2026-01-05", 2), ("2026-01-12", 1)]
    assert (series["id"], series["total"], series["basis"]) == ("c", 3, "ROWS")


def test_a_series_is_compared_with_the_days_before(computed):
    (series,) = analytics(computed, timeseries=[{**SERIES, "compareToPrior": True}])["timeseries"]
    assert (series["prior"], series["deltaPct"]) == (1, 200)


def test_a_breakdown_names_its_groups(computed):
    (found,) = analytics(computed, breakdowns=[BY_REPO])["breakdowns"]
    assert [(each["label"], each["value"]) for each in found["items"]] == [
        ("acme/web", 400),
        ("acme/api", 40),
    ]


def test_a_median_comes_from_the_records_and_says_how_many(computed):
    (found,) = analytics(computed, breakdowns=[MEDIAN])["breakdowns"]
    assert [(each["label"], each["value"]) for each in found["items"]] == [
        ("acme/web", 400),
        ("acme/api", 20),
    ]
    assert [(each["sampleSize"], each["lowSample"]) for each in found["items"]] == [
        (1, True),
        (2, True),
    ]
    assert found["basis"] == "RECORDS"


def test_people_who_are_too_few_are_not_told_apart(computed):
    (found,) = analytics(computed, breakdowns=[BY_PERSON])["breakdowns"]
    assert (found["items"], found["otherValue"], found["totalGroups"]) == ([], 3, 3)
    assert found["isPrivate"] is True


def test_a_filter_is_heeded(computed):
    colleagues = [key(each) for each in range(4)]
    computed.write([replace(identity(1), author_id=each) for each in (GRACE, *colleagues)])
    people = [str(each) for each in (GRACE, *colleagues)]
    filters = {"what": {"repos": [str(API)]}, "who": {"developers": people}}
    (found,) = analytics(computed, breakdowns=[BY_REPO], filters=filters)["breakdowns"]
    assert [each["value"] for each in found["items"]] == [30]


def test_bots_count_when_all_are_asked_for(computed):
    batch = {"timeseries": [SERIES], "population": "ALL"}
    found = analytics(computed, **batch)
    assert (found["timeseries"][0]["total"], found["meta"]["population"]) == (4, "ALL")


def test_what_is_left_out_is_told(computed):
    meta = computed.graphql(BESIDE, batch={"timeseries": [SERIES]})["data"]["analytics"]["meta"]
    assert meta["leftOutCommits"] == 1
    assert meta["computedThrough"] == "2026-02-01"
    assert meta["computedAt"]


def test_filters_that_do_not_fit_commits_leave_the_answer_whole(computed):
    batch = {"timeseries": [SERIES], "filters": {"what": {"paths": ["a"]}}}
    answer = computed.graphql(BESIDE, batch=batch)
    assert answer["data"]["analytics"]["meta"]["leftOutCommits"] is None


# --- parts that fail -----------------------------------------------------------------------------


def test_a_part_fails_alone_and_says_why(computed):
    past = {**MEDIAN, "id": "m"}
    batch = {"breakdowns": [past, BY_REPO], "asOf": "2100-01-01T00:00:00Z"}
    found = analytics(computed, **batch)
    assert [each["measure"] for each in found["breakdowns"]] == ["LOC_ADDED"]
    (degraded,) = found["meta"]["degraded"]
    assert (degraded["part"], degraded["index"], degraded["id"]) == ("breakdowns", 0, "m")
    assert degraded["code"] == "not_versioned"


def test_what_cannot_be_grouped_is_said_and_never_guessed(computed):
    asked = {"measure": "BUS_FACTOR_30D", "dimension": "FILE", "dateRange": JANUARY}
    (degraded,) = analytics(computed, breakdowns=[asked])["meta"]["degraded"]
    assert degraded["code"] == "not_groupable"


def test_as_of_tells_rows_as_they_were(computed):
    found = analytics(computed, timeseries=[SERIES], asOf="2026-01-01T00:00:00Z")
    assert found["timeseries"][0]["buckets"] == []


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        ({"timeseries": [SERIES] * 11}, "too_many_parts"),
        ({"breakdowns": [{**BY_REPO, "topN": 101}]}, "invalid_top"),
        ({"breakdowns": [{**BY_REPO, "topN": 0}]}, "invalid_top"),
        ({"filters": {"what": {"repos": ["x"]}}}, "malformed_id"),
        (
            {"timeseries": [{**SERIES, "dateRange": {**JANUARY, "startDate": "2024-01-01"}}]},
            "too_many_days",
        ),
        (
            {"timeseries": [{**SERIES, "dateRange": {**JANUARY, "startDate": "2026-02-01"}}]},
            "no_days",
        ),
    ],
)
def test_what_cannot_be_asked_is_named(computed, batch, code):
    assert refused(computed, ANALYTICS, batch=batch) == (400, code)


# --- queries -------------------------------------------------------------------------------------


def test_parts_of_one_shape_are_one_query_and_names_one_more(computed):
    more = [{**BY_REPO, "measure": name} for name in ("COMMITS_COUNT", "LOC_DELETED")]
    reads = store().reads_of(lambda: analytics(computed, breakdowns=[BY_REPO, *more]))
    assert sorted(reads) == ["aggregate", "read"]


# --- evidence ------------------------------------------------------------------------------------


def test_the_records_behind_a_number_can_be_opened(computed):
    found = computed.graphql(EVIDENCE, measure="COMMITS_COUNT", scope=EVERYTHING)["data"]
    evidence = found["evidence"]
    assert (evidence["value"], evidence["recordsCount"], evidence["isStale"]) == (2, 2, False)
    assert [each["hash"] for each in evidence["nodes"]] == ["a2", "a1"]
    last = evidence["nodes"][-1]
    assert (last["url"], last["authorName"]) == ("https://github.com/acme/api/commit/a1", "Ada")


def test_evidence_comes_in_pages(computed):
    asked = {"measure": "COMMITS_COUNT", "scope": EVERYTHING, "first": 1}
    first = computed.graphql(EVIDENCE, **asked)["data"]["evidence"]
    assert first["pageInfo"]["hasNextPage"] is True
    after = first["pageInfo"]["endCursor"]
    second = computed.graphql(EVIDENCE, **asked, after=after)["data"]["evidence"]
    assert [each["hash"] for each in second["nodes"]] == ["a1"]


# --- the catalogue -------------------------------------------------------------------------------


def test_the_catalogue_says_what_a_measure_may_be_asked_by(acme):
    query = "{ catalog { measures { key dimensions sourceTables sourceRecords aggregation } } }"
    found = acme.graphql(query)["data"]["catalog"]["measures"]
    churn = next(each for each in found if each["key"] == "REWORK_CHURN_RATIO_30D")
    assert churn["sourceRecords"] == ["commit_files"]
    assert churn["aggregation"] == "RECORD"
    assert "REPO" in churn["dimensions"]
