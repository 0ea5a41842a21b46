"""An expanded document as nodes that can be followed, whatever shape it was written in.

A node may stand in the graph or inside another, once or in pieces. Names of terms are kept by their
last part in lower case. A value is text (a reference or a literal: clients mix them up), a whole
number, a truth value, or a node that stands in its place.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from entrepot.apis.dfc.vocabulary import term

_GROUPS: Final = ("@list", "@set")
_NESTED: Final = ("@graph", "@included")


class Node:
    """One object of the document. `order` is its place among all objects, as written."""

    __slots__ = ("id", "order", "types", "values")

    def __init__(self, identifier: str | None, order: int) -> None:
        """Start a node of which nothing is said yet."""
        self.id = identifier
        self.order = order
        self.types: frozenset[str] = frozenset()
        self.values: dict[str, list[Value]] = {}

    def all(self, *names: str) -> "list[Value]":
        """The values of the first of these properties that has any."""
        for name in names:
            found = self.values.get(name)
            if found:
                return found
        return []


Value: TypeAlias = str | int | bool | Node
"""What a property holds: text, a whole number, a truth value, or a node that stands there."""


class Graph:
    """All nodes of a document: in the order in which they are written, and by their ids."""

    def __init__(self, expanded: Sequence[Any]) -> None:
        """Index expanded JSON-LD. Cycles cost nothing, for references are not followed here."""
        self.nodes: list[Node] = []
        self._named: dict[str, list[Node]] = {}
        self._whole: dict[str, Node] = {}
        left: list[tuple[Node, dict[str, Any]]] = []
        self._top(expanded, left)
        while left:
            node, raw = left.pop()
            for name, values in raw.items():
                if name == "@type":
                    node.types = frozenset(filter(None, map(term, values)))
                elif name in _NESTED:
                    self._top(values, left)
                elif not name.startswith("@") and (known := term(name)) is not None:
                    node.values.setdefault(known, []).extend(self._read(values, left))
        self.nodes.sort(key=lambda each: each.order)

    def pieces(self, value: Value) -> list[Node]:
        """The nodes that say something of what a value points at, each as it is written."""
        if isinstance(value, Node):
            return [value] if value.id is None else self._named[value.id]
        return self._named.get(value, []) if isinstance(value, str) else []

    def at(self, value: Value) -> Node | None:
        """What a value points at, as one node; None when nothing is said of it here."""
        pieces = self.pieces(value)
        if len(pieces) <= 1:
            return pieces[0] if pieces else None
        key = str(pieces[0].id)
        if key not in self._whole:
            self._whole[key] = merge(pieces)
        return self._whole[key]

    def of_type(self, name: str) -> list[Node]:
        """All things of a type, in the order in which they are written."""
        found = [self.at(node) for node in self.nodes if name in node.types]
        return list(dict.fromkeys(node for node in found if node is not None))

    def _top(self, values: Sequence[Any], left: list[tuple[Node, dict[str, Any]]]) -> None:
        for raw in values:
            if isinstance(raw, dict) and "@value" not in raw:
                self._add(raw, left)

    def _add(self, raw: dict[str, Any], left: list[tuple[Node, dict[str, Any]]]) -> Node:
        identifier = raw.get("@id")
        node = Node(identifier, len(self.nodes))
        self.nodes.append(node)
        if identifier is not None:
            self._named.setdefault(identifier, []).append(node)
        left.append((node, raw))
        return node

    def _read(
        self, values: Sequence[Any], left: list[tuple[Node, dict[str, Any]]]
    ) -> Iterator[Value]:
        for raw in values:
            if "@value" in raw:
                literal = raw["@value"]
                if isinstance(literal, str | int):
                    yield literal
            elif group := next((raw[name] for name in _GROUPS if name in raw), None):
                yield from self._read_flat(group, left)
            elif "@id" in raw and len(raw) == 1:
                yield raw["@id"]
            else:
                yield self._add(raw, left)

    def _read_flat(
        self, values: Sequence[Any], left: list[tuple[Node, dict[str, Any]]]
    ) -> Iterator[Value]:
        """Read a list's values; a list of lists says nothing that is known."""
        flat = [raw for raw in values if not any(name in raw for name in _GROUPS)]
        yield from self._read(flat, left)


def merge(pieces: Sequence[Node]) -> Node:
    """One node of what several say of the same thing; what is said twice counts once."""
    whole = Node(pieces[0].id, pieces[0].order)
    said: dict[str, dict[Value, None]] = {}
    for piece in pieces:
        whole.types |= piece.types
        for name, values in piece.values.items():
            said.setdefault(name, {}).update(dict.fromkeys(values))
    whole.values = {name: list(values) for name, values in said.items()}
    return whole


def identity(value: Value) -> Value:
    """What a value is the same as: a node with an id is what it is called, wherever it stands."""
    return value.id if isinstance(value, Node) and value.id is not None else value
