"""Limits of documents: how deep, how many names, how much they can ask for.

They are measured on the document alone, before the schema or the database is asked, in a time that
grows with the document's length: each fragment is measured once, wherever it is used.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

TOKENS_MAX: Final = 10_000
DEPTH_MAX: Final = 30
ALIASES_MAX: Final = 100
COST_MAX: Final = 250_000
PAGE_MAX: Final = 500
PAGE_USUAL: Final = 50
"""Rows of a list at the root that says no size."""
INNER_USUAL: Final = 10
"""Rows that are counted of a list inside another that says no size; it is served whole."""
ROOTS_MAX: Final = 50
"""Lists, objects and acts that one document asks for at the root."""

_PAGED: Final = frozenset({"nodes", "edges"})


class LimitError(Exception):
    """A document goes past a limit; the message says which, and what to do."""


class _Part(NamedTuple):
    """What a selection comes to, for some values of the variables."""

    depth: int
    aliases: int
    cost: int


class Measure:
    """Measures the operations of one document."""

    def __init__(self, document: DocumentNode) -> None:
        """Refuses fragments that are used by themselves, and what is nested too deeply."""
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._operations: list[OperationDefinitionNode] = []
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self._fragments[definition.name.value] = definition
            elif isinstance(definition, OperationDefinitionNode):
                self._operations.append(definition)
        self._refuse_cycles()
        self.sizes_vary = any(_sizes_by_variable(each) for each in document.definitions)

    def check(self, variables: Mapping[str, object]) -> None:
        """Refuse a document any of whose operations goes past a limit."""
        for operation in self._operations:
            known: dict[str, _Part] = {}
            sizes = {**_defaults(operation), **variables}
            try:
                shape = self._measure(operation.selection_set, sizes, known, PAGE_USUAL)
            except RecursionError:
                raise LimitError(f"Nest at most {DEPTH_MAX} fields in each other.") from None
            _check(shape)
            roots = sum(1 for _ in self._roots(operation.selection_set))
            if roots > ROOTS_MAX:
                raise LimitError(f"Ask for at most {ROOTS_MAX} things at once at the root.")

    def _measure(
        self,
        selected: SelectionSetNode | None,
        variables: Mapping[str, object],
        known: dict[str, _Part],
        usual: int = INNER_USUAL,
    ) -> _Part:
        depth = aliases = cost = 0
        for node in () if selected is None else selected.selections:
            if isinstance(node, FieldNode):
                below = self._measure(node.selection_set, variables, known)
                size = _size_of(node, variables, usual)
                part = _Part(
                    below.depth + 1,
                    below.aliases + (node.alias is not None),
                    1 + size * below.cost,
                )
            elif isinstance(node, InlineFragmentNode):
                part = self._measure(node.selection_set, variables, known, usual)
            else:
                assert isinstance(node, FragmentSpreadNode), "there are three kinds of selection"
                part = self._measure_fragment(node.name.value, variables, known)
            depth = max(depth, part.depth)
            aliases += part.aliases
            cost += part.cost
        return _Part(depth, aliases, cost)

    def _measure_fragment(
        self, name: str, variables: Mapping[str, object], known: dict[str, _Part]
    ) -> _Part:
        fragment = self._fragments.get(name)
        if fragment is None:
            return _Part(0, 0, 0)
        if name not in known:
            known[name] = self._measure(fragment.selection_set, variables, known)
        return known[name]

    def _roots(self, selected: SelectionSetNode) -> Iterator[FieldNode]:
        """The fields at the root, also those of fragments there; as many as are refused at most."""
        coming = list(selected.selections)
        found = 0
        while coming and found <= ROOTS_MAX:
            node = coming.pop()
            if isinstance(node, FieldNode):
                found += 1
                yield node
            elif isinstance(node, InlineFragmentNode):
                coming += node.selection_set.selections
            elif isinstance(node, FragmentSpreadNode) and node.name.value in self._fragments:
                coming += self._fragments[node.name.value].selection_set.selections

    def _refuse_cycles(self) -> None:
        """Refuse fragments that come to use themselves, and chains of them that are too long."""
        done: dict[str, int] = {}
        used = {
            name: sorted(set(_spreads(fragment.selection_set)))
            for name, fragment in self._fragments.items()
        }
        for first in used:
            path: list[str] = []
            coming = [(first, False)]
            while coming:
                name, is_left = coming.pop()
                if is_left:
                    path.pop()
                    done[name] = 1 + max((done.get(each, 0) for each in used[name]), default=0)
                    if done[name] > DEPTH_MAX:
                        raise LimitError(f"Use fragments in each other {DEPTH_MAX} deep at most.")
                elif name in path:
                    raise LimitError(f"The fragment {name} uses itself. Write it without.")
                elif name in used and name not in done:
                    path.append(name)
                    coming.append((name, True))
                    coming += [(each, False) for each in used[name]]


def _check(shape: _Part) -> None:
    if shape.depth > DEPTH_MAX:
        raise LimitError(f"The document is {shape.depth} fields deep; {DEPTH_MAX} are allowed.")
    if shape.aliases > ALIASES_MAX:
        raise LimitError(
            f"The document has {shape.aliases} aliases; {ALIASES_MAX} are allowed. Send several."
        )
    if shape.cost > COST_MAX:
        raise LimitError(
            f"The document can ask for {shape.cost} values; {COST_MAX} are allowed. Ask for"
            " smaller pages, or for fewer lists inside lists."
        )


def _size_of(field: FieldNode, variables: Mapping[str, object], usual: int) -> int:
    """How many rows a field can bring, from its arguments and what is asked of it."""
    given: list[int] = []
    for argument in field.arguments or ():
        name, value = argument.name.value, argument.value
        if name not in {"first", "last"}:
            continue
        if isinstance(value, IntValueNode):
            size: object = int(value.value)
        elif isinstance(value, VariableNode):
            size = variables.get(value.name.value)
        else:
            size = None
        if isinstance(size, int) and not isinstance(size, bool):
            if size > PAGE_MAX:
                raise LimitError(f"A page has at most {PAGE_MAX} rows; {size} were asked for.")
            given.append(max(size, 1))
    if given:
        return min(given)
    if field.selection_set is None or field.name.value == "__schema":
        return 1
    is_paged = any(
        isinstance(each, FieldNode) and each.name.value in _PAGED
        for each in field.selection_set.selections
    )
    return usual if is_paged else 1


def _defaults(operation: OperationDefinitionNode) -> dict[str, object]:
    """The whole numbers that variables are when they are not given."""
    return {
        each.variable.name.value: int(each.default_value.value)
        for each in operation.variable_definitions or ()
        if isinstance(each.default_value, IntValueNode)
    }


def _sizes_by_variable(root: Node) -> bool:
    return any(
        isinstance(node, FieldNode)
        and any(
            argument.name.value in {"first", "last"} and isinstance(argument.value, VariableNode)
            for argument in node.arguments or ()
        )
        for node in _below(root)
    )


def _spreads(selected: SelectionSetNode) -> Iterator[str]:
    for node in _below(selected):
        if isinstance(node, FragmentSpreadNode):
            yield node.name.value


def _below(root: Node) -> Iterator[Node]:
    """Every selection below a node, and itself."""
    coming: list[Node] = [root]
    while coming:
        node = coming.pop()
        yield node
        selected = getattr(node, "selection_set", None)
        if selected is not None:
            coming += selected.selections
        elif isinstance(node, SelectionSetNode):
            coming += node.selections
