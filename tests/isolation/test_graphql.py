"""globex asks every root field of GraphQL, with all that can be selected, for acme's things."""

import pytest

from tests.isolation.answers import settled, told
from tests.isolation.graph import roots
from tests.isolation.graph_values import UNANSWERED
from tests.isolation.marks import ACME, NOBODY, SHARED, id_of, large_numbers, leaks
from tests.isolation.rest import texts_of
from tests.tenants import ask

pytestmark = pytest.mark.isolation

ROOTS = roots()
ARGUMENTS = [(root, each) for root in ROOTS for each in root.arguments]
OF_SOMEBODY = [pair for pair in ARGUMENTS if not pair[1].is_plain]

each_root = pytest.mark.parametrize("root", ROOTS, ids=str)
each_argument = pytest.mark.parametrize(
    ("root", "argument"), OF_SOMEBODY, ids=lambda each: str(each)
)

NOTHING_OF_ANYBODY = {
    "catalog": "measures are the house's own",
    "forecast": "counts of items, which are few",
}


def asked(tenant, root):
    return ask(tenant.client(), root.document)


def no_leak(world, answer, sent):
    assert leaks(told(answer), world.secrets(world.acme), sent) == []
    assert large_numbers(answer.content.decode()) == []


def is_no_filter(answer):
    """The table does not have the column: nothing was asked."""
    errors = answer.json().get("errors") or [{}]
    return errors[0].get("extensions", {}).get("code") == "no_filter"


@each_root
def test_acme_sees_its_own_by_the_same_question(world, root):
    answer = asked(world.acme, root)
    seen = bool(world.marks(world.acme, answer.content.decode()))
    assert (answer.json().get("errors"), seen) == (None, root.name not in NOTHING_OF_ANYBODY)


@each_root
def test_globex_sees_its_own_by_the_same_question(world, root):
    answer = asked(world.globex, root)
    assert answer.json().get("errors") is None
    no_leak(world, answer, [])


@each_argument
def test_what_is_acmes_is_to_globex_as_what_nobody_has(world, root, argument):
    documents = [root.ask(argument, owner) for owner in (ACME, NOBODY)]
    sent = [texts_of([argument.of(owner)]) for owner in (ACME, NOBODY)]
    answers = [asked(world.globex, each) for each in documents]
    foreign, unknown = (
        (each.status_code, settled(each.content.decode(), mine))
        for each, mine in zip(answers, sent, strict=True)
    )
    assert foreign == unknown
    no_leak(world, answers[0], sent[0])


@each_argument
def test_what_both_have_is_globexs_own_to_globex(world, root, argument):
    no_leak(world, asked(world.globex, root.ask(argument, SHARED)), [])


@each_argument
def test_acme_finds_its_own_by_the_value_that_globex_sends(world, root, argument):
    answer = asked(world.acme, root.ask(argument, ACME))
    seen = bool(world.marks(world.acme, answer.content.decode()))
    is_silent = root.name in NOTHING_OF_ANYBODY or str(argument) in UNANSWERED
    assert seen != (is_silent or is_no_filter(answer)), answer.content


SCOPES = {"analytics": "batch.filters.scope", "evidence": "scope", "investment": "filters.scope"}


@pytest.mark.parametrize(("level", "name"), [("TEAM", "team_id"), ("DEVELOPER", "author_id")])
@pytest.mark.parametrize("root", [each for each in ROOTS if each.name in SCOPES], ids=str)
def test_a_scope_of_acmes_is_to_globex_as_what_nobody_has(world, root, level, name):
    """Ids of a scope are of what its level says; `scope.ids` above are repositories'."""
    ids = [str(id_of(owner, name)) for owner in (ACME, NOBODY)]
    path = SCOPES[root.name].split(".")
    answers = [
        asked(world.globex, root.put(path, (), {"level": level, "ids": [each]})) for each in ids
    ]
    foreign, unknown = (settled(each.content.decode(), ids) for each in answers)
    assert foreign == unknown
    no_leak(world, answers[0], ids)
