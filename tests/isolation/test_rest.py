"""globex asks every REST operation for acme's things."""

import pytest
from django.db import transaction

from apps.web.web_client.api_admin_setup import NOT_HERE
from tests.isolation.answers import alike, told
from tests.isolation.marks import ACME, NOBODY, SHARED, large_numbers, leaks
from tests.isolation.rest import operations
from tests.isolation.values import OF_A_PROVIDER, UNANSWERED

pytestmark = pytest.mark.isolation

OPERATIONS = operations()
OF_SOMEBODY = [
    (operation, each)
    for operation in OPERATIONS
    for each in operation.arguments
    if not each.is_plain
]

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
each_read = pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if each.is_read and each.name not in OF_A_PROVIDER],
    ids=str,
)
each_argument = pytest.mark.parametrize(("operation", "argument"), OF_SOMEBODY, ids=str)

PROOF_TOGETHER = {"log_in-password"}  # with the address: whoever has both is acme's person

NOTHING_OF_ANYBODY = {
    "read_catalogue": "measures are the house's own",
    "read_forecast": "counts of items, which are few",
    "read_client_health": "whether the house is well",
    "read_client_meta": "limits and shares",
    "read_client_setup": "how far it is, in words of the client's",
    "list_client_targets": "the house's own",
    **dict.fromkeys(NOT_HERE.values(), "there is no such thing here"),
}


def asked(world, call, who=None):
    """An answer to globex; what it changed is undone."""
    with transaction.atomic():
        answer = call.by((who or world.globex).client())
        transaction.set_rollback(True)
    return answer


def no_leak(world, answer, sent):
    text = told(answer)
    assert leaks(text, world.secrets(world.acme), sent) == []
    assert large_numbers(answer.content.decode()) == []


@each_argument
def test_what_is_acmes_is_to_globex_as_what_nobody_has(world, operation, argument):
    """The same status and text: neither the thing nor that there is one is told."""
    calls = [operation.call().ask(argument, owner) for owner in (ACME, NOBODY)]
    answers = [asked(world, call) for call in calls]
    foreign, unknown = (alike(*each) for each in zip(answers, calls, strict=True))
    assert foreign == unknown
    no_leak(world, answers[0], calls[0].sent)


@pytest.mark.parametrize(
    ("operation", "argument"),
    [pair for pair in OF_SOMEBODY if pair[1].place == "path"],
    ids=str,
)
def test_an_id_of_acmes_in_an_address_is_nothing(world, operation, argument):
    answer = asked(world, operation.call().ask(argument, ACME))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@each_operation
def test_what_both_have_is_globexs_own_to_globex(world, operation):
    call = operation.call()
    for each in operation.arguments:
        if not each.is_plain and each.place == "query":
            no_leak(world, asked(world, call.ask(each, SHARED)), [])
    no_leak(world, asked(world, call), [])


@each_operation
def test_all_that_is_acmes_at_once_tells_globex_nothing(world, operation):
    call = operation.call()
    for each in operation.arguments:
        if not each.is_plain and str(each) not in PROOF_TOGETHER:
            call = call.ask(each, ACME)
    no_leak(world, asked(world, call), call.sent)


@each_read
def test_acme_sees_its_own_by_the_same_question(world, operation):
    """Else the suite would pass by asking for nothing."""
    answer = operation.call(ACME).by(world.acme.client())
    seen = world.marks(world.acme, answer.content.decode())
    assert (answer.status_code, bool(seen)) == (200, operation.name not in NOTHING_OF_ANYBODY)


@pytest.mark.parametrize(
    ("operation", "argument"), [pair for pair in OF_SOMEBODY if pair[0].is_read], ids=str
)
def test_acme_finds_its_own_by_the_value_that_globex_sends(world, operation, argument):
    answer = operation.call().ask(argument, ACME).by(world.acme.client())
    seen = bool(world.marks(world.acme, answer.content.decode()))
    silent = (*NOTHING_OF_ANYBODY, *OF_A_PROVIDER)
    is_silent = operation.name in silent or argument.names[0] in UNANSWERED
    assert seen != is_silent, answer.content


@each_read
def test_globex_sees_its_own_by_the_same_question(world, operation):
    answer = operation.call().by(world.globex.client())
    assert answer.status_code == 200
    no_leak(world, answer, [])
