"""webhookUpdate: changes a webhook, or switches it on or off."""

from typing import Final

from graphql import GraphQLSchema

from entrepot.apis.graphql.context import Context, context_of
from entrepot.apis.graphql.failures import done, not_found
from entrepot.apis.graphql.ids import WEBHOOK, number_in
from entrepot.apis.graphql.mutations.payload import Given, Sending, answer, need
from entrepot.apis.graphql.mutations.webhook_create import read_attributes, tools_of
from entrepot.apis.graphql.resolving import Info, Resolvers
from entrepot.connectors import webhooks
from entrepot.connectors.webhooks import GraphqlWebhookChanges, Webhook
from entrepot.kernel.caller import Scope


async def webhook_update(
    _: object,
    info: Info,
    input: Given,  # noqa: A002 - an argument of the schema
) -> dict[str, object]:
    """Change what is given of a webhook; sent again under the same key, it happens once."""
    context = context_of(info)
    sending = Sending(context, info, input)
    return await answer(input, "webhook", lambda: _update(context, info.schema, sending, input))


async def _update(
    context: Context, schema: GraphQLSchema, sending: Sending, given: Given
) -> Webhook:
    need(context, Scope.WEBHOOKS_WRITE)
    id_ = given["webhookId"]
    number = number_in(id_, WEBHOOK)
    found = None if number is None else await context.webhooks_numbered.load(number)
    if found is None:
        raise not_found("webhookId", id_)
    changes = GraphqlWebhookChanges(**await read_attributes(context, given.get("attributes") or {}))
    services = context.services
    written = done(
        await webhooks.change_graphql_webhook(
            services.database,
            services.desk.new_id,
            context.caller,
            found.inner_id,
            changes,
            tools_of(context, schema),
            sending.sent("webhook"),
        )
    )
    context.forget()
    return written.answer


FIELDS: Final[Resolvers] = {"webhookUpdate": webhook_update}
