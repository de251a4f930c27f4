"""Who comes in: each route is walked, so that a new one is asked the same."""

from uuid import uuid4

import pytest

from apps.orgs.models import Role, Scope
from apps.pipeline.operations import OPERATIONS
from config.api import api
from tests.tenants import client, send

OPERATION_OF = {
    "list_configs": "sync_configs.read",
    "create_config": "sync_configs.create",
    "read_config": "sync_configs.read",
    "update_config": "sync_configs.update",
    "delete_config": "sync_configs.delete",
    "remove_source": "sources.remove",
    "choose_sources": "sources.choose",
    "remove_integration": "integrations.remove",
    "read_provider_webhook": "provider_webhooks.read",
    "set_provider_webhook": "provider_webhooks.set",
    "remove_provider_webhook": "provider_webhooks.remove",
    "create_run": "runs.create",
    "list_runs": "runs.read",
    "read_run": "runs.read",
    "create_backfill": "backfills.create",
    "list_backfills": "backfills.read",
    "read_backfill": "backfills.read",
    "list_chunks": "backfills.read",
    "pause_backfill": "backfills.pause",
    "resume_backfill": "backfills.resume",
    "cancel_backfill": "backfills.cancel",
    "retry_backfill": "backfills.retry",
    "create_recompute": "metrics.recompute",
    "read_recompute": "recomputes.read",
}
IDS = ("config_id", "run_id", "job_id", "recompute_id", "integration_id")
QUERIES = {"remove_source": "?source=/x&facts=keep"}
OPERATIONS_BY_NAME = {operation.name: operation for operation in OPERATIONS}


def _routes():
    """(name, method, path) of every route of this app."""
    return [
        (
            name := operation.view_func.__name__,
            operation.methods[0],
            path[1:] + QUERIES.get(name, ""),
        )
        for bound in api._get_bound_routers()
        for path, view in bound.path_operations.items()
        for operation in view.operations
        if operation.view_func.__module__.startswith("apps.pipeline.")
    ]


ROUTES = _routes()
each_route = pytest.mark.parametrize(("name", "method", "path"), ROUTES, ids=lambda each: each)
each_route_with_an_id = pytest.mark.parametrize(
    ("name", "method", "path"), [each for each in ROUTES if "{" in each[2]], ids=lambda each: each
)


def body_of(name, ids):
    """What is well-formed, so that only the asker can be wrong."""
    bodies = {
        "create_config": {"name": "x", "provider": "local", "targets": ["git"], "sources": ["/x"]},
        "create_backfill": {"config_id": str(ids["config_id"]), "since": "2026-01-01"},
        "remove_integration": {"facts": "keep"},
    }
    return bodies.get(name, {})


@each_route
def test_a_stranger_is_told_no(stranger, name, method, path):
    ids = dict.fromkeys(IDS, uuid4())
    assert send(stranger, method, path.format(**ids), body_of(name, ids)).status_code == 401


@each_route
def test_a_stranger_at_acmes_host_is_told_no(acme, name, method, path):
    ids = dict.fromkeys(IDS, uuid4())
    asked = send(client(acme.host), method, path.format(**ids), body_of(name, ids))
    assert asked.status_code == 401


@each_route_with_an_id
def test_mallory_of_globex_finds_nothing_of_acmes(globex, acme_ids, name, method, path):
    answer = globex.send(method, path.format(**acme_ids), body_of(name, acme_ids))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@each_route_with_an_id
def test_an_unknown_id_is_nothing(acme, name, method, path):
    ids = dict.fromkeys(IDS, uuid4())
    assert acme.send(method, path.format(**ids), body_of(name, ids)).status_code == 404


@each_route_with_an_id
def test_what_is_no_id_is_nothing(acme, name, method, path):
    ids = dict.fromkeys(IDS, "x")
    assert acme.send(method, path.format(**ids), body_of(name, ids)).status_code == 404


@pytest.mark.parametrize("dry_run", ["", "?dry_run=true"])
def test_mallory_starts_no_backfill_of_acmes_config(globex, acme_ids, dry_run):
    body = {"config_id": str(acme_ids["config_id"]), "since": "2026-01-01"}
    assert globex.send("POST", f"backfills{dry_run}", body).status_code == 404


@pytest.mark.parametrize("path", ["runs", "backfills"])
def test_mallorys_lists_hold_nothing_of_acmes(globex, acme_ids, path):
    assert globex.get(path, config_id=acme_ids["config_id"]).json()["items"] == []


def test_every_route_is_in_the_table():
    assert {name for name, _, _ in ROUTES} == set(OPERATION_OF)


@each_route
@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_what_the_table_says(asker, acme_ids, role, name, method, path):
    operation = OPERATIONS_BY_NAME[OPERATION_OF[name]]
    answer = send(asker(role, Scope), method, path.format(**acme_ids), body_of(name, acme_ids))
    assert (answer.status_code == 403) == (role not in operation.roles)


@each_route
def test_an_owner_by_a_token_of_other_scopes_is_told_no(asker, acme_ids, name, method, path):
    operation = OPERATIONS_BY_NAME[OPERATION_OF[name]]
    owner = asker("owner", set(Scope) - {operation.scope})
    answer = send(owner, method, path.format(**acme_ids), body_of(name, acme_ids))
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


def test_a_viewer_previews_nothing(asker, acme_ids):
    body = {"config_id": str(acme_ids["config_id"]), "since": "2026-01-01"}
    assert send(asker("viewer", Scope), "POST", "backfills?dry_run=true", body).status_code == 403
