"""Who is not globex's with a token in force is told no, by every operation."""

import pytest

from apps.orgs.tokens import new_text
from tests.isolation.answers import told
from tests.isolation.graph import roots
from tests.isolation.marks import leaks
from tests.isolation.rest import operations
from tests.isolation.world import dead_tokens
from tests.tenants import ask, client

pytestmark = pytest.mark.isolation

OPERATIONS, ROOTS = operations(), roots()
OPEN = [each for each in OPERATIONS if each.needs_no_token]
CLOSED = [each for each in OPERATIONS if not each.needs_no_token]
CLAIMING = [each for each in ROOTS if "orgId" in each.field.args]
each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
each_root = pytest.mark.parametrize("root", ROOTS, ids=str)


def nobodies(world):
    yield client()
    yield client(world.globex.host)


def strangers(world):
    """Those whose token is not good here."""
    most, last = world.globex.text[:-1], world.globex.text[-1]
    bearers = [
        new_text(),
        most + ("y" if last == "x" else "x"),
        *dead_tokens(world.globex).values(),
    ]
    yield from (client(Authorization=f"Bearer {text}") for text in bearers)
    yield world.acme.client(world.globex.host)
    yield world.globex.client(world.acme.host)


def claimers(world):
    """Globex, who says to be acme."""
    claim = {"X-Org-Id": str(world.acme.organization.id)}
    yield world.globex.client(**claim)
    yield world.globex.client(world.globex.host, **claim)


def statuses(world, clients, ask_by):
    answers = [ask_by(each) for each in clients]
    for answer in answers:
        assert (
            leaks(told(answer), world.secrets(world.acme), [str(world.acme.organization.id)]) == []
        )
    return {answer.status_code for answer in answers}


@each_operation
def test_a_stranger_is_told_no_by_rest(world, operation):
    assert statuses(world, strangers(world), operation.call().by) == {401}


@pytest.mark.parametrize("operation", CLOSED, ids=str)
def test_nobody_is_told_no_by_rest(world, operation):
    assert statuses(world, nobodies(world), operation.call().by) == {401}


@pytest.mark.parametrize("operation", OPEN, ids=str)
def test_what_needs_no_token_is_of_the_bare_host_only(world, operation):
    """What it opens there is in `test_accounts`."""
    answer = operation.call().by(client(world.globex.host))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_on_this_host")


def test_only_these_need_no_token():
    """Each asks for another proof: a password, a secret, the token that it is told of."""
    names = {"log_in", "refresh_session", "validate_token", "accept_invitation"}
    assert {each.name for each in OPEN} == names


@each_operation
def test_a_claim_to_be_acme_is_nothing_to_rest(world, operation):
    assert statuses(world, claimers(world), operation.call().by) == {404}


@each_root
def test_a_stranger_is_told_no_by_graphql(world, root):
    assert statuses(
        world, [*nobodies(world), *strangers(world)], lambda by: ask(by, root.document)
    ) == {401}


@each_root
def test_a_claim_to_be_acme_is_nothing_to_graphql(world, root):
    assert statuses(world, claimers(world), lambda by: ask(by, root.document)) == {404}


@pytest.mark.parametrize("root", CLAIMING, ids=str)
def test_an_org_id_of_acmes_is_nothing(world, root):
    asked = root.put(("orgId",), (), str(world.acme.organization.id))
    answer = ask(world.globex.client(), asked.document)
    codes = [each["extensions"]["code"] for each in answer.json()["errors"]]
    assert (set((answer.json()["data"] or {}).values()), codes) in (
        (set(), ["unknown_organization"]),
        ({None}, ["unknown_organization"]),
    )
    assert leaks(told(answer), world.secrets(world.acme)) == []


def test_a_claim_in_the_address_of_graphql_is_nothing(world):
    path = f"/graphql?org_id={world.acme.organization.id}"
    answer = world.globex.client().post(
        path, {"query": "{ viewer { role } }"}, content_type="application/json"
    )
    assert answer.status_code == 404
