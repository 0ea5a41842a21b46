"""Queries of receivers: what a webhook asks of the objects that it is told of.

Such a query is checked when its webhook is made, and run each time something is told, with the
limits of the door and with the rights of whoever made the webhook.
"""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    execute,
    print_ast,
)

from entrepot.apis.graphql.context import Context, Services
from entrepot.apis.graphql.documents import Document, Documents
from entrepot.apis.graphql.failures import FAILED, ServerBusyError, show_error
from entrepot.apis.graphql.limits import LimitError
from entrepot.connectors.webhooks import NotAnsweredError, Said
from entrepot.kernel.caller import Caller

QUERY_LENGTH_MAX: Final = 10_000
ANSWER_MAX: Final = 1_000_000
"""Bytes that one event tells."""
VARIABLE: Final = "id"
_ENCODER: Final = msgspec.json.Encoder()


class Asking:
    """Runs the queries of receivers."""

    def __init__(self, services: Services, schema: GraphQLSchema) -> None:
        """Run them over these services and this schema."""
        self._services = services
        self._schema = schema
        self._documents = Documents(schema)

    async def ask(self, caller: Caller, query: str, node: str) -> Said:
        """What a query says for the node of an id, as JSON.

        What of it the caller may not ask is null, as it is at the door; that is something too, so
        that whoever wrote the query sees it. Raises NotAnsweredError.
        """
        variables = {VARIABLE: node}
        document = _read(self._documents, query, variables)
        if isinstance(document, str):
            raise NotAnsweredError("the query does not fit this release")
        # The id of the request is the node's: it stands in the log where something goes wrong.
        context = Context(self._services, caller, None, node)
        answer = execute(
            self._schema, document.parsed, context_value=context, variable_values=variables
        )
        result = await answer if isawaitable(answer) else answer
        assert isinstance(result, ExecutionResult), "nothing is answered in parts"
        for error in result.errors or ():
            self._refuse_ours(error, document.parsed)
        data = _ENCODER.encode(result.data)
        if len(data) > ANSWER_MAX:
            raise NotAnsweredError("the query says too much")
        return Said(data, bool(result.errors) or any((result.data or {}).values()))

    def _refuse_ours(self, error: GraphQLError, parsed: DocumentNode) -> None:
        """Raise for what went wrong here; what a caller may not see is no error of ours."""
        try:
            shown = show_error(error, parsed, self._services.log)
        except ServerBusyError as busy:
            raise NotAnsweredError("the server was busy") from busy
        extensions = shown.get("extensions")
        if isinstance(extensions, dict) and extensions.get("code") == FAILED:
            raise NotAnsweredError("the query failed")


def check_query(schema: GraphQLSchema, query: str) -> str | None:
    """Say what is wrong with the query of a webhook; None when it can be run."""
    if not 0 < len(query) <= QUERY_LENGTH_MAX:
        return f"A query has 1 to {QUERY_LENGTH_MAX} characters."
    if "\0" in query:
        return "No text here can hold NUL (U+0000). Leave it out."
    document = _read(Documents(schema), query, {})
    if isinstance(document, str):
        return document
    operations = [
        each for each in document.parsed.definitions if isinstance(each, OperationDefinitionNode)
    ]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        return "Give one query, and nothing else."
    (operation,) = operations
    takes_id = False
    for each in operation.variable_definitions or ():
        if each.variable.name.value == VARIABLE:
            takes_id = print_ast(each.type) == "ID!"
        elif isinstance(each.type, NonNullTypeNode) and each.default_value is None:
            return f"Nothing is given for ${each.variable.name.value}: only $id is."
    return None if takes_id else "The query must take the id of what is told: ($id: ID!)."


def _read(documents: Documents, query: str, variables: Mapping[str, object]) -> Document | str:
    """Parse, measure and validate a query; what is wrong with it is returned."""
    try:
        document = documents.read(query, variables)
    except (GraphQLError, LimitError) as error:
        return str(error) if isinstance(error, LimitError) else error.message
    wrong = documents.validate(document)
    return " ".join(error.message for error in wrong[:3]) if wrong else document
