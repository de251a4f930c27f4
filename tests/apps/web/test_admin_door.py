"""Who comes into an organisation's admin, and what is behind each of its addresses."""

import pytest
from django.contrib.admin.models import LogEntry

from apps.billing import operations as billing
from apps.integrations import operations as integrations
from apps.metrics import operations as metrics
from apps.orgs import operations as orgs
from apps.pipeline import operations as pipeline
from apps.web.admin.organization_site import site
from tests.apps.metrics.rows import identity
from tests.apps.web.admins import Inside, address, admin_of, names_of, rows_of, text
from tests.browsers import Browser
from tests.tenants import client

OPERATIONS = {  # what each address takes, beside being an owner or an admin
    "index": billing.BILLING_READ,
    "jsi18n": None,
    "logout": None,
    "search": None,
    "organization": orgs.ORGANIZATION_UPDATE,
    "origins": orgs.ORIGINS_UPDATE,
    "billing": billing.BILLING_READ,
    "billing_checkout": billing.BILLING_CHECKOUT,
    "billing_portal": billing.BILLING_PORTAL,
    "backfill_new": pipeline.BACKFILLS_CREATE,
    "quarantine": metrics.DATA_HEALTH_READ,
    "identities": metrics.IDENTITIES_READ,
    "suggestions": metrics.IDENTITIES_MERGE,
    "identity": metrics.IDENTITIES_UPDATE,
    "directory_settings": metrics.SETTINGS_UPDATE,
    "deployment_kinds": metrics.SETTINGS_UPDATE,
    "status_map": metrics.STATUS_MAP_UPDATE,
    "category_rules": metrics.CATEGORY_RULES_UPDATE,
    "orgs_membership_changelist": orgs.MEMBERS_READ,
    "orgs_membership_change": orgs.MEMBERS_UPDATE,
    "orgs_membership_delete": orgs.MEMBERS_REMOVE,
    "orgs_membership_history": orgs.AUDIT_READ,
    "orgs_invitation_changelist": orgs.INVITATIONS_READ,
    "orgs_invitation_add": orgs.INVITATIONS_CREATE,
    "orgs_invitation_change": orgs.INVITATIONS_READ,
    "orgs_invitation_delete": orgs.INVITATIONS_REVOKE,
    "orgs_invitation_resend": orgs.INVITATIONS_RESEND,
    "orgs_invitation_history": orgs.AUDIT_READ,
    "orgs_apitoken_changelist": orgs.ALL_TOKENS_READ,
    "orgs_apitoken_add": orgs.TOKENS_CREATE,
    "orgs_apitoken_change": orgs.ALL_TOKENS_READ,
    "orgs_apitoken_delete": orgs.ALL_TOKENS_REVOKE,
    "orgs_apitoken_history": orgs.AUDIT_READ,
    "orgs_auditentry_changelist": orgs.AUDIT_READ,
    "orgs_auditentry_change": orgs.AUDIT_READ,
    "orgs_auditentry_export": orgs.AUDIT_READ,
    "integrations_integration_changelist": integrations.INTEGRATIONS_READ,
    "integrations_integration_add": integrations.INTEGRATIONS_CONNECT,
    "integrations_integration_change": integrations.INTEGRATIONS_UPDATE,
    "integrations_integration_delete": integrations.INTEGRATIONS_DISCONNECT,
    "integrations_integration_test": integrations.INTEGRATIONS_TEST,
    "integrations_integration_webhook": pipeline.PROVIDER_WEBHOOKS_SET,
    "integrations_integration_choose": pipeline.SOURCES_CHOOSE,
    "integrations_integration_remove": pipeline.INTEGRATIONS_REMOVE,
    "integrations_integration_history": orgs.AUDIT_READ,
    "pipeline_syncconfig_changelist": pipeline.SYNC_CONFIGS_READ,
    "pipeline_syncconfig_add": pipeline.SYNC_CONFIGS_CREATE,
    "pipeline_syncconfig_change": pipeline.SYNC_CONFIGS_UPDATE,
    "pipeline_syncconfig_delete": pipeline.SYNC_CONFIGS_DELETE,
    "pipeline_syncconfig_sync": pipeline.RUNS_CREATE,
    "pipeline_syncconfig_history": orgs.AUDIT_READ,
    "pipeline_syncrun_changelist": pipeline.RUNS_READ,
    "pipeline_syncrun_change": pipeline.RUNS_READ,
    "pipeline_syncrun_progress": pipeline.RUNS_READ,
    "pipeline_backfilljob_changelist": pipeline.BACKFILLS_READ,
    "pipeline_backfilljob_change": pipeline.BACKFILLS_READ,
    "pipeline_backfilljob_progress": pipeline.BACKFILLS_READ,
    "pipeline_backfilljob_pause": pipeline.BACKFILLS_PAUSE,
    "pipeline_backfilljob_resume": pipeline.BACKFILLS_RESUME,
    "pipeline_backfilljob_cancel": pipeline.BACKFILLS_CANCEL,
    "pipeline_backfilljob_retry": pipeline.BACKFILLS_RETRY,
    "pipeline_backfilljob_history": orgs.AUDIT_READ,
    "pipeline_syncwatermark_changelist": pipeline.SYNC_CONFIGS_READ,
    "metrics_team_changelist": metrics.DIRECTORY_READ,
    "metrics_team_add": metrics.TEAMS_CREATE,
    "metrics_team_change": metrics.TEAMS_UPDATE,
    "metrics_team_delete": metrics.TEAMS_DELETE,
    "metrics_team_history": orgs.AUDIT_READ,
    "metrics_teammembership_changelist": metrics.DIRECTORY_READ,
    "metrics_teammembership_add": metrics.MEMBERSHIPS_CREATE,
    "metrics_teammembership_change": metrics.MEMBERSHIPS_UPDATE,
    "metrics_teammembership_delete": metrics.MEMBERSHIPS_DELETE,
}
POSTED = {"logout", "billing_checkout", "billing_portal"} | {
    name
    for name in OPERATIONS
    if name.rpartition("_")[2] in ("resend", "sync", "test", "pause", "resume", "cancel", "retry")
}
URLS = dict(names_of(site.get_urls()))


