"""Versions, tags and keys of acme's mean nothing at globex."""

import pytest

from apps.web.web_client.api_admin_setup import NOT_HERE
from tests.isolation.answers import told
from tests.isolation.marks import ACME, leaks
from tests.isolation.rest import operations
from tests.isolation.values import OF_A_PROVIDER

pytestmark = pytest.mark.isolation

OPERATIONS = operations()
BY_NAME = {each.name: each for each in OPERATIONS}
READS = [each for each in OPERATIONS if each.is_read and each.name not in OF_A_PROVIDER]
GUARDED = [each for each in OPERATIONS if each.takes("If-Match")]
ONCE = [each for each in OPERATIONS if each.takes("Idempotency-Key")]
SAME = {
    "read_catalogue",
    "read_forecast",
    "list_team_members",
    "read_client_health",
    "read_client_meta",
    "read_client_setup",
    "list_client_targets",
    *NOT_HERE.values(),
}  # of ids that both have: the same bytes
READ_OF = {
    "update_settings": "read_settings",
    "replace_status_map": "read_status_map",
    "replace_category_rules": "read_category_rules",
    "update_config": "read_config",
    "update_organization": "read_organization",
    "replace_origins": "read_origins",
    "update_webhook_endpoint": "read_webhook_endpoint",
    "update_alert_rule": "read_alert_rule",
}


@pytest.mark.parametrize("operation", READS, ids=str)
def test_a_tag_of_acmes_is_no_304_for_globex(world, operation):
    tag = operation.call(by=ACME).by(world.acme.client())["ETag"]
    answer = operation.call().by(world.globex.client(), **{"If-None-Match": tag})
    assert (answer.status_code == 304) == (operation.name in SAME)


def test_every_guarded_operation_is_read_by_another():
    assert {each.name for each in GUARDED} == set(READ_OF)


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_a_version_of_acmes_changes_nothing_of_globexs(world, operation):
    read = BY_NAME[READ_OF[operation.name]]
    tag = read.call(by=ACME).by(world.acme.client())["ETag"]
    before = read.call().by(world.globex.client()).content
    answer = operation.call().head("If-Match", tag).by(world.globex.client())
    assert answer.status_code == 412
    assert read.call().by(world.globex.client()).content == before
    assert leaks(told(answer), world.secrets(world.acme), [tag]) == []


@pytest.mark.parametrize("operation", ONCE, ids=str)
def test_a_key_of_acmes_repeats_nothing_to_globex(world, operation):
    call = operation.call().head("Idempotency-Key", "the same")
    operation.call(by=ACME).head("Idempotency-Key", "the same").by(world.acme.client())
    answer = call.by(world.globex.client())
    assert "Idempotent-Replayed" not in answer.headers
    assert answer.json().get("code") != "idempotency_key_reused" if answer.content else True
    assert leaks(told(answer), world.secrets(world.acme), call.sent) == []


def test_some_key_of_acmes_does_repeat_to_acme(world):
    """Else the keys above would be of nothing."""
    call = BY_NAME["create_team"].call().head("Idempotency-Key", "the same")
    call.by(world.acme.client())
    assert call.by(world.acme.client())["Idempotent-Replayed"] == "true"
