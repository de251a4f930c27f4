"""From an empty organisation to its first run and further, by its pages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from apps.pipeline.models import BackfillJob, SyncConfig, SyncRun, SyncWatermark
from tests.apps.integrations.conftest import served
from tests.apps.integrations.connected import connected
from tests.apps.pipeline.rows import run_of, sync_config
from tests.apps.web.admins import Inside, text
from tests.devhealth.remote_hops import TOKEN
from tests.provider import faults
from tests.provider.lists import listed

LISTED = [
    {"full_name": "acme/api", "visibility": "private", "pushed_at": "2026-11-20T10:00:00Z"},
    {"full_name": "acme/old", "archived": True},
    {"full_name": "acme/web", "html_url": "https://github.com/acme/web"},
    {"full_name": "ada/<b>", "fork": True},
]
APP = {"url": "https://github.com", "client_id": "x", "client_secret": "y"}


@pytest.fixture
def hub(tmp_path, settings):
    settings.PROVIDER_HOSTS = ["127.0.0.1"]
    with served("github", tmp_path) as found:
        found.peer.route("GET", "/api/v3/user/repos", listed(LISTED))
        yield found


@pytest.fixture
def integration(acme, hub):
    with acme.entered():
        return connected("github", url=hub.peer.url, token=TOKEN, name="Hub")


@pytest.fixture
def inside(acme):
    return Inside(acme)


def chooser(integration, more=""):
    return f"integrations/integration/{integration.pk}/choose/{more}"


def names(page, ticked=None):
    """Of the boxes on a page: all, or those that are ticked or not."""
    boxes = [each.split(">")[0] for each in page.split('name="source" value="')[1:]]
    found = [(each.split('"')[0], each.endswith(" checked")) for each in boxes]
    return [name for name, is_ticked in found if ticked in (None, is_ticked)]


# --- strangers -----------------------------------------------------------------------------------


def test_globex_has_no_chooser_of_acmes(globex, hub, integration):
    assert Inside(globex).open(chooser(integration)).status_code == 404
    assert hub.peer.seen == []


def test_a_config_of_another_integration_is_not_shown(acme, inside, integration):
    other = sync_config(acme)
    assert inside.open(chooser(integration, f"?config={other.pk}")).status_code == 404
    assert inside.open(chooser(integration, "?config=no-id")).status_code == 400


# --- the chooser ---------------------------------------------------------------------------------


def test_what_is_there_is_shown_without_what_is_archived_and_without_forks(inside, integration):
    page = text(inside.open(chooser(integration)))
    assert names(page) == ["acme/api", "acme/web"]
    assert "active 2026-11-20" in page
    assert 'href="https://github.com/acme/web"' in page


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"q": "WEB"}, ["acme/web"]),
        ({"q": "acme/* !*api", "archived": "on"}, ["acme/old", "acme/web"]),
        ({"q": "ada/", "forks": "on"}, ["ada/&lt;b&gt;"]),
        ({"q": "nobody"}, []),
    ],
)
def test_what_is_searched_for_is_shown(inside, integration, given, found):
    assert names(text(inside.send(chooser(integration), do="search", **given))) == found


def test_what_was_ticked_goes_along_whatever_is_searched_for(inside, integration):
    page = text(inside.send(chooser(integration), do="search", q="web", source=["acme/api"]))
    assert names(page, ticked=True) == ["acme/api"]
    assert names(page, ticked=False) == ["acme/web"]
    assert "1 chosen. 1 of 3 repositories of Community, all sync configs together." in page


def test_all_that_is_shown_is_chosen_by_one_press(inside, integration):
    page = text(inside.send(chooser(integration), do="all", q="acme/*", source=["ada/<b>"]))
    assert names(page, ticked=True) == ["ada/&lt;b&gt;", "acme/api", "acme/web"]


def test_a_long_list_goes_on(inside, hub, integration):
    many = [{"full_name": f"acme/{number:03}"} for number in range(70)]
    hub.peer.misbehave(faults.answering(200, many), times=9, path="/api/v3/user/repos")
    first = text(inside.open(chooser(integration)))
    cursor = first.split('name="cursor" value="')[1].split('"')[0]
    second = text(inside.send(chooser(integration), do="more", cursor=cursor, source=["acme/003"]))
    assert (len(names(first)), names(second)[0]) == (50, "acme/003")
    assert names(second, ticked=False) == [f"acme/{number:03}" for number in range(50, 70)]


def test_too_many_are_counted_and_the_plan_that_has_room_is_named(acme, inside, integration):
    sync_config(acme, sources=["/a", "/b"])
    page = text(inside.send(chooser(integration), do="search", source=["acme/api", "acme/web"]))
    assert "2 chosen. 4 of 3 repositories of Community: 1 too many. Untick some." in page
    assert f'Team allows 10: <a href="{reverse("admin:billing")}">see the plans</a>' in page
    refused = text(inside.send(chooser(integration), do="start", source=["acme/api", "acme/web"]))
    assert "this would make 4" in refused
    assert names(refused, ticked=True) == ["acme/api", "acme/web"]
    with acme.entered():
        assert SyncConfig.objects.count() == 1


def test_nothing_is_no_choice(inside, integration):
    assert "Nothing was chosen" in text(inside.send(chooser(integration), do="start"))


@pytest.mark.parametrize("fault", [faults.expired, faults.answering(404, {})])
def test_a_provider_that_does_not_answer_takes_no_tick_away(inside, hub, integration, fault):
    hub.peer.misbehave(fault, times=99)
    answer = inside.send(chooser(integration), do="search", source=["acme/api"])
    assert answer.status_code == 200
    assert 'role="alert"' in text(answer)
    assert names(text(answer)) == ["acme/api"]


@pytest.mark.parametrize(
    "given", [{"q": "x" * 301}, {"q": "a " * 21}, {"source": "x" * 1001}, {"name": "x" * 201}]
)
def test_what_no_search_and_no_name_can_be_is_refused(inside, integration, given):
    assert inside.send(chooser(integration), do="search", **given).status_code == 400


def test_what_is_chosen_begins_at_once(acme, inside, integration):
    page = text(
        inside.send(chooser(integration), do="start", source=["acme/api"], target=["git", "prs"])
    )
    assert "It has begun" in page
    with acme.entered():
        run, config = SyncRun.objects.get(), SyncConfig.objects.get()
    assert (config.sources, config.targets, config.options) == (
        ["acme/api"],
        ["git", "prs"],
        {"initial_days": 14},
    )
    assert inside.url.endswith(f"/admin/pipeline/syncrun/{run.pk}/change/")


def test_what_was_chosen_before_is_ticked_and_changed(acme, inside, integration):
    inside.send(chooser(integration), do="start", source=["acme/api"], target=["git"])
    page = text(inside.open(chooser(integration)))
    assert names(page, ticked=True) == ["acme/api"]
    assert 'value="git" checked' in page
    assert 'value="prs" checked' not in page
    inside.send(chooser(integration), do="start", source=["acme/web"], target=["prs"])
    with acme.entered():
        config = SyncConfig.objects.get()
    assert (config.sources, config.targets) == (["acme/web"], ["prs"])


def test_a_second_config_is_made_where_it_is_asked_for(acme, inside, integration):
    inside.send(chooser(integration), do="start", source=["acme/api"])
    assert names(text(inside.open(chooser(integration, "?config=new"))), ticked=True) == []
    inside.send(chooser(integration, "?config=new"), do="start", source=["acme/web"])
    with acme.entered():
        assert sorted(SyncConfig.objects.values_list("name", flat=True)) == ["Hub", "Hub 2"]


def test_of_two_who_choose_at_once_the_second_is_told(acme, inside, integration):
    inside.send(chooser(integration), do="start", source=["acme/api"])
    version = text(inside.open(chooser(integration))).split('name="version" value="')[1]
    seen = {"version": version.split('"')[0], "do": "start"}
    assert "It has begun" in text(inside.send(chooser(integration), source=["acme/web"], **seen))
    second = inside.send(chooser(integration), source=["acme/api"], **seen)
    assert 'role="alert"' in text(second)
    with acme.entered():
        assert SyncConfig.objects.get().sources == ["acme/web"]


def test_a_form_that_was_opened_for_a_new_config_changes_no_other(acme, inside, integration):
    """Nor does a second press make another one."""
    inside.send(chooser(integration), do="start", source=["acme/api"])
    opened = {"config": "new", "name": "Hub", "do": "start"}
    page = text(inside.send(chooser(integration), source=["acme/web"], **opened))
    assert "There is a sync config of this name." in page
    with acme.entered():
        assert SyncConfig.objects.get().sources == ["acme/api"]


# --- the history before it -----------------------------------------------------------------------


def day(ago):
    return (datetime.now(UTC) - timedelta(days=ago)).date()


@pytest.fixture
def synced(acme):
    """A config whose first run reached back 14 days, and that run."""
    config = sync_config(acme)
    with acme.entered():
        SyncWatermark.objects.create(
            config=config,
            source="/srv/api",
            target="git",
            synced_through=datetime.now(UTC),
            covered_since=day(14),
        )
    return config, run_of(acme, config, "completed")


def test_a_run_that_is_over_offers_the_history_before_it(acme, inside, synced):
    config, run = synced
    page = text(inside.open(f"pipeline/syncrun/{run.pk}/change/"))
    assert f"Your plan reaches 16 days further back, to {day(30)}." in page
    link = page.split('a href="/admin/backfills/new/?')[1].split('"')[0].replace("&amp;", "&")
    form = text(inside.open(f"backfills/new/?{link}"))
    assert "What it would take" in form
    assert f'value="{day(30)}"' in form
    assert f'value="{day(15)}"' in form
    with acme.entered():
        assert not BackfillJob.objects.exists()
    inside.send(f"backfills/new/?{link}&start=1", config=config.pk, since=day(30), order="newest")
    with acme.entered():
        assert not BackfillJob.objects.exists(), "an address starts nothing"


def test_a_run_that_is_under_way_offers_nothing_yet(acme, inside, synced):
    run = run_of(acme, synced[0], "running")
    assert "further back" not in text(inside.open(f"pipeline/syncrun/{run.pk}/change/"))


@pytest.mark.parametrize("more", [{"sources": ["/srv/other"]}, {"targets": ["prs"]}])
def test_what_is_synced_no_more_has_no_history_to_fetch(acme, inside, synced, more):
    config, run = synced
    with acme.entered():
        SyncConfig.objects.filter(pk=config.pk).update(**more)
    assert "further back" not in text(inside.open(f"pipeline/syncrun/{run.pk}/change/"))


# --- the way there -------------------------------------------------------------------------------


def home(inside, path=""):
    return text(inside.get(f"http://{inside.tenant.host}:8000/{path}"))


def test_an_empty_organisation_leads_to_what_can_be_connected(acme, inside, settings):
    settings.PROVIDER_APPS = {"github": APP}
    assert f'href="{reverse("integrations", urlconf="config.urls")}">Connect a provider' in home(
        inside
    )
    page = home(inside, "integrations/")
    assert "Nothing is connected yet." in page
    assert ">Connect GitHub<" in page
    assert ">Connect GitLab<" not in page
    assert "Connect a provider" in text(inside.open())


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_may_not_connect_is_told_who_may(acme, role, settings):
    settings.PROVIDER_APPS = {"github": APP}
    page = home(Inside(acme, role), "integrations/")
    assert "Owners and admins of Acme connect providers" in page
    assert ">Connect GitHub<" not in page


def test_integrations_tell_their_health_and_their_last_sync(acme, globex, inside):
    with globex.entered():
        connected(name="Theirs")
    with acme.entered():
        mine = connected(name="Mine", health="reconnect", health_reason="It was refused.")
        other = connected(name="Other")
    config = sync_config(acme, integration=mine)
    with acme.entered():
        for hour in (8, 10, 9):
            SyncWatermark.objects.create(
                config=config,
                source=f"/{hour}",
                target="git",
                synced_through=datetime(2026, 1, 1, hour, tzinfo=UTC),
            )
    for page in (home(inside, "integrations/"), text(inside.open("integrations/integration/"))):
        assert "Theirs" not in page
        assert "2026-01-01 10:00" in page
    page = home(inside, "integrations/")
    assert "It was refused. Connect again." in page
    assert "Nothing synced yet" in page
    assert f"/integrations/{other.pk}" in page


def test_the_overview_leads_from_one_step_to_the_next(acme, inside, hub):
    with acme.entered():
        made = connected("github", url=hub.peer.url, token=TOKEN)
    assert f"/admin/{chooser(made)}" in text(inside.open())
    inside.send(chooser(made), do="start", source=["acme/api"])
    with acme.entered():
        run = SyncRun.objects.get()
    assert f"/admin/pipeline/syncrun/{run.pk}/change/" in text(inside.open())
    with acme.entered():
        SyncWatermark.objects.create(
            config=run.config,
            source="acme/api",
            target="git",
            synced_through=datetime.now(UTC),
            covered_since=day(14),
        )
    assert "Fetch the history" in text(inside.open())


def test_a_page_of_an_integration_leads_to_its_chooser(acme, inside):
    with acme.entered():
        made = connected()
    assert f"/admin/{chooser(made)}" in home(inside, f"integrations/{made.pk}")
