"""An organisation at a glance: the main figures beside those of as many days before."""

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role, Scope
from devhealth.due import everything
from devhealth.recompute import recompute
from tests.apps.metrics.conftest import repository
from tests.apps.metrics.rows import identity, key
from tests.apps.metrics.test_data_health import covered, seen
from tests.devhealth.delivery.things import deployed, pull
from tests.devhealth.metrics.worlds import API, WEB, at
from tests.queries import queries_of
from tests.tenants import ask

__all__ = ["seen"]

HOME = """
query($window: HomeWindowInput, $filters: FilterInput, $orgId: String) {
  home(window: $window, filters: $filters, orgId: $orgId) {
    since until
    deltas { metric measure label unit polarity value prior deltaPct reason spark { ts value } }
    signals { kind text measure sourceId }
    freshness {
      computedAt computedThrough lastIngestedAt
      sources { provider status lastSuccessAt }
      coverage { reposCoveredPct prsLinkedToIssuesPct }
    }
  }
}"""
WEEK = {"startDate": "2026-01-08", "endDate": "2026-01-14"}


def merged(number, day, hours, **more):
    """On this day of January, so long after it was opened."""
    ended = at(f"2026-01-{day:02} 20:00")
    began = ended - timedelta(hours=hours)
    return pull(number, ended, created=began, cycle_hours=float(hours), **more)


@pytest.fixture
def acmes(acme):
    """A week of 5 pull requests of 10 hours and 6 deployments, one of 10 of 20 hours and none."""
    acme.write([repository(API, "acme/api")])
    acme.write(
        [merged(n, day=1 + n, hours=10) for n in range(5)]
        + [merged(10 + n, day=8 + n % 5, hours=20) for n in range(10)]
    )
    acme.write([deployed(f"d{n}", at(f"2026-01-0{1 + n} 12:00")) for n in range(6)])
    sink = store().for_org(acme.organization.id, version=datetime.now(UTC))
    recompute(sink, everything(sink), today=date(2026, 2, 1))
    return acme


def told(tenant, **variables):
    return tenant.graphql(HOME, **{"window": WEEK} | variables)["data"]["home"]


def figures(found):
    return {each["metric"]: (each["value"], each["prior"]) for each in found["deltas"]}


def code(tenant, **variables):
    answer = ask(tenant.client(), HOME, **variables).json()
    return answer["errors"][0]["extensions"]["code"]


def test_mallory_of_globex_is_told_of_nothing_of_acmes(acmes, globex):
    assert figures(told(globex))["prs_merged"] == (None, None)
    assert told(globex)["signals"] == []
    assert code(globex, orgId=str(acmes.organization.id)) == "unknown_organization"


def test_a_token_of_another_scope_reads_nothing(acmes):
    client = acmes.asker(Role.OWNER, [Scope.DIRECTORY_READ])
    answer = ask(client, HOME).json()
    assert answer["errors"][0]["extensions"]["code"] == "missing_scope"


def test_each_figure_stands_beside_that_of_as_many_days_before(acmes):
    found = told(acmes)
    assert (found["since"], found["until"]) == ("2026-01-08", "2026-01-15")
    of = figures(found)
    assert of["prs_merged"] == (10, 5)
    assert of["pr_cycle_hours_p50"] == (20, 10)
    assert of["deployments_count"] == (0, 6)
    assert of["change_fail_rate"] == (None, 0)
    cycle = found["deltas"][1]
    assert cycle["measure"] == "PR_CYCLE_HOURS_P50"
    assert (cycle["unit"], cycle["deltaPct"], cycle["reason"]) == ("hours", 100, None)
    assert [each["value"] for each in cycle["spark"]] == [20] * 5 + [None] * 2
    assert cycle["spark"][0]["ts"] == "2026-01-08"


def test_where_nothing_is_known_before_nothing_is_claimed(acmes):
    january = told(acmes, window={"startDate": "2025-12-01", "endDate": "2026-01-18"})
    merged_by_week = [each["value"] for each in january["deltas"][0]["spark"]]
    assert merged_by_week == [None] * 4 + [4, 9, 2]
    assert figures(january)["prs_merged"] == (15, None)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-01-01", "2026-01-21", [f"2026-01-{day:02}" for day in range(1, 22)]),
        ("2026-01-01", "2026-01-22", ["2026-01-05", "2026-01-12"]),
        ("2026-01-05", "2026-02-01", ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"]),
        ("2025-12-31", "2026-05-30", ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]),
    ],
)
def test_a_spark_has_whole_weeks_and_months_only(acmes, first, last, expected):
    found = told(acmes, window={"startDate": first, "endDate": last})
    assert [each["ts"] for each in found["deltas"][0]["spark"]] == expected