def addresses(tenant):
    ids = rows_of(tenant)
    tenant.write([who := identity()])
    ids["identity"] = who.author_id
    return {name: address(name, takes, ids, "config.urls") for name, takes in URLS.items()}


def test_every_address_has_its_operation():
    assert URLS.keys() == OPERATIONS.keys()


def test_a_stranger_is_sent_to_the_login_from_each_address(acme):
    for name, url in addresses(acme).items():
        answer = Browser().get(f"http://acme.localhost:8000{url}", follow=False)
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("http://localhost:8000/enter?"), name


def expected(name, role):
    """The status of a GET."""
    operation = OPERATIONS[name]
    if role not in ("admin", "owner") or (operation and role not in operation.roles):
        return 403
    if name in POSTED:
        return 405
    return 404 if name == "search" else 302 if name.endswith("_history") else 200


@pytest.mark.parametrize("role", ["viewer", "member", "admin", "owner"])
def test_each_role_sees_what_the_operations_say(acme, role):
    urls, inside = addresses(acme), Inside(acme, role)
    inside.open()
    client = inside.client("acme.localhost")
    seen = {name: client.get(url).status_code for name, url in urls.items()}
    assert seen == {name: expected(name, role) for name in urls}


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_may_not_is_told_so_on_a_page(acme, role):
    assert f"This is for owners and admins; you are {role} here." in text(Inside(acme, role).open())


def test_a_member_of_globex_is_told_that_there_is_no_acme(acme, globex):
    browser = Inside(globex)
    assert browser.get(admin_of(acme)).status_code == 404


def test_a_token_opens_no_page(acme):
    answer = client("acme.localhost", Authorization=f"Bearer {acme.text}").get("/admin/")
    assert (answer.status_code, answer.json()["code"]) == (403, "pages_only")


def test_neither_site_answers_on_the_others_host(acme):
    inside = Inside(acme)
    assert inside.open("orgs/organization/").status_code == 404
    inside.person.user.is_staff = True
    inside.person.user.save()
    assert inside.get("http://localhost:8000/admin/orgs/membership/").status_code == 404
    assert inside.get("http://localhost:8000/admin/orgs/organization/").status_code == 200


@pytest.mark.parametrize(
    "path", ["login/", "password_change/", "autocomplete/", "search/", "r/1/1/"]
)
def test_there_is_nothing_of_djangos_own_around_it(acme, path):
    assert Inside(acme).open(path).status_code == 404


@pytest.mark.parametrize("more", ["_popup=1", "_to_field=id", "_to_field=digest"])
def test_there_are_no_windows_to_choose_from(acme, more):
    assert Inside(acme).open(f"orgs/apitoken/?{more}").status_code == 404


@pytest.mark.parametrize(
    "lookup",
    [
        "organization__id",
        "organization__slug__startswith",
        "organization",
        "digest__startswith",
        "created_by__password__startswith",
        "created_by__memberships__organization__slug",
    ],
)
def test_nothing_is_looked_up_that_no_filter_offers(acme, lookup):
    assert Inside(acme).open(f"orgs/apitoken/?{lookup}=a").status_code == 400


def test_everything_comes_from_this_host(acme):
    policy = Inside(acme).open()["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self' 'unsafe-eval'" in policy
    assert "https:" not in policy


def test_a_page_is_kept_by_nobody(acme):
    assert "no-store" in Inside(acme).open("orgs/membership/")["Cache-Control"]


def test_leaving_ends_the_session(acme):
    inside = Inside(acme)
    inside.open()
    inside.post(f"{admin_of(acme)}logout/")
    assert inside.open(follow=False).status_code == 302
    assert not LogEntry.objects.exists()
