from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from apps.metrics.store import WrongTenant, sink, store
from apps.orgs.services import issue_token
from devhealth.models.rollups import ROLLUPS
from tests.apps.metrics.rows import WINDOW, file_day, key, repo_day, team_day, user_day
from tests.tenants import client, in_threads

TABLE = "metrics/repo_metrics_daily"


def items(tenant, table=TABLE, **query):
    return tenant.get(table, **WINDOW, **query).json()["items"]


def walk(tenant, limit, between=lambda: None, **query):
    """Every item by `next_cursor`; `between` happens after each page."""
    found, cursor = [], {}
    while True:
        page = tenant.get(TABLE, **WINDOW, limit=limit, **query, **cursor).json()
        found += page["items"]
        between()
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


# --- the stranger --------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [rollup.table for rollup in ROLLUPS])
def test_a_stranger_reads_no_table(stranger, table):
    assert stranger.get(f"/api/v1/metrics/{table}").status_code == 401


def test_mallory_of_globex_sees_no_row_of_acme(acme, globex):
    acme.write([repo_day()])
    assert items(globex, repo_id=str(key(1))) == []


def test_the_same_keys_in_both_organisations_never_mix(acme, globex):
    acme.write([repo_day(commits_count=1)])
    globex.write([repo_day(commits_count=2)])
    assert [row["commits_count"] for row in items(acme) + items(globex)] == [1, 2]


def test_a_token_without_the_scope_reads_nothing(acme):
    _, text = issue_token(acme.organization, by=acme.owner, name="none", scopes=())
    answer = client(Authorization=f"Bearer {text}").get(f"/api/v1/{TABLE}")
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


def test_a_cursor_of_another_organisation_is_refused(acme, globex):
    acme.write([repo_day(day=1), repo_day(day=2)])
    cursor = acme.get(TABLE, **WINDOW, limit=1).json()["next_cursor"]
    answer = globex.get(TABLE, **WINDOW, limit=1, cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_sink_of_an_organisation_that_is_not_bound_is_refused(acme):
    with pytest.raises(WrongTenant):
        sink(acme.organization)


def test_threads_never_mix_rows(acme, globex, django_db_blocker):
    acme.write([repo_day(commits_count=1)])
    globex.write([repo_day(commits_count=2)])
    expected = ((acme, 1), (globex, 2))

    def ask(first):
        asked = [expected[(first + turn) % 2] for turn in range(10)]
        return [(count, [row["commits_count"] for row in items(tenant)]) for tenant, count in asked]

    with django_db_blocker.unblock():
        answers = in_threads(ask)
    assert [[count] for count, _ in answers] == [counts for _, counts in answers]


# --- what is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lmit", "orgId", "author_id", "page"])
def test_an_unknown_parameter_is_named(acme, name):
    answer = acme.get(TABLE, **{name: "1"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/query/{name}"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 0}, "/query/limit"),
        ({"limit": 201}, "/query/limit"),
        ({"repo_id": "x"}, "/query/repo_id/0"),
        ({"population": "bots"}, "/query/population"),
        ({"since": "yesterday"}, "/query/since"),
        ({"as_of": "2026-01-01T00:00:00"}, "/query/as_of"),
    ],
)
def test_an_invalid_parameter_is_pointed_at(acme, query, pointer):
    answer = acme.get(TABLE, **query)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "window",
    [
        {"since": "2026-02-01", "until": "2026-02-01"},
        {"since": "2025-01-01", "until": "2026-01-03"},
        {"until": "0001-01-02"},
    ],
)
def test_an_impossible_window_is_refused(acme, window):
    assert acme.get(TABLE, **window).status_code == 400


def test_an_unknown_table_is_nothing(acme):
    answer = acme.get("metrics/secrets_daily")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_table_answers_to_its_short_name(acme):
    acme.write([repo_day()])
    assert len(items(acme, "metrics/repo_metrics")) == 1


def test_without_a_window_the_last_thirty_days_count(acme):
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in (0, 29, 30)]
    first = repo_day()
    acme.write([type(first)(repo_id=key(1), population="people", day=day) for day in days])
    found = [row["day"] for row in acme.get(TABLE).json()["items"]]
    assert found == [str(days[1]), str(days[0])]


def test_people_count_unless_all_are_asked_for(acme):
    acme.write([repo_day(), repo_day(population="all", commits_count=9)])
    counts = [
        [row["commits_count"] for row in items(acme, **q)] for q in ({}, {"population": "all"})
    ]
    assert counts == [[0], [9]]


def test_repositories_may_be_several(acme):
    acme.write([repo_day(1), repo_day(2), repo_day(3)])
    found = items(acme, repo_id=[str(key(1)), str(key(3))])
    assert {row["repo_id"] for row in found} == {str(key(1)), str(key(3))}


