"""What a GraphQL document may cost, told before it is validated: one pass, each node once.

strawberry's own depth and alias limiters follow every path through nested fragments and take
seconds for twenty of them; here a fragment's measure is taken once and remembered.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions import SchemaExtension

MOST_BYTES = 16 * 1024
MOST_TOKENS = 1000
MOST_LEVELS = 12
MOST_ALIASES = 15
MOST_FRAGMENTS = 20


@dataclass(frozen=True, slots=True)
class Size:
    """Levels of fields, and aliases as if every fragment stood where it is spread."""

    levels: int = 0
    aliases: int = 0


class Measurement:
    """The size of a document. `visited` counts the nodes that it took."""

    def __init__(self, document: DocumentNode) -> None:
        self.visited = 0
        self.fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}
        sizes = [
            self._inside(each.selection_set)
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
        ]
        self.levels = max((size.levels for size in sizes), default=0)
        self.aliases = sum(size.aliases for size in sizes)

    def _inside(self, selections: SelectionSetNode | None) -> Size:
        sizes = [self._size(node) for node in selections.selections] if selections else []
        return Size(
            max((size.levels for size in sizes), default=0), sum(size.aliases for size in sizes)
        )

    def _size(self, node: object) -> Size:
        self.visited += 1
        match node:
            case FragmentSpreadNode():
                return self._fragment(node.name.value)
            case InlineFragmentNode():
                return self._inside(node.selection_set)
            case FieldNode() if not node.name.value.startswith("__"):
                inside = self._inside(node.selection_set)
                return Size(inside.levels + 1, inside.aliases + (node.alias is not None))
        return Size()

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = Size()  # a cycle ends here; validation refuses it
            fragment = self.fragments.get(name)
            self._known[name] = self._inside(fragment.selection_set if fragment else None)
        return self._known[name]


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


class Limits(SchemaExtension):
    """Refuses before validation: what is refused costs one pass and no query."""

    def on_validate(self) -> Iterator[None]:
        document = self.execution_context.graphql_document
        refused = list(refusals(document)) if document else []
        if refused:
            self.execution_context.pre_execution_errors = refused
        yield
