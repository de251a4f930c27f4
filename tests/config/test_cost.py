"""Prices by hand, on a schema small enough for it: (questions, values)."""

import pytest
import strawberry
from graphql import get_named_type, get_variable_values, is_composite_type, parse
from hypothesis import given
from hypothesis import strategies as st

from apps.cost import HELD, Cost
from config.cost import MOST_COST, Price, Pricing, cost_of, price_of
from config.schema import schema


@strawberry.type
class Leaf:
    color: str
    size: int


@strawberry.type
class Tree:
    name: str
    root: Leaf
    leaves: list[Leaf]
    left: "Tree | None" = None
    right: "Tree | None" = None

    @strawberry.field
    def fallen(self, first: int = 5) -> list[Leaf]:
        return []

    @strawberry.field(metadata={"cost": HELD})
    def height(self) -> int:
        return 0


@strawberry.type
class Trees:
    nodes: list[Tree]
    more: bool


@strawberry.type
class Query:
    @strawberry.field
    def tree(self) -> Tree | None:
        return None

    @strawberry.field
    def trees(self, first: int = 20) -> Trees:
        return Trees(nodes=[], more=False)

    @strawberry.field
    def forest(self) -> list[Tree]:
        return []

    @strawberry.field(metadata={"cost": Cost(rows="most")})
    def oldest(self, most: int = 3) -> list[Tree]:
        return []

    @strawberry.field(
        metadata={
            "cost": Cost(
                questions=lambda given: given["years"], values=lambda given: 100 * given["years"]
            )
        }
    )
    def rings(self, years: int) -> int:
        return 0


small = strawberry.Schema(Query)._schema
YEAR = {"startDate": "2026-01-01", "endDate": "2026-12-31"}


def pricing(query, **variables):
    """The pass and what it found for the document's first operation."""
    document = parse(query)
    operation = document.definitions[0]
    values = get_variable_values(small, operation.variable_definitions or (), variables)
    made = Pricing(small, document, values)
    return made, made.of(operation)


def priced(query, **variables):
    price = pricing(query, **variables)[1]
    return price.questions, price.values()


# --- what costs


def test_a_field_of_the_root_is_a_question_and_every_field_a_value():
    assert priced("{ tree { name } }") == (1, 2)


def test_what_an_object_holds_is_no_question():
    assert priced("{ tree { root { color size } } }") == (1, 4)


def test_a_resolver_below_is_a_question():
    assert priced("{ tree { fallen { color } } }") == (2, 1 + 5 * 2)


def test_a_question_below_rows_is_asked_once():
    """20 trees: a value each, and 5 leaves of 2 values."""
    assert priced("{ trees { nodes { fallen { color } } } }") == (2, 1 + 20 * (1 + 5 * 2))


def test_a_resolver_that_asks_nobody_says_so():
    assert priced("{ tree { height } }") == (1, 2)


def test_a_question_may_say_what_it_costs():
    assert priced("{ rings(years: 7) }") == (7, 700 + 1)


def test_the_name_of_a_type_is_a_value():
    assert priced("{ tree { __typename } }") == (1, 2)


# --- how many rows


@pytest.mark.parametrize(("first", "rows"), [("", 20), ("(first: 7)", 7), ("(first: 0)", 0)])
def test_a_connection_has_as_many_rows_as_are_asked_for(first, rows):
    assert priced(f"{{ trees{first} {{ nodes {{ name }} more }} }}") == (1, 2 + rows * 2)


def test_rows_below_rows_multiply():
    found = priced("{ trees(first: 30) { nodes { fallen(first: 40) { color size } } } }")
    assert found == (2, 1 + 30 * (1 + 40 * 3))


def test_a_list_that_nothing_says_the_length_of_counts_ten():
    assert priced("{ tree { leaves { color } } }") == (1, 1 + 10 * 2)


def test_such_a_list_at_the_root_does_too():
    assert priced("{ forest { name } }") == (1, 10 * 2)


def test_another_argument_may_say_the_length():
    assert priced("{ oldest(most: 4) { name } }") == (1, 4 * 2)


def test_a_negative_length_takes_nothing_off():
    assert priced("{ oldest(most: -9) { name } tree { name } }") == (2, 2)


@pytest.mark.parametrize(
    ("declared", "given", "rows"),
    [
        ("$n: Int!", {"n": 50}, 50),
        ("$n: Int!", {"n": 50.0}, 50),
        ("$n: Int! = 9", {}, 9),
        ("$n: Int! = 9", {"n": 50}, 50),
    ],
)
def test_variables_are_looked_at(declared, given, rows):
    query = f"query({declared}) {{ trees(first: $n) {{ nodes {{ name }} }} }}"
    assert priced(query, **given) == (1, 1 + rows * 2)


def test_a_variable_that_is_absent_leaves_the_schemas_default():
    query = "query($n: Int) { oldest { name } trees { more } }"
    assert priced(query) == (2, 3 * 2 + 2)


def test_what_is_skipped_is_counted():
    assert priced("{ tree @skip(if: true) { name @include(if: false) } }") == (1, 2)


