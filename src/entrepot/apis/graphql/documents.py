"""Documents: parsed, measured and validated once, then remembered while they are used.

What takes most of a small request's time is validation; clients send the same few documents again
and again, with other variables.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    MaxIntrospectionDepthRule,
    parse,
    specified_rules,
    validate,
)

from entrepot.apis.graphql.limits import TOKENS_MAX, Measure

REMEMBERED_MAX: Final = 500
"""Documents that are remembered."""
REMEMBERED_SIGNS_MAX: Final = 1_000_000
"""What their texts come to."""
ERRORS_MAX: Final = 20
RULES: Final = tuple(dict.fromkeys((*specified_rules, MaxIntrospectionDepthRule)))


class Document(NamedTuple):
    """A document that was parsed and measured; `is_valid` once it was checked with the schema."""

    text: str
    parsed: DocumentNode
    measure: Measure
    is_valid: bool


class Documents:
    """The documents of one process."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Validate with this schema."""
        self._schema = schema
        self._remembered: OrderedDict[str, Document] = OrderedDict()
        self._signs = 0

    def read(self, text: str, variables: Mapping[str, object]) -> Document:
        """Parse a document and check its limits; nothing is asked of anybody.

        Raises GraphQLError for what is no document, and LimitError for one past a limit.
        """
        document = self._remembered.get(text)
        if document is None:
            parsed = parse(text, max_tokens=TOKENS_MAX)
            document = Document(text, parsed, Measure(parsed), is_valid=False)
        else:
            self._remembered.move_to_end(text)
        if not document.is_valid or document.measure.sizes_vary:
            document.measure.check(variables)
        return document

    def validate(self, document: Document) -> list[GraphQLError]:
        """What is wrong with a document; a good one is remembered from now on."""
        if document.is_valid:
            return []
        wrong = validate(self._schema, document.parsed, RULES, max_errors=ERRORS_MAX)
        if not wrong and document.text not in self._remembered:
            self._remember(document._replace(is_valid=True))
        return wrong

    def _remember(self, document: Document) -> None:
        size = len(document.text)
        if size > REMEMBERED_SIGNS_MAX // 10:
            return
        self._remembered[document.text] = document
        self._signs += size
        while len(self._remembered) > REMEMBERED_MAX or self._signs > REMEMBERED_SIGNS_MAX:
            gone, _ = self._remembered.popitem(last=False)
            self._signs -= len(gone)