def test_authors_can_be_asked_for(acme):
    acme.write([user_day(author) for author in range(1, 6)])
    found = items(acme, "metrics/user_metrics_daily", author_id=str(key(2)))
    assert [row["author_id"] for row in found] == [str(key(2))]


def test_teams_can_be_asked_for(acme):
    acme.write([team_day("web"), team_day("api"), team_day("web", population="all")])
    found = items(acme, "metrics/team_metrics_daily", team_id=["web", "docs"])
    assert [(row["team_id"], row["population"]) for row in found] == [("web", "people")]


def test_files_can_be_asked_for_by_their_whole_path(acme):
    acme.write([file_day("src/a.py"), file_day("src/b c, d.py"), file_day("src")])
    found = items(acme, "metrics/file_metrics_daily", path="src/b c, d.py")
    assert [row["path"] for row in found] == ["src/b c, d.py"]


def test_a_moment_of_the_past_is_answered_as_it_was(acme):
    noon = timezone.now() - timedelta(days=1)
    acme.write([repo_day(commits_count=1)], noon - timedelta(hours=1))
    acme.write([repo_day(commits_count=2)], noon + timedelta(hours=1))
    assert [row["commits_count"] for row in items(acme, as_of=noon.isoformat())] == [1]


# --- what is answered ----------------------------------------------------------------------------


def test_a_row_has_every_column_and_its_instant(acme):
    acme.write([repo_day(loc_added=3_000_000_000)], datetime(2026, 2, 1, 12, 30, tzinfo=UTC))
    page = acme.get(TABLE, **WINDOW).json()
    (row,) = page["items"]
    assert row["loc_added"] == 3_000_000_000
    assert row["computed_at"] == page["computed_at"] == "2026-02-01T12:30:00Z"


def test_no_rows_have_no_instant_and_no_next_page(acme):
    assert acme.get(TABLE, **WINDOW).json() == {
        "items": [],
        "next_cursor": None,
        "computed_at": None,
    }


def test_rows_come_by_day_and_then_by_key(acme):
    acme.write([repo_day(repo, day) for day in (2, 1) for repo in range(5)])
    found = [(row["day"], row["repo_id"]) for row in items(acme)]
    assert found == sorted(found)


@pytest.mark.parametrize("limit", [1, 7, 120])
def test_pages_tile_though_all_share_one_day(acme, limit):
    acme.write([repo_day(repo) for repo in range(120)])
    found = [row["repo_id"] for row in walk(acme, limit)]
    assert sorted(found) == sorted(str(key(repo)) for repo in range(120))


def test_pages_stay_whole_while_rows_are_inserted(acme):
    acme.write([repo_day(repo, 2) for repo in range(10)])
    late = iter(range(100, 200))
    found = walk(acme, 2, between=lambda: acme.write([repo_day(next(late), 1)]))
    assert sorted(row["repo_id"] for row in found) == sorted(str(key(n)) for n in range(10))


def test_the_link_leads_to_the_next_page(acme):
    acme.write([repo_day(day=1), repo_day(day=2)])
    link = acme.get(TABLE, **WINDOW, limit=1)["Link"]
    url = urlsplit(link.partition(">")[0].removeprefix("<"))
    answer = acme.client().get(f"{url.path}?{url.query}")
    assert link.endswith('rel="next"')
    assert [row["day"] for row in answer.json()["items"]] == ["2026-01-02"]
    assert "Link" not in answer


@pytest.mark.parametrize(
    "change",
    [
        {"since": "2025-12-31"},
        {"population": "all"},
        {"repo_id": str(key(1))},
        {"as_of": "2030-01-01T00:00:00Z"},
    ],
)
def test_a_cursor_is_good_for_its_own_question_only(acme, change):
    acme.write([repo_day(day=1), repo_day(day=2)])
    cursor = acme.get(TABLE, **WINDOW, limit=1).json()["next_cursor"]
    answer = acme.get(TABLE, **WINDOW | change, cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_cursor_of_another_table_is_refused(acme):
    acme.write([repo_day(day=1), repo_day(day=2)])
    cursor = acme.get(TABLE, **WINDOW, limit=1).json()["next_cursor"]
    answer = acme.get("metrics/user_metrics_daily", **WINDOW, cursor=cursor)
    assert answer.status_code == 400


@pytest.mark.parametrize("rows", [1, 50])
def test_a_page_is_one_query_of_the_store(acme, rows):
    acme.write([repo_day(repo) for repo in range(rows)])
    assert store().reads_of(lambda: acme.get(TABLE, **WINDOW)) == ["page"]
