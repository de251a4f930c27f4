"""Runs over REST."""

import pytest

from apps.pipeline.models import SyncConfig, SyncRun
from tests import work
from tests.apps.pipeline.rows import run_of, sync_config
from tests.queries import queries_of


@pytest.fixture
def config(acme):
    return sync_config(acme)


def start(acme, config):
    return acme.send("POST", f"sync-configs/{config.pk}/runs")


def walk(acme, **query):
    """The ids of every item, page after page of two."""
    found, cursor = [], {}
    while True:
        page = acme.get("runs", limit=2, **query, **cursor).json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


# --- starting ------------------------------------------------------------------------------------


def test_a_run_is_accepted_at_its_location(acme, config):
    answer = start(acme, config)
    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert acme.client().get(answer["Location"]).json() == answer.json()


def test_a_run_has_a_unit_of_each_source(acme):
    answer = start(acme, sync_config(acme, sources=["/srv/a", "/srv/b"])).json()
    assert [unit["source"] for unit in answer["units"]] == ["/srv/a", "/srv/b"]
    assert (answer["trigger"], answer["requested_by"]) == ("manual", str(acme.owner.id))


def test_one_run_of_a_config_at_a_time(acme, config):
    start(acme, config)
    answer = start(acme, config)
    assert (answer.status_code, answer.json()["code"]) == (409, "run_in_progress")


def test_a_config_that_is_switched_off_does_not_run(acme, config):
    with acme.entered():
        SyncConfig.objects.filter(pk=config.pk).update(is_active=False)
    answer = start(acme, config)
    assert (answer.status_code, answer.json()["code"]) == (409, "inactive")


def test_a_run_ends_with_what_it_fetched(world):
    config = world.config()
    location = start(world.tenant, config)["Location"]
    work.run_all()
    answer = world.tenant.client().get(location)
    (unit,) = answer.json()["units"]
    assert (answer.json()["state"], unit["state"], unit["attempts"]) == (*["completed"] * 2, 1)
    assert (unit["records_fetched"], unit["rows_written"]) == (30, 60)  # a file in each commit
    assert not answer.has_header("Retry-After")


def test_a_run_moves_the_watermark(world):
    config = world.config()
    start(world.tenant, config)
    work.run_all()
    (mark,) = world.tenant.get(f"sync-configs/{config.pk}").json()["watermarks"]
    assert (mark["source"], mark["target"]) == (str(world.path), "git")


# --- listing -------------------------------------------------------------------------------------


def test_pages_tile_though_all_share_one_instant(acme):
    runs = [run_of(acme, sync_config(acme)) for _ in range(5)]
    with acme.entered():
        SyncRun.objects.update(created_at=runs[0].created_at)
    assert sorted(walk(acme)) == sorted(str(run.pk) for run in runs)


def test_the_newest_is_first(acme):
    runs = [run_of(acme, sync_config(acme)) for _ in range(3)]
    assert walk(acme) == [str(run.pk) for run in reversed(runs)]


def test_runs_are_filtered_by_config_and_state(acme, config):
    run_of(acme, sync_config(acme), "completed")
    expected = [run_of(acme, config, state) for state in ("failed", "completed")]
    run_of(acme, config, "canceled")
    found = walk(acme, config_id=config.pk, state=["completed", "failed"])
    assert found == [str(run.pk) for run in reversed(expected)]


def test_a_cursor_is_good_for_its_own_filter_only(acme, config):
    for _ in range(2):
        run_of(acme, config, "completed")
    cursor = acme.get("runs", limit=1).json()["next_cursor"]
    answer = acme.get("runs", cursor=cursor, state="completed")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_the_link_leads_to_the_next_page(acme, config):
    older, _ = (run_of(acme, config, "completed") for _ in range(2))
    link = acme.get("runs", limit=1)["Link"]
    url = link.removeprefix("<").removesuffix('>; rel="next"')
    answer = acme.client().get(url.removeprefix("http://localhost"))
    assert [item["id"] for item in answer.json()["items"]] == [str(older.pk)]
    assert not answer.has_header("Link")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 201}, "/query/limit"),
        ({"state": "done"}, "/query/state/0"),
        ({"config_id": "x"}, "/query/config_id"),
        ({"since": "2026-01-01"}, "/query/since"),
    ],
)
def test_what_cannot_be_asked_is_pointed_at(acme, query, pointer):
    answer = acme.get("runs", **query)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("runs", [1, 50])
def test_a_page_costs_the_same_whatever_is_on_it(acme, config, runs):
    for _ in range(runs):
        run_of(acme, config, "completed", units=3)
    acme.get("me")  # notes the token's use, which is not of this page
    assert len(queries_of(lambda: acme.get("runs", limit=50))) == 3


# --- polling -------------------------------------------------------------------------------------


def test_what_has_not_changed_is_not_sent_again(acme, config):
    one = start(acme, config)["Location"]
    tag = acme.client().get(one)["ETag"]
    answer = acme.client(**{"If-None-Match": f'"other", W/{tag}'}).get(one)
    assert (answer.status_code, answer.content, answer["Retry-After"]) == (304, b"", "2")
    assert (answer["ETag"], answer.has_header("Content-Length")) == (tag, False)


def test_what_has_changed_is_sent(acme, config):
    run = run_of(acme, config)
    tag = acme.get(f"runs/{run.pk}")["ETag"]
    with acme.entered():
        SyncRun.objects.update(state="running")
    answer = acme.client(**{"If-None-Match": tag}).get(f"/api/v1/runs/{run.pk}")
    assert (answer.status_code, answer.json()["state"]) == (200, "running")


def test_a_list_has_a_tag_too(acme, config):
    tag = acme.get("runs")["ETag"]
    assert acme.client(**{"If-None-Match": tag}).get("/api/v1/runs").status_code == 304


def test_no_cache_keeps_an_answer_without_asking(acme, config):
    assert acme.get("runs")["Cache-Control"] == "private, no-cache"
