"""How large a GraphQL document may be, told before it is validated: one pass, each node once.

strawberry's own depth and alias limiters follow every path through nested fragments and take
seconds for twenty of them; here a fragment's measure is taken once and remembered.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    InlineFragmentNode,
    NamedTypeNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions import ValidationCache

MOST_BYTES = 16 * 1024
MOST_TOKENS = 1000
MOST_LEVELS = 12
MOST_ALIASES = 15
MOST_FRAGMENTS = 20
KEPT = 64  # documents, parsed and validated, of a process: programs send the same few again

Parent = GraphQLNamedType | None


class Measure(Protocol):
    def __add__(self, other: Self) -> Self:
        """Of two that stand side by side."""
        ...


Found = TypeVar("Found", bound=Measure)


class Pass(ABC, Generic[Found]):
    """Measures selections from the inside out. `visited` counts the nodes that it took."""

    def __init__(self, document: DocumentNode, nothing: Found) -> None:
        self.visited = 0
        self._nothing = nothing
        self._known: dict[str, Found] = {}
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    @abstractmethod
    def of_field(self, node: FieldNode, parent: Parent, inside: Found) -> Found:
        """Of a field of `parent`, given what its own selections come to."""

    def type_of(self, node: FieldNode, parent: Parent) -> Parent:
        """The type of a field of `parent`, for those who want to know."""
        return None

    def type_named(self, condition: NamedTypeNode) -> Parent:
        return None

    def inside(self, selections: SelectionSetNode | None, parent: Parent = None) -> Found:
        total = self._nothing
        for node in selections.selections if selections else ():
            total += self._of(node, parent)
        return total

    def _of(self, node: Node, parent: Parent) -> Found:
        self.visited += 1
        match node:
            case FragmentSpreadNode():
                return self._of_fragment(node.name.value)
            case InlineFragmentNode():
                named = node.type_condition
                return self.inside(node.selection_set, self.type_named(named) if named else parent)
            case FieldNode():
                inside = self.inside(node.selection_set, self.type_of(node, parent))
                return self.of_field(node, parent, inside)
        return self._nothing

    def _of_fragment(self, name: str) -> Found:
        if name not in self._known:
            self._known[name] = self._nothing  # a cycle ends here; validation refuses it
            if fragment := self._fragments.get(name):
                parent = self.type_named(fragment.type_condition)
                self._known[name] = self.inside(fragment.selection_set, parent)
        return self._known[name]


@dataclass(frozen=True, slots=True)
class Size:
    """Levels of fields, and aliases as if every fragment stood where it is spread."""

    levels: int = 0
    aliases: int = 0

    def __add__(self, other: "Size") -> "Size":
        return Size(max(self.levels, other.levels), self.aliases + other.aliases)


class Measurement(Pass[Size]):
    """The size of a document, all its operations together."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__(document, Size())
        size = Size()
        for each in document.definitions:
            if isinstance(each, OperationDefinitionNode):
                size += self.inside(each.selection_set)
        self.levels, self.aliases = size.levels, size.aliases

    def of_field(self, node: FieldNode, parent: Parent, inside: Size) -> Size:
        if node.name.value in ("__schema", "__type"):  # only development knows them
            return Size()
        return Size(inside.levels + 1, inside.aliases + (node.alias is not None))


def refusals(document: DocumentNode) -> Iterator[GraphQLError]:
    """A sentence for each limit that the document passes."""
    fragments = sum(isinstance(each, FragmentDefinitionNode) for each in document.definitions)
    measured = Measurement(document)
    for what, count, most in (
        ("levels", measured.levels, MOST_LEVELS),
        ("aliases", measured.aliases, MOST_ALIASES),
        ("fragments", fragments, MOST_FRAGMENTS),
    ):
        if count > most:
            yield GraphQLError(
                f"The query has {count} {what}; {most} are allowed.",
                extensions={"code": f"too_many_{what}"},
            )


class Limits(ValidationCache):
    """Refuses before validation: what is refused costs one pass and no query.

    What validation says of a document is remembered for as many as are kept.
    """

    def __init__(self) -> None:
        super().__init__(maxsize=KEPT)

    def on_validate(self) -> Iterator[None]:
        document = self.execution_context.graphql_document
        refused = list(refusals(document)) if document else []
        if refused:
            self.execution_context.pre_execution_errors = refused
            yield
        else:
            yield from super().on_validate()