def test_what_changed_by_a_fifth_or_more_stands_out_the_largest_change_first(acmes):
    assert [(each["kind"], each["measure"], each["text"]) for each in told(acmes)["signals"]] == [
        (
            "WORSENED",
            "PR_CYCLE_HOURS_P50",
            "Pull request cycle time, median: 100 % more than in the 7 days before.",
        ),
        ("WORSENED", "DEPLOYMENTS_COUNT", "Deployments: 100 % less than in the 7 days before."),
    ]


def test_what_got_better_comes_last(acmes):
    """Three weeks on a week of ten of 20 hours is followed by one of five of 5."""
    acmes.write([merged(30 + n, day=15 + n, hours=5) for n in range(5)])
    sink = store().for_org(acmes.organization.id, version=datetime.now(UTC))
    recompute(sink, everything(sink), today=date(2026, 2, 1))
    later = told(acmes, window={"startDate": "2026-01-15", "endDate": "2026-01-21"})
    assert [each["kind"] for each in later["signals"]] == ["IMPROVED"]


def test_of_fewer_than_five_nothing_is_said(acmes):
    days = {"startDate": "2026-01-08", "endDate": "2026-01-08"}
    found = told(acmes, window=days)
    assert figures(found)["pr_cycle_hours_p50"] == (20, None)
    assert found["signals"] == []
    pair = {"startDate": "2026-01-07", "endDate": "2026-01-10"}  # 6 of 20 hours after 2 of 10
    found = told(acmes, window=pair)
    assert figures(found)["pr_cycle_hours_p50"] == (20, 10)
    assert "PR_CYCLE_HOURS_P50" not in [each["measure"] for each in found["signals"]]


def test_what_cannot_be_told_for_a_filter_says_why(acmes):
    acmes.write([identity(each) for each in range(5)])
    person = {"who": {"developers": [str(key(each)) for each in range(5)]}}
    found = {each["metric"]: each for each in told(acmes, filters=person)["deltas"]}
    assert found["deployments_count"]["value"] is None
    assert "cannot be told apart by author" in found["deployments_count"]["reason"]


def test_without_a_window_it_is_the_last_thirty_days(acmes):
    found = told(acmes, window=None)
    today = datetime.now(UTC).date()
    assert found["since"] == str(today - timedelta(days=29))
    assert found["until"] == str(today + timedelta(days=1))
    assert told(acmes, window={"rangeDays": 7})["since"] == str(today - timedelta(days=6))


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"startDate": "2026-01-08"}, "half_a_window"),
        ({"startDate": "2026-01-08", "endDate": "2026-01-01"}, "no_days"),
        ({"rangeDays": 0}, "no_days"),
        ({"rangeDays": -5}, "no_days"),
        ({"rangeDays": 400}, "too_many_days"),
        (WEEK | {"compareDays": 30}, "unequal_windows"),
    ],
)
def test_a_window_that_cannot_be_asked_is_named(acmes, window, expected):
    assert code(acmes, window=window) == expected


def test_sources_that_cannot_be_seen_stand_before_everything(seen):
    found = told(seen)
    (source,) = found["freshness"]["sources"]
    assert (source["provider"], source["status"]) == ("github.com", "degraded")
    assert found["freshness"]["lastIngestedAt"] is not None
    assert found["freshness"]["coverage"]["reposCoveredPct"] == 50
    assert [each["text"] for each in found["signals"]] == [
        "github.com: 1 of 2 targets cannot be seen. No permission."
    ]


def test_a_source_that_was_not_seen_for_two_days_is_stale(acme):
    acme.write([repository(API, "acme/api"), repository(WEB, "acme/web")])
    acme.write([covered(1, hours=49), covered(2, WEB, hours=47)])
    (signal,) = told(acme)["signals"]
    assert (signal["kind"], signal["sourceId"]) == ("SOURCE_STALE", "github.com")
    assert signal["text"].startswith("github.com: 1 of 2 targets were not seen")


def test_of_a_site_that_cannot_be_seen_at_all_it_says_down(acme):
    acme.write([repository(API, "acme/api")])
    acme.write([covered(1, hours=5, reason="The token has ended.")])
    (source,) = told(acme)["freshness"]["sources"]
    assert (source["status"], source["lastSuccessAt"]) == ("down", None)


def test_it_asks_the_same_however_much_there_is(acmes):
    reads, asked = store().reads_of(lambda: told(acmes)), queries_of(lambda: told(acmes))
    acmes.write([merged(100 + n, day=8 + n % 7, hours=n) for n in range(50)])
    assert queries_of(lambda: told(acmes)) == asked
    assert len(store().reads_of(lambda: told(acmes))) == len(reads)