# --- which operation


OPERATIONS = "query a { tree { name } } query b { tree { name } rings(years: 3) }"


def test_only_the_operation_that_runs_has_a_price():
    asked = parse(OPERATIONS)
    assert [price_of(small, asked, name, {}) for name in ("a", "b")] == [1, 4]


@pytest.mark.parametrize("name", ["c", None])
def test_an_operation_that_cannot_be_told_has_none(name):
    assert price_of(small, parse(OPERATIONS), name, {}) is None


def test_variables_that_are_refused_leave_no_price():
    asked = parse("query($n: Int!) { trees(first: $n) { more } }")
    assert price_of(small, asked, None, {"n": "many"}) is None


# --- points


def test_a_thousand_values_are_a_point():
    assert [Price(2, values).points for values in (0, 999, 1000, 5999)] == [2, 2, 3, 7]


# --- the schema that is served


def test_no_field_of_the_root_is_free():
    free = [
        name for name, field in schema._schema.query_type.fields.items() if cost_of(field) == HELD
    ]
    assert free == []


@pytest.mark.parametrize(
    ("query", "points"),
    [
        ("{ viewer { id } }", 1),
        ("query($f: MetricsDailyFilter!) { repoMetricsDaily(filter: $f) { nodes { day } } }", 1),
        (
            "query($f: MetricsDailyFilter!) { repoMetricsDaily(filter: $f, first: 1000) "
            "{ edges { cursor node { day repoId commitsCount } } } }",
            1 + 6,
        ),
        ("{ backfillJobs(first: 50) { nodes { id chunks(first: 20) { since } } } }", 4),
        ("{ backfillJobs(first: 100) { nodes { progress chunks(first: 100) { since } } } }", 22),
    ],
)
def test_documents_of_ours_cost_what_they_should(query, points):
    assert price_of(schema._schema, parse(query), None, {"f": {"range": YEAR}}) == points


def test_the_limit_has_room_for_three_pages_of_everything():
    fields = schema._schema.type_map["RepoMetricsDay"].fields
    page = f"repoMetricsDaily(filter: $f, first: 1000) {{ nodes {{ {' '.join(fields)} }} }}"
    many = " ".join(f"p{each}: {page}" for each in range(3))
    query = parse(f"query($f: MetricsDailyFilter!) {{ {many} }}")
    assert price_of(schema._schema, query, None, {"f": {"range": YEAR}}) <= MOST_COST


# --- fragments


def doubling(fragments):
    """Each fragment spreads the next one twice: 2^n paths through n fragments."""
    chain = " ".join(
        f"fragment f{n} on Tree {{ left {{ ...f{n + 1} }} right {{ ...f{n + 1} }} }}"
        for n in range(fragments - 1)
    )
    return f"{{ tree {{ ...f0 }} }} {chain} fragment f{fragments - 1} on Tree {{ name }}"


def test_twenty_nested_fragments_are_priced_in_one_pass():
    """2 + 4 + … + 2^19 objects, and a name in each of the innermost."""
    made, price = pricing(doubling(20))
    assert made.visited == 2 + 19 * 4 + 1
    assert price == Price(1, 1 + (2**20 - 2) + 2**19)


def composite(field):
    return is_composite_type(get_named_type(field.type))


@st.composite
def selections(draw, of="Query", depth=0):
    """Selections as they are written out, and the same with fragments somewhere in them."""
    fields = small.type_map[of].fields
    names = [name for name in fields if depth < 4 or not composite(fields[name])]
    parts = [draw(field(name, fields[name], depth)) for name in draw(subsets(names))]
    plain, shared, definitions = zip(*parts, strict=True)
    inside, whole = " ".join(shared), [each for some in definitions for each in some]
    match draw(st.sampled_from(["plain", "inline", "named"])):
        case "inline":
            inside = f"... on {of} {{ {inside} }}"
        case "named":
            name = f"f{draw(st.uuids()).hex}"
            whole.append(f"fragment {name} on {of} {{ {inside} }}")
            inside = f"...{name}"
    return " ".join(plain), inside, whole


@st.composite
def field(draw, name, definition, depth):
    given = ""
    for argument in definition.args:
        if argument == "years" or draw(st.booleans()):
            given = f"({argument}: {draw(st.integers(0, 30))})"
    if not composite(definition):
        return f"{name}{given}", f"{name}{given}", []
    of = get_named_type(definition.type).name
    plain, inside, definitions = draw(selections(of, depth + 1))
    return f"{name}{given} {{ {plain} }}", f"{name}{given} {{ {inside} }}", definitions


def subsets(names):
    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)


@given(selections())
def test_a_fragment_costs_what_it_says(asked):
    plain, inside, definitions = asked
    assert priced(f"{{ {inside} }} {' '.join(definitions)}") == priced(f"{{ {plain} }}")


@given(selections(), selections())
def test_side_by_side_costs_the_sum(one, other):
    parts = [pricing(f"{{ {text} }}")[1] for text, *_ in (one, other)]
    assert pricing(f"{{ {one[0]} {other[0]} }}")[1] == parts[0] + parts[1]
