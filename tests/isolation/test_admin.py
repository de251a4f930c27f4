"""Globex's owner walks through their admin with all that acme has, and finds nothing of it.

Every address of the organisation's site comes from the site itself, its rows from the seeds: both
organisations have a row under the same key in each table of a tenant.
"""

from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from apps.orgs.models import Role
from apps.web.admin.organization_site import site
from tests.apps.web.admins import names_of
from tests.browsers import Browser
from tests.isolation.account_rows import KEPT
from tests.isolation.marks import ACME, GLOBEX, NOBODY, SHARED, id_of, leaks
from tests.isolation.tenant_rows import key_of

pytestmark = pytest.mark.isolation

VIEWS = dict(names_of(site.get_urls()))
WITH_ID = sorted(name for name, takes in VIEWS.items() if takes)
WITHOUT = sorted(set(VIEWS) - set(WITH_ID))
OF_TENANTS = ("metrics_", "pipeline_", "identity")
DOES = {"resend", "sync", "pause", "resume", "cancel", "retry", "delete", "change"}
QUERIES = ("", "?q={}", "?team={}", "?user={}", "?o=1.2&q={}", "?cursor={}")


@pytest.fixture
def globex(world):
    """Globex's owner, inside. Of acme they know everything that can be sent."""
    browser = Browser()
    browser.log_in(world.globex.owner)
    assert browser.get(f"http://{world.globex.host}:8000/admin/").status_code == 200
    return browser.client(world.globex.host)


@pytest.fixture
def acme(world):
    browser = Browser()
    browser.log_in(world.acme.owner)
    assert browser.get(f"http://{world.acme.host}:8000/admin/").status_code == 200
    return browser.client(world.acme.host)


def key(name: str, owner: str) -> Any:
    """Of a row of an owner's, by the name of its view."""
    of = name if name == "identity" else name.rpartition("_")[0]
    if of == "identity":
        return id_of(owner, "author_id")
    known = {"orgs_membership": "member_id", "orgs_apitoken": "token_id"}
    known |= {"orgs_invitation": "invitation_id"}
    if of in known:
        return KEPT[owner][known[of]]
    if of == "orgs_auditentry":
        model = apps.get_model("orgs.auditentry")
        return model.objects.filter(organization__slug=owner).values_list("pk", flat=True)[0]
    return key_of(apps.get_model(of.replace("_", ".")), owner)


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", urlconf="config.urls", args=args)


def told(answer: Any) -> str:
    if answer.streaming:
        body = b"".join(answer.streaming_content).decode()
    else:
        body = answer.content.decode()
    return f"{body} {dict(answer.items())}".lower()


def leaked(world: Any, body: str, *sent: str) -> list[str]:
    """Links back to a list quote what was sent twice."""
    twice = [quote(each, safe="") for each in sent]
    return leaks(body, world.secrets(world.acme), [*sent, *twice])


def test_what_is_walked_is_all_there_is():
    assert len(WITH_ID) >= 30
    assert {each._meta.label for each, _ in site.rows} <= {
        each._meta.label for each in apps.get_models()
    }


@pytest.mark.parametrize("name", WITH_ID)
def test_a_row_of_acmes_is_not_found(world, globex, name):
    sent = str(key(name, ACME))
    answer = globex.get(url(name, sent))
    assert answer.status_code == 404
    assert not leaked(world, told(answer), sent)


@pytest.mark.parametrize("name", WITH_ID)
def test_acme_finds_it_by_the_same_address(acme, name):
    assert acme.get(url(name, key(name, ACME))).status_code in (200, 302, 405)


@pytest.mark.parametrize("name", [each for each in WITH_ID if each.startswith(OF_TENANTS)])
def test_of_what_both_have_globex_sees_its_own(world, globex, name):
    answer = globex.get(url(name, key(name, SHARED)))
    assert answer.status_code in (200, 302, 405)
    assert not leaked(world, told(answer))


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", WITHOUT)
def test_no_list_has_anything_of_acmes(world, globex, name, query):
    for sent in (ACME, *KEPT[ACME].values(), str(id_of(SHARED, "team_id"))):
        answer = globex.get(f"{url(name)}{query.format(sent)}")
        assert answer.status_code in (200, 302, 400, 404, 405)
        assert not leaked(world, told(answer), sent), sent
        if not query:
            return


@pytest.mark.parametrize("name", [each for each in WITHOUT if each.endswith("_changelist")])
def test_acmes_lists_have_what_is_looked_for(world, acme, name):
    assert world.marks(world.acme, told(acme.get(url(name))).replace(world.acme.host, ""))


@pytest.mark.parametrize("name", [each for each in WITH_ID if each.rpartition("_")[2] in DOES])
def test_nothing_of_acmes_is_changed(world, globex, name):
    form = globex.get(url("organization"))
    token = form.content.decode().split('csrfmiddlewaretoken" value="')[1].split('"')[0]
    given = {"csrfmiddlewaretoken": token, "post": "yes", "role": Role.VIEWER, "name": "taken"}
    answer = globex.post(url(name, key(name, ACME)), given)
    assert answer.status_code in (403, 404)  # 403: nobody changes anything on that page
    assert acme_has(world, name)


def acme_has(world: Any, name: str) -> bool:
    of = apps.get_model(name.rpartition("_")[0].replace("_", "."))
    with world.acme.entered():
        row = of.objects.filter(pk=key(name, ACME)).first()
    return row is not None and getattr(row, "name", "") != "taken"


@pytest.mark.parametrize("name", ["metrics_teammembership_add", "backfill_new"])
def test_no_choice_of_acmes_is_taken(world, globex, name):
    page = globex.get(url(name)).content.decode()
    token = page.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
    model, field = ("syncconfig", "config") if name == "backfill_new" else ("team", "team")
    label = f"{'pipeline' if name == 'backfill_new' else 'metrics'}.{model}"
    answers = {}
    for owner in (ACME, NOBODY):
        sent = str(key_of(apps.get_model(label), owner))
        given = {"csrfmiddlewaretoken": token, field: sent, "person": "x", "since": "2026-01-01"}
        answer = globex.post(url(name), given | {"order": "newest", "start": "1"})
        answers[owner] = answer.status_code, "Select a valid choice" in answer.content.decode()
        assert not leaked(world, told(answer), sent)
    assert answers[ACME] == answers[NOBODY] == (200, True)


@pytest.mark.parametrize("slug", [ACME, GLOBEX])
def test_djangos_own_log_was_never_written(world, slug):
    assert not LogEntry.objects.exists()
