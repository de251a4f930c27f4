"""A cursor of acme's is good for nothing at globex."""

import re

import pytest

from tests.isolation.answers import told
from tests.isolation.graph import roots
from tests.isolation.marks import ACME, SHARED, leaks
from tests.isolation.rest import operations
from tests.isolation.values import OF_A_PROVIDER
from tests.tenants import ask

pytestmark = pytest.mark.isolation

PAGED = [each for each in operations() if each.takes("cursor") and each.name not in OF_A_PROVIDER]
PAGED_ROOTS = [each for each in roots() if "after" in each.field.args]
# Of both organisations' there is one page only, whatever is seeded: no cursor is given out.
ONE_PAGE = {"list_suggestions", "read_evidence"}
ONE_PAGE |= {"list_organizations"}  # an API token knows of one; `test_accounts` has sessions
ONE_PAGE |= {"read_user_metrics_daily", "read_review_edges_daily"}  # of few people, one's own
TWO_PAGES = {"list_audit_entries"}


def cursor_of(tenant, operation, owner):
    call = operation.call(owner).put(operation.takes("limit"), 1)
    return call.by(tenant.client()).json()["next_cursor"]


def cursors_in(answer):
    return re.findall(r'"endCursor": ?"([^"]+)"', answer.content.decode())


@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_a_cursor_of_acmes_is_not_of_globexs_question(world, operation):
    cursor = cursor_of(world.acme, operation, SHARED) or made_up(world, operation)
    call = operation.call().put(operation.takes("cursor"), cursor)
    answer = call.by(world.globex.client())
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")
    assert leaks(told(answer), world.secrets(world.acme), call.sent) == []


@pytest.mark.parametrize("operation", PAGED, ids=str)
def test_the_same_cursor_is_good_for_acme(world, operation):
    cursor = cursor_of(world.acme, operation, SHARED)
    if cursor:
        call = operation.call().put(operation.takes("cursor"), cursor)
        assert call.by(world.acme.client()).status_code == 200


def test_most_lists_have_a_second_page(world):
    """Else the cursors above would be of nothing."""
    paged = {each.name for each in PAGED if cursor_of(world.acme, each, SHARED)}
    assert paged >= {each.name for each in PAGED if not each.takes("repository_id")} - ALONE


def made_up(world, operation):
    """Of another list of acme's."""
    return cursor_of(world.acme, next(each for each in PAGED if each.name in TWO_PAGES), ACME)


ALONE = ONE_PAGE | {
    "list_team_members",
    "list_chunks",
    "list_work_item_changes",
    "list_client_person_pull_requests",
    "list_client_person_work_items",
}


@pytest.mark.parametrize("root", PAGED_ROOTS, ids=str)
def test_an_end_of_acmes_is_not_of_globexs_connection(world, root):
    whole = ask(world.acme.client(), root.document)
    cursor = cursors_in(whole)[-1]
    asked = root.put(("after",), (), cursor)
    answer = ask(world.globex.client(), asked.document)
    assert (answer.status_code, codes(answer)) == (400, ["invalid_cursor"])
    assert ask(world.acme.client(), asked.document).status_code == 200


def codes(answer):
    return [each["extensions"]["code"] for each in answer.json()["errors"]]
