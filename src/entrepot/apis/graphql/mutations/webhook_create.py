"""webhookCreate: has a program told of objects, as a query of its own says."""

from functools import partial
from typing import Any, Final

from graphql import GraphQLSchema

from entrepot.apis.graphql.asking import check_query
from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import ActRefusedError, done, not_found
from entrepot.apis.graphql.ids import SELLER, number_in
from entrepot.apis.graphql.mutations.payload import Given, Sending, answer
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.connectors import webhooks
from entrepot.connectors.webhooks import GraphqlTools, NewGraphqlWebhook, Webhook
from entrepot.infra.outgoing import open_guard
from entrepot.infra.secrets import open_box

_NAMES: Final = {
    "allowSkip": "allow_skip",
    "concurrentSendLimit": "at_once_max",
    "enabled": "enabled",
    "hmacKey": "hmac_key",
    "maxRetries": "retries_max",
    "queryString": "query",
    "type": "told_of",
    "url": "url",
}
"""Our names of attributes that are taken as they are; null says nothing of them."""


async def webhook_create(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Make a webhook; sent again under the same key, it is made once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "webhook", lambda: _create(context, info.schema, sending, input))


async def _create(
    context: Context, schema: GraphQLSchema, sending: Sending, given: Given
) -> Webhook:
    new = NewGraphqlWebhook(**await read_attributes(context, given["attributes"]))
    services = context.services
    written = done(
        await webhooks.create_graphql_webhook(
            services.database,
            services.desk.new_id,
            context.caller,
            new,
            tools_of(context, schema),
            sending.sent("webhook"),
        )
    )
    return written.answer


def tools_of(context: Context, schema: GraphQLSchema) -> GraphqlTools:
    """What webhooks are checked and kept with here."""
    settings = context.services.settings
    return GraphqlTools(partial(check_query, schema), open_guard(settings), open_box(settings))


async def read_attributes(context: Context, given: Given) -> dict[str, Any]:
    """Attributes of a webhook as clients send them, by our names."""
    read = {ours: given[theirs] for theirs, ours in _NAMES.items() if given.get(theirs) is not None}
    if "eventName" in given:
        name = given["eventName"]
        read["event_name"] = None if name is None else name.lower()
    if "headers" in given:
        read["headers"] = _headers(given["headers"])
    if "sellerId" in given:
        id_ = given["sellerId"]
        number = None if id_ is None else number_in(id_, SELLER)
        found = None if number is None else await context.sellers_numbered.load(number)
        if id_ is not None and found is None:
            raise not_found("sellerId", id_)
        read["seller"] = None if found is None else found.id
    return read


def _headers(given: object) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
        raise ActRefusedError([("headers", "Headers is an object: of each name, a text.")])
    return given


FIELDS: Final[Resolvers] = {"webhookCreate": webhook_create}
