"""What a GraphQL document costs, told before anything of it runs: one pass, each node once.

A point is a question to a store or a database, or a thousand values of the answer: either takes
some milliseconds of a processor. It is an upper bound: pages are taken to be full, what is asked
for twice counts twice, and what `@skip` and `@include` say is not looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    NamedTypeNode,
    OperationDefinitionNode,
    get_argument_values,
    get_named_type,
    get_nullable_type,
    get_operation_ast,
    get_variable_values,
    is_composite_type,
    is_list_type,
)
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension

from apps.billing.metering import charge
from apps.billing.rates import HOUR
from apps.cost import HELD, Amount, Arguments, Cost
from apps.errors import AppError
from config.limits import Parent, Pass

# The largest batch that the public client may send, ten parts of a year with a hundred groups
# each, costs 376; a page of a thousand rows of twenty fields 22. An answer at the limit takes some
# two seconds of one thread.
MOST_COST = 500
VALUES = 1000  # that cost as much as a question
ROWS = 10  # of a list that nothing says the length of


@dataclass(frozen=True, slots=True)
class Price:
    """Of selections: `questions`, which are asked once whatever the rows; `once`, the values for
    each object that they are made of; `each`, the values for each row of its lists, whose length
    only the field above knows."""

    questions: int = 0
    once: int = 0
    each: int = 0

    def __add__(self, other: "Price") -> "Price":
        return Price(
            self.questions + other.questions, self.once + other.once, self.each + other.each
        )

    def values(self, rows: int = ROWS) -> int:
        return self.once + rows * self.each

    @property
    def points(self) -> int:
        """Questions, and whole thousands of values."""
        return self.questions + self.values() // VALUES


class Pricing(Pass[Price]):
    """Of a valid document, for one set of variables."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: VariableValues
    ) -> None:
        super().__init__(document, Price())
        self._schema = schema
        self._variables = variables

    def of(self, operation: OperationDefinitionNode) -> Price:
        return self.inside(operation.selection_set, self._schema.get_root_type(operation.operation))

    def type_of(self, node: FieldNode, parent: Parent) -> Parent:
        field = field_of(parent, node)
        return get_named_type(field.type) if field else None

    def type_named(self, condition: NamedTypeNode) -> Parent:
        return self._schema.get_type(condition.name.value)

    def of_field(self, node: FieldNode, parent: Parent, inside: Price) -> Price:
        field = field_of(parent, node)
        if field is None:  # `__typename`, and what only development knows
            return Price(once=1)
        cost, arguments = cost_of(field), get_argument_values(field, node, self._variables)
        questions = inside.questions + amount(cost.questions, arguments)
        more, rows = amount(cost.values, arguments), length(cost.rows, arguments)
        if not is_list_of_objects(field):
            return Price(questions, more + 1 + inside.values(ROWS if rows is None else rows))
        row = 1 + inside.values()
        if rows is None:
            return Price(questions, more, row)
        return Price(questions, more + rows * row)


def field_of(parent: Parent, node: FieldNode) -> GraphQLField | None:
    fields: dict[str, GraphQLField] = getattr(parent, "fields", {})
    return fields.get(node.name.value)


def cost_of(field: GraphQLField) -> Cost:
    """As declared; else a question for a resolver of its own, so that no new field is free."""
    definition = field.extensions.get("strawberry-definition")
    held = definition is None or definition.base_resolver is None
    declared: Cost | None = definition and definition.metadata.get("cost")
    return declared or (HELD if held else Cost())


def amount(of: Amount, arguments: Arguments) -> int:
    return of(arguments) if callable(of) else of


def length(rows: int | str, arguments: Arguments) -> int | None:
    """None: nothing says it."""
    found = arguments.get(rows) if isinstance(rows, str) else rows
    return None if found is None else max(found, 0)


def is_list_of_objects(field: GraphQLField) -> bool:
    is_list = is_list_type(get_nullable_type(field.type))
    return is_list and is_composite_type(get_named_type(field.type))


def price_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    variables: dict[str, Any],
) -> int | None:
    """Points of the one operation that would run. None: none will, execution says why.

    Raises `AppError` where a field's declaration refuses its arguments.
    """
    operation = get_operation_ast(document, operation_name)
    if operation is None:
        return None
    values = get_variable_values(schema, operation.variable_definitions or (), variables)
    if isinstance(values, list):
        return None
    return Pricing(schema, document, values).of(operation).points


class Priced(SchemaExtension):
    """Refuses what costs too much before it asks anybody, and tells the price in every answer.

    What may run is paid for out of the organisation's hour. What is refused costs nothing.
    """

    price: int | None = None

    def on_execute(self) -> Iterator[None]:
        asked = self.execution_context
        if document := asked.graphql_document:
            schema, variables = asked.schema._schema, asked.variables or {}
            try:
                self.price = price_of(schema, document, asked.operation_name, variables)
            except AppError as error:
                self._refuse(GraphQLError(error.detail, original_error=error))
        if self.price is not None:
            self._admit(self.price)
        yield

    def get_results(self) -> dict[str, Any]:
        cost = {"price": self.price, "limit": MOST_COST}
        return {} if self.price is None else {"cost": cost}

    def _admit(self, price: int) -> None:
        if price > MOST_COST:
            self._refuse(too_costly(price))
        elif refusal := self._charge(price):
            self._refuse(GraphQLError(refusal.detail, original_error=refusal))

    def _charge(self, price: int) -> AppError | None:
        """What no request asks, nobody pays for."""
        context = self.execution_context.context
        return charge(context.request, HOUR, price) if context else None

    def _refuse(self, error: GraphQLError) -> None:
        self.execution_context.result = ExecutionResult(data=None, errors=[error])


def too_costly(price: int) -> GraphQLError:
    """The public front end looks for the word that the sentence begins with."""
    return GraphQLError(
        f"COST_LIMIT_EXCEEDED: this costs {price} points, and {MOST_COST} are allowed. Ask for "
        "fewer rows (`first`), fewer days or groups, or fewer fields.",
        extensions={"code": "cost_limit_exceeded"},
    )
